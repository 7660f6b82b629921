//! A type of the spec as the pages see it: plain members, whatever the spec makes of them.

use serde_json::Value;

use crate::{facts::Around, known::Known};

/// A member of an object, with the types it may have.
#[derive(Clone, Debug)]
pub(super) struct Entry<'k> {
    /// The type that has it, for what no page supports.
    pub(super) owner: String,
    pub(super) name: &'k str,
    pub(super) field: &'k Value,
    pub(super) types: Vec<&'k Value>,
}

/// A type without lists, maps and JSON text around it.
#[derive(Clone, Debug)]
pub(super) struct Bare<'k> {
    /// Lists and maps, from the outside in, as far as they are no JSON text.
    pub(super) around: Vec<Around>,
    pub(super) json: bool,
    pub(super) core: &'k Value,
}

pub(super) fn bare(ty: &Value) -> Bare<'_> {
    let mut bare = Bare {
        around: Vec::new(),
        json: false,
        core: ty,
    };
    loop {
        let found = [("list", Some(Around::List)), ("map", Some(Around::Map)), ("json", None)]
            .into_iter()
            .find_map(|(word, around)| Some((around, bare.core.get(word)?)));
        let Some((around, inner)) = found else { return bare };
        match around {
            Some(around) if !bare.json => bare.around.push(around),
            Some(_) => {}
            None => bare.json = true,
        }
        bare.core = inner;
    }
}

/// The type that a reference leads to.
pub(super) fn def<'k>(known: &'k Known, ty: &'k Value) -> Option<(&'k str, &'k Value)> {
    let id = ty.get("ref")?.as_str()?;
    Some((id, known.type_def(id)?))
}

/// The members of objects of these types; `None` when one of them is no object, or may be anything.
pub(super) fn members<'k>(known: &'k Known, types: &[&'k Value]) -> Option<Vec<Entry<'k>>> {
    let mut all: Vec<Entry<'k>> = Vec::new();
    for ty in types {
        let (id, def) = def(known, bare(ty).core)?;
        if let Some(fields) = def.get("fields") {
            for field in fields.as_array()? {
                add_field(known, &mut all, id, field);
            }
        } else if let Some(variants) = def.get("variants") {
            let types: Vec<&Value> = variants
                .as_array()?
                .iter()
                .filter_map(|variant| variant.get("type"))
                .collect();
            if let Some(tag) = def.get("tag").and_then(Value::as_str) {
                add(&mut all, id, tag, def, vec![]);
            }
            match def.get("content").and_then(Value::as_str) {
                Some(content) => add(&mut all, id, content, def, types),
                None => {
                    for entry in members(known, &types).unwrap_or_default() {
                        add(&mut all, &entry.owner, entry.name, entry.field, entry.types);
                    }
                }
            }
        } else if let Some(keys) = def.get("keys") {
            for key in keys.as_array()? {
                add(
                    &mut all,
                    id,
                    key["name"].as_str().unwrap_or_default(),
                    key,
                    key.get("type").into_iter().collect(),
                );
            }
        } else {
            return None;
        }
    }
    Some(all)
}

/// A field, or the keys that it stands for.
pub(super) fn add_field<'k>(known: &'k Known, all: &mut Vec<Entry<'k>>, owner: &str, field: &'k Value) {
    if let Some((id, def)) = def(known, &field["type"])
        && let Some(keys) = def.get("keys").and_then(Value::as_array)
    {
        for key in keys {
            add(
                all,
                id,
                key["name"].as_str().unwrap_or_default(),
                key,
                key.get("type").into_iter().collect(),
            );
        }
        return;
    }
    add(
        all,
        owner,
        field["name"].as_str().unwrap_or_default(),
        field,
        vec![&field["type"]],
    );
}

fn add<'k>(all: &mut Vec<Entry<'k>>, owner: &str, name: &'k str, field: &'k Value, types: Vec<&'k Value>) {
    match all.iter_mut().find(|entry| entry.name == name) {
        // Variants that share a member: what the page says holds for any of them.
        Some(entry) => entry.types.extend(types),
        None => all.push(Entry {
            owner: owner.to_owned(),
            name,
            field,
            types,
        }),
    }
}
