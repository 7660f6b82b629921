//! Things without deeds of their own: kept as they were sent, read back as they are.

use serde_json::{Map, Value, json};

use super::{Act, Outcome};
use crate::{
    examples,
    refusal::{Refusal, code},
    store::Document,
};

/// Keeps a document, or several; each gets an id unless it brings one.
pub(super) fn create(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    if let Some(Value::Array(several)) = act.value("content") {
        for each in several {
            let body = each.as_object().cloned().unwrap_or_default();
            keep(act, body)?;
        }
        return Ok(Outcome::Facts(json!({})));
    }
    let document = keep(act, body(act))?;
    Ok(shown(act, document))
}

fn keep(act: &mut Act<'_>, mut body: Map<String, Value>) -> Result<Document, Refusal> {
    let key = key(act);
    let id = match body.get(key).and_then(Value::as_str).filter(|id| !id.is_empty()) {
        Some(id) => id.to_owned(),
        None => act.state.mint.number().to_string(),
    };
    // Some replies have it under both names.
    body.insert(key.to_owned(), id.clone().into());
    body.insert("id".to_owned(), id.clone().into());
    let document = Document {
        id,
        within: act.text("in").to_owned(),
        app: act.app().to_owned(),
        time: act.now,
        body,
    };
    act.state.store.put(thing(act), act.tenant(), &document)?;
    Ok(document)
}

/// Gives back one.
pub(super) fn read(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    find(act).map(|document| shown(act, document))
}

/// Gives back all that lie in the same, by pages: those with the text that is looked for, from the time that is asked for, and with
/// the members that bear the name of a parameter as that parameter says.
pub(super) fn list(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let documents = act.state.store.documents(thing(act), act.tenant(), act.text("in"))?;
    let wanted = act.text("name").to_lowercase();
    let stretch = stretch(act);
    let items = documents
        .into_iter()
        .filter(|document| stretch.contains(&document.time) && alike(act, &document.body))
        .filter(|document| {
            wanted.is_empty()
                || document
                    .body
                    .values()
                    .any(|value| value.to_string().to_lowercase().contains(&wanted))
        })
        .map(|document| document.body.into());
    let mut page = act.page(items.collect())?;
    // Where a reply has several lists, the word says which.
    if let (Some(into), Some(members)) = (act.role("into"), page.as_object_mut())
        && let Some((_, items)) = members.iter().find(|(_, member)| member.is_array())
    {
        let items = items.clone();
        members.retain(|_, member| !member.is_array());
        members.insert(into.to_owned(), items);
    }
    Ok(Outcome::Facts(page))
}

// From the first to the last second, as far as they are given.
fn stretch(act: &Act<'_>) -> std::ops::RangeInclusive<u64> {
    let seconds = |role| act.number(role).and_then(|seconds| u64::try_from(seconds).ok());
    let from = seconds("from").map_or(0, |from| from.saturating_mul(1000));
    let until = seconds("until").map_or(u64::MAX, |until| until.saturating_mul(1000).saturating_add(999));
    from..=until
}

fn alike(act: &Act<'_>, body: &Map<String, Value>) -> bool {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut asked = act.sent.arguments.iter();
    asked.all(|(name, wanted)| body.get(name).is_none_or(|found| text(found) == text(wanted)))
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
    // Where no example names one, any will do.
    let unnamed = act.state.examples && act.example("id").is_none_or(str::is_empty);
    let found = found.or_else(|| {
        unnamed.then(|| Document {
            id: id.to_owned(),
            within: act.text("in").to_owned(),
            app: act.app().to_owned(),
            time: act.now,
            body: examples::document(act.catalog, thing(act), id),
        })
    });
    found.ok_or_else(|| {
        let thing = thing(act).replace('_', " ");
        // The operation's own code for what is not there, where it has one.
        let mut codes = act.operation.errors.iter();
        let missing = codes.find(|error| error.status == Some(404));
        act.refuse(
            missing.map_or(code::SCHEMA, |error| error.code),
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
