//! What the build does for the test of the sandbox's code: renders a program for every operation, and gathers them in one binary.
//!
//! The sources of the renderer and of the catalog are the sandbox's own; the values are those with which it is tested.

use std::{collections::BTreeMap, error::Error, fs, path::Path};

use crate::{
    catalog::{Catalog, Operation, TokenKind},
    code,
    craft::Craft,
};
use serde_json::{Value, json};

/// Where the programs believe the sandbox to be; while they run, a variable says where it is.
const ORIGIN: &str = "http://127.0.0.1:4000";

/// Writes `programs.rs`, a module for each program and a table of them, and `programs.json`, what each was rendered from.
pub(crate) fn write(out: &Path) -> Result<(), Box<dyn Error>> {
    let catalog = Catalog::embedded()?;
    let folder = out.join("programs");
    fs::create_dir_all(&folder)?;
    let mut modules = String::new();
    let mut table = String::new();
    let mut rows = Vec::new();
    let calls = calls(&catalog);
    let count = calls.len();
    let calls = calls.into_iter().chain(odd(&catalog));
    for (at, (operation, values, token, full)) in calls.enumerate() {
        // The first of the odd ones are odd in their texts alone.
        let whole = at < count + 4;
        let values = values.as_object().cloned().unwrap_or_default();
        // With everything, it names the server too; with the least, the environment does.
        let samples = code::samples(&catalog, operation, &values, token, full.then_some(ORIGIN));
        let name = format!("p{at}");
        let program = samples.rust.replace(
            &format!("base_url(\"{ORIGIN}\")"),
            "base_url(std::env::var(\"FLYBOOK_BASE_URL\").unwrap_or_default())",
        );
        let program = program.replace("#[tokio::main]\nasync fn main", "pub(crate) async fn main");
        modules.push_str(&format!("mod {name} {{\n{program}}}\n"));
        table.push_str(&format!(
            "    ({name:?}, || Box::pin(async {{ {name}::main().await.map_err(boxed) }})),\n"
        ));
        rows.push(json!({
            "name": name, "operation": operation.id, "values": values, "full": full, "whole": whole,
            "rust": samples.rust, "cargo": samples.cargo, "curl": samples.curl,
        }));
    }
    let table = format!("const PROGRAMS: &[(&str, Program)] = &[\n{table}];\n");
    fs::write(out.join("programs.rs"), modules + &table)?;
    fs::write(out.join("programs.json"), Value::from(rows).to_string())?;
    Ok(())
}

/// Forms that no example fills in so: half done, or with what no type has. Whether they arrive is tried for some.
fn odd(catalog: &Catalog) -> Vec<Call<'_>> {
    let long: String = "a long text, ".repeat(12);
    let items: Vec<i64> = (0..60).collect();
    let hidden = "\u{200b}\u{202e}\0\r\n\t\\\"{}";
    let message = |kind: &str, content: Value| {
        json!({"receive_id_type": "chat_id", "receive_id": "oc_5ad11d72b830411d72b836c20", "msg_type": kind,
            "content": content.to_string()})
    };
    let big = 1_615_380_573_411_i64;
    let forms = [
        ("im.v1.message.create", message("text", json!({"text": hidden}))),
        ("im.v1.message.create", message("text", json!({"text": long}))),
        (
            "im.v1.message.create",
            message(
                "interactive",
                json!({"schema": "2.0", "n": [items, [1, -2.5, big, u64::MAX], null]}),
            ),
        ),
        (
            "im.v1.message.create",
            message(
                "interactive",
                json!({"elements": [["a", "b"], [], {}, {"a": {}}], "text": long}),
            ),
        ),
        (
            "im.v1.message.create",
            message("text", json!({"text": "Hi", "mood": "fine"})),
        ),
        ("im.v1.message.create", message("hologram", json!({"depth": [1, 2, 3]}))),
        (
            "im.v1.message.reply",
            json!({"message_id": "om_1", "msg_type": ["text"], "content": "{}", "uuid": [long]}),
        ),
        (
            "im.v1.image.create",
            json!({"image_type": ["message"], "image": "bytes"}),
        ),
        (
            "im.v1.message.resource.get",
            json!({"message_id": ["om_1"], "file_key": "file/1?", "type": "file"}),
        ),
        (
            "authen.v2.oauth.token.create",
            json!({"grant_type": {}, "client_secret": "never shown"}),
        ),
        (
            "helpdesk.v1.bot.message.create",
            json!({"msg_type": "text", "content": {"text": "Hi"}, "receiver_id": {}}),
        ),
    ];
    let known = |id: &str| catalog.operations.iter().find(|operation| operation.id == id);
    let forms = forms
        .into_iter()
        .filter_map(|(id, values)| Some((known(id)?, values, TokenKind::Tenant, true)));
    let empty = catalog
        .operations
        .iter()
        .map(|operation| (operation, json!({}), TokenKind::User, false));
    forms.chain(empty).collect()
}

type Call<'c> = (&'c Operation, Value, TokenKind, bool);

/// Every operation with what it requires and with everything; where a message is typed, with each type.
fn calls(catalog: &Catalog) -> Vec<Call<'_>> {
    let mut calls = Vec::new();
    for operation in &catalog.operations {
        // What the sandbox holds against more than its type: a chat's ID looks like one.
        let given = BTreeMap::from([("chat_id".to_owned(), "oc_5ad11d72b830411d72b836c20".into())]);
        let crafted = |full: bool, variant: usize| -> Value {
            Craft::new(catalog, full, variant, given.clone())
                .values(operation)
                .into()
        };
        let token = if operation.tokens.contains(&TokenKind::User) {
            TokenKind::User
        } else {
            TokenKind::Tenant
        };
        calls.push((operation, crafted(false, 0), TokenKind::Tenant, false));
        let mut seen: Vec<Value> = Vec::new();
        let variants = if operation.parameters.iter().any(|field| field.by.is_some()) {
            16
        } else {
            1
        };
        for variant in 0..variants {
            let values = crafted(true, variant);
            if !seen.contains(&values) {
                calls.push((operation, values.clone(), token, true));
                seen.push(values);
            }
        }
    }
    calls
}
