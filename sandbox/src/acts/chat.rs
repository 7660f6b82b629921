//! Chats: made, read, found, changed and dissolved.

use serde_json::{Map, Value, json};

use super::{Act, Outcome, standing};
use crate::{
    catalog::Place,
    push::{self, Due},
    refusal::{Refusal, code},
    store::Chat,
};

/// What every member may change unless the chat says otherwise (im-v1/chat/update).
const LOOKS: [&str; 4] = ["avatar", "name", "description", "i18n_names"];
/// What replies about a talk of two leave out (im-v1/chat/get).
const GROUPS_ONLY: [&str; 11] = [
    "add_member_permission",
    "share_card_permission",
    "at_all_permission",
    "owner_id",
    "owner_id_type",
    "chat_type",
    "chat_tag",
    "join_message_visibility",
    "leave_message_visibility",
    "membership_approval",
    "group_message_type",
];
/// What those who are not in a chat are told of it (im-v1/chat/get).
const OUTSIDE: [&str; 5] = ["avatar", "name", "user_count", "bot_count", "chat_status"];
/// The longest text to find (im-v1/chat/search).
const LONGEST_QUERY: usize = 64;
const AVATAR: &str = "default-avatar_44ae0ca3-e140-494b-956f-78091e348435";

/// Makes a chat with the calling bot in it.
pub(super) fn create(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let app = act.app().to_owned();
    let mut facts = settings(act, true);
    named(act, &facts, act.text_of(&facts, "chat_type"))?;
    let owner = match act.text("owner") {
        "" => app.clone(),
        id => act.state.known(&app, act.id_kind(), id)?.ok_or_else(|| {
            let message = format!("owner_id `{}` is no user's {}", id.escape_debug(), act.id_kind());
            act.refuse(code::BAD_IDS, "owner", message)
        })?,
    };
    let users = standing::users(act, "ids")?;
    let bots = act.texts("bots");
    if let Some(bot) = bots.iter().find(|bot| !standing::is_bot(act.state, bot)) {
        let message = format!("no bot `{}`; check its app ID", bot.escape_debug());
        return Err(act.refuse(code::UNKNOWN_BOT, "bots", message));
    }
    facts.insert("creator".to_owned(), app.clone().into());
    let chat = Chat {
        chat_id: act.state.mint.id("oc_"),
        mode: "group".to_owned(),
        tenant: act.tenant().to_owned(),
        owner: owner.clone(),
        created: act.now,
        dissolved: false,
        facts,
    };
    act.state.store.add_chat(&chat)?;
    let store = &act.state.store;
    store.join(&chat.chat_id, &app, true)?;
    if owner != app {
        store.join(&chat.chat_id, &owner, false)?;
        if act.value("manager").and_then(Value::as_bool) == Some(true) {
            store.set_manager(&chat.chat_id, &app, true)?;
        }
    }
    for user in &users {
        store.join(&chat.chat_id, user, false)?;
    }
    for bot in bots {
        if act.state.store.join(&chat.chat_id, bot, true)? {
            let due = Due::Happening(push::bot_added(&chat, &app, bot));
            act.state.due.push(due);
        }
    }
    shown(act, &chat).map(Outcome::Facts)
}

/// Tells what a chat is like; outsiders are told little.
pub(super) fn read(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let chat = standing::find(act, act.text("id"))?;
    let mut facts = shown(act, &chat)?;
    let inside = act.state.store.is_member(&chat.chat_id, act.actor())?;
    if let (false, Some(facts)) = (inside, facts.as_object_mut()) {
        facts.retain(|name, _| OUTSIDE.contains(&name.as_str()));
    }
    Ok(Outcome::Facts(facts))
}

