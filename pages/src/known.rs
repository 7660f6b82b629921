//! What the spec says already, as its catalog tells it.

use serde_json::Value;

/// The catalog of a spec.
#[derive(Clone, Debug, Default)]
pub struct Known {
    catalog: Value,
}

impl Known {
    /// Reads the text of a `catalog.json`.
    pub fn new(catalog: &str) -> Result<Self, serde_json::Error> {
        Ok(Self {
            catalog: serde_json::from_str(catalog)?,
        })
    }

    pub(crate) fn operations(&self) -> &[Value] {
        self.list("operations")
    }

    pub(crate) fn events(&self) -> &[Value] {
        self.list("events")
    }

    fn list(&self, key: &str) -> &[Value] {
        self.catalog[key].as_array().map(Vec::as_slice).unwrap_or_default()
    }

    pub(crate) fn type_def(&self, id: &str) -> Option<&Value> {
        self.catalog["types"].get(id)
    }

    /// The enums that a service may use: how it refers to each, its values, and whether they are numbers.
    pub(crate) fn enums(&self, service: &str) -> Vec<(String, Vec<String>, bool)> {
        let types = self.catalog["types"].as_object();
        let all = types.into_iter().flatten().filter_map(|(id, def)| {
            let values = def["values"].as_array()?;
            let whole = values.iter().all(|value| value["value"].is_i64());
            let words = values.iter().map(|value| match &value["value"] {
                Value::String(text) => text.clone(),
                value => value.to_string(),
            });
            Some((id.clone(), words.collect(), whole))
        });
        all.filter(|(id, ..)| id.starts_with("common.") || id.starts_with(&format!("{service}.")))
            .map(|(id, values, whole)| (reference(&id), values, whole))
            .collect()
    }
}

impl Known {
    /// The objects of plain values that a service may use: how it refers to each, and its members.
    pub(crate) fn objects(&self, service: &str) -> Vec<(String, Vec<(String, &'static str)>)> {
        let types = self.catalog["types"].as_object();
        let all = types.into_iter().flatten().filter_map(|(id, def)| {
            let fields = def["fields"].as_array()?.iter().map(|field| {
                let ty = field["type"].as_str()?;
                let leaf = ["string", "int", "float", "bool"].into_iter().find(|leaf| *leaf == ty)?;
                Some((field["name"].as_str()?.to_owned(), leaf))
            });
            Some((id.clone(), fields.collect::<Option<Vec<_>>>()?))
        });
        all.filter(|(id, _)| id.starts_with("common.") || id.starts_with(&format!("{service}.")))
            .map(|(id, fields)| (reference(&id), fields))
            .collect()
    }
}

/// `im.v1.message.Mention` as fields of other files name it: `im/v1/message.Mention`.
fn reference(id: &str) -> String {
    match id.starts_with("common.") {
        true => id.to_owned(),
        false => id.replacen('.', "/", 2),
    }
}
