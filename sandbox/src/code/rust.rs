//! A whole Rust program that makes the call.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Given, layout,
    layout::{Expr, quoted},
    name, raw,
    secrets::Holes,
    typed::{self, Made, Typed, Unfit},
    wire,
};
use crate::catalog::{AppKind, Field, Operation, Reply, TokenKind, Type};

/// The release that the program is for.
const RELEASE: &str = concat!(env!("CARGO_PKG_VERSION_MAJOR"), ".", env!("CARGO_PKG_VERSION_MINOR"));

/// The program, and what its `Cargo.toml` needs.
pub(super) fn program(given: &Given<'_>) -> (String, String) {
    let mut typed = Typed::new(given.catalog);
    let mut secrets = Holes::default();
    let call = match request(given, &mut typed) {
        Ok(request) => {
            typed.lets.push(("request".to_owned(), request));
            call(given)
        }
        // A form can hold what no typed request does; the call without types takes it as it is.
        Err(Unfit) => {
            typed = Typed::new(given.catalog);
            raw::call(given, &mut typed, &mut secrets)
        }
    };
    let as_user = given.as_user();
    let other_error = typed.fails || !secrets.is_empty() || as_user || given.operation.auth.is_some();
    let result = if other_error {
        "Result<(), Box<dyn std::error::Error>>"
    } else {
        "flybook::Result<()>"
    };
    let mut body = client(given);
    if as_user {
        body.push_str("    let token = std::env::var(\"FLYBOOK_USER_TOKEN\")?;\n");
    }
    for (name, expr) in &typed.lets {
        body.push_str(&layout::line(name, expr));
    }
    let json = if typed.has_json { "use serde_json::json;\n" } else { "" };
    let program = format!(
        "{}{json}\n#[tokio::main]\nasync fn main() -> {result} {{\n{body}{call}    Ok(())\n}}\n",
        uses(&typed)
    );
    let program = secrets.filled(&program, "\"", |variable| {
        format!("std::env::var({})?", quoted(variable))
    });
    let needs_json = program.contains("serde_json");
    (program, cargo(given.operation, needs_json))
}

fn cargo(operation: &Operation, json: bool) -> String {
    let feature = operation.rust.feature.as_ref().unwrap_or(&operation.service);
    let json = if json { "serde_json = \"1\"\n" } else { "" };
    format!(
        "[dependencies]\n\
         # Until it is published, from a clone: flybook = {{ path = \"<clone>/generated\", features = [\"{feature}\"] }}\n\
         flybook = {{ version = \"{RELEASE}\", features = [\"{feature}\"] }}\n{json}\
         tokio = {{ version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }}\n"
    )
}

/// The client, from the environment.
fn client(given: &Given<'_>) -> String {
    let operation = given.operation;
    let mut calls: Vec<(String, Option<Vec<Expr>>)> = Vec::new();
    if let Some(origin) = given.origin {
        calls.push(("base_url".to_owned(), Some(vec![Expr::Atom(quoted(origin))])));
    }
    if !operation.apps.is_empty() && !operation.apps.contains(&AppKind::Custom) {
        calls.push(("store_app".to_owned(), Some(Vec::new())));
    }
    let mut lines = String::from("    // Reads FLYBOOK_APP_ID and FLYBOOK_APP_SECRET.\n");
    if operation.auth.is_some() {
        for (name, variable) in [
            ("helpdesk_token", "FLYBOOK_HELPDESK_TOKEN"),
            ("helpdesk_id", "FLYBOOK_HELPDESK_ID"),
        ] {
            lines = format!("    let {name} = std::env::var(\"{variable}\")?;\n{lines}");
        }
        let credentials = ["helpdesk_id", "helpdesk_token"].map(|name| Expr::Atom(name.to_owned()));
        calls.push(("helpdesk".to_owned(), Some(credentials.into())));
    }
    let (start, end) = match calls.is_empty() {
        true => ("Client::from_env()?", None),
        false => ("Client::builder_from_env()?", Some(("build()?".to_owned(), None))),
    };
    calls.extend(end);
    let start = Expr::Atom(start.to_owned());
    let expr = if calls.is_empty() {
        start
    } else {
        Expr::Chain(Box::new(start), calls)
    };
    lines + &layout::line("client", &expr)
}

/// The typed request with exactly the values given.
fn request<'c>(given: &Given<'c>, typed: &mut Typed<'c>) -> Made {
    let (catalog, operation, values) = (given.catalog, given.operation, given.values);
    let tags: Vec<&str> = operation
        .parameters
        .iter()
        .filter_map(|field| field.by.as_deref())
        .collect();
    let mut parts = Vec::new();
    // The constructor takes what is required in the catalog's order, which parameters of the path begin.
    for field in operation
        .parameters
        .iter()
        .filter(|field| !tags.contains(&field.name.as_str()))
    {
        let found = wire::given(catalog, field, values);
        let part = match (&field.by, keys(given, field)) {
            (Some(by), _) => {
                let tag = values.get(by).filter(|tag| !tag.is_null());
                let content = found.map(|(_, value)| value);
                if !field.required && tag.is_none() && content.is_none() {
                    None
                } else if tag.is_none() && content.is_some() {
                    return Err(Unfit);
                } else {
                    Some(typed::Given::Made(typed.chosen(field, tag, content)?))
                }
            }
            (None, Some(id)) => match found {
                Some((key, value)) => Some(typed::Given::Made(typed.key(id, key, value)?)),
                None => None,
            },
            (None, None) => found.map(|(_, value)| typed::Given::Value(value)),
        };
        parts.push((field, part));
    }
    let (module, name) = name::of_request(operation);
    typed.build((&module, &name), parts, None)
}

