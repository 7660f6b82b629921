//! Who is in a chat, who administers it, and who may speak.

use serde_json::json;

use super::{Act, Outcome, standing};
use crate::{
    push::{self, Due},
    refusal::{Refusal, code},
    store::{Chat, Member},
};

/// So many members a chat has, so many of them bots, and so many administrators (im-v1/chat-members/create, chat-managers/add_managers).
const MOST_MEMBERS: usize = 5000;
const MOST_BOTS: usize = 15;
const MOST_MANAGERS: usize = 10;
/// So many bots come or go at once.
const BOTS_AT_ONCE: usize = 5;

/// Brings users or bots into a chat.
pub(super) fn add(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let chat = standing::inside(act, act.text("in"))?;
    if chat.mode == "p2p" {
        return Err(act.refuse_as(
            &[code::CHAT_TYPE, code::CHAT_PARAMETER],
            "in",
            "nobody joins a talk of two",
        ));
    }
    let (ids, bots) = (named(act)?, act.text("by") == "app_id");
    let closed = chat
        .facts
        .get("add_member_permission")
        .is_some_and(|may| may == "only_owner");
    let leads = standing::leads(act, &chat)?;
    if closed && !leads {
        return Err(act.refuse(
            code::NOT_OWNER,
            "in",
            "only the owner and administrators may add members",
        ));
    }
    let partly = act.number("type") == Some(1);
    let (mut found, mut unknown, mut invalid) = (Vec::new(), Vec::new(), Vec::new());
    for id in ids {
        let member = match find(act, id) {
            Err(refusal) if !partly => return Err(refusal),
            member => member.unwrap_or_default(),
        };
        match member {
            Some(member) if bots || standing::visible(act, &member) => found.push((id, member)),
            Some(_) => invalid.push(id),
            None => unknown.push(id),
        }
    }
    let all = unknown.is_empty() && invalid.is_empty();
    if !partly && !all {
        let all_or_nothing = act.number("type") == Some(2);
        let code = match act.text("by") {
            _ if all_or_nothing => code::BAD_IDS,
            _ if unknown.is_empty() => code::NOT_VISIBLE,
            "app_id" => code::BAD_IDS,
            "union_id" => code::UNKNOWN_UNION_ID,
            "user_id" => code::UNKNOWN_USER_ID,
            _ => code::UNKNOWN_OPEN_ID,
        };
        unknown.append(&mut invalid);
        let message = format!(
            "not supported or not existing ids: [{}]",
            unknown.join(", ").escape_debug()
        );
        return Err(act.refuse(code, "ids", message));
    }
    let mut waiting = Vec::new();
    if chat
        .facts
        .get("membership_approval")
        .is_some_and(|needed| needed == "approval_required")
        && !leads
    {
        waiting.extend(found.drain(..).map(|(id, _)| id));
    }
    let mut added = Vec::new();
    for (_, member) in found {
        if act.state.store.join(&chat.chat_id, &member, bots)? {
            added.push(member);
        }
    }
    let members = act.state.store.members(&chat.chat_id)?;
    let many = members.iter().filter(|member| member.is_bot).count();
    if many > MOST_BOTS || members.len() - many > MOST_MEMBERS {
        let message = format!("the chat is full: {MOST_MEMBERS} users and {MOST_BOTS} bots");
        return Err(act.refuse(code::CHAT_FULL, "ids", message));
    }
    came(act, &chat, added, bots);
    Ok(Outcome::Facts(json!({
        "invalid_id_list": invalid,
        "not_existed_id_list": unknown,
        "pending_approval_id_list": waiting,
    })))
}

