//! The tickets of a helpdesk, in outline.

use serde_json::{Map, Value, json};

use super::{Act, Outcome};
use crate::{
    app::App,
    base64,
    push::{Audience, Due, Happening, ids},
    refusal::{Refusal, code},
    state::State,
    store::{Chat, Document},
};

pub(super) const TICKET: &str = "ticket";
/// From here on a ticket's status says that it is closed.
pub(super) const CLOSED: i64 = 50;
/// Who answers, and the way in which a ticket came: by this call.
const BY_BOT: i64 = 1;
const BY_AGENTS: i64 = 2;
const OPEN_PLATFORM: i64 = 9;

/// Opens a user's ticket, or hands the open one to agents.
pub(super) fn open(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let human = act.value("type") == Some(&Value::Bool(true));
    let user = act.person("open_id", act.text("to"))?;
    let (mine, chat) = tickets_of(act, &user)?;
    let mut agents: Vec<Value> = Vec::new();
    for agent in act.texts("ids") {
        let known = act.state.known(act.app(), "open_id", agent)?;
        agents.push(person(act.state, known.as_deref().unwrap_or(agent)));
    }
    let document = match mine {
        Some(mut document) => {
            if human && number(&document, "ticket_type") == BY_BOT {
                let before = document.clone();
                document.body.insert("ticket_type".to_owned(), BY_AGENTS.into());
                document.body.insert("agents".to_owned(), agents.into());
                changed(act, document, &before)?
            } else {
                document
            }
        }
        None => begin(act, &user, chat, human, agents)?,
    };
    let mut facts = json!({"chat_id": document.body.get("chat_id")});
    if human {
        facts["ticket_id"] = document.id.into();
    }
    Ok(Outcome::Facts(facts))
}

fn begin(
    act: &mut Act<'_>,
    user: &str,
    chat: Option<String>,
    human: bool,
    agents: Vec<Value>,
) -> Result<Document, Refusal> {
    let chat = match chat {
        Some(chat) => chat,
        None => helpdesk_chat(act, user)?,
    };
    let id = act.state.mint.number().to_string();
    let body = json!({
        "ticket_id": id,
        "helpdesk_id": helpdesk(act),
        "guest": person(act.state, user),
        "ticket_type": if human { BY_AGENTS } else { BY_BOT },
        "status": 1,
        "created_at": act.now,
        "updated_at": -1,
        "agents": agents,
        "channel": OPEN_PLATFORM,
        "customized_fields": [],
        "tags": [],
        "chat_id": chat,
    });
    let document = Document {
        id,
        within: String::new(),
        app: act.app().to_owned(),
        time: act.now,
        body: body.as_object().cloned().unwrap_or_default(),
    };
    act.state.store.put(TICKET, act.tenant(), &document)?;
    let told = document.clone();
    let tell = move |state: &State, app: &App| snapshot(state, app, &told);
    let due = Happening::new("open ticket", Audience::Subscribers, tell).within(act.tenant());
    act.state.due.push(Due::Happening(due));
    Ok(document)
}

fn helpdesk_chat(act: &mut Act<'_>, user: &str) -> Result<String, Refusal> {
    let chat = Chat {
        chat_id: act.state.mint.id("oc_"),
        mode: "group".to_owned(),
        tenant: act.tenant().to_owned(),
        owner: act.app().to_owned(),
        created: act.now,
        dissolved: false,
        facts: Map::from_iter([
            ("name".to_owned(), "Helpdesk".into()),
            ("helpdesk".to_owned(), true.into()),
        ]),
    };
    act.state.store.add_chat(&chat)?;
    act.state.store.join(&chat.chat_id, user, false)?;
    act.state.store.join(&chat.chat_id, act.app(), true)?;
    Ok(chat.chat_id)
}

