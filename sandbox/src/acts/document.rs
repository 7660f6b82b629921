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
        let kept = several.iter().map(|each| keep(act, members(each)));
        let kept = kept.collect::<Result<Vec<_>, _>>()?;
        return Ok(all_shown(act, kept));
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

/// Gives back one; or those of several that are there, and the names of the others.
pub(super) fn read(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    if act.role("ids").is_none() {
        return find(act, act.text("id")).map(|document| shown(act, document));
    }
    let mut found = Vec::new();
    let mut absent = Vec::new();
    for id in act.texts("ids") {
        match look_up(act, "ids", id)? {
            Some(document) => found.push(Value::from(document.body)),
            None => absent.push(id),
        }
    }
    let mut facts = json!({act.role("into").unwrap_or("items"): found});
    if let Some(without) = act.role("without") {
        facts[without] = absent.into();
    }
    Ok(Outcome::Facts(facts))
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

/// Changes what was sent, and leaves the rest; one, or several.
pub(super) fn update(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    if let (Some(Value::Array(several)), None) = (act.value("content"), act.role("id")) {
        let changed = several.iter().map(|each| {
            let id = each.get(key(act)).and_then(Value::as_str).unwrap_or_default();
            change(act, id, members(each))
        });
        let changed = changed.collect::<Result<Vec<_>, _>>()?;
        return Ok(all_shown(act, changed));
    }
    let document = change(act, act.text("id"), body(act))?;
    Ok(shown(act, document))
}

fn change(act: &Act<'_>, id: &str, body: Map<String, Value>) -> Result<Document, Refusal> {
    let mut document = find(act, id)?;
    let id = document.body.get(key(act)).cloned();
    match act.role("with") {
        Some("merge") => merge(&mut document.body, body),
        _ => document.body.extend(body),
    }
    if let Some(id) = id {
        document.body.insert(key(act).to_owned(), id);
    }
    act.state.store.put(thing(act), act.tenant(), &document)?;
    Ok(document)
}

// Objects keep the members that were not sent, and lose those that were sent as null.
fn merge(into: &mut Map<String, Value>, from: Map<String, Value>) {
    for (name, value) in from {
        match (into.get_mut(&name), value) {
            (Some(Value::Object(old)), Value::Object(new)) => {
                old.extend(new);
                old.retain(|_, value| !value.is_null());
            }
            (_, value) => _ = into.insert(name, value),
        }
    }
}

/// Deletes one, or several.
pub(super) fn delete(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    if act.role("ids").is_none() {
        let document = find(act, act.text("id"))?;
        return drop_one(act, document).map(|document| shown(act, document));
    }
    let gone = act.texts("ids").into_iter().map(|id| {
        let document = look_up(act, "ids", id)?.ok_or_else(|| missing(act, "ids", id))?;
        drop_one(act, document)
    });
    let gone = gone.collect::<Result<Vec<_>, _>>()?;
    Ok(all_shown(act, gone))
}

fn drop_one(act: &Act<'_>, mut document: Document) -> Result<Document, Refusal> {
    act.state
        .store
        .drop_document(thing(act), act.tenant(), &document.within, &document.id)?;
    document.body.insert("deleted".to_owned(), true.into());
    Ok(document)
}

fn find(act: &Act<'_>, id: &str) -> Result<Document, Refusal> {
    look_up(act, "id", id)?.ok_or_else(|| missing(act, "id", id))
}

/// The document of this name, which the field that plays the part gives.
fn look_up(act: &Act<'_>, role: &str, id: &str) -> Result<Option<Document>, Refusal> {
    let found = act.state.store.document(thing(act), act.tenant(), act.text("in"), id)?;
    // Where no example names one, any will do.
    let unnamed = act.state.examples && act.tenant() == act.state.home() && !act.has_example(role);
    Ok(found.or_else(|| {
        unnamed.then(|| Document {
            id: id.to_owned(),
            within: act.text("in").to_owned(),
            app: act.app().to_owned(),
            time: act.now,
            body: examples::document(act.catalog, thing(act), id),
        })
    }))
}

fn missing(act: &Act<'_>, role: &str, id: &str) -> Refusal {
    let thing = thing(act).replace('_', " ");
    // The operation's own code for what is not there, where it has one.
    let said = act.operation.simulate.as_ref().and_then(|words| words.missing);
    let mut codes = act.operation.errors.iter();
    let usual = || codes.find(|error| error.status == Some(404)).map(|error| error.code);
    act.refuse(
        said.or_else(usual).unwrap_or(code::SCHEMA),
        role,
        format!("there is no {thing} `{}`", id.escape_debug()),
    )
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

fn members(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn all_shown(act: &Act<'_>, documents: Vec<Document>) -> Outcome {
    let bodies: Vec<Value> = documents.into_iter().map(|document| document.body.into()).collect();
    Outcome::Facts(match act.role("into") {
        Some(into) => json!({into: bodies}),
        None => json!({}),
    })
}

fn shown(act: &Act<'_>, document: Document) -> Outcome {
    let body = Value::from(document.body);
    Outcome::Facts(match act.role("into") {
        Some(into) => json!({into: body}),
        None => body,
    })
}
