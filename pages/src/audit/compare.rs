//! One page beside what the spec makes of it.

use std::collections::{BTreeMap, BTreeSet};

use flybook_codegen::What;
use serde_json::Value;

use super::{
    Found, id_of,
    members::{Entry, add_field, bare, def, members},
};
use crate::{
    draft::{line, payload_of},
    facts::*,
    known::Known,
};

/// Compares pages with the spec, and remembers what of its shared types some page supports.
pub(super) struct Comparison<'k> {
    known: &'k Known,
    /// Members of types that a page could have named, and whether one did.
    fields: BTreeMap<(String, String), bool>,
    /// Values of enums, the same.
    values: BTreeMap<(String, String), bool>,
    /// Limits, as `name max_len: 50`, the same; a page that has the number anywhere supports it.
    limits: BTreeMap<(String, String), bool>,
    /// Defaults, the same.
    defaults: BTreeMap<(String, String), bool>,
}

/// Where a comparison stands.
struct At<'a> {
    id: &'a str,
    file: &'a str,
    owner: String,
    /// The numbers of the page's text.
    numbers: &'a BTreeSet<String>,
    found: Vec<Found>,
}

impl<'a> At<'a> {
    fn new(id: &'a str, page: &'a Page) -> Self {
        Self {
            id,
            file: &page.file,
            owner: id.to_owned(),
            numbers: &page.numbers,
            found: Vec::new(),
        }
    }

    fn push(&mut self, what: What, field: &str, page: impl Into<String>, spec: impl Into<String>) {
        self.found.push(Found {
            field: field.to_owned(),
            page: page.into(),
            spec: spec.into(),
            file: self.file.to_owned(),
            owner: self.owner.clone(),
            ..Found::new(what, self.id)
        });
    }
}

impl<'k> Comparison<'k> {
    pub(super) fn new(known: &'k Known) -> Self {
        Self {
            known,
            fields: BTreeMap::new(),
            values: BTreeMap::new(),
            limits: BTreeMap::new(),
            defaults: BTreeMap::new(),
        }
    }

    pub(super) fn operation(&mut self, page: &Page, facts: &Operation, spec: &'k Value) -> Vec<Found> {
        let id = id_of(spec);
        let mut at = At::new(id, page);
        drift(&mut at, page, spec);
        words(&mut at, What::Tokens, &facts.tokens, &spec["tokens"]);
        words(&mut at, What::Apps, &facts.apps, &spec["apps"]);
        words(&mut at, What::Scopes, &facts.scopes, &spec["scopes"]);
        words(&mut at, What::FieldScopes, &facts.field_scopes, &spec["field_scopes"]);
        let host = spec.get("host").and_then(Value::as_str).unwrap_or("open");
        if host != facts.host {
            at.push(What::Host, "", facts.host, host);
        }
        let paged = facts.rate.as_deref().unwrap_or_default().replace("special", "");
        let rate = rate(&spec["rate"]);
        if paged != rate {
            at.push(What::Rate, "", paged, rate);
        }
        self.errors(&mut at, facts, spec);
        let sections: [(&str, &str, &[Field]); 4] = [
            ("path", "path", &facts.path_fields),
            ("query", "query", &facts.query),
            ("header", "headers", &facts.headers),
            if facts.form {
                ("form", "form", &facts.body)
            } else {
                ("body", "body", &facts.body)
            },
        ];
        for (place, section, fields) in sections {
            let mut entries = Vec::new();
            for field in spec["parameters"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|field| field["in"] == place)
            {
                add_field(self.known, &mut entries, id, field);
            }
            self.fields(&mut at, section, fields, &entries, true);
            for entry in entries
                .iter()
                .filter(|entry| entry.owner == id && !fields.iter().any(|field| field.name == entry.name))
            {
                at.push(What::ExtraField, &format!("{section}.{}", entry.name), "", entry.name);
            }
        }
        self.reply(&mut at, facts, spec);
        at.found
    }

    fn errors(&mut self, at: &mut At<'_>, facts: &Operation, spec: &Value) {
        let rows = spec["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        for row in &facts.errors {
            let code = row.code.to_string();
            match rows.iter().find(|known| known["code"] == row.code) {
                Some(known) => {
                    let status = known["status"].as_u64().unwrap_or_default();
                    if let Some(said) = row.status.filter(|said| u64::from(*said) != status) {
                        at.push(What::Status, &code, said.to_string(), status.to_string());
                    }
                }
                None => at.push(What::MissingCode, &code, &row.message, ""),
            }
        }
        for row in rows {
            let code = row["code"].as_i64().unwrap_or_default();
            if !facts.errors.iter().any(|known| known.code == code) && !at.numbers.contains(&code.to_string()) {
                at.push(
                    What::ExtraCode,
                    &code.to_string(),
                    "",
                    row["doc"].as_str().unwrap_or_default(),
                );
            }
        }
    }