/// Changes what is sent of a chat's settings.
pub(super) fn update(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let mut chat = standing::inside(act, act.text("id"))?;
    if chat.mode != "group" {
        return Err(act.refuse(code::CHAT_MODE, "id", format!("the chat's mode is `{}`", chat.mode)));
    }
    let (wanted, owner) = (settings(act, false), act.text("owner"));
    if !standing::leads(act, &chat)? {
        if chat.facts.get("edit_permission").is_some_and(|may| may == "only_owner") {
            let message = "only the owner and administrators may edit this chat";
            return Err(act.refuse(code::NOT_EDITABLE, "id", message));
        }
        let beyond = wanted.keys().any(|name| !LOOKS.contains(&name.as_str()));
        if beyond || !owner.is_empty() {
            let message = "ordinary members may change only avatar, name, description and localized names";
            return Err(act.refuse(code::NOT_LEADING, "id", message));
        }
    }
    let pair = (wanted.get("add_member_permission"), wanted.get("share_card_permission"));
    let agree = match pair {
        (None, None) => true,
        (Some(add), Some(share)) => (add == "only_owner") == (share == "not_allowed"),
        _ => false,
    };
    if !agree {
        let message = "add_member_permission and share_card_permission go together: `all_members` with `allowed`, `only_owner` with `not_allowed`";
        return Err(act.refuse(code::CHAT_PARAMETER, "id", message));
    }
    let before = chat.clone();
    chat.facts.extend(wanted);
    named(act, &chat.facts, act.text_of(&chat.facts, "chat_type"))?;
    if !owner.is_empty() {
        let user = act.state.known(act.app(), act.id_kind(), owner)?.ok_or_else(|| {
            let message = format!("owner_id `{}` is no user's {}", owner.escape_debug(), act.id_kind());
            act.refuse(code::BAD_OWNER, "owner", message)
        })?;
        if !act.state.store.is_member(&chat.chat_id, &user)? {
            return Err(act.refuse(
                code::NEW_OWNER_OUT,
                "owner",
                "the new owner is not in the chat; add the user first",
            ));
        }
        chat.owner = user;
    }
    act.state.store.change_chat(&chat)?;
    let due = push::chat_updated(&before, &chat, act.actor(), None);
    act.state.due.push(Due::Happening(due));
    Ok(Outcome::Facts(json!({})))
}

/// Dissolves a chat.
pub(super) fn delete(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let mut chat = standing::inside(act, act.text("id"))?;
    if chat.mode != "group" {
        return Err(act.refuse(code::CHAT_MODE, "id", format!("the chat's mode is `{}`", chat.mode)));
    }
    standing::owner(act, &chat)?;
    chat.dissolved = true;
    act.state.store.change_chat(&chat)?;
    let due = push::chat_disbanded(&chat, act.actor());
    act.state.due.push(Due::Happening(due));
    Ok(Outcome::Facts(json!({})))
}

/// The chats that the caller is in, by pages.
pub(super) fn list(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let active_first = act.text("sort") == "ByActiveTimeDesc";
    let mut chats = act.state.store.chats_of(act.actor(), active_first)?;
    chats.retain(|chat| chat.tenant == act.tenant());
    page(act, chats)
}

/// The chats that the caller is in or could join, by a word in their names or those of members.
pub(super) fn find(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let wanted = act.text("name").trim_matches('"').to_lowercase();
    if wanted.is_empty() || wanted.chars().count() > LONGEST_QUERY {
        return page(act, Vec::new());
    }
    let (actor, tenant) = (act.actor().to_owned(), act.tenant().to_owned());
    let mut found = Vec::new();
    for chat in act.state.store.chats()? {
        let there = chat.tenant == tenant && chat.mode != "p2p" && !chat.dissolved;
        let open = chat.facts.get("chat_type").is_some_and(|kind| kind == "public");
        if !there || !(open || act.state.store.is_member(&chat.chat_id, &actor)?) {
            continue;
        }
        let names = [chat.facts.get("name"), chat.facts.get("i18n_names")];
        let mut names: Vec<String> = names.into_iter().flatten().map(Value::to_string).collect();
        for member in act.state.store.members(&chat.chat_id)? {
            names.extend(act.state.name_of(&member.id));
        }
        if names.iter().any(|name| name.to_lowercase().contains(&wanted)) {
            found.push(chat);
        }
    }
    page(act, found)
}

fn page(act: &mut Act<'_>, chats: Vec<Chat>) -> Result<Outcome, Refusal> {
    let window = act.window()?;
    let rows = chats.iter().skip(window.skip).take(window.most.saturating_add(1));
    let rows: Vec<Value> = rows.map(|chat| shown(act, chat)).collect::<Result<_, _>>()?;
    Ok(Outcome::Facts(act.page_of(rows, window, None)))
}

/// A link by which others join.
pub(super) fn link(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let chat = standing::inside(act, act.text("id"))?;
    if chat.mode == "p2p" {
        return Err(act.refuse(
            code::TALK_NOT_SHARED,
            "id",
            "a p2p chat cannot be shared; use a group chat",
        ));
    }
    let kept = chat
        .facts
        .get("share_card_permission")
        .is_some_and(|may| may == "not_allowed");
    if kept && !standing::leads(act, &chat)? {
        return Err(act.refuse(
            code::MAY_NOT_SHARE,
            "id",
            "only the owner and administrators may share this chat",
        ));
    }
    let days = match act.text("until") {
        "year" => Some(365),
        "permanently" => None,
        _ => Some(7),
    };
    let ends = days.map_or(0, |days: u64| act.now / 1000 + days * 86_400);
    let token = act.state.mint.id("");
    Ok(Outcome::Facts(json!({
        "share_link": format!("https://applink.feishu.cn/client/chat/chatter/add_by_link?link_token={token}"),
        "expire_time": ends.to_string(),
        "is_permanent": days.is_none(),
    })))
}

