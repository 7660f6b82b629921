//! What an audit found, for people and for programs.

use std::{
    collections::BTreeMap,
    fmt::{self, Display, Formatter},
};

use flybook_codegen::Place;
use serde_json::{Value, json};

use super::{Found, service_of};

/// What an audit found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Differences that nobody explains, worst first.
    pub open: Vec<Found>,
    /// How many differences are explained.
    pub explained: usize,
    /// Names in explanations that fit no difference any more.
    pub expired: Vec<(Place, String)>,
    /// Services said to be only begun of which nothing is missing.
    pub unused_begun: Vec<String>,
    /// Services that the spec has nothing or only a part of, and how many endpoints and events are missing.
    pub elsewhere: BTreeMap<String, usize>,
    /// Services of the spec: operations and events.
    pub counts: BTreeMap<String, (usize, usize)>,
}

impl Report {
    /// Whether the spec says what the pages say, and explains the rest.
    pub fn is_clean(&self) -> bool {
        self.open.is_empty() && self.expired.is_empty() && self.unused_begun.is_empty()
    }

    /// The report for programs.
    pub fn json(&self) -> Value {
        let open = self.open.iter().map(|found| {
            json!({
                "what": found.what.word(), "at": found.at, "field": found.field,
                "page": found.page, "spec": found.spec, "file": found.file,
            })
        });
        let counts = self.counts.iter().map(|(service, (operations, events))| {
            let open = self.open_in(service);
            (
                service.clone(),
                json!({"operations": operations, "events": events, "differences": open}),
            )
        });
        let expired = self
            .expired
            .iter()
            .map(|(place, name)| json!({"line": place.line, "name": name}));
        json!({
            "services": counts.collect::<serde_json::Map<String, Value>>(),
            "differences": open.collect::<Vec<_>>(),
            "explained": self.explained,
            "expired": expired.collect::<Vec<_>>(),
            "elsewhere": self.elsewhere,
        })
    }

    /// How many differences of a service nobody explains.
    fn open_in(&self, service: &str) -> usize {
        self.open
            .iter()
            .filter(|found| service_of(&found.at) == service)
            .count()
    }
}

impl Display for Report {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let mut last = None;
        for found in &self.open {
            if last != Some(found.what) {
                writeln!(out, "\n{}", found.what.word())?;
                last = Some(found.what);
            }
            let field = if found.field.is_empty() {
                String::new()
            } else {
                format!("  {}", found.field)
            };
            write!(out, "  {}{field}:", found.at)?;
            if !found.page.is_empty() {
                write!(out, " page: {}", short(&found.page))?;
            }
            if !found.spec.is_empty() {
                write!(out, " spec: {}", short(&found.spec))?;
            }
            writeln!(out)?;
        }
        for (place, name) in &self.expired {
            writeln!(
                out,
                "\nspec/{}:{}: `{name}` explains no difference any more; remove it",
                place.file, place.line
            )?;
        }
        for service in &self.unused_begun {
            writeln!(
                out,
                "\nspec/differences.yaml: nothing of `{service}` is missing any more; remove it from `begun`"
            )?;
        }
        writeln!(
            out,
            "\n{:28}{:>12}{:>8}{:>14}",
            "service", "operations", "events", "differences"
        )?;
        for (service, (operations, events)) in &self.counts {
            let open = self.open_in(service);
            writeln!(out, "{service:28}{operations:>12}{events:>8}{open:>14}")?;
        }
        let missing: usize = self.elsewhere.values().sum();
        writeln!(
            out,
            "\n{} differences unexplained, {} explained, {} explanations out of date; {missing} endpoints and events of other services are not in the spec yet",
            self.open.len(),
            self.explained,
            self.expired.len() + self.unused_begun.len()
        )
    }
}

fn short(text: &str) -> String {
    let line = text.replace('\n', " ");
    match line.chars().count() > 120 {
        true => format!("{}…", line.chars().take(120).collect::<String>()),
        false => line,
    }
}
