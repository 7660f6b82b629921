//! A sandbox in which everything is there that the catalog's examples name, so that a page's own sample call succeeds.

use std::collections::BTreeSet;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::{
    acts::{CARD, Place, keeps_document},
    catalog::{Catalog, Field, Operation, Shape, Type},
    messages::Message,
    sample,
    state::State,
    store::{self, Batch, Chat, Document, File, Reaction},
};

impl State {
    /// Puts in place what the examples of all operations name.
    pub(crate) fn add_examples(&mut self, catalog: &Catalog) -> store::Result<()> {
        // The people first, so that they are in the chats that follow.
        for operation in &catalog.operations {
            self.add_people(operation)?;
        }
        for operation in &catalog.operations {
            self.add_examples_of(catalog, operation)?;
        }
        // Files and cards are named in what is sent as well.
        let fields = catalog.types.values().filter_map(|definition| match &definition.shape {
            Shape::Fields(fields) => Some(fields),
            _ => None,
        });
        for field in fields.flatten() {
            let thing = kind_of(&field.name);
            if ["file", "image", CARD].contains(&thing) {
                let id = field.example.as_ref().and_then(Value::as_str).unwrap_or_default();
                self.add_example(catalog, thing, "", id)?;
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

    /// Puts in place what the examples of one operation name, as far as it is not there.
    pub(crate) fn add_examples_of(&mut self, catalog: &Catalog, operation: &Operation) -> store::Result<()> {
        let Some(words) = &operation.simulate else {
            return Ok(());
        };
        let within = words.roles.get("in").map_or("", |name| example(operation, name));
        if let (Some(name), false) = (words.roles.get("in"), within.is_empty()) {
            let kind = if within.starts_with("oc_") {
                "chat"
            } else {
                kind_of(name)
            };
            self.add_example(catalog, kind, "", within)?;
        }
        if let Some(name) = words.roles.get("id") {
            self.add_example(catalog, words.thing(), within, example(operation, name))?;
        }
        if let (Some(name), true) = (words.roles.get("ids"), keeps_document(words)) {
            for id in examples(operation, name) {
                self.add_example(catalog, words.thing(), within, id)?;
            }
            return Ok(());
        }
        // Messages that are named together, users who are, and chats that receive.
        let roles = ["ids", "to", "open", "union", "user"];
        for name in roles.iter().filter_map(|role| words.roles.get(*role)) {
            for id in examples(operation, name) {
                self.add_named(catalog, id)?;
            }
        }
        Ok(())
    }

    // What an id stands for, its prefix tells.
    fn add_named(&mut self, catalog: &Catalog, id: &str) -> store::Result<()> {
        match id.split_once('_').map(|(prefix, _)| prefix) {
            Some("om") => self.add_example(catalog, "message", "", id),
            Some("oc") => self.add_example(catalog, "chat", "", id),
            Some(prefix @ ("ou" | "on")) => {
                let kind = if prefix == "ou" { "open_id" } else { "union_id" };
                // No app but the first has ids of its own yet, so nothing is refused.
                _ = self.person(&self.first_app(), kind, id);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn add_example(&mut self, catalog: &Catalog, thing: &str, within: &str, id: &str) -> store::Result<()> {
        if id.is_empty() {
            return Ok(());
        }
        let (app, tenant, now) = (self.first_app(), self.home().to_owned(), self.clock.now());
        match thing {
            "message" | "ephemeral" if self.store.message(id)?.is_none() => {
                let chats = self.store.chats()?;
                let place = Place {
                    chat: chats.first().map(|chat| chat.chat_id.clone()).unwrap_or_default(),
                    ..Place::default()
                };
                let message = Message {
                    message_id: id.to_owned(),
                    sender: app,
                    visible_to: (thing == "ephemeral").then(String::new),
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
                self.add_example(catalog, kind, "", id)
            }
            "file" | "image" | "media" if self.store.stored(id)?.is_none() => self.store.add_file(&File {
                key: id.to_owned(),
                kind: thing.to_owned(),
                file_type: String::new(),
                name: "example".to_owned(),
                app,
                tenant,
                time: now,
                bytes: Bytes::from_static(b"An example.\n"),
            }),
            "message" | "ephemeral" | "chat" | "file" | "image" | "media" | "thread" => Ok(()),
            // Chats have one document of each, which `add_parts` keeps.
            "menu" | "tab" => Ok(()),
            // What lies in cards is part of them, and what a click gave cannot be given.
            "element" | "text" => Ok(()),
            "card" | "setting" if self.store.document(CARD, &tenant, "", id)?.is_none() => {
                let document = Document {
                    id: id.to_owned(),
                    within: String::new(),
                    app,
                    time: now,
                    body: Map::from_iter([
                        ("card".to_owned(), card(catalog)),
                        ("streaming".to_owned(), now.into()),
                        ("example".to_owned(), true.into()),
                    ]),
                };
                self.store.put(CARD, &tenant, &document)
            }
            "card" | "setting" => Ok(()),
            _ if self.store.document(thing, &tenant, within, id)?.is_some() => Ok(()),
            _ => {
                let document = Document {
                    id: id.to_owned(),
                    within: within.to_owned(),
                    app,
                    time: now,
                    body: document(catalog, thing, id),
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

/// A thing as a reply shows it that is made up, under its own name.
pub(crate) fn document(catalog: &Catalog, thing: &str, id: &str) -> Map<String, Value> {
    let mut body = Map::new();
    let mut reading = catalog.operations.iter();
    let act = format!("read {thing}");
    let one = |operation: &&Operation| {
        operation
            .simulate
            .as_ref()
            .is_some_and(|words| !words.roles.contains_key("ids"))
    };
    if let Some(operation) = reading.find(|operation| operation.does(&act) && one(operation)) {
        let roles = operation.simulate.as_ref().map(|words| &words.roles);
        let role = |name: &str| roles.and_then(|roles| roles.get(name)).map_or("", String::as_str);
        let whole = operation
            .data
            .as_ref()
            .map(|data| sample::sample(catalog, data))
            .unwrap_or_default();
        let part = whole.get(role("into")).unwrap_or(&whole);
        body = part.as_object().cloned().unwrap_or_default();
        body.insert(role("id").to_owned(), id.into());
    }
    body.insert("id".to_owned(), id.into());
    body
}

// A card with an element by every name that the examples use.
fn card(catalog: &Catalog) -> Value {
    let mut names = Vec::new();
    for field in catalog.operations.iter().flat_map(|operation| &operation.parameters) {
        let Some(example) = &field.example else { continue };
        // Most texts are no JSON, and few are of cards.
        let text = example.as_str().filter(|text| text.contains("element_id"));
        match text.map(serde_json::from_str::<Value>) {
            Some(Ok(parsed)) => elements(&parsed, &mut names),
            _ => member(&field.name, example, false, &mut names),
        }
    }
    let fields = catalog.types.values().filter_map(|definition| match &definition.shape {
        Shape::Fields(fields) => Some(fields),
        _ => None,
    });
    for field in fields.flatten() {
        if let Some(example) = &field.example {
            member(&field.name, example, false, &mut names);
        }
    }
    names.sort();
    names.dedup();
    let elements: Vec<Value> = names
        .iter()
        .map(|name| json!({"tag": "markdown", "element_id": name, "content": "An example"}))
        .collect();
    json!({"schema": "2.0", "config": {"streaming_mode": true}, "body": {"elements": elements}})
}

// The elements that are to be there: not those that come with a tag, which are new.
fn elements(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            let is_new = members.contains_key("tag");
            for (name, value) in members {
                member(name, value, is_new, names);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| elements(item, names)),
        _ => {}
    }
}

fn member(name: &str, value: &Value, is_new: bool, names: &mut Vec<String>) {
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    match name {
        "element_id" | "target_element_id" if !is_new => names.extend(text(value)),
        "element_ids" => names.extend(value.as_array().into_iter().flatten().filter_map(text)),
        _ => elements(value, names),
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
