//! generated/ is what the spec gives, and its documents know every word of the format.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use flybook_codegen::{Sources, generate};
use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(path) = open.pop() {
        for entry in fs::read_dir(&path).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().replace('\\', "/");
                files.insert(name, fs::read_to_string(path).unwrap());
            }
        }
    }
    files
}

#[test]
fn generated_is_what_the_spec_gives() {
    let sources: Sources = files(&root().join("spec"))
        .into_iter()
        .filter(|(name, _)| name.ends_with(".yaml"))
        .collect();
    let wanted = generate(&sources).unwrap().files;
    let found = files(&root().join("generated"));
    let names: BTreeSet<_> = wanted.keys().chain(found.keys()).collect();
    let differing: Vec<_> = names
        .into_iter()
        .filter(|name| wanted.get(*name) != found.get(*name))
        .collect();
    assert!(
        differing.is_empty(),
        "run `cargo xtask regenerate` and commit: {differing:?}"
    );
}

/// The words that the schema lets a file hold, at every depth.
fn words(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(members) => {
            if let Some(Value::Object(properties)) = members.get("properties") {
                found.extend(properties.keys().cloned());
            }
            members.values().for_each(|member| words(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| words(item, found)),
        _ => {}
    }
}

#[test]
fn the_reference_of_the_format_explains_every_word() {
    let schema: Value =
        serde_json::from_str(&fs::read_to_string(root().join("generated/schema.json")).unwrap()).unwrap();
    let reference = fs::read_to_string(root().join("spec/README.md")).unwrap();
    let mut known = BTreeSet::new();
    words(&schema, &mut known);
    assert!(known.contains("receive_id") || known.contains("operations"));
    let missing: Vec<_> = known
        .iter()
        .filter(|word| !reference.contains(&format!("`{word}`")) && !reference.contains(&format!("{word}:")))
        .collect();
    assert!(missing.is_empty(), "spec/README.md does not explain {missing:?}");
}