/// The tickets that match all that is asked for.
pub(super) fn list(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let all = act.state.store.documents(TICKET, act.tenant(), "")?;
    let items = all.iter().map(|ticket| told(act.state, act.app(), ticket));
    let items: Vec<Value> = items.filter(|ticket| matches(act, ticket)).collect();
    act.page(items).map(Outcome::Facts)
}

/// A ticket with the ids by which an app knows its people.
pub(super) fn told(state: &State, app: &str, ticket: &Document) -> Value {
    let mut told = Value::from(ticket.body.clone());
    let own = |person: &mut Value| {
        if let Some(id) = person["id"].as_str() {
            person["id"] = state.open_id(app, id).into();
        }
    };
    for name in ["guest", "closed_by"] {
        told.get_mut(name).map(own);
    }
    let agents = told.get_mut("agents").and_then(Value::as_array_mut);
    agents.into_iter().flatten().for_each(own);
    told
}

fn matches(act: &Act<'_>, ticket: &Value) -> bool {
    let same = [
        ("ticket_id", "/ticket_id"),
        ("closed_by_id", "/closed_by/id"),
        ("type", "/ticket_type"),
        ("channel", "/channel"),
        ("solved", "/solve"),
        ("score", "/score"),
        ("guest_name", "/guest/name"),
        ("guest_id", "/guest/id"),
    ];
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let asked = |name: &str| act.sent.argument(name);
    let is = |name: &str, at: &str| asked(name).is_none_or(|wanted| ticket.pointer(at).map(text) == Some(text(wanted)));
    // Whether any member of a list is among those that are asked for.
    let holds = |name: &str, list: &str, member: &str| {
        let Some(wanted) = asked(name) else { return true };
        let wanted: Vec<String> = wanted
            .as_array()
            .map_or_else(|| vec![text(wanted)], |all| all.iter().map(text).collect());
        let found = ticket.get(list).and_then(Value::as_array).into_iter().flatten();
        found
            .filter_map(|one| one.get(member))
            .any(|one| wanted.contains(&text(one)))
    };
    let state = |list: &Value| {
        let status = ticket.get("status").map(text);
        list.as_array()
            .is_none_or(|all| all.iter().any(|one| Some(text(one)) == status))
    };
    let within = |from: &str, until: &str, at: &str| {
        let time = ticket.get(at).and_then(Value::as_i64).unwrap_or_default();
        let bound = |name: &str, open: i64| asked(name).and_then(|value| text(value).parse().ok()).unwrap_or(open);
        (bound(from, i64::MIN)..=bound(until, i64::MAX)).contains(&time)
    };
    same.iter().all(|(name, at)| is(name, at))
        && asked("status_list").is_none_or(state)
        && holds("agent_id", "agents", "id")
        && holds("tags", "tags", "name")
        && within("create_time_start", "create_time_end", "created_at")
        && within("update_time_start", "update_time_end", "updated_at")
}

/// Changes what a ticket says, not its chat.
pub(super) fn update(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let before = find(act, act.text("id"))?;
    let mut ticket = before.clone();
    let author = person(act.state, act.actor());
    let sent = |name: &str| act.sent.argument(name).cloned();
    for (name, member) in [
        ("status", "status"),
        ("ticket_type", "ticket_type"),
        ("solved", "solve"),
        ("channel", "channel"),
    ] {
        if let Some(value) = sent(name) {
            ticket.body.insert(member.to_owned(), value);
        }
    }
    if let Some(Value::Array(names)) = sent("tag_names") {
        let tags = names.iter().map(|name| json!({"id": name, "name": name}));
        ticket.body.insert("tags".to_owned(), tags.collect());
    }
    if let Some(content) = sent("comment") {
        let comment = json!({"content": content, "created_at": act.now, "user_name": author.get("name")});
        ticket.body.insert("comments".to_owned(), comment);
    }
    if let Some(Value::Array(fields)) = sent("customized_fields") {
        let kept = ticket.body.entry("customized_fields").or_insert_with(|| json!([]));
        if let Some(kept) = kept.as_array_mut() {
            for field in fields {
                kept.retain(|one| one.get("id") != field.get("id") || one.get("key_name") != field.get("key_name"));
                kept.push(field);
            }
        }
    }
    if number(&ticket, "status") >= CLOSED && number(&before, "status") < CLOSED {
        ticket.body.insert("closed_at".to_owned(), act.now.into());
        ticket.body.insert("closed_by".to_owned(), author);
    }
    changed(act, ticket, &before)?;
    Ok(Outcome::Facts(json!({})))
}

