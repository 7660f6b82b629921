//! Things without deeds of their own: kept as they were sent, read back as they are.

use serde_json::{Map, Value, json};

use super::{Act, Outcome};
use crate::{
    refusal::{Refusal, code},
    store::Document,
};

/// Keeps a document; it gets an id unless it brings one.
pub(super) fn create(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let mut body = body(act);
    let key = key(act);
    let id = match body.get(key).and_then(Value::as_str).filter(|id| !id.is_empty()) {
        Some(id) => id.to_owned(),
        None => act.state.mint.number().to_string(),
    };
    body.insert(key.to_owned(), id.clone().into());
    let document = Document {
        id,
        within: act.text("in").to_owned(),
        app: act.app().to_owned(),
        time: act.now,
        body,
    };
    act.state.store.put(thing(act), act.tenant(), &document)?;
    Ok(shown(act, document))
}

/// Gives back one.
pub(super) fn read(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    find(act).map(|document| shown(act, document))
}

/// Gives back all that lie in the same, by pages.
pub(super) fn list(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let documents = act.state.store.documents(thing(act), act.tenant(), act.text("in"))?;
    let wanted = act.text("name").to_lowercase();
    let items = documents
        .into_iter()
        .filter(|document| {
            wanted.is_empty()
                || document
                    .body
                    .values()
                    .any(|value| value.to_string().to_lowercase().contains(&wanted))
        })
        .map(|document| document.body.into());
    act.page(items.collect()).map(Outcome::Facts)
}

/// Changes what was sent, and leaves the rest.
pub(super) fn update(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let mut document = find(act)?;
    let id = document.body.get(key(act)).cloned();
    document.body.extend(body(act));
    if let Some(id) = id {
        document.body.insert(key(act).to_owned(), id);
    }
    act.state.store.put(thing(act), act.tenant(), &document)?;
    Ok(shown(act, document))
}

/// Deletes one.
pub(super) fn delete(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let document = find(act)?;
    act.state
        .store
        .drop_document(thing(act), act.tenant(), &document.within, &document.id)?;
    Ok(shown(act, document))
}

fn find(act: &Act<'_>) -> Result<Document, Refusal> {
    let id = act.text("id");
    let found = act.state.store.document(thing(act), act.tenant(), act.text("in"), id)?;
    found.ok_or_else(|| {
        let thing = thing(act).replace('_', " ");
        act.refuse(
            code::SCHEMA,
            "id",
            format!("there is no {thing} `{}`", id.escape_debug()),
        )
    })
}

fn thing<'a>(act: &Act<'a>) -> &'a str {
    act.operation.simulate.as_ref().map_or("", |words| words.thing())
}

/// The member that names the thing.
fn key<'a>(act: &Act<'a>) -> &'a str {
    act.role("key").unwrap_or("id")
}

// One field holds it all, or the body itself does.
fn body(act: &Act<'_>) -> Map<String, Value> {
    if act.role("content").is_some() {
        return act
            .value("content")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
    }
    let names = ["id", "in", "by"].map(|role| act.role(role));
    let own = act
        .sent
        .arguments
        .iter()
        .filter(|(name, _)| !names.contains(&Some(name)));
    own.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn shown(act: &Act<'_>, document: Document) -> Outcome {
    let body = Value::from(document.body);
    Outcome::Facts(match act.role("into") {
        Some(into) => json!({into: body}),
        None => body,
    })
}
