//! The tabs of a chat.

use serde_json::{Map, Value, json};

use super::{
    Act, Outcome,
    part::{items, keep, known, objects},
    standing,
};
use crate::refusal::{Refusal, code};

/// So many tabs a chat has beside the built-in ones (im-v1/chat-tab).
const TABS: usize = 20;
/// The kinds of tab that calls may make and change.
const OWN: [&str; 2] = ["doc", "url"];

/// Adds tabs.
pub(super) fn create(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let mut tabs = tabs(act)?;
    for mut tab in objects(act, "content") {
        fit(act, &tab)?;
        tab.insert("tab_id".to_owned(), act.state.mint.number().to_string().into());
        tabs.push(tab.into());
    }
    if tabs
        .iter()
        .filter(|tab| OWN.iter().any(|own| tab["tab_type"] == *own))
        .count()
        > TABS
    {
        return Err(act.refuse(
            code::TABS_FULL,
            "content",
            format!("a chat has {TABS} custom tabs at most"),
        ));
    }
    show(act, tabs)
}

/// Gives back all tabs.
pub(super) fn list(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let tabs = tabs(act)?;
    Ok(Outcome::Facts(json!({"chat_tabs": tabs})))
}

/// Changes tabs that calls or users have added.
pub(super) fn update(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let mut tabs = tabs(act)?;
    for change in objects(act, "content") {
        fit(act, &change)?;
        let id = act.text_of(&change, "tab_id");
        known(act, &tabs, "tab_id", &[id], code::CHAT_PARAMETER)?;
        own(act, &tabs, &[id])?;
        for tab in tabs.iter_mut().filter(|tab| tab["tab_id"] == id) {
            if let Some(tab) = tab.as_object_mut() {
                tab.extend(change.clone());
            }
        }
    }
    show(act, tabs)
}

/// Deletes tabs that calls or users have added.
pub(super) fn delete(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let (mut tabs, gone) = (tabs(act)?, act.texts("ids"));
    known(act, &tabs, "tab_id", &gone, code::CHAT_PARAMETER)?;
    own(act, &tabs, &gone)?;
    tabs.retain(|tab| !gone.iter().any(|id| tab["tab_id"] == **id));
    show(act, tabs)
}

/// Puts the tabs in another order, that of messages first; those that are not named follow.
pub(super) fn sort(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let (mut tabs, order) = (tabs(act)?, act.texts("ids"));
    known(act, &tabs, "tab_id", &order, code::CHAT_PARAMETER)?;
    let place = |tab: &Value| match order.iter().position(|id| tab["tab_id"] == **id) {
        _ if tab["tab_type"] == "message" => 0,
        Some(place) => place + 1,
        None => usize::MAX,
    };
    tabs.sort_by_key(place);
    show(act, tabs)
}

fn tabs(act: &mut Act<'_>) -> Result<Vec<Value>, Refusal> {
    let chat = standing::inside(act, act.text("in"))?;
    if chat.mode == "topic" {
        return Err(act.refuse(code::NO_TABS, "in", "only chats of the mode `group` or `p2p` have tabs"));
    }
    let mut tabs = items(act, "tab")?;
    if !tabs.iter().any(|tab| tab["tab_type"] == "message") {
        let id = act.state.mint.number().to_string();
        tabs.insert(0, json!({"tab_id": id, "tab_type": "message"}));
        keep(act, "tab", Map::from_iter([("items".to_owned(), tabs.clone().into())]))?;
    }
    Ok(tabs)
}

fn show(act: &mut Act<'_>, tabs: Vec<Value>) -> Result<Outcome, Refusal> {
    keep(act, "tab", Map::from_iter([("items".to_owned(), tabs.clone().into())]))?;
    Ok(Outcome::Facts(json!({"chat_tabs": tabs})))
}

fn fit(act: &Act<'_>, tab: &Map<String, Value>) -> Result<(), Refusal> {
    let kind = act.text_of(tab, "tab_type");
    if !OWN.contains(&kind) {
        let message = "only tabs of the types `doc` and `url` can be made and changed";
        return Err(act.refuse_as(&[code::TAB_TYPE, code::CHAT_PARAMETER], "content", message));
    }
    let link = tab
        .get("tab_content")
        .and_then(|content| content.get(kind))
        .and_then(Value::as_str);
    // Examples come without what the page only asks for in words.
    let bare = link.is_none() && act.state.examples;
    if bare || link.is_some_and(|link| link.starts_with("http://") || link.starts_with("https://")) {
        return Ok(());
    }
    let message = format!("`tab_content.{kind}` needs a link that starts with http or https");
    Err(act.refuse(code::TAB_CONTENT, "content", message))
}

fn own(act: &Act<'_>, tabs: &[Value], ids: &[&str]) -> Result<(), Refusal> {
    let foreign = |tab: &&Value| !OWN.iter().any(|own| tab["tab_type"] == *own);
    if tabs
        .iter()
        .filter(foreign)
        .any(|tab| ids.iter().any(|id| tab["tab_id"] == **id))
    {
        return Err(act.refuse(
            code::TAB_TYPE,
            "ids",
            "only tabs of the types `doc` and `url` can be changed",
        ));
    }
    Ok(())
}