// Keeps a changed ticket, and tells of it where its state or its stage is another one.
fn changed(act: &mut Act<'_>, mut ticket: Document, before: &Document) -> Result<Document, Refusal> {
    ticket.body.insert("updated_at".to_owned(), act.now.into());
    act.state.store.put(TICKET, act.tenant(), &ticket)?;
    let same = |name: &str| number(&ticket, name) == number(before, name);
    if !same("status") || !same("ticket_type") {
        let (now, old) = (ticket.clone(), before.clone());
        let tell = move |state: &State, app: &App| {
            let old = json!({"stage": old.body.get("ticket_type"), "status": old.body.get("status"), "updated_at": old.body.get("updated_at")});
            json!({"object": snapshot(state, app, &now), "old_object": old})
        };
        let due = Happening::new("update ticket", Audience::Subscribers, tell).within(act.tenant());
        act.state.due.push(Due::Happening(due));
    }
    Ok(ticket)
}

pub(super) fn find(act: &Act<'_>, id: &str) -> Result<Document, Refusal> {
    let found = act.state.store.document(TICKET, act.tenant(), "", id)?;
    found.ok_or_else(|| {
        let message = format!("there is no ticket `{}`", id.escape_debug());
        let field = if act.role("in").is_some() { "in" } else { "id" };
        act.refuse(code::UNKNOWN_TICKET, field, message)
    })
}

// The user's open ticket, and the chat that the user has with the helpdesk.
fn tickets_of(act: &Act<'_>, user: &str) -> Result<(Option<Document>, Option<String>), Refusal> {
    let all = act.state.store.documents(TICKET, act.tenant(), "")?;
    let own = |ticket: &Document| {
        ticket.app == act.app() && ticket.body.get("guest").and_then(|guest| guest.get("id")?.as_str()) == Some(user)
    };
    let mut own: Vec<Document> = all.into_iter().filter(own).collect();
    let chat = own.first().map(|ticket| text(ticket, "chat_id").to_owned());
    Ok((own.pop().filter(|ticket| number(ticket, "status") < CLOSED), chat))
}

fn snapshot(state: &State, app: &App, ticket: &Document) -> Value {
    let mut all = told(state, &app.id, ticket);
    let guest = ticket.body.get("guest").and_then(|guest| guest.get("id")?.as_str());
    let guest = json!({"id": ids(state, app, guest.unwrap_or_default()), "name": all.pointer("/guest/name")});
    all["guest"] = guest;
    all["stage"] = all.get("ticket_type").cloned().unwrap_or_default();
    all
}

fn person(state: &State, open_id: &str) -> Value {
    let user = state.store.user(open_id).ok().flatten();
    json!({"id": open_id, "name": user.map(|user| user.name).unwrap_or_default()})
}

// The first half of the helpdesk's own credentials.
fn helpdesk(act: &Act<'_>) -> String {
    let header = act.incoming.headers.get("x-lark-helpdesk-authorization");
    let decoded = header.and_then(|value| base64::decode(value.as_bytes()));
    let text = decoded
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .unwrap_or_default();
    text.split(':').next().unwrap_or_default().to_owned()
}

pub(super) fn text<'d>(document: &'d Document, name: &str) -> &'d str {
    document.body.get(name).and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn number(document: &Document, name: &str) -> i64 {
    document.body.get(name).and_then(Value::as_i64).unwrap_or_default()
}
