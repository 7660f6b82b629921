//! The spec held against the pages: what they say and it lacks, and what it says and no page supports.

mod compare;
mod explained;
mod members;
mod report;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use flybook_codegen::{Differences, What};
use serde_json::Value;

pub use self::report::Report;
use self::{compare::Comparison, explained::explained};
use crate::{
    draft::{chosen, folder, route},
    facts::*,
    known::Known,
};

/// A place where spec and page say different things.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// What differs.
    pub what: What,
    /// The operation, event or type: its id.
    pub at: String,
    /// The field, value or code; empty where the whole differs.
    pub field: String,
    /// What the page says.
    pub page: String,
    /// What the spec says.
    pub spec: String,
    /// The page's file.
    pub file: String,
    /// The operation, event or type that holds the field: where the spec would say it.
    pub owner: String,
    /// For a field that is missing: how the spec would say it, without a sentence.
    pub line: String,
}

impl Found {
    fn new(what: What, at: &str) -> Self {
        Self {
            what,
            at: at.to_owned(),
            field: String::new(),
            page: String::new(),
            spec: String::new(),
            file: String::new(),
            owner: String::new(),
            line: String::new(),
        }
    }
}

/// Compares a spec with its pages.
pub fn audit(pages: &[Page], known: &Known, differences: &Differences) -> Report {
    let begun = differences.begun.iter().map(|begun| (begun.service.clone(), false));
    let mut audit = Audit {
        known,
        comparison: Comparison::new(known),
        found: BTreeSet::new(),
        begun: begun.collect(),
        elsewhere: BTreeMap::new(),
        counts: counts(known),
    };
    let pages_of = chosen(pages, &mut Vec::new());
    audit.operations(&pages_of, pages);
    audit.events(&pages_of);
    audit.found.extend(audit.comparison.unsupported());
    let unused_begun = audit
        .begun
        .iter()
        .filter(|(_, used)| !**used)
        .map(|(service, _)| service.clone())
        .collect();
    let (open, explained, expired) = explained(audit.found, differences);
    Report {
        open,
        explained,
        expired,
        unused_begun,
        elsewhere: audit.elsewhere,
        counts: audit.counts,
    }
}

/// The services of a spec, and how many operations and events each has.
fn counts(known: &Known) -> BTreeMap<String, (usize, usize)> {
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for operation in known.operations() {
        counts.entry(service_of(id_of(operation))).or_default().0 += 1;
    }
    for event in known.events() {
        counts.entry(service_of(id_of(event))).or_default().1 += 1;
    }
    counts
}

/// The id of an operation or event in the catalog.
fn id_of(known: &Value) -> &str {
    known["id"].as_str().unwrap_or_default()
}

/// The service's version that an id is of: `im.v1`.
fn service_of(id: &str) -> String {
    id.split('.').take(2).collect::<Vec<_>>().join(".")
}

struct Audit<'k> {
    known: &'k Known,
    comparison: Comparison<'k>,
    found: BTreeSet<Found>,
    /// Services that are only begun, and whether something of them is missing.
    begun: BTreeMap<String, bool>,
    /// Services that the spec has nothing of, and how many endpoints and events their pages describe.
    elsewhere: BTreeMap<String, usize>,
    /// Services of the spec: operations, events.
    counts: BTreeMap<String, (usize, usize)>,
}

impl Audit<'_> {
    fn operations(&mut self, chosen: &[&Page], all: &[Page]) {
        let known = self.known;
        let text = |operation: &Value, key: &str| operation[key].as_str().unwrap_or_default().to_owned();
        let in_spec: HashMap<(String, String), &Value> = known
            .operations()
            .iter()
            .map(|operation| ((text(operation, "method"), route(&text(operation, "path"))), operation))
            .collect();
        let mut met: BTreeSet<&str> = BTreeSet::new();
        for page in chosen {
            let (Some(home), Subject::Operation(facts)) = (&page.home, &page.subject) else {
                continue;
            };
            let Some(operation) = in_spec.get(&(facts.method.clone(), route(&facts.path))) else {
                let said = format!("{} {}", facts.method, facts.path);
                self.missing(What::MissingOperation, home, said, page);
                continue;
            };
            // Of two pages for one endpoint, the one that the spec names is compared.
            let named = operation["page"].as_str().unwrap_or_default();
            let same = |page: &&Page| match &page.subject {
                Subject::Operation(other) => {
                    page.path.trim_end_matches('/') == named.trim_end_matches('/') && other.path == facts.path
                }
                _ => false,
            };
            let page = all.iter().find(same).unwrap_or(page);
            met.insert(id_of(operation));
            if let Subject::Operation(facts) = &page.subject {
                self.found.extend(self.comparison.operation(page, facts, operation));
            }
        }
        self.unmet(known.operations(), &met);
    }

    fn events(&mut self, chosen: &[&Page]) {
        let known = self.known;
        let mut met: BTreeSet<&str> = BTreeSet::new();
        for page in chosen {
            let (Some(home), Subject::Event(facts)) = (&page.home, &page.subject) else {
                continue;
            };
            let event_type = facts.event_type.as_str();
            match known.events().iter().find(|event| event["type"] == event_type) {
                Some(event) => {
                    met.insert(id_of(event));
                    self.found.extend(self.comparison.event(page, facts, event));
                }
                None => self.missing(What::MissingEvent, home, event_type.to_owned(), page),
            }
        }
        self.unmet(known.events(), &met);
    }

    /// Operations or events of the spec that no page describes.
    fn unmet(&mut self, known: &[Value], met: &BTreeSet<&str>) {
        for known in known.iter().filter(|known| !met.contains(id_of(known))) {
            self.found.insert(Found {
                spec: known["page"].as_str().unwrap_or_default().to_owned(),
                ..Found::new(What::NoPage, id_of(known))
            });
        }
    }

    /// What a page describes and the spec lacks: a gap in a service that it has, or a service that it has not.
    fn missing(&mut self, what: What, home: &Home, said: String, page: &Page) {
        let service = folder(&home.project);
        let version = format!("{service}.{}", home.version);
        if !self.counts.contains_key(&version) {
            *self.elsewhere.entry(version).or_default() += 1;
            return;
        }
        let begun = if self.begun.contains_key(&version) {
            &version
        } else {
            &service
        };
        if let Some(used) = self.begun.get_mut(begun) {
            *used = true;
            *self.elsewhere.entry(version).or_default() += 1;
            return;
        }
        self.found.insert(Found {
            page: said,
            file: page.file.clone(),
            ..Found::new(what, &format!("{version}.{}.{}", home.resource, home.name))
        });
    }
}