/// The type that is one key of several.
fn keys<'c>(given: &Given<'c>, field: &'c Field) -> Option<&'c str> {
    match &field.kind {
        Type::Ref(id) => wire::keys(given.catalog, &field.kind).map(|_| id.as_str()),
        _ => None,
    }
}

/// Sends the request, and prints what comes back.
fn call(given: &Given<'_>) -> String {
    let operation = given.operation;
    let request = Expr::Atom("request".to_owned());
    let send = |verb: &str| (verb.to_owned(), Some(vec![request.clone()]));
    let chain = |mut calls: Vec<(String, Option<Vec<Expr>>)>, end: Option<&str>| {
        calls.extend(identity(given));
        calls.extend(end.map(|end| (end.to_owned(), None)));
        Expr::Chain(Box::new(Expr::Atom("client".to_owned())), calls)
    };
    if operation.reply == Reply::Bytes {
        let mut calls = vec![send("send")];
        calls.extend(identity(given));
        calls.push(to_file());
        calls.push(("await?".to_owned(), None));
        let expr = Expr::Chain(Box::new(Expr::Atom("client".to_owned())), calls);
        return layout::line("saved", &expr) + SAVED;
    }
    if operation.rust.paged {
        let items = layout::line("mut items", &chain(vec![send("items")], None));
        return items
            + "    while let Some(item) = items.try_next().await? {\n        println!(\"{item:#?}\");\n    }\n";
    }
    let sent = chain(vec![send("send")], Some("await?"));
    match operation.data {
        Some(_) => layout::line("reply", &sent) + "    println!(\"{reply:#?}\");\n",
        None => layout::statement("", &sent) + "    println!(\"done\");\n",
    }
}

/// What tells of a saved file.
pub(super) const SAVED: &str = "    println!(\"{} bytes in download\", saved.size);\n";

pub(super) fn to_file() -> (String, Option<Vec<Expr>>) {
    ("to_file".to_owned(), Some(vec![Expr::Atom("\"download\"".to_owned())]))
}

/// Who calls, where that is not what happens unless told otherwise.
pub(super) fn identity(given: &Given<'_>) -> Option<(String, Option<Vec<Expr>>)> {
    let tokens = &given.operation.tokens;
    if given.as_user() {
        return Some(("as_user".to_owned(), Some(vec![Expr::Atom("token".to_owned())])));
    }
    let as_app = given.token == TokenKind::App && tokens.contains(&TokenKind::App) && tokens.len() > 1;
    as_app.then(|| ("as_app".to_owned(), Some(Vec::new())))
}

/// `use flybook::{…};`.
fn uses(typed: &Typed<'_>) -> String {
    let mut modules: BTreeMap<&[String], BTreeSet<&str>> = BTreeMap::new();
    for (module, name) in typed.imports() {
        modules.entry(module).or_default().insert(name);
    }
    let mut entries = Vec::new();
    let mut nested = false;
    for (module, names) in modules {
        let path: String = module.iter().map(|part| format!("{part}::")).collect();
        let names: Vec<&str> = names.into_iter().collect();
        match (module, names.as_slice()) {
            ([], names) => entries.extend(names.iter().map(|name| (*name).to_owned())),
            (_, [name]) => entries.push(format!("{path}{name}")),
            (_, names) => {
                nested = true;
                entries.push(format!("{path}{{{}}}", braced(&path, names)));
            }
        }
    }
    let flat = format!("use flybook::{{{}}};\n", entries.join(", "));
    match entries.as_slice() {
        [one] => format!("use flybook::{one};\n"),
        _ if !nested && flat.len() <= 98 => flat,
        // Beside entries with braces, those with a path have lines of their own.
        _ => format!(
            "use flybook::{{\n{}}};\n",
            rows(&entries, 4, 100, |entry| nested && entry.contains("::"))
        ),
    }
}

/// The names between braces: on one line where they fit, else as many on each as fit.
fn braced(path: &str, names: &[&str]) -> String {
    let flat = names.join(", ");
    if 4 + path.len() + flat.len() + 3 <= 99 {
        return flat;
    }
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    format!("\n{}    ", rows(&names, 8, 99, |_| false))
}

/// As many entries on each line as fit.
fn rows(entries: &[String], indent: usize, page: usize, alone: impl Fn(&str) -> bool) -> String {
    let mut rows: Vec<String> = Vec::new();
    for entry in entries {
        match rows.last_mut() {
            Some(row) if !alone(entry) && indent + row.len() + entry.len() + 2 <= page => {
                row.push_str(&format!(" {entry},"))
            }
            _ => rows.push(format!("{entry},")),
        }
    }
    let margin = " ".repeat(indent);
    rows.iter().map(|row| format!("{margin}{row}\n")).collect()
}
