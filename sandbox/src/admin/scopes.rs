//! Which scopes the calls so far needed: `GET /_sandbox/scopes`; `POST /_sandbox/scopes` grants one to an app, or takes it away.

use std::collections::{BTreeMap, BTreeSet};

use axum::{
    Json, Router,
    extract::{State, rejection::JsonRejection},
    routing::get,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Problem;
use crate::{
    app::{App, granted},
    catalog::{Catalog, Operation, TokenKind},
    sandbox::Sandbox,
};

pub(crate) fn routes() -> Router<Sandbox> {
    Router::new().route("/scopes", get(needed).post(change))
}

async fn needed(State(sandbox): State<Sandbox>) -> Json<Value> {
    let state = sandbox.0.state();
    let catalog = sandbox.catalog();
    let app = state.app(sandbox.app_id());
    let mut calls: BTreeMap<(&str, bool), usize> = BTreeMap::new();
    for call in &state.calls {
        if let Some(operation) = &call.operation {
            let user = call.identity == Some(TokenKind::User);
            *calls.entry((operation, user)).or_default() += 1;
        }
    }
    let needs: Vec<(&Operation, bool, usize)> = calls
        .into_iter()
        .filter_map(|((id, user), times)| Some((catalog.operation(id)?, user, times)))
        .filter(|(operation, ..)| !operation.scopes.is_empty())
        .collect();
    let list: Vec<Value> = needs.iter().map(|need| show(app, *need)).collect();
    let chosen = |user: bool, all: bool| {
        let of = needs.iter().filter(|need| need.1 == user);
        let open = of.filter(|need| all || !enough(app, need.0));
        let lists: Vec<&[String]> = open.map(|need| &need.0.scopes[..]).collect();
        json!(flybook_scopes::least(&lists, &BTreeSet::new()))
    };
    Json(json!({
        "app": sandbox.app_id(),
        "everything": app.is_some_and(|app| app.scopes.is_none()),
        "needs": list,
        "missing": {"tenant": chosen(false, false), "user": chosen(true, false)},
        "import": {"scopes": {"tenant": chosen(false, true), "user": chosen(true, true)}},
    }))
}

fn has(app: Option<&App>, scope: &str) -> bool {
    app.is_some_and(|app| app.scopes.as_ref().is_none_or(|scopes| scopes.contains(scope)))
}

fn enough(app: Option<&App>, operation: &Operation) -> bool {
    app.is_some_and(|app| granted(app.scopes.as_ref(), &operation.scopes))
}

fn show(app: Option<&App>, (operation, user, times): (&Operation, bool, usize)) -> Value {
    let scopes = operation.scopes.iter();
    let scopes: Vec<Value> = scopes
        .map(|scope| json!({"name": scope, "granted": has(app, scope)}))
        .collect();
    json!({
        "operation": operation.id,
        "identity": if user { "user" } else { "tenant" },
        "calls": times,
        "scopes": scopes,
        "granted": enough(app, operation),
    })
}

/// One scope of an app, to be granted or taken away; the first app, unless told otherwise.
#[derive(Deserialize)]
struct Change {
    scope: String,
    granted: bool,
    app: Option<String>,
}

async fn change(
    State(sandbox): State<Sandbox>,
    change: Result<Json<Change>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(change) = change.map_err(|wrong| Problem::wrong(wrong.body_text()))?;
    {
        let mut state = sandbox.0.state();
        let id = change.app.as_deref().unwrap_or(sandbox.app_id());
        let app = state.apps.iter_mut().find(|app| app.id == id);
        let app = app.ok_or_else(|| Problem::wrong(format!("no app `{}`", id.escape_debug())))?;
        // An app that has everything has what the catalog names, from the first change on.
        let scopes = app.scopes.get_or_insert_with(|| all(sandbox.catalog()));
        if change.granted {
            scopes.insert(change.scope);
        } else {
            scopes.remove(&change.scope);
        }
        let app = app.clone();
        state.store.add_app(&app)?;
        state.changed();
    }
    Ok(needed(State(sandbox)).await)
}

fn all(catalog: &Catalog) -> BTreeSet<String> {
    let operations = catalog.operations.iter();
    let operations = operations.flat_map(|operation| operation.scopes.iter().chain(&operation.field_scopes));
    let events = catalog.events.iter();
    let events = events.flat_map(|event| event.scopes.iter().chain(&event.field_scopes));
    operations.chain(events).cloned().collect()
}
