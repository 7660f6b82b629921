//! A sandbox in which everything is there that the catalog's examples name, so that a page's own sample call succeeds.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::{
    acts::Place,
    catalog::{Catalog, Field, Operation, Shape},
    messages::Message,
    state::State,
    store::{self, Batch, Chat, Document, File, Reaction},
};

impl State {
    /// Puts in place what the examples of all operations name.
    pub(crate) fn add_examples(&mut self, catalog: &Catalog) -> store::Result<()> {
        for operation in &catalog.operations {
            let Some(words) = &operation.simulate else { continue };
            let within = words.roles.get("in").map_or("", |name| example(operation, name));
            if let (Some(name), false) = (words.roles.get("in"), within.is_empty()) {
                self.add_example(kind_of(name), "", within)?;
            }
            if let Some(name) = words.roles.get("id") {
                self.add_example(words.thing(), within, example(operation, name))?;
            }
            // Messages that are named together, users who are, and chats that receive.
            for id in ["ids", "to", "open", "union", "user"]
                .iter()
                .filter_map(|role| words.roles.get(*role))
            {
                for id in examples(operation, id) {
                    self.add_named(id)?;
                }
            }
        }
        for fields in catalog.types.values().filter_map(|definition| match &definition.shape {
            Shape::Fields(fields) => Some(fields),
            _ => None,
        }) {
            for field in fields {
                let kind = match field.name.as_str() {
                    "image_key" => "image",
                    "file_key" => "file",
                    _ => continue,
                };
                let key = field.example.as_ref().and_then(Value::as_str);
                self.add_example(kind, "", key.unwrap_or_default())?;
            }
        }
        Ok(())
    }

    // What an id stands for, its prefix tells.
    fn add_named(&mut self, id: &str) -> store::Result<()> {
        match id.split_once('_').map(|(prefix, _)| prefix) {
            Some("om") => self.add_example("message", "", id),
            Some("oc") => self.add_example("chat", "", id),
            Some("ou") => self.person("open_id", id).map(|_| ()),
            Some("on") => self.person("union_id", id).map(|_| ()),
            _ => Ok(()),
        }
    }

    fn add_example(&mut self, thing: &str, within: &str, id: &str) -> store::Result<()> {
        if id.is_empty() {
            return Ok(());
        }
        let (app, tenant, now) = (self.first_app(), self.home().to_owned(), self.clock.now());
        match thing {
            "message" if self.store.message(id)?.is_none() => {
                let chats = self.store.chats()?;
                let place = Place {
                    chat: chats.first().map(|chat| chat.chat_id.clone()).unwrap_or_default(),
                    ..Place::default()
                };
                let message = Message {
                    message_id: id.to_owned(),
                    sender: app,
                    ..self.message(place, json!({"text": "An example"}), "text")?
                };
                self.take(&message)
            }
            "chat" if self.store.chat(id)?.is_none() => {
                let users = self.store.users()?;
                let chat = Chat {
                    chat_id: id.to_owned(),
                    mode: "group".to_owned(),
                    tenant,
                    owner: users.first().map(|user| user.open_id.clone()).unwrap_or_default(),
                    created: now,
                    dissolved: false,
                    facts: Map::from_iter([("name".to_owned(), "An example".into())]),
                };
                self.add_chat(&chat)
            }
            "thread" if self.store.thread_chat(id)?.is_none() => {
                let chats = self.store.chats()?;
                let place = Place {
                    chat: chats.first().map(|chat| chat.chat_id.clone()).unwrap_or_default(),
                    thread: Some(id.to_owned()),
                    ..Place::default()
                };
                let message = Message {
                    sender: app,
                    ..self.message(place, json!({"text": "An example"}), "text")?
                };
                self.take(&message)
            }
            "reaction" => {
                let reaction = Reaction {
                    reaction_id: id.to_owned(),
                    message_id: within.to_owned(),
                    emoji: "SMILE".to_owned(),
                    operator: app,
                    time: now,
                };
                self.store.add_reaction(&reaction).map(|_| ())
            }
            "batch" => self.store.keep_batch(&Batch {
                id: id.to_owned(),
                app,
                tenant,
                time: now,
                valid: 0,
                recalled: false,
            }),
            // Its key says what it is.
            "resource" => {
                let kind = if id.starts_with("img") { "image" } else { "file" };
                self.add_example(kind, "", id)
            }
            "file" | "image" if self.store.stored(id)?.is_none() => self.store.add_file(&File {
                key: id.to_owned(),
                kind: thing.to_owned(),
                file_type: String::new(),
                name: "example".to_owned(),
                app,
                tenant,
                time: now,
                bytes: Bytes::from_static(b"An example.\n"),
            }),
            "message" | "chat" | "file" | "image" | "thread" => Ok(()),
            _ => {
                let document = Document {
                    id: id.to_owned(),
                    within: within.to_owned(),
                    app,
                    time: now,
                    body: Map::from_iter([("id".to_owned(), id.into())]),
                };
                self.store.put(thing, &tenant, &document)
            }
        }
    }

    fn first_app(&self) -> String {
        self.apps.first().map(|app| app.id.clone()).unwrap_or_default()
    }
}

/// What a parameter such as `message_id` or `image_key` names.
fn kind_of(name: &str) -> &str {
    let bare = name.strip_suffix("_id").or_else(|| name.strip_suffix("_key"));
    match bare.unwrap_or(name) {
        // Where messages lie: a chat, in every example.
        "container" => "chat",
        bare => bare,
    }
}

// One, or several in a list.
fn examples<'o>(operation: &'o Operation, name: &str) -> Vec<&'o str> {
    let mut fields = operation.parameters.iter();
    let field = fields.find(|field: &&Field| field.name == name);
    match field.and_then(|field| field.example.as_ref()) {
        Some(Value::String(id)) => vec![id],
        Some(Value::Array(ids)) => ids.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn example<'o>(operation: &'o Operation, name: &str) -> &'o str {
    let mut fields = operation.parameters.iter();
    let field = fields.find(|field: &&Field| field.name == name);
    field
        .and_then(|field| field.example.as_ref())
        .and_then(Value::as_str)
        .unwrap_or_default()
}