    fn reply(&mut self, at: &mut At<'_>, facts: &Operation, spec: &'k Value) {
        let key = spec["reply"].get("key").and_then(Value::as_str);
        let (fields, section): (Vec<Field>, &str) = match key {
            Some(key) => {
                let under = facts.reply.iter().find(|field| field.name == key);
                (under.map(|field| field.fields.clone()).unwrap_or_default(), "data")
            }
            None => match payload_of(facts) {
                (Some(data), _) => (vec![data], ""),
                (None, beside) => (beside, "data"),
            },
        };
        let Some(data) = spec.get("data") else {
            let told = fields
                .iter()
                .any(|field| field.name != "data" || !field.fields.is_empty());
            if told {
                at.push(What::MissingField, "data", names(&fields), "");
            }
            return;
        };
        if section.is_empty() {
            let entry = Entry {
                owner: String::new(),
                name: "data",
                field: data,
                types: vec![data],
            };
            self.fields(at, "", &fields, &[entry], false);
        } else if let Some(entries) = members(self.known, &[data]) {
            self.touch(&entries, &fields);
            self.fields(at, section, &fields, &entries, false);
        }
    }

    pub(super) fn event(&mut self, page: &Page, facts: &Event, spec: &'k Value) -> Vec<Found> {
        let id = id_of(spec);
        let mut at = At::new(id, page);
        drift(&mut at, page, spec);
        words(&mut at, What::Apps, &facts.apps, &spec["apps"]);
        words(&mut at, What::Scopes, &facts.scopes, &spec["scopes"]);
        words(&mut at, What::FieldScopes, &facts.field_scopes, &spec["field_scopes"]);
        let inside = facts
            .fields
            .iter()
            .find(|field| field.name == "event")
            .map(|event| &event.fields);
        let fields = inside.unwrap_or(&facts.fields);
        let entries = match spec["body"].get("fields").and_then(Value::as_array) {
            Some(body) => {
                let mut entries = Vec::new();
                for field in body {
                    add_field(self.known, &mut entries, id, field);
                }
                Some(entries)
            }
            None => members(self.known, &[&spec["body"]]),
        };
        if let Some(entries) = entries {
            self.touch(&entries, fields);
            self.fields(&mut at, "body", fields, &entries, false);
        }
        at.found
    }

