//! The spec held against the pages: what they say and it lacks, and what it says and no page supports.

mod compare;
mod explained;
mod members;
mod report;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use flybook_codegen::Differences;
use serde_json::Value;

pub use self::report::Report;
use self::{compare::Comparison, explained::explained};
use crate::{
    draft::{chosen, folder, route},
    facts::*,
    known::Known,
};

/// What may differ, worst first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "each says what it is, as `differences.yaml` spells it")]
pub enum What {
    #[default]
    MissingOperation,
    MissingEvent,
    MissingField,
    Type,
    Required,
    MissingValue,
    NoEnum,
    Tokens,
    Apps,
    Host,
    Scopes,
    FieldScopes,
    FieldsScopes,
    MissingCode,
    Status,
    Rate,
    Limit,
    Default,
    NewerPage,
    NoPage,
    ExtraField,
    ExtraValue,
    ExtraCode,
    ExtraLimit,
    ExtraDefault,
}

impl What {
    /// As `differences.yaml` spells it.
    pub fn word(self) -> &'static str {
        match self {
            Self::MissingOperation => "missing operation",
            Self::MissingEvent => "missing event",
            Self::MissingField => "missing field",
            Self::Type => "type",
            Self::Required => "required",
            Self::MissingValue => "missing value",
            Self::NoEnum => "no enum",
            Self::Tokens => "tokens",
            Self::Apps => "apps",
            Self::Host => "host",
            Self::Scopes => "scopes",
            Self::FieldScopes => "field scopes",
            Self::FieldsScopes => "field's scopes",
            Self::MissingCode => "missing code",
            Self::Status => "status",
            Self::Rate => "rate",
            Self::Limit => "limit",
            Self::Default => "default",
            Self::NewerPage => "newer page",
            Self::NoPage => "no page",
            Self::ExtraField => "extra field",
            Self::ExtraValue => "extra value",
            Self::ExtraCode => "extra code",
            Self::ExtraLimit => "extra limit",
            Self::ExtraDefault => "extra default",
        }
    }
}

/// A place where spec and page say different things.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
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

/// Compares a spec with its pages.
pub fn audit(pages: &[Page], known: &Known, differences: &Differences) -> Report {
    let pages_of = chosen(pages, &mut Vec::new());
    let begun: Vec<&str> = differences.begun.iter().map(|begun| begun.service.as_str()).collect();
    let mut audit = Audit {
        comparison: Comparison::new(known),
        found: BTreeSet::new(),
        begun: begun.iter().map(|service| ((*service).to_owned(), false)).collect(),
        elsewhere: BTreeMap::new(),
        counts: BTreeMap::new(),
    };
    audit.operations(&pages_of, pages, known);
    audit.events(&pages_of, known);
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

struct Audit<'k> {
    comparison: Comparison<'k>,
    found: BTreeSet<Found>,
    /// Services that are only begun, and whether something of them is missing.
    begun: BTreeMap<String, bool>,
    /// Services that the spec has nothing of, and how many endpoints and events their pages describe.
    elsewhere: BTreeMap<String, usize>,
    /// Services of the spec: operations, events.
    counts: BTreeMap<String, (usize, usize)>,
}

impl<'k> Audit<'k> {
    fn operations(&mut self, chosen: &[&Page], all: &[Page], known: &'k Known) {
        let mut in_spec: HashMap<(String, String), &Value> = HashMap::new();
        let mut services: BTreeSet<String> = BTreeSet::new();
        for operation in known.operations() {
            let text = |key: &str| operation[key].as_str().unwrap_or_default().to_owned();
            in_spec.insert((text("method"), route(&text("path"))), operation);
            let service = format!("{}.{}", text("service"), text("version"));
            self.counts.entry(service.clone()).or_default().0 += 1;
            services.insert(service);
        }
        for event in known.events() {
            let id = event["id"].as_str().unwrap_or_default();
            services.insert(id.split('.').take(2).collect::<Vec<_>>().join("."));
        }
        let mut met: BTreeSet<&str> = BTreeSet::new();
        for page in chosen {
            let (Some(home), Subject::Operation(facts)) = (&page.home, &page.subject) else {
                continue;
            };
            match in_spec.get(&(facts.method.clone(), route(&facts.path))) {
                Some(operation) => {
                    // Of two pages for one endpoint, the one that the spec names is compared.
                    let named = operation["page"].as_str().unwrap_or_default();
                    let same = |page: &&Page| match &page.subject {
                        Subject::Operation(other) => {
                            page.path.trim_end_matches('/') == named.trim_end_matches('/') && other.path == facts.path
                        }
                        _ => false,
                    };
                    let page = all.iter().find(same).unwrap_or(page);
                    met.insert(operation["id"].as_str().unwrap_or_default());
                    if let Subject::Operation(facts) = &page.subject {
                        self.found.extend(self.comparison.operation(page, facts, operation));
                    }
                }
                None => {
                    let at = format!(
                        "{}.{}.{}.{}",
                        folder(&home.project),
                        home.version,
                        home.resource,
                        home.name
                    );
                    self.missing(
                        What::MissingOperation,
                        at,
                        &services,
                        format!("{} {}", facts.method, facts.path),
                        page,
                    );
                }
            }
        }
        for operation in known.operations() {
            let id = operation["id"].as_str().unwrap_or_default();
            if !met.contains(id) {
                self.found.insert(Found {
                    what: What::NoPage,
                    at: id.to_owned(),
                    spec: operation["page"].as_str().unwrap_or_default().to_owned(),
                    ..Found::default()
                });
            }
        }
    }

    fn events(&mut self, chosen: &[&Page], known: &'k Known) {
        let mut services: BTreeSet<String> = BTreeSet::new();
        for id in known
            .operations()
            .iter()
            .chain(known.events())
            .filter_map(|known| known["id"].as_str())
        {
            services.insert(id.split('.').take(2).collect::<Vec<_>>().join("."));
        }
        let mut met: BTreeSet<&str> = BTreeSet::new();
        for page in chosen {
            let (Some(home), Subject::Event(facts)) = (&page.home, &page.subject) else {
                continue;
            };
            let event = known
                .events()
                .iter()
                .find(|event| event["type"] == facts.event_type.as_str());
            match event {
                Some(event) => {
                    met.insert(event["id"].as_str().unwrap_or_default());
                    self.found.extend(self.comparison.event(page, facts, event));
                }
                None => {
                    let at = format!(
                        "{}.{}.{}.{}",
                        folder(&home.project),
                        home.version,
                        home.resource,
                        home.name
                    );
                    self.missing(What::MissingEvent, at, &services, facts.event_type.clone(), page);
                }
            }
        }
        for event in known.events() {
            let id = event["id"].as_str().unwrap_or_default();
            let service = id.split('.').take(2).collect::<Vec<_>>().join(".");
            self.counts.entry(service).or_default().1 += 1;
            if !met.contains(id) {
                self.found.insert(Found {
                    what: What::NoPage,
                    at: id.to_owned(),
                    spec: event["page"].as_str().unwrap_or_default().to_owned(),
                    ..Found::default()
                });
            }
        }
    }

    /// What a page describes and the spec lacks: a gap in a service that it has, or a service that it has not.
    fn missing(&mut self, what: What, at: String, services: &BTreeSet<String>, said: String, page: &Page) {
        let mut parts = at.split('.');
        let service = parts.next().unwrap_or_default().to_owned();
        let version = format!("{service}.{}", parts.next().unwrap_or_default());
        if !services.contains(&version) {
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
            what,
            at,
            page: said,
            file: page.file.clone(),
            ..Found::default()
        });
    }
}
