//! A sandbox in which everything is there that the catalog's examples name, so that a page's own sample call succeeds.

use std::collections::BTreeSet;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::{
    acts::Place,
    catalog::{Catalog, Field, Operation, Type},
    messages::Message,
    state::State,
    store::{self, Chat, Document, File},
};

impl State {
    /// Puts in place what the examples of all operations name.
    pub(crate) fn add_examples(&mut self, catalog: &Catalog) -> store::Result<()> {
        // The people first, so that they are in the chats that follow.
        for operation in &catalog.operations {
            self.add_people(operation)?;
        }
        for operation in &catalog.operations {
            let Some(words) = &operation.simulate else { continue };
            let within = words.roles.get("in").map_or("", |name| example(operation, name));
            if let (Some(name), false) = (words.roles.get("in"), within.is_empty()) {
                let kind = if within.starts_with("oc_") {
                    "chat"
                } else {
                    kind_of(name)
                };
                self.add_example(kind, "", within)?;
            }
            if let Some(name) = words.roles.get("id") {
                self.add_example(words.thing(), within, example(operation, name))?;
            }
        }
        for chat in self.store.chats()?.iter().filter(|chat| chat.mode != "p2p") {
            self.add_parts(catalog, chat)?;
        }
        Ok(())
    }

    // Whoever an operation names beside the kind of ID that names them.
    fn add_people(&mut self, operation: &Operation) -> store::Result<()> {
        let Some(words) = &operation.simulate else {
            return Ok(());
        };
        let Some(by) = words.roles.get("by") else { return Ok(()) };
        let kind = example(operation, by);
        let first = self.first_app();
        for name in ["owner", "ids", "without"]
            .iter()
            .filter_map(|role| words.roles.get(*role))
        {
            for id in examples(operation, name).iter().filter(|id| **id != first) {
                // No app but the first has ids of its own yet, so nothing is refused.
                let Ok(user) = self.person(&first, kind, id) else {
                    continue;
                };
                for chat in self.store.chats()?.iter().filter(|chat| chat.mode != "p2p") {
                    self.store.join(&chat.chat_id, &user, false)?;
                }
            }
        }
        Ok(())
    }

    // The menus and tabs that examples name: the lists hold them under their own names.
    fn add_parts(&self, catalog: &Catalog, chat: &Chat) -> store::Result<()> {
        let item = json!({"action_type": "NONE", "name": "An example"});
        let link = json!({"url": "https://www.feishu.cn"});
        let second: Vec<Value> = named(catalog, "menu", "id")
            .map(|id| json!({"chat_menu_second_level_id": id, "chat_menu_item": item}))
            .collect();
        let mut menus: Vec<Value> = named(catalog, "menu", "ids")
            .map(|id| json!({"chat_menu_top_level_id": id, "chat_menu_item": item, "children": []}))
            .collect();
        if let Some(menu) = menus.first_mut() {
            menu["children"] = second.into();
        }
        let tabs = named(catalog, "tab", "ids").chain(named(catalog, "tab", "key"));
        let tabs =
            tabs.map(|id| json!({"tab_id": id, "tab_name": "An example", "tab_type": "url", "tab_content": link}));
        for (thing, items) in [("menu", menus), ("tab", tabs.collect())] {
            let document = Document {
                id: String::new(),
                within: chat.chat_id.clone(),
                app: self.first_app(),
                time: chat.created,
                body: Map::from_iter([("items".to_owned(), items.into())]),
            };
            self.store.put(thing, &chat.tenant, &document)?;
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
                let chat = Chat {
                    chat_id: id.to_owned(),
                    mode: "group".to_owned(),
                    tenant,
                    owner: app,
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
            // Chats have one document of each, which `add_parts` keeps.
            "message" | "chat" | "file" | "image" | "menu" | "tab" => Ok(()),
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
    bare.unwrap_or(name)
}

fn example<'o>(operation: &'o Operation, name: &str) -> &'o str {
    let mut fields = operation.parameters.iter();
    let field = fields.find(|field: &&Field| field.name == name);
    field
        .and_then(|field| field.example.as_ref())
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn examples<'o>(operation: &'o Operation, name: &str) -> Vec<&'o str> {
    let field = operation.parameters.iter().find(|field| field.name == name);
    texts(field.and_then(|field| field.example.as_ref()))
}

fn texts(example: Option<&Value>) -> Vec<&str> {
    match example {
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(text)) => vec![text],
        _ => Vec::new(),
    }
}

/// The examples of the field that plays this part in what is done to such things; `key` is a member of their content.
fn named<'c>(catalog: &'c Catalog, thing: &'c str, role: &'c str) -> impl Iterator<Item = &'c str> {
    let mut found = BTreeSet::new();
    for operation in &catalog.operations {
        let Some(words) = operation.simulate.as_ref().filter(|words| words.thing() == thing) else {
            continue;
        };
        let Some(name) = words.roles.get(role) else { continue };
        if role != "key" {
            found.extend(examples(operation, name));
            continue;
        }
        let content = words.roles.get("content").and_then(|content| {
            let field = operation.parameters.iter().find(|field| field.name == *content)?;
            match &field.kind {
                Type::List(kind) => catalog.members(kind),
                kind => catalog.members(kind),
            }
        });
        let member = content.unwrap_or_default().iter().find(|field| field.name == *name);
        found.extend(texts(member.and_then(|field| field.example.as_ref())));
    }
    found.into_iter()
}