/// Everything replies may say of a chat, by the platform's names.
pub(super) fn shown(act: &Act<'_>, chat: &Chat) -> Result<Value, Refusal> {
    let members = act.state.store.members(&chat.chat_id)?;
    let managers = |bots: bool| -> Vec<String> {
        let managers = members
            .iter()
            .filter(|member| member.is_manager && member.is_bot == bots);
        managers.map(|member| act.named(&member.id)).collect()
    };
    let bots = members.iter().filter(|member| member.is_bot).count();
    let mut all = Map::from_iter(
        [
            ("name", json!("")),
            ("description", json!("")),
            ("add_member_permission", json!("all_members")),
            ("share_card_permission", json!("allowed")),
            ("at_all_permission", json!("all_members")),
            ("edit_permission", json!("all_members")),
            ("group_message_type", json!("chat")),
            ("chat_type", json!("private")),
            ("chat_tag", json!("inner")),
            ("join_message_visibility", json!("all_members")),
            ("leave_message_visibility", json!("all_members")),
            ("membership_approval", json!("no_approval_required")),
            ("moderation_permission", json!("all_members")),
            ("urgent_setting", json!("all_members")),
            ("video_conference_setting", json!("all_members")),
            ("hide_member_count_setting", json!("all_members")),
            ("external", json!(false)),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    all.extend(chat.facts.clone());
    let avatar = act.text_of(&chat.facts, "avatar");
    let avatar = if avatar.is_empty() { AVATAR } else { avatar };
    let more = [
        (
            "avatar",
            format!("https://p3-lark-file.byteimg.com/img/lark-avatar-staging/{avatar}~100x100.jpg").into(),
        ),
        ("chat_id", chat.chat_id.as_str().into()),
        ("chat_mode", chat.mode.as_str().into()),
        ("tenant_key", chat.tenant.as_str().into()),
        ("user_manager_id_list", managers(false).into()),
        ("bot_manager_id_list", managers(true).into()),
        ("user_count", (members.len() - bots).to_string().into()),
        ("bot_count", bots.to_string().into()),
        (
            "chat_status",
            if chat.dissolved { "dissolved" } else { "normal" }.into(),
        ),
    ];
    all.extend(more.map(|(name, value): (&str, Value)| (name.to_owned(), value)));
    // A bot that owns a chat is not named.
    if act.state.store.user(&chat.owner)?.is_some() {
        all.insert("owner_id".to_owned(), act.named(&chat.owner).into());
        all.insert("owner_id_type".to_owned(), act.id_kind().into());
    }
    if chat.mode == "p2p" {
        all.retain(|name, _| !GROUPS_ONLY.contains(&name.as_str()));
    }
    Ok(all.into())
}

impl Act<'_> {
    /// A text of a chat's facts; empty when it says nothing.
    pub(super) fn text_of<'f>(&self, facts: &'f Map<String, Value>, name: &str) -> &'f str {
        facts.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

// What was sent that plays no part of its own, and for a new chat what is assumed of the rest.
fn settings(act: &Act<'_>, new: bool) -> Map<String, Value> {
    let parts = ["owner", "ids", "bots"].map(|role| act.role(role));
    let fields = act.operation.parameters_in(Place::Body);
    let own = fields.filter(|field| !parts.contains(&Some(&field.name)));
    own.filter_map(|field| {
        let sent = act.sent.argument(&field.name);
        let value = sent.or_else(|| field.default.as_ref().filter(|_| new))?;
        Some((field.name.clone(), value.clone()))
    })
    .collect()
}

fn named(act: &Act<'_>, facts: &Map<String, Value>, chat_type: &str) -> Result<(), Refusal> {
    if chat_type != "public" {
        return Ok(());
    }
    match act.text_of(facts, "name").chars().count() {
        0 => Err(act.refuse(code::NO_NAME, "name", "a public chat needs a name; give one")),
        1 => Err(act.refuse(
            code::SHORT_NAME,
            "name",
            "a public chat's name has at least 2 characters",
        )),
        _ => Ok(()),
    }
}
