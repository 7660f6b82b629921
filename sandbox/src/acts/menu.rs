//! The menus of a chat, three with five under each.

use serde_json::{Map, Value, json};

use super::{
    Act, Outcome,
    part::{items, keep, known},
    standing,
};
use crate::refusal::{Refusal, code};

/// So many menus a chat has, and so many under each (im-v1/chat-menu_tree).
const MENUS: usize = 3;
const SUBMENUS: usize = 5;
const TOP: &str = "chat_menu_top_level_id";
const SECOND: &str = "chat_menu_second_level_id";
const ITEM: &str = "chat_menu_item";

/// Adds menus.
pub(super) fn create(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
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
    show(act, menus)
}

/// Gives back all menus.
pub(super) fn read(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let menus = menus(act)?;
    Ok(Outcome::Facts(json!({"menu_tree": {"chat_menu_top_levels": menus}})))
}

/// Deletes top menus.
pub(super) fn delete(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let (mut menus, gone) = (menus(act)?, act.texts("ids"));
    known(act, &menus, TOP, &gone, code::CHAT_PARAMETER)?;
    menus.retain(|menu| !gone.iter().any(|id| menu[TOP] == **id));
    show(act, menus)
}

/// Puts the top menus in another order.
pub(super) fn sort(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
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
    show(act, sorted)
}

/// Changes one menu, of either level, in the fields that the call names.
pub(super) fn update(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
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
    show(act, menus)?;
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

fn show(act: &mut Act<'_>, menus: Vec<Value>) -> Result<Outcome, Refusal> {
    keep(
        act,
        "menu",
        Map::from_iter([("items".to_owned(), menus.clone().into())]),
    )?;
    Ok(Outcome::Facts(json!({"menu_tree": {"chat_menu_top_levels": menus}})))
}
