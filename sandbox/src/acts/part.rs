//! What a chat has beside messages: its announcement, what is pinned to its top, its menus and its tabs.

use serde_json::{Map, Value, json};

use super::{Act, Outcome, standing};
use crate::{
    refusal::{Refusal, code},
    store::{Chat, Document},
};

/// So many menus a chat has, so many under each (im-v1/chat-menu_tree), and so many tabs of its own (im-v1/chat-tab).
const MENUS: usize = 3;
const SUBMENUS: usize = 5;
const TABS: usize = 20;
/// So far behind the latest revision a change of the announcement may build (im-v1/chat-announcement/patch).
const REVISIONS: i64 = 100;
/// The tabs that calls may make and change.
const OWN_TABS: [&str; 2] = ["doc", "url"];
const TOP: &str = "chat_menu_top_level_id";
const SECOND: &str = "chat_menu_second_level_id";
const ITEM: &str = "chat_menu_item";

/// Gives back the announcement.
pub(super) fn announcement(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let chat = announced(act)?;
    let kept = kept(act, "announcement")?;
    let text = |name: &str, or: String| kept.get(name).cloned().unwrap_or_else(|| or.into());
    let made = (chat.created / 1000).to_string();
    let kind = |id: &str| {
        if act.state.app(id).is_some() {
            "app_id"
        } else {
            act.id_kind()
        }
    };
    let modifier = kept.get("modifier").and_then(Value::as_str).unwrap_or(&chat.owner);
    let blocks = kept.get("blocks").cloned().unwrap_or_else(|| json!([]));
    let content = json!({"title": {"elements": []}, "body": {"blocks": blocks}});
    Ok(Outcome::Facts(json!({
        "content": content.to_string(),
        "revision": text("revision", "0".to_owned()),
        "create_time": made,
        "update_time": text("time", made.clone()),
        "owner_id_type": kind(&chat.owner),
        "owner_id": act.named(&chat.owner),
        "modifier_id_type": kind(modifier),
        "modifier_id": act.named(modifier),
    })))
}

/// Changes the announcement, in outline: what requests insert is kept, and every change makes a new revision.
pub(super) fn announce(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let chat = announced(act)?;
    let closed = chat.facts.get("edit_permission").is_some_and(|may| may == "only_owner");
    if closed && !standing::leads(act, &chat)? {
        return Err(act.refuse(
            code::NOT_EDITABLE,
            "in",
            "only the owner and administrators may edit this chat",
        ));
    }
    let mut kept = kept(act, "announcement")?;
    let latest = act.text_of(&kept, "revision").parse().unwrap_or(0);
    let near = |given: &i64| (latest - REVISIONS..=latest).contains(given) || act.state.examples;
    if act.number("order").is_none_or(|given| !near(&given)) {
        let message = format!("revision must be one of the latest {REVISIONS}; the latest is {latest}");
        return Err(act.refuse(code::CHAT_PARAMETER, "order", message));
    }
    let requests = act.texts("content");
    if requests.is_empty() && !act.state.examples {
        return Err(act.refuse(code::CHAT_PARAMETER, "content", "name at least one change"));
    }
    let mut blocks = kept
        .get("blocks")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    for request in requests {
        let Ok(Value::Object(request)) = serde_json::from_str(request) else {
            return Err(act.refuse(code::NOT_CHANGED, "content", "each change is a JSON object as text"));
        };
        let payload = request
            .get("insertBlocksRequest")
            .and_then(|insert| insert.get("payload"));
        let payload: Option<Value> = payload
            .and_then(Value::as_str)
            .and_then(|text| serde_json::from_str(text).ok());
        blocks.extend(
            payload
                .as_ref()
                .and_then(|payload| payload["blocks"].as_array())
                .into_iter()
                .flatten()
                .cloned(),
        );
    }
    kept.insert("blocks".to_owned(), blocks.into());
    kept.insert("revision".to_owned(), (latest + 1).to_string().into());
    kept.insert("modifier".to_owned(), act.actor().into());
    kept.insert("time".to_owned(), (act.now / 1000).to_string().into());
    keep(act, "announcement", kept)?;
    Ok(Outcome::Facts(json!({})))
}

fn announced(act: &Act<'_>) -> Result<Chat, Refusal> {
    let chat = standing::inside(act, act.text("in"))?;
    if chat.mode == "p2p" {
        return Err(act.refuse(code::NO_ANNOUNCEMENT, "in", "a p2p chat has no announcement"));
    }
    Ok(chat)
}

