//! The catalog: every operation, type and event of the platform, as data.

use std::{collections::BTreeMap, fmt, sync::Arc, sync::OnceLock};

use serde::Deserialize;

mod operation;
mod routes;
mod types;

pub use operation::{
    AppKind, Counted, Deprecated, Event, Operation, OperationError, Paced, Paged, Rate, Reach, Reply, Rust, Simulate,
    TokenKind,
};
pub use routes::{PathValue, Route};
pub use types::{Choice, Definition, Field, Form, Look, Place, Shape, Spoken, Type, Union, Variant};

/// Written by the generator from the same spec as the client, and read here as plain data.
const EMBEDDED: &str = include_str!("../../../generated/catalog.json");

/// What the platform offers: the only thing the sandbox knows about endpoints.
#[derive(Debug)]
pub struct Catalog {
    /// What every operation shares.
    pub platform: Platform,
    /// Every operation.
    pub operations: Vec<Operation>,
    /// Every named type, by its full name.
    pub types: BTreeMap<String, Definition>,
    /// Every event the platform pushes.
    pub events: Vec<Event>,
    routes: routes::Routes,
}

/// Facts of the platform that belong to no operation.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Platform {
    /// Where it is, by the word that operations use for their host.
    pub hosts: BTreeMap<String, String>,
    /// What the gateway's codes mean.
    pub errors: BTreeMap<i64, PlatformError>,
}

/// What one of the gateway's codes means.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "RawPlatformError")]
pub struct PlatformError {
    /// The HTTP status it arrives with, when the catalog says so.
    pub status: Option<u16>,
    /// What it means.
    pub doc: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawPlatformError {
    Doc(String),
    Full {
        #[serde(default)]
        status: Option<u16>,
        #[serde(default)]
        doc: String,
    },
}

impl From<RawPlatformError> for PlatformError {
    fn from(raw: RawPlatformError) -> Self {
        let (status, doc) = match raw {
            RawPlatformError::Doc(doc) => (None, doc),
            RawPlatformError::Full { status, doc } => (status, doc),
        };
        Self { status, doc }
    }
}

#[derive(Default, Deserialize)]
struct Raw {
    #[serde(default)]
    platform: Platform,
    operations: Vec<Operation>,
    types: BTreeMap<String, Definition>,
    #[serde(default)]
    events: Vec<Event>,
}

impl Catalog {
    /// The catalog this crate was built with; parsed once.
    ///
    /// # Errors
    /// When the embedded text is not a catalog, which only a mistake in the generator can cause.
    pub fn embedded() -> Result<Arc<Self>, CatalogError> {
        static PARSED: OnceLock<Result<Arc<Catalog>, CatalogError>> = OnceLock::new();
        PARSED.get_or_init(|| Self::parse(EMBEDDED).map(Arc::new)).clone()
    }

    /// Reads a catalog from JSON text.
    ///
    /// # Errors
    /// When the text is not JSON, or is not in the catalog's format, or names a type it does not hold.
    pub fn parse(text: &str) -> Result<Self, CatalogError> {
        let raw: Raw = serde_json::from_str(text).map_err(|error| CatalogError(error.to_string()))?;
        let routes = routes::Routes::new(&raw.operations);
        let catalog = Self {
            platform: raw.platform,
            operations: raw.operations,
            types: raw.types,
            events: raw.events,
            routes,
        };
        catalog.resolve().map(|()| catalog)
    }

    /// A catalog without operations: every call is answered with "no such path".
    pub(crate) fn empty() -> Self {
        let raw = Raw::default();
        Self {
            platform: raw.platform,
            operations: raw.operations,
            types: raw.types,
            events: raw.events,
            routes: routes::Routes::default(),
        }
    }

    /// The operation that serves this method and (still encoded) path.
    pub fn route(&self, method: &str, path: &str) -> Route<'_> {
        self.routes.find(&self.operations, method, path)
    }

    /// The operation with this id, such as `im.v1.message.create`.
    pub fn operation(&self, id: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.id == id)
    }

    /// The event with this type, such as `im.message.receive_v1`.
    pub fn event(&self, event_type: &str) -> Option<&Event> {
        self.events.iter().find(|event| event.kind == event_type)
    }

    /// The events that this sets off, such as `send message`.
    pub fn events_when<'c>(&'c self, act: &'c str) -> impl Iterator<Item = &'c Event> {
        self.events
            .iter()
            .filter(move |event| event.when.as_deref() == Some(act))
    }

    /// The shape behind a type's name.
    pub fn shape(&self, name: &str) -> Option<&Shape> {
        self.types.get(name).map(|definition| &definition.shape)
    }

    /// The members of a type that is an object, with a name or without.
    pub(crate) fn members<'c>(&'c self, kind: &'c Type) -> Option<&'c [Field]> {
        match kind {
            Type::Fields(fields) => Some(fields),
            Type::Ref(name) => match self.shape(name) {
                Some(Shape::Fields(fields)) => Some(fields),
                _ => None,
            },
            _ => None,
        }
    }

    // A name without a type would make a check silently pass, so it is refused up front.
    fn resolve(&self) -> Result<(), CatalogError> {
        for operation in &self.operations {
            let types = operation
                .parameters
                .iter()
                .map(|field| &field.kind)
                .chain(&operation.data);
            self.resolve_all(&operation.id, types)?;
        }
        for (name, definition) in &self.types {
            self.resolve_all(name, definition.shape.types().into_iter())?;
        }
        for event in &self.events {
            self.resolve_all(&event.id, event.body.iter().chain(&event.reply))?;
        }
        Ok(())
    }

    fn resolve_all<'a>(&self, owner: &str, types: impl Iterator<Item = &'a Type>) -> Result<(), CatalogError> {
        for name in types.flat_map(Type::names) {
            if !self.types.contains_key(name) {
                return Err(CatalogError(format!(
                    "`{owner}` names the type `{name}`, which the catalog does not hold"
                )));
            }
        }
        Ok(())
    }
}

/// Why a text is not a catalog.
#[derive(Clone, Debug)]
pub struct CatalogError(String);

impl fmt::Display for CatalogError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "the catalog cannot be read: {}; regenerate it from the spec",
            self.0
        )
    }
}

impl std::error::Error for CatalogError {}
