//! What can be called: `GET /_sandbox/catalog` lists it, `/_sandbox/catalog/{operation}` tells all about one.

use std::collections::BTreeMap;

use axum::{
    Json, Router,
    extract::{Path, State},
    routing::get,
};
use serde_json::{Value, json};

use super::{Problem, example};
use crate::{
    catalog::{Catalog, Definition, Operation, Type},
    sandbox::Sandbox,
};

pub(crate) fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/catalog", get(list))
        .route("/catalog/{operation}", get(one))
}

async fn list(State(sandbox): State<Sandbox>) -> Json<Value> {
    let operations = sandbox.catalog().operations.iter().map(|operation| {
        json!({
            "id": operation.id,
            "service": operation.service,
            "version": operation.version,
            "resource": operation.resource,
            "name": operation.name,
            "doc": operation.doc,
            "method": operation.method,
            "path": operation.path,
            "deprecated": operation.deprecated.is_some(),
        })
    });
    Json(json!({"operations": operations.collect::<Vec<_>>()}))
}

async fn one(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    let catalog = sandbox.catalog();
    let operation = find(catalog, &id)?;
    let examples = example::values(&sandbox, operation);
    Ok(Json(json!({
        "operation": operation,
        "types": named(catalog, operation.parameters.iter().map(|field| &field.kind)),
        "examples": examples,
    })))
}

/// The operation with this id.
pub(super) fn find<'c>(catalog: &'c Catalog, id: &str) -> Result<&'c Operation, Problem> {
    let id_shown = id.escape_debug();
    catalog
        .operation(id)
        .ok_or_else(|| Problem::missing(format!("no operation `{id_shown}`; /_sandbox/catalog lists them all")))
}

// Every type that can be reached from these.
fn named<'c>(catalog: &'c Catalog, kinds: impl Iterator<Item = &'c Type>) -> BTreeMap<&'c str, &'c Definition> {
    let mut open: Vec<&str> = kinds.flat_map(Type::names).collect();
    let mut found = BTreeMap::new();
    while let Some(name) = open.pop() {
        if let Some(definition) = catalog.types.get(name)
            && found.insert(name, definition).is_none()
        {
            open.extend(definition.shape.types().into_iter().flat_map(Type::names));
        }
    }
    found
}