/// Pins a message of the chat, or its announcement, to its top.
pub(super) fn pin(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let chat = standing::inside(act, act.text("in"))?;
    let notices = objects(act, "content");
    for notice in &notices {
        let id = act.text_of(notice, "message_id");
        let message = notice.get("action_type").is_some_and(|kind| kind == "1");
        let there = || {
            Ok::<_, Refusal>(
                act.state
                    .store
                    .message(id)?
                    .is_some_and(|message| message.chat_id == chat.chat_id),
            )
        };
        if message && !there()? {
            let message = format!("no message `{}` is in this chat", id.escape_debug());
            return Err(act.refuse(code::CHAT_PARAMETER, "content", message));
        }
    }
    keep(
        act,
        "top_notice",
        Map::from_iter([("items".to_owned(), json!(notices))]),
    )?;
    Ok(Outcome::Facts(json!({})))
}

/// Takes away what is pinned to the top.
pub(super) fn unpin(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    standing::inside(act, act.text("in"))?;
    keep(act, "top_notice", Map::new())?;
    Ok(Outcome::Facts(json!({})))
}

/// Adds menus.
pub(super) fn add_menus(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let mut menus = menus(act)?;
    let tree = act.value("content").cloned().unwrap_or_default();
    for new in tree["chat_menu_top_levels"].as_array().into_iter().flatten() {
        let (item, children) = (&new[ITEM], new["children"].as_array().cloned().unwrap_or_default());
        if children.len() > SUBMENUS {
            let message = format!("{} menus under one; {SUBMENUS} are the most", children.len());
            return Err(act.refuse(code::SUBMENUS_FULL, "content", message));
        }
        if !children.is_empty() && item["action_type"] != "NONE" {
            return Err(act.refuse(
                code::BAD_MENU,
                "content",
                "a menu with menus under it has the action `NONE`",
            ));
        }
        for item in std::iter::once(item).chain(children.iter().map(|child| &child[ITEM])) {
            if item["action_type"] == "REDIRECT_LINK" && item["redirect_link"].is_null() {
                return Err(act.refuse(
                    code::BAD_MENU,
                    "content",
                    "a menu that opens a link has a `redirect_link`",
                ));
            }
        }
        let mut id = || act.state.mint.number().to_string();
        let children: Vec<Value> = children
            .iter()
            .map(|child| json!({SECOND: id(), ITEM: child[ITEM]}))
            .collect();
        menus.push(json!({TOP: id(), ITEM: item, "children": children}));
    }
    if menus.len() > MENUS {
        let message = format!("the chat would have {} top menus; {MENUS} are the most", menus.len());
        return Err(act.refuse(code::MENUS_FULL, "content", message));
    }
    show_menus(act, menus)
}

/// Gives back all menus.
pub(super) fn read_menus(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let menus = menus(act)?;
    Ok(Outcome::Facts(json!({"menu_tree": {"chat_menu_top_levels": menus}})))
}

/// Deletes top menus.
pub(super) fn delete_menus(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let (mut menus, gone) = (menus(act)?, act.texts("ids"));
    known(act, &menus, TOP, &gone, code::CHAT_PARAMETER)?;
    menus.retain(|menu| !gone.iter().any(|id| menu[TOP] == **id));
    show_menus(act, menus)
}

/// Puts the top menus in another order.
pub(super) fn sort_menus(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let (menus, order) = (menus(act)?, act.texts("ids"));
    known(act, &menus, TOP, &order, code::MENU_ORDER)?;
    let sorted: Vec<Value> = order
        .iter()
        .filter_map(|id| menus.iter().find(|menu| menu[TOP] == **id).cloned())
        .collect();
    let each_once = order.iter().enumerate().all(|(at, id)| !order[..at].contains(id));
    if sorted.len() != menus.len() || !each_once {
        return Err(act.refuse(code::MENU_ORDER, "ids", "send the IDs of all top menus, each once"));
    }
    show_menus(act, sorted)
}

/// Changes one menu, of either level, in the fields that the call names.
pub(super) fn update_menu(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let mut menus = menus(act)?;
    let wanted: Vec<String> = act.texts("only").iter().map(|name| name.to_lowercase()).collect();
    let (id, new) = (act.text("id"), act.value("content").cloned().unwrap_or_default());
    let found = menus.iter_mut().find_map(|menu| {
        if menu[TOP] == id {
            return menu.get_mut(ITEM);
        }
        let children = menu.get_mut("children")?.as_array_mut()?;
        children.iter_mut().find(|child| child[SECOND] == id)?.get_mut(ITEM)
    });
    let Some(item) = found.and_then(Value::as_object_mut) else {
        let message = format!("no menu `{}` in this chat", id.escape_debug());
        return Err(act.refuse(code::CHAT_PARAMETER, "id", message));
    };
    let fields = [
        ("icon", "image_key"),
        ("name", "name"),
        ("i18n_name", "i18n_names"),
        ("redirect_link", "redirect_link"),
    ];
    for (word, field) in fields {
        if wanted.iter().any(|wanted| wanted == word) {
            item.extend(new.get(field).map(|value| (field.to_owned(), value.clone())));
        }
    }
    let item = Value::from(item.clone());
    show_menus(act, menus)?;
    Ok(Outcome::Facts(json!({ITEM: item})))
}

