//! What the spec says already, as its catalog tells it.

use std::collections::{BTreeMap, HashSet};

use heck::ToPascalCase;
use serde_json::Value;

use crate::{
    draft::route,
    facts::{Page, Subject},
};

/// An object of the spec: its id, how fields refer to it, and its members with their types.
type KnownObject<'k> = (&'k str, String, Vec<(&'k str, &'k Value)>);

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

    /// The types that a service may use: its own and the common ones, with the id of each and how fields refer to it.
    fn types(&self, service: &str) -> impl Iterator<Item = (&str, String, &Value)> {
        let own = format!("{service}.");
        let all = self.catalog["types"].as_object().into_iter().flatten();
        all.filter(move |(id, _)| id.starts_with("common.") || id.starts_with(&own))
            .map(|(id, def)| (id.as_str(), reference(id), def))
    }

    /// The enums that a service may use: the id of each, how fields refer to it, its values, and whether they are numbers.
    pub(crate) fn enums(&self, service: &str) -> Vec<(&str, String, Vec<String>, bool)> {
        let enums = self.types(service).filter_map(|(id, reference, def)| {
            let values = def["values"].as_array()?;
            let whole = values.iter().all(|value| value["value"].is_i64());
            let words = values.iter().map(|value| match &value["value"] {
                Value::String(text) => text.clone(),
                value => value.to_string(),
            });
            Some((id, reference, words.collect(), whole))
        });
        enums.collect()
    }

    /// Whether the spec has the endpoint or event of a page.
    pub(crate) fn has(&self, page: &Page) -> bool {
        match &page.subject {
            Subject::Operation(facts) => self.operations().iter().any(|known| {
                let path = known["path"].as_str().unwrap_or_default();
                known["method"] == facts.method.as_str() && route(path) == route(&facts.path)
            }),
            Subject::Event(facts) => self
                .events()
                .iter()
                .any(|known| known["type"] == facts.event_type.as_str()),
            Subject::Prose => false,
        }
    }

    /// The names that are taken in each module of a service's version.
    pub(crate) fn names(&self, service: &str) -> BTreeMap<String, HashSet<String>> {
        let types = self.catalog["types"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(id, _)| id.as_str());
        let subjects = self
            .operations()
            .iter()
            .chain(self.events())
            .filter_map(|known| known["id"].as_str());
        let mut all: BTreeMap<String, HashSet<String>> = BTreeMap::new();
        for id in types
            .chain(subjects)
            .filter(|id| id.starts_with(&format!("{service}.")))
        {
            if let Some((module, name)) = id.rsplit_once('.') {
                all.entry(module.replacen('.', "/", 2))
                    .or_default()
                    .insert(name.to_pascal_case());
            }
        }
        all
    }

    /// The objects that a service may use.
    pub(crate) fn objects(&self, service: &str) -> Vec<KnownObject<'_>> {
        let objects = self.types(service).filter_map(|(id, reference, def)| {
            let fields = def["fields"].as_array()?.iter();
            let members = fields.map(|field| Some((field["name"].as_str()?, field.get("type")?)));
            Some((id, reference, members.collect::<Option<Vec<_>>>()?))
        });
        objects.collect()
    }
}

/// `im.v1.message.Mention` as fields of other files name it: `im/v1/message.Mention`.
fn reference(id: &str) -> String {
    match id.starts_with("common.") {
        true => id.to_owned(),
        false => id.replacen('.', "/", 2),
    }
}
