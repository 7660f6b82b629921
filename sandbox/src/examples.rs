//! A sandbox in which everything is there that the catalog's examples name, so that a page's own sample call succeeds.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::{
    acts::Place,
    catalog::{Catalog, Field, Operation},
    messages::Message,
    state::State,
    store::{self, Chat, Document, File},
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
        }
        Ok(())
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
            "message" | "chat" | "file" | "image" => Ok(()),
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

fn example<'o>(operation: &'o Operation, name: &str) -> &'o str {
    let mut fields = operation.parameters.iter();
    let field = fields.find(|field: &&Field| field.name == name);
    field
        .and_then(|field| field.example.as_ref())
        .and_then(Value::as_str)
        .unwrap_or_default()
}
