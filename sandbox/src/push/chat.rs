//! What happens in chats, as the apps there are told.

use serde_json::{Map, Value, json};

use super::{Audience, Happening, message::ids};
use crate::{app::App, state::State, store::Chat};

/// The scope that lets an app see who chose an entry of its menu.
const OPERATOR_NAME: &str = "application:application.bot.operator_name:readonly";

/// A user and an app begin to speak alone.
pub(crate) fn talk_begun(chat: &Chat, app: &str, user: &str, operator: &str) -> Happening {
    let (chat, user, operator) = (chat.clone(), user.to_owned(), operator.to_owned());
    let tenant = chat.tenant.clone();
    let begun = Happening::new("create talk", Audience::App(app.to_owned()), move |state, app| {
        let person = |id: &str| {
            let mut ids = ids(state, app, id);
            if let Some(ids) = ids.as_object_mut() {
                ids.retain(|name, id| name != "union_id" && !id.is_null());
            }
            ids
        };
        let mut with = person(&user);
        with["name"] = state.name_of(&user).map_or(Value::Null, Value::from);
        json!({
            "chat_id": chat.chat_id,
            "operator": person(&operator),
            "user": with,
        })
    });
    begun.within(&tenant)
}

/// Somebody changed a chat; with the members who may speak now and who no longer may, where those changed.
pub(crate) fn chat_updated(
    before: &Chat,
    after: &Chat,
    operator: &str,
    moderators: Option<(Vec<String>, Vec<String>)>,
) -> Happening {
    let (before, after, operator) = (before.clone(), after.clone(), operator.to_owned());
    let chat = Audience::Chat(after.chat_id.clone());
    Happening::new("update chat", chat, move |state, app| {
        let mut body = common(state, app, &after, &operator);
        let (old, new) = changes(&before, &after, state, app);
        body["before_change"] = old.into();
        body["after_change"] = new.into();
        if let Some((added, removed)) = &moderators {
            let of = |users: &[String]| -> Vec<Value> {
                let users = users.iter();
                users
                    .map(|user| json!({"tenant_key": after.tenant, "user_id": ids(state, app, user)}))
                    .collect()
            };
            body["moderator_list"] = json!({"added_member_list": of(added), "removed_member_list": of(removed)});
        }
        body
    })
}

/// A chat is no more.
pub(crate) fn chat_disbanded(chat: &Chat, operator: &str) -> Happening {
    told(
        "delete chat",
        Audience::Chat(chat.chat_id.clone()),
        chat,
        operator,
        Vec::new(),
    )
}

/// Users came into a chat.
pub(crate) fn users_came(chat: &Chat, operator: &str, users: Vec<String>) -> Happening {
    told(
        "add member",
        Audience::Chat(chat.chat_id.clone()),
        chat,
        operator,
        users,
    )
}

/// Users left a chat, or were removed.
pub(crate) fn users_gone(chat: &Chat, operator: &str, users: Vec<String>) -> Happening {
    told(
        "remove member",
        Audience::Chat(chat.chat_id.clone()),
        chat,
        operator,
        users,
    )
}

/// Somebody took back that users were added to a chat.
pub(crate) fn users_withdrawn(chat: &Chat, operator: &str, users: Vec<String>) -> Happening {
    told(
        "cancel member",
        Audience::Chat(chat.chat_id.clone()),
        chat,
        operator,
        users,
    )
}

/// A bot came into a chat; when a bot added it, the others there do not hear of it.
pub(crate) fn bot_added(chat: &Chat, operator: &str, bot: &str) -> Happening {
    let by_user = operator.starts_with("ou_");
    let audience = if by_user {
        Audience::Chat(chat.chat_id.clone())
    } else {
        Audience::App(bot.to_owned())
    };
    told("add bot", audience, chat, operator, Vec::new())
}

/// A bot was removed from a chat: only it hears of it.
pub(crate) fn bot_removed(chat: &Chat, operator: &str, bot: &str) -> Happening {
    told("remove bot", Audience::App(bot.to_owned()), chat, operator, Vec::new())
}

/// A user opened the talk with an app; `last` is the latest message there and when it was sent.
pub(crate) fn talk_entered(app: &str, chat: &str, user: &str, last: Option<(String, u64)>) -> Happening {
    let (chat, user) = (chat.to_owned(), user.to_owned());
    Happening::new("enter chat", Audience::App(app.to_owned()), move |state, app| {
        let mut body = json!({"chat_id": chat, "operator_id": ids(state, app, &user)});
        if let Some((message, time)) = &last {
            body["last_message_id"] = message.as_str().into();
            body["last_message_create_time"] = time.to_string().into();
        }
        body
    })
}

/// A user chose an entry of a bot's menu.
pub(crate) fn menu_picked(app: &str, user: &str, key: &str, time: u64) -> Happening {
    let (user, key) = (user.to_owned(), key.to_owned());
    Happening::new("click menu", Audience::App(app.to_owned()), move |state, app| {
        let mut operator = json!({"operator_id": ids(state, app, &user)});
        if app.has_any(&[OPERATOR_NAME.to_owned()]) {
            operator["operator_name"] = state.name_of(&user).map_or(Value::Null, Value::from);
        }
        json!({"operator": operator, "event_key": key, "timestamp": time})
    })
}

fn told(act: &'static str, audience: Audience, chat: &Chat, operator: &str, users: Vec<String>) -> Happening {
    let (chat, operator) = (chat.clone(), operator.to_owned());
    let tenant = chat.tenant.clone();
    let told = Happening::new(act, audience, move |state, app| {
        let mut body = common(state, app, &chat, &operator);
        let each = users.iter().map(|user| {
            json!({
                "name": state.name_of(user).unwrap_or_default(),
                "tenant_key": chat.tenant,
                "user_id": ids(state, app, user),
            })
        });
        body["users"] = each.collect();
        body
    });
    told.within(&tenant)
}

// What all events of chats say.
fn common(state: &State, app: &App, chat: &Chat, operator: &str) -> Value {
    let mut body = json!({
        "chat_id": chat.chat_id,
        "operator_id": ids(state, app, operator),
        "external": false,
        "operator_tenant_key": chat.tenant,
        "name": chat.facts.get("name").cloned().unwrap_or_else(|| "".into()),
    });
    if let Some(names) = chat.facts.get("i18n_names") {
        body["i18n_names"] = names.clone();
    }
    body
}

// The settings that are not what they were, before and after.
fn changes(before: &Chat, after: &Chat, state: &State, app: &App) -> (Map<String, Value>, Map<String, Value>) {
    let (mut old, mut new) = (Map::new(), Map::new());
    for (name, value) in &after.facts {
        let was = before.facts.get(name);
        if was != Some(value) {
            old.extend(was.map(|was| (name.clone(), was.clone())));
            new.insert(name.clone(), value.clone());
        }
    }
    if before.owner != after.owner {
        old.insert("owner_id".to_owned(), ids(state, app, &before.owner));
        new.insert("owner_id".to_owned(), ids(state, app, &after.owner));
    }
    (old, new)
}
