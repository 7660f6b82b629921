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
    for (at, (operation, values, token, full)) in calls(&catalog).into_iter().enumerate() {
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
            "    ({name:?}, || Box::pin(async {{ {name}::main().await.map_err(Into::into) }})),\n"
        ));
        rows.push(json!({
            "name": name, "operation": operation.id, "values": values, "full": full,
            "rust": samples.rust, "cargo": samples.cargo, "curl": samples.curl,
        }));
    }
    let table = format!("const PROGRAMS: &[(&str, Program)] = &[\n{table}];\n");
    fs::write(out.join("programs.rs"), modules + &table)?;
    fs::write(out.join("programs.json"), Value::from(rows).to_string())?;
    Ok(())
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
