//! One message for many users: sent, recalled, and how far both have come.

use serde_json::{Map, Value, json};

use super::{Act, DAY, Outcome, Place, keys, send, standing};
use crate::{
    push::Due,
    refusal::{Refusal, code},
    store::Batch,
};

/// Batches are known for so long (im-v1/batch_message/get_progress.md).
const KNOWN: u64 = 30 * DAY;
/// How long one can be recalled, which the tenant's administrator says.
const RECALLABLE: u64 = DAY;
/// The service of batches has its own word for a parameter that is wrong, and for a message that it cannot make.
const PARAMETER: i64 = 10003;
const UNMADE: i64 = 10002;
const NO_IMAGE: i64 = 11227;

/// Sends a message to each of the users, in the app's chat with them.
pub(super) fn send(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let msg_type = act.text("type");
    // A call of examples may have no more than what the catalog calls required: it says nothing, to nobody.
    let bare = act.exemplary("type") && act.value("content").is_none();
    let (role, content) = match msg_type {
        _ if bare => ("content", Some(json!({"text": ""}))),
        "interactive" => ("card", act.value("card").cloned()),
        _ => (
            "content",
            act.value("content").map(|content| content_of(msg_type, content)),
        ),
    };
    let Some(content) = content.filter(|content| content.as_object().is_some_and(|content| !content.is_empty())) else {
        let why = format!(
            "a batch of type `{msg_type}` has what it says in `{}`",
            act.role(role).unwrap_or(role)
        );
        return Err(act.refuse(PARAMETER, role, why));
    };
    send::sized_or(act, msg_type, UNMADE)?;
    if keys::own(act, msg_type, &content).is_err() {
        return Err(act.refuse(NO_IMAGE, "content", "the image is none that this app has uploaded"));
    }
    let (users, invalid) = receivers(act)?;
    let batch = Batch {
        id: act.state.mint.id("bm-"),
        app: act.app().to_owned(),
        tenant: act.tenant().to_owned(),
        time: act.now,
        valid: users.len(),
        recalled: false,
    };
    for user in users {
        let chat = super::p2p(act.state, &batch.app, &batch.tenant, &user, &batch.app)?;
        let place = Place {
            chat,
            ..Place::default()
        };
        let message = crate::messages::Message {
            receive_id: user,
            sender: batch.app.clone(),
            tenant_key: batch.tenant.clone(),
            operation: act.operation.id.clone(),
            ..act.state.message(place, content.clone(), msg_type)?
        };
        act.state.take(&message)?;
        act.state.store.add_batch_part(&batch.id, &message.message_id)?;
    }
    act.state.store.keep_batch(&batch)?;
    let mut facts = invalid;
    facts.insert("message_id".to_owned(), batch.id.into());
    Ok(Outcome::Facts(facts.into()))
}

/// Takes back every message of a batch.
pub(super) fn recall(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let mut batch = find(act)?;
    if batch.app != act.app() {
        return Err(act.refuse(code::MAY_NOT_RECALL, "id", "another app sent the batch"));
    }
    if act.now.saturating_sub(batch.time) > RECALLABLE {
        return Err(act.refuse(code::TOO_OLD_TO_RECALL, "id", "the batch is older than a day"));
    }
    for id in act.state.store.batch_parts(&batch.id)? {
        let message = act.state.store.message(&id)?;
        if let Some(mut message) = message.filter(|message| message.recalled_by.is_none()) {
            let happening = act
                .state
                .recall(&mut message, &batch.app, super::change::OWNER_OF_MESSAGE)?;
            act.state.due.push(Due::Happening(happening));
        }
    }
    batch.recalled = true;
    act.state.store.keep_batch(&batch)?;
    Ok(Outcome::Facts(json!({})))
}

/// How far a batch has come.
pub(super) fn check(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let batch = find(act)?;
    if batch.app != act.app() {
        return Err(act.refuse(code::NOT_SENDER, "id", "another app sent the batch"));
    }
    if act.now.saturating_sub(batch.time) > KNOWN && !act.exemplary("id") {
        return Err(act.refuse(code::NO_BATCH, "id", "the batch is older than 30 days"));
    }
    let progress = act.state.store.progress(&batch.id)?;
    Ok(Outcome::Facts(json!({
        "batch_message_send_progress": {
            "valid_user_ids_count": batch.valid,
            "success_user_ids_count": progress.sent,
            "read_user_ids_count": progress.read,
        },
        "batch_message_recall_progress": {"recall": batch.recalled, "recall_count": progress.recalled},
        "read_user": {"read_count": progress.read.to_string(), "total_count": progress.sent.to_string()},
    })))
}

fn find(act: &Act<'_>) -> Result<Batch, Refusal> {
    let id = act.text("id");
    let batch = act.state.store.batch(id)?.filter(|batch| batch.tenant == act.tenant());
    batch.ok_or_else(|| {
        let why = format!("there is no batch `{}`", id.escape_debug());
        act.refuse(code::NO_BATCH, "id", why)
    })
}

// Everyone once, whichever lists name them, and the ids that nobody has whom the app is for.
fn receivers(act: &Act<'_>) -> Result<(Vec<String>, Map<String, Value>), Refusal> {
    let (mut users, mut invalid, mut named) = (Vec::new(), Map::new(), 0);
    for (role, kind) in [("open", "open_id"), ("user", "user_id"), ("union", "union_id")] {
        let mut unknown: Vec<Value> = Vec::new();
        for id in act.texts(role) {
            named += 1;
            let user = act.state.known(act.app(), kind, id)?;
            match user.filter(|user| standing::visible(act, user)) {
                Some(user) if !users.contains(&user) => users.push(user),
                Some(_) => {}
                None => unknown.push(id.into()),
            }
        }
        invalid.extend(act.role(role).map(|name| (format!("invalid_{name}"), unknown.into())));
    }
    // Nobody is in a department yet.
    let departments: Vec<Value> = act.texts("department").into_iter().map(Value::from).collect();
    named += departments.len();
    let name = act.role("department");
    invalid.extend(name.map(|name| (format!("invalid_{name}"), departments.into())));
    if named == 0 && !act.exemplary("type") {
        let why = "nobody is to have it: give at least one of the lists of users and departments";
        return Err(act.refuse(PARAMETER, "open", why));
    }
    Ok((users, invalid))
}

// The older sender wraps posts once more, and calls a chat by another name.
fn content_of(msg_type: &str, sent: &Value) -> Value {
    match (msg_type, sent.get("post"), sent.get("share_chat_id")) {
        ("post", Some(post), _) => post.clone(),
        ("share_chat", _, Some(chat)) => json!({"chat_id": chat}),
        _ => sent.clone(),
    }
}