    /// Fields of one place, with all below them.
    fn fields(&mut self, at: &mut At<'_>, section: &str, fields: &[Field], entries: &[Entry<'k>], sent: bool) {
        let home = entries.first().map(|entry| entry.owner.clone());
        for field in fields {
            at.owner = home.clone().unwrap_or_else(|| at.id.to_owned());
            let path = match section {
                "" => field.name.clone(),
                section => format!("{section}.{}", field.name),
            };
            match entries.iter().find(|entry| entry.name == field.name) {
                Some(entry) => {
                    at.owner.clone_from(&entry.owner);
                    self.field(at, &path, field, entry, sent);
                }
                None => {
                    at.push(What::MissingField, &path, &field.ty, "");
                    if let Some(found) = at.found.last_mut() {
                        found.line = line(field, sent);
                    }
                }
            }
        }
    }

    fn field(&mut self, at: &mut At<'_>, path: &str, field: &Field, entry: &Entry<'k>, sent: bool) {
        let required = entry.field["required"].as_bool();
        if let (true, Some(said), Some(known)) = (sent, field.required, required)
            && said != known
        {
            let word = |required: bool| if required { "required" } else { "may be left out" };
            at.push(What::Required, path, word(said), word(known));
        }
        if !entry.types.is_empty() && !entry.types.iter().any(|ty| self.fits(field, ty)) {
            at.push(What::Type, path, &field.ty, spelled(entry.types[0]));
            return;
        }
        self.values(at, path, field, entry);
        for (word, limit) in &field.limits {
            let known = entry.field.get(word);
            if known != Some(limit) && known.and_then(Value::as_f64) != limit.as_f64() && self.takes(word, &entry.types)
            {
                at.push(
                    What::Limit,
                    path,
                    format!("{word}: {limit}"),
                    known.map(Value::to_string).unwrap_or_default(),
                );
            }
        }
        for word in ["min_len", "max_len", "min", "max", "min_items", "max_items"] {
            if let Some(limit) = entry.field.get(word) {
                let said =
                    field.limits.iter().any(|(known, _)| *known == word) || at.numbers.contains(&limit.to_string());
                let key = (entry.owner.clone(), format!("{} {word}: {limit}", entry.name));
                *self.limits.entry(key).or_default() |= said;
            }
        }
        if let Some(default) = entry.field.get("default").filter(|_| sent) {
            let said = field.default.as_ref() == Some(default) || field.says_default;
            let key = (entry.owner.clone(), format!("{}: {default}", entry.name));
            *self.defaults.entry(key).or_default() |= said;
        }
        if let Some(default) = field.default.as_ref().filter(|_| sent && required == Some(false)) {
            let known = entry.field.get("default");
            if known != Some(default) {
                at.push(
                    What::Default,
                    path,
                    default.to_string(),
                    known.map(Value::to_string).unwrap_or_default(),
                );
            }
        }
        let known = words_of(&entry.field["scopes"]);
        let said: BTreeSet<&str> = field.scopes.iter().map(String::as_str).collect();
        // What is sent needs no permission of its own; a type that travels both ways has those of its way back.
        if known != said && !entry.types.is_empty() && !(sent && said.is_empty()) {
            at.push(What::FieldsScopes, path, joined(&said), joined(&known));
        }
        if field.fields.is_empty() || entry.types.is_empty() {
            return;
        }
        match members(self.known, &entry.types) {
            Some(entries) => {
                self.touch(&entries, &field.fields);
                self.fields(at, path, &field.fields, &entries, sent);
            }
            None => {
                let open = |ty: &&Value| self.is_open(ty);
                if !entry.types.iter().any(open) {
                    at.push(What::Type, path, names(&field.fields), spelled(entry.types[0]));
                }
            }
        }
    }

    /// Whether a type's members are told apart by more than their names.
    fn is_open(&self, ty: &'k Value) -> bool {
        let bare = bare(ty);
        bare.json
            || def(self.known, bare.core)
                .is_some_and(|(_, def)| def.get("shapes").is_some() || def.get("otherwise").is_some())
    }

    fn fits(&self, field: &Field, ty: &'k Value) -> bool {
        let kind = field.kind();
        let bare = bare(ty);
        if field.ty.trim().is_empty() || matches!(field.ty.trim(), "-" | "/" | "any") && field.fields.is_empty() {
            return true;
        }
        if bare.json {
            return kind.leaf == Leaf::Text && kind.around == bare.around;
        }
        let open = kind.leaf == Leaf::Object && field.fields.is_empty();
        if open && matches!(field.ty.trim(), "list" | "array") {
            return bare.around.first() == Some(&Around::List);
        }
        let counted = kind.around == bare.around;
        if let Some((_, def)) = def(self.known, bare.core) {
            if let Some(values) = def.get("values").and_then(Value::as_array) {
                let whole = values.iter().all(|value| value["value"].is_i64());
                return counted && (kind.leaf == if whole { Leaf::Int } else { Leaf::Text });
            }
            // What the page leaves open, a person may have typed.
            return if open {
                bare.around.starts_with(&kind.around)
            } else {
                counted && kind.leaf == Leaf::Object
            };
        }
        let leaf = match bare.core.as_str().unwrap_or_default() {
            "string" | "secret" | "millis" | "seconds" => Leaf::Text,
            "int" | "millis(int)" | "seconds(int)" => Leaf::Int,
            "float" => Leaf::Float,
            "bool" => Leaf::Bool,
            "file" => Leaf::File,
            _ => Leaf::Object,
        };
        match leaf {
            Leaf::Object => (open || kind.leaf == Leaf::File) && kind.around.starts_with(&bare.around),
            leaf => counted && kind.leaf == leaf,
        }
    }

    fn values(&mut self, at: &mut At<'_>, path: &str, field: &Field, entry: &Entry<'k>) {
        let kind = field.kind();
        if field.values.is_empty() || !matches!(kind.leaf, Leaf::Text | Leaf::Int) {
            return;
        }
        let said: BTreeSet<&str> = field.values.iter().map(|(value, _)| value.as_str()).collect();
        let mut enums = entry.types.iter().filter_map(|ty| {
            let (id, def) = def(self.known, bare(ty).core)?;
            Some((id, def.get("values")?.as_array()?))
        });
        match enums.next() {
            Some((id, values)) => {
                let spelled = |value: &Value| {
                    value["value"]
                        .as_str()
                        .map_or_else(|| value["value"].to_string(), str::to_owned)
                };
                let known: BTreeSet<String> = values.iter().map(spelled).collect();
                for value in said.iter().filter(|value| !known.contains(**value)) {
                    at.push(What::MissingValue, &format!("{path}={value}"), *value, id);
                }
                for (value, scopes) in &field.value_scopes {
                    let of = values
                        .iter()
                        .find(|known| known["value"] == value.as_str())
                        .map(|known| &known["scopes"]);
                    let known = words_of(of.unwrap_or(&Value::Null));
                    let said: BTreeSet<&str> = scopes.iter().map(String::as_str).collect();
                    if known != said {
                        at.push(
                            What::FieldsScopes,
                            &format!("{path}={value}"),
                            joined(&said),
                            joined(&known),
                        );
                    }
                }
                for value in known {
                    let supported = said.contains(value.as_str());
                    *self.values.entry((id.to_owned(), value)).or_default() |= supported;
                }
            }
            None if said.len() > 1 && !entry.types.iter().any(|ty| bare(ty).json) => {
                at.push(
                    What::NoEnum,
                    path,
                    said.into_iter().collect::<Vec<_>>().join(", "),
                    spelled(entry.types.first().unwrap_or(&&Value::Null)),
                );
            }
            None => {}
        }
    }

    /// Whether fields of the types can have a limit; an enum has none of a string's.
    fn takes(&self, word: &str, types: &[&'k Value]) -> bool {
        types.iter().any(|ty| {
            let bare = bare(ty);
            match word {
                "min_items" | "max_items" => !bare.around.is_empty(),
                "min_len" | "max_len" => bare.json || bare.core == "string" || bare.core == "secret",
                _ => bare.core.is_string(),
            }
        })
    }

    /// Notes which members of the types a page names.
    fn touch(&mut self, entries: &[Entry<'k>], fields: &[Field]) {
        if fields.is_empty() {
            return;
        }
        for entry in entries {
            let named = fields.iter().any(|field| field.name == entry.name);
            *self
                .fields
                .entry((entry.owner.clone(), entry.name.to_owned()))
                .or_default() |= named;
        }
    }

    /// What the spec's types have and no page that was compared.
    pub(super) fn unsupported(&self) -> Vec<Found> {
        let none = |what: What, all: &BTreeMap<(String, String), bool>| -> Vec<Found> {
            all.iter()
                .filter(|(_, supported)| !**supported)
                .map(|((owner, name), _)| Found {
                    field: name.clone(),
                    spec: name.clone(),
                    owner: owner.clone(),
                    ..Found::new(what, owner)
                })
                .collect()
        };
        let mut found = none(What::ExtraField, &self.fields);
        found.extend(none(What::ExtraValue, &self.values));
        found.extend(none(What::ExtraLimit, &self.limits));
        found.extend(none(What::ExtraDefault, &self.defaults));
        found
    }
}

fn drift(at: &mut At<'_>, page: &Page, spec: &Value) {
    let updated = spec["updated"].as_u64().unwrap_or_default();
    if page.updated > updated {
        at.push(What::NewerPage, "", page.updated.to_string(), updated.to_string());
    }
}

fn words_of(list: &Value) -> BTreeSet<&str> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// Lists of words, in any order.
fn words(at: &mut At<'_>, what: What, said: &[String], known: &Value) {
    let known = words_of(known);
    let said: BTreeSet<&str> = said.iter().map(String::as_str).collect();
    if known != said {
        at.push(what, "", joined(&said), joined(&known));
    }
}

fn joined(words: &BTreeSet<&str>) -> String {
    words.iter().copied().collect::<Vec<_>>().join(", ")
}

fn names(fields: &[Field]) -> String {
    let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    format!("{{{}}}", names.join(", "))
}

fn spelled(ty: &Value) -> String {
    match ty {
        Value::String(leaf) => leaf.clone(),
        ty => match ty.get("ref").and_then(Value::as_str) {
            Some(id) => id.to_owned(),
            None => ty.to_string(),
        },
    }
}

fn rate(rate: &Value) -> String {
    let windows = rate.as_array().into_iter().flatten().map(|window| {
        let unit = if window["seconds"] == 60 { "min" } else { "s" };
        format!("{}/{unit}", window["requests"])
    });
    windows.collect::<Vec<_>>().join(" ")
}
