//! Every JSON sample of the curated pages is read typed and written again without loss.

use std::collections::BTreeMap;

use flybook_tests::conform::conform;
use serde_json::Value;

/// A sample of a page on each line: `name`, `op` and `part` or `event`, `body`.
const SAMPLES: &str = include_str!("../fixtures/documented/samples.jsonl");

/// What a sample holds against its own page's table: sample name → path → reason; `*` in a path stands for any item of a list.
const CONTRADICTIONS: &str = include_str!("../fixtures/documented/contradictions.json");

/// The paths of what is in `wanted` and not in `found`.
fn lost(wanted: &Value, found: &Value, path: &str, losses: &mut Vec<String>) {
    match (wanted, found) {
        // Null means absent (protocol §11.6), and so does an empty object where a call returns nothing.
        (Value::Null, _) => {}
        (Value::Object(wanted), found) => {
            for (key, value) in wanted {
                match found.get(key) {
                    Some(found) => lost(value, found, &format!("{path}/{key}"), losses),
                    None if value.is_null() => {}
                    None => losses.push(format!("{path}/{key}")),
                }
            }
        }
        (Value::Array(wanted), Value::Array(found)) if wanted.len() == found.len() => {
            for (at, (wanted, found)) in wanted.iter().zip(found).enumerate() {
                lost(wanted, found, &format!("{path}/{at}"), losses);
            }
        }
        // JSON text inside a string may be spaced otherwise.
        (Value::String(wanted), Value::String(found)) if wanted != found => {
            let parsed = |text: &str| {
                serde_json::from_str::<Value>(text)
                    .ok()
                    .filter(|value| value.is_object() || value.is_array())
            };
            match (parsed(wanted), parsed(found)) {
                (Some(wanted), Some(found)) => lost(&wanted, &found, path, losses),
                _ => losses.push(format!("{path} = {wanted:?}")),
            }
        }
        (Value::Number(wanted), Value::Number(found)) if wanted.as_f64() == found.as_f64() => {}
        (wanted, found) if wanted == found => {}
        (wanted, _) => losses.push(format!("{path} = {wanted}")),
    }
}

/// Whether a loss is at a path.
fn is_at(loss: &str, path: &str) -> bool {
    let parts = |path: &str| path.split('/').map(str::to_owned).collect::<Vec<_>>();
    let (found, wanted) = (parts(loss.split(" = ").next().unwrap_or_default()), parts(path));
    let same = |(found, wanted): (&String, &String)| found == wanted || wanted == "*" && found.parse::<usize>().is_ok();
    found.len() == wanted.len() && found.iter().zip(&wanted).all(same)
}

#[test]
fn no_documented_body_loses_anything() {
    let contradictions: BTreeMap<String, BTreeMap<String, String>> = serde_json::from_str(CONTRADICTIONS).unwrap();
    let mut report = Vec::new();
    let mut found = BTreeMap::new();
    for line in SAMPLES.lines() {
        let sample: Value = serde_json::from_str(line).unwrap();
        let name = sample["name"].as_str().unwrap();
        let mut losses = Vec::new();
        match conform(line) {
            Ok(body) => lost(&sample["body"], &body, "", &mut losses),
            Err(error) => losses.push(format!("unreadable = {error}")),
        }
        let explained = contradictions.get(name);
        for loss in &losses {
            if !explained.is_some_and(|explained| explained.keys().any(|path| is_at(loss, path))) {
                report.push(format!("{name}: {loss}"));
            }
        }
        found.insert(name.to_owned(), losses);
    }
    for (name, explained) in &contradictions {
        for path in explained.keys() {
            let applies = found
                .get(name)
                .is_some_and(|losses| losses.iter().any(|loss| is_at(loss, path)));
            if !applies {
                report.push(format!(
                    "{name}: the contradiction at {path} is no longer one; remove it"
                ));
            }
        }
    }
    assert!(report.is_empty(), "{} losses:\n{}", report.len(), report.join("\n"));
}

#[test]
fn a_line_that_is_no_question_is_answered_with_what_is_wrong() {
    for line in [
        "",
        "{",
        "[]",
        "3",
        "null",
        "{}",
        r#"{"op":5}"#,
        r#"{"op":"GET /nowhere","part":"request"}"#,
    ] {
        assert!(conform(line).is_err(), "{line}");
    }
}