fn menus(act: &Act<'_>) -> Result<Vec<Value>, Refusal> {
    let chat = standing::inside(act, act.text("in"))?;
    if chat.mode != "group" {
        let message = format!("the chat's mode is `{}`; menus are for groups", chat.mode);
        return Err(act.refuse_as(&[code::CHAT_MODE, code::CHAT_PARAMETER], "in", message));
    }
    items(act, "menu")
}

fn show_menus(act: &mut Act<'_>, menus: Vec<Value>) -> Result<Outcome, Refusal> {
    keep(
        act,
        "menu",
        Map::from_iter([("items".to_owned(), menus.clone().into())]),
    )?;
    Ok(Outcome::Facts(json!({"menu_tree": {"chat_menu_top_levels": menus}})))
}

/// Adds tabs.
pub(super) fn add_tabs(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let mut tabs = tabs(act)?;
    for mut tab in objects(act, "content") {
        fit(act, &tab)?;
        tab.insert("tab_id".to_owned(), act.state.mint.number().to_string().into());
        tabs.push(tab.into());
    }
    if tabs
        .iter()
        .filter(|tab| OWN_TABS.iter().any(|own| tab["tab_type"] == *own))
        .count()
        > TABS
    {
        return Err(act.refuse(
            code::TABS_FULL,
            "content",
            format!("a chat has {TABS} custom tabs at most"),
        ));
    }
    show_tabs(act, tabs)
}

/// Gives back all tabs.
pub(super) fn list_tabs(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let tabs = tabs(act)?;
    Ok(Outcome::Facts(json!({"chat_tabs": tabs})))
}

/// Changes tabs that calls or users have added.
pub(super) fn update_tabs(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
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
    show_tabs(act, tabs)
}

/// Deletes tabs that calls or users have added.
pub(super) fn delete_tabs(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let (mut tabs, gone) = (tabs(act)?, act.texts("ids"));
    known(act, &tabs, "tab_id", &gone, code::CHAT_PARAMETER)?;
    own(act, &tabs, &gone)?;
    tabs.retain(|tab| !gone.iter().any(|id| tab["tab_id"] == **id));
    show_tabs(act, tabs)
}

/// Puts the tabs in another order, that of messages first; those that are not named follow.
pub(super) fn sort_tabs(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let (mut tabs, order) = (tabs(act)?, act.texts("ids"));
    known(act, &tabs, "tab_id", &order, code::CHAT_PARAMETER)?;
    let place = |tab: &Value| match order.iter().position(|id| tab["tab_id"] == **id) {
        _ if tab["tab_type"] == "message" => 0,
        Some(place) => place + 1,
        None => usize::MAX,
    };
    tabs.sort_by_key(place);
    show_tabs(act, tabs)
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

fn show_tabs(act: &mut Act<'_>, tabs: Vec<Value>) -> Result<Outcome, Refusal> {
    keep(act, "tab", Map::from_iter([("items".to_owned(), tabs.clone().into())]))?;
    Ok(Outcome::Facts(json!({"chat_tabs": tabs})))
}

fn fit(act: &Act<'_>, tab: &Map<String, Value>) -> Result<(), Refusal> {
    let kind = act.text_of(tab, "tab_type");
    if !OWN_TABS.contains(&kind) {
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
    let foreign = |tab: &&Value| !OWN_TABS.iter().any(|own| tab["tab_type"] == *own);
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

// All of these must be there.
fn known(act: &Act<'_>, all: &[Value], key: &str, ids: &[&str], code: i64) -> Result<(), Refusal> {
    let Some(strange) = ids.iter().find(|id| !all.iter().any(|one| one[key] == ***id)) else {
        return Ok(());
    };
    let message = format!("`{}` is not in this chat", strange.escape_debug());
    Err(act.refuse(code, "ids", message))
}

fn objects(act: &Act<'_>, role: &str) -> Vec<Map<String, Value>> {
    let list = act.value(role).and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .cloned()
        .collect()
}

fn items(act: &Act<'_>, thing: &str) -> Result<Vec<Value>, Refusal> {
    Ok(kept(act, thing)?
        .get("items")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default())
}

// What a chat has of a kind is one document in it.
fn kept(act: &Act<'_>, thing: &str) -> Result<Map<String, Value>, Refusal> {
    let found = act.state.store.document(thing, act.tenant(), act.text("in"), "")?;
    Ok(found.map(|document| document.body).unwrap_or_default())
}

fn keep(act: &mut Act<'_>, thing: &str, body: Map<String, Value>) -> Result<(), Refusal> {
    let document = Document {
        id: String::new(),
        within: act.text("in").to_owned(),
        app: act.app().to_owned(),
        time: act.now,
        body,
    };
    act.state.store.put(thing, act.tenant(), &document)?;
    Ok(())
}
