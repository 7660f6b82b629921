//! What happens in chats, as the apps there are told.

use serde_json::{Value, json};

use super::{Audience, Happening, message::ids};
use crate::store::Chat;

/// A user and an app begin to speak alone.
pub(crate) fn talk_begun(chat: &Chat, app: &str, user: &str, operator: &str) -> Happening {
    let (chat, user, operator) = (chat.clone(), user.to_owned(), operator.to_owned());
    Happening::new("create talk", Audience::App(app.to_owned()), move |state, app| {
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
    })
}
