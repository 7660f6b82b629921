//! What a chat has beside messages: its announcement and what is pinned to its top; and how such parts are kept.

use serde_json::{Map, Value, json};

use super::{Act, Outcome, message, standing};
use crate::{
    refusal::{Refusal, code},
    store::{Chat, Document},
};

/// So far behind the latest revision a change of the announcement may build (im-v1/chat-announcement/patch).
const REVISIONS: i64 = 100;

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
        let there =
            || Ok::<_, Refusal>(message::there(act, id)?.is_some_and(|message| message.chat_id == chat.chat_id));
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

/// All of these must be there.
pub(super) fn known(act: &Act<'_>, all: &[Value], key: &str, ids: &[&str], code: i64) -> Result<(), Refusal> {
    let Some(strange) = ids.iter().find(|id| !all.iter().any(|one| one[key] == ***id)) else {
        return Ok(());
    };
    let message = format!("`{}` is not in this chat", strange.escape_debug());
    Err(act.refuse(code, "ids", message))
}

/// The objects of a list.
pub(super) fn objects(act: &Act<'_>, role: &str) -> Vec<Map<String, Value>> {
    let list = act.value(role).and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .cloned()
        .collect()
}

/// The items of a part that is a list.
pub(super) fn items(act: &Act<'_>, thing: &str) -> Result<Vec<Value>, Refusal> {
    Ok(kept(act, thing)?
        .get("items")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default())
}

/// What a chat has of a kind is one document in it.
pub(super) fn kept(act: &Act<'_>, thing: &str) -> Result<Map<String, Value>, Refusal> {
    let found = act.state.store.document(thing, act.tenant(), act.text("in"), "")?;
    Ok(found.map(|document| document.body).unwrap_or_default())
}

/// Keeps what has become of a part.
pub(super) fn keep(act: &mut Act<'_>, thing: &str, body: Map<String, Value>) -> Result<(), Refusal> {
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