/// Takes users or bots out of a chat; all may leave.
pub(super) fn remove(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let mut chat = standing::inside(act, act.text("in"))?;
    let (ids, leads) = (named(act)?, standing::leads(act, &chat)?);
    let (mut gone, mut invalid) = (Vec::new(), Vec::new());
    for id in ids {
        let Some(member) = find(act, id)? else {
            invalid.push(id);
            continue;
        };
        let own = member == act.actor();
        if !own && !leads {
            let message = "all may leave, and the rest is for the owner and administrators";
            return Err(act.refuse(code::MAY_NOT, "ids", message));
        }
        if member == chat.owner && !own {
            return Err(act.refuse(
                code::OWNER_STAYS,
                "ids",
                "the owner cannot be removed; give the chat another owner first",
            ));
        }
        if !act.state.store.leave(&chat.chat_id, &member)? {
            invalid.push(id);
            continue;
        }
        gone.push(member);
    }
    if gone.contains(&chat.owner) {
        let members = act.state.store.members(&chat.chat_id)?;
        let Some(heir) = members.into_iter().find(|member| !member.is_bot) else {
            return Err(act.refuse(
                code::NO_HEIR,
                "ids",
                "nobody is left who could own the chat; dissolve it",
            ));
        };
        chat.owner = heir.id;
        act.state.store.change_chat(&chat)?;
    }
    let (bots, users): (Vec<_>, Vec<_>) = gone.into_iter().partition(|id| act.state.app(id).is_some());
    let operator = act.actor().to_owned();
    if !users.is_empty() {
        let due = push::users_gone(&chat, &operator, users);
        act.state.due.push(Due::Happening(due));
    }
    let gone = bots
        .iter()
        .map(|bot| Due::Happening(push::bot_removed(&chat, &operator, bot)));
    act.state.due.extend(gone);
    Ok(Outcome::Facts(json!({"invalid_id_list": invalid})))
}

/// The users of a chat, by pages.
pub(super) fn list(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let chat = standing::inside(act, act.text("in"))?;
    let members = act.state.store.members(&chat.chat_id)?;
    let users: Vec<&Member> = members.iter().filter(|member| !member.is_bot).collect();
    let window = act.window()?;
    let rows = users.iter().skip(window.skip).take(window.most.saturating_add(1));
    let rows = rows.map(|member| {
        json!({
            "member_id_type": act.id_kind(),
            "member_id": act.named(&member.id),
            "name": act.state.name_of(&member.id).unwrap_or_default(),
            "tenant_key": chat.tenant,
        })
    });
    let mut page = act.page_of(rows.collect(), window, None);
    page["member_total"] = users.len().into();
    Ok(Outcome::Facts(page))
}

/// Whether the caller is in a chat.
pub(super) fn check(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let chat = standing::find(act, act.text("in"))?;
    let inside = !chat.dissolved && act.state.store.is_member(&chat.chat_id, act.actor())?;
    Ok(Outcome::Facts(json!({"is_in_chat": inside})))
}

/// Lets the caller into a public chat.
pub(super) fn join(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let chat = standing::there(act, act.text("id"))?;
    let public = chat.facts.get("chat_type").is_some_and(|kind| kind == "public");
    if !public && !act.state.examples {
        return Err(act.refuse(code::CHAT_MODE, "id", "the chat is not public; ask to be added"));
    }
    if chat
        .facts
        .get("membership_approval")
        .is_some_and(|needed| needed == "approval_required")
    {
        return Err(act.refuse(
            code::NEEDS_APPROVAL,
            "id",
            "the chat approves its members; ask to be added",
        ));
    }
    let me = act.actor().to_owned();
    let bot = act.state.app(&me).is_some();
    if act.state.store.join(&chat.chat_id, &me, bot)? {
        came(act, &chat, vec![me], bot);
    }
    Ok(Outcome::Facts(json!({})))
}

/// Makes members administrators.
pub(super) fn promote(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    manage(act, true)
}

/// Makes administrators members like all others.
pub(super) fn demote(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    manage(act, false)
}

