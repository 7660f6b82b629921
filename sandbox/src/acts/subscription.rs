//! Events that apps have to ask for by a call.

use serde_json::{Map, Value, json};

use super::{Act, Outcome};
use crate::{push::Audience, refusal::Refusal, store::Document};

/// Lets an app hear of events, by their two names.
pub(super) fn subscribe(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    for event in subscriptions(act) {
        let document = Document {
            id: event,
            within: act.app().to_owned(),
            app: act.app().to_owned(),
            time: act.now,
            body: Map::new(),
        };
        act.state.store.put(Audience::SUBSCRIPTION, act.tenant(), &document)?;
    }
    Ok(Outcome::Facts(json!({})))
}

/// Lets an app no longer hear of events.
pub(super) fn unsubscribe(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    for event in subscriptions(act) {
        act.state
            .store
            .drop_document(Audience::SUBSCRIPTION, act.tenant(), act.app(), &event)?;
    }
    Ok(Outcome::Facts(json!({})))
}

// `helpdesk.ticket` and `ticket.created_v1` share the middle of `helpdesk.ticket.created_v1`.
fn subscriptions(act: &Act<'_>) -> Vec<String> {
    let events = act.value("content").and_then(Value::as_array);
    let name = |event: &Value| {
        let (service, _) = event.get("type")?.as_str()?.rsplit_once('.')?;
        Some(format!("{service}.{}", event.get("subtype")?.as_str()?))
    };
    events.into_iter().flatten().filter_map(name).collect()
}
