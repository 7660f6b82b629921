//! The JSON samples of the pages, as lines that `conform` reads.

use serde_json::{Value, json};

use crate::{
    draft::route,
    facts::{Page, Subject},
    known::Known,
};

/// The samples of every operation and event that the spec has: a name, and the line without it.
///
/// A name reads `im.v1.message.create.request`, the second of several `im.v1.message.create.2.request`; that of an event begins with its type.
pub fn samples(pages: &[Page], known: &Known) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for operation in known.operations() {
        let text = |key: &str| operation[key].as_str().unwrap_or_default();
        let op = format!("{} {}", text("method"), text("path"));
        for page in pages
            .iter()
            .filter(|page| page.path.trim_matches('/') == text("page").trim_matches('/'))
        {
            let Subject::Operation(facts) = &page.subject else {
                continue;
            };
            if facts.method != text("method") || route(&facts.path) != route(text("path")) {
                continue;
            }
            for (part, samples) in [("request", &facts.request_samples), ("response", &facts.reply_samples)] {
                for (at, body) in samples.iter().enumerate() {
                    let line = json!({"op": op, "part": part, "body": body});
                    all.push((name(text("id"), at, part), line));
                }
            }
        }
    }
    for event in known.events() {
        let text = |key: &str| event[key].as_str().unwrap_or_default();
        for page in pages {
            if let Subject::Event(facts) = &page.subject
                && facts.event_type == text("type")
            {
                for (at, body) in facts.samples.iter().enumerate() {
                    let line = json!({"event": facts.event_type, "body": body});
                    all.push((name(text("type"), at, "event"), line));
                }
            }
        }
    }
    all
}

fn name(id: &str, at: usize, part: &str) -> String {
    match at {
        0 => format!("{id}.{part}"),
        at => format!("{id}.{}.{part}", at + 1),
    }
}