fn manage(act: &mut Act<'_>, manager: bool) -> Result<Outcome, Refusal> {
    let chat = standing::inside(act, act.text("in"))?;
    if chat.owner != act.actor() {
        return Err(act.refuse(
            code::OWNER_ONLY,
            "in",
            "only the owner may change the administrators; call as the owner",
        ));
    }
    let mut any = false;
    for id in named(act)? {
        let member = find(act, id)?.filter(|member| *member != chat.owner);
        if let Some(member) = member
            && act.state.store.is_member(&chat.chat_id, &member)?
        {
            act.state.store.set_manager(&chat.chat_id, &member, manager)?;
            any = true;
        }
    }
    if !any && !act.state.examples {
        return Err(act.refuse(
            code::NO_MEMBER,
            "ids",
            "the list holds nobody who is in the chat; check the IDs",
        ));
    }
    let mut managers = act.state.store.members(&chat.chat_id)?;
    managers.retain(|member| member.is_manager);
    if managers.len() > MOST_MANAGERS {
        let message = format!("a chat has {MOST_MANAGERS} administrators at most; remove one first");
        return Err(act.refuse(code::MANAGERS_FULL, "ids", message));
    }
    let of = |bots: bool| -> Vec<String> {
        let some = managers.iter().filter(|member| member.is_bot == bots);
        some.map(|member| act.named(&member.id)).collect()
    };
    Ok(Outcome::Facts(
        json!({"chat_managers": of(false), "chat_bot_managers": of(true)}),
    ))
}

/// Who may speak in a chat, by pages.
pub(super) fn moderation(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let chat = standing::inside(act, act.text("in"))?;
    let setting = match act.text_of(&chat.facts, "moderation_permission") {
        "" => "all_members",
        setting => setting,
    };
    let listed = standing::moderators(&chat).filter(|_| setting == "moderator_list");
    let rows = listed
        .map(|user| json!({"user_id_type": act.id_kind(), "user_id": act.named(user), "tenant_key": chat.tenant}));
    let mut page = act.page(rows.collect())?;
    page["moderation_setting"] = setting.into();
    Ok(Outcome::Facts(page))
}

/// Says who may speak in a chat.
pub(super) fn moderate(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let mut chat = standing::inside(act, act.text("in"))?;
    standing::owner(act, &chat)?;
    let before = chat.clone();
    let setting = act.text("type");
    if !setting.is_empty() {
        chat.facts.insert("moderation_permission".to_owned(), setting.into());
    }
    let mut moderators: Vec<String> = standing::moderators(&chat).map(str::to_owned).collect();
    // Who is not in the chat is left out.
    let members = |role: &str| -> Result<Vec<String>, Refusal> {
        let mut members = Vec::new();
        for id in act.texts(role) {
            let user = act.state.known(act.app(), act.id_kind(), id)?;
            if let Some(user) = user
                && act.state.store.is_member(&chat.chat_id, &user)?
            {
                members.push(user);
            }
        }
        Ok(members)
    };
    let (added, removed) = (members("ids")?, members("without")?);
    moderators.extend(added.iter().cloned());
    moderators.retain(|user| !removed.contains(user));
    moderators.sort();
    moderators.dedup();
    chat.facts.insert("moderators".to_owned(), moderators.into());
    act.state.store.change_chat(&chat)?;
    let due = push::chat_updated(&before, &chat, act.actor(), Some((added, removed)));
    act.state.due.push(Due::Happening(due));
    Ok(Outcome::Facts(json!({})))
}

// The list of the call, which may not be empty.
fn named<'a>(act: &Act<'a>) -> Result<Vec<&'a str>, Refusal> {
    let ids = act.texts("ids");
    if ids.is_empty() && !act.state.examples {
        return Err(act.refuse(code::NO_MEMBER, "ids", "the list is empty; name somebody"));
    }
    if act.text("by") == "app_id" && ids.len() > BOTS_AT_ONCE {
        let message = format!("{} bots at once; {BOTS_AT_ONCE} are the most", ids.len());
        return Err(act.refuse(code::CHAT_PARAMETER, "ids", message));
    }
    Ok(ids)
}

// The user or the bot of an id.
fn find(act: &Act<'_>, id: &str) -> Result<Option<String>, Refusal> {
    match act.text("by") {
        "app_id" => Ok(standing::is_bot(act.state, id).then(|| id.to_owned())),
        kind => act.state.known(act.app(), kind, id),
    }
}

fn came(act: &mut Act<'_>, chat: &Chat, who: Vec<String>, bots: bool) {
    let operator = act.actor().to_owned();
    if bots {
        let each = who
            .iter()
            .map(|bot| Due::Happening(push::bot_added(chat, &operator, bot)));
        act.state.due.extend(each);
    } else if !who.is_empty() {
        act.state
            .due
            .push(Due::Happening(push::users_came(chat, &operator, who)));
    }
}
