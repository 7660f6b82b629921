//! From the facts of many pages to the files of a spec, for a person to curate.

mod names;
mod shapes;
mod write;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use heck::{ToPascalCase, ToSnakeCase};

use self::{
    names::Named,
    shapes::{At, Holds, Member, Shapes, Ty},
    write::Text,
};
use crate::{facts::*, known::Known};

/// Files of a spec, and what was left out.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// Texts by path relative to `spec/`.
    pub files: BTreeMap<String, String>,
    /// The operations that are in them.
    pub operations: usize,
    /// The events that are in them.
    pub events: usize,
    /// Pages that are not drafted, each with the reason.
    pub left_out: Vec<(String, String)>,
}

/// Drafts every operation and event of the pages that the spec does not have. With `notes`, the pages' own words stand beside what they belong to.
pub fn draft(pages: &[Page], known: &Known, notes: bool) -> Draft {
    let mut draft = Draft::default();
    let mut services: BTreeMap<(String, String), Vec<&Page>> = BTreeMap::new();
    for page in chosen(pages, &mut draft.left_out) {
        if let Some(home) = page.home.as_ref().filter(|_| !known.has(page)) {
            services
                .entry((folder(&home.project), home.version.clone()))
                .or_default()
                .push(page);
        }
    }
    let mut titles = BTreeSet::new();
    for ((service, version), pages) in services {
        let version = Version::new(&service, &version, &pages, known);
        draft.operations += version.operations.len();
        draft.events += version.events.len();
        titles.insert(service);
        draft.files.extend(version.files(notes));
    }
    for service in titles {
        let text = format!(
            "# yaml-language-server: $schema=../../generated/schema.json\n\ntitle: {}\ndoc: \"\"\n",
            service.to_pascal_case()
        );
        draft.files.insert(format!("{service}/service.yaml"), text);
    }
    draft
}

/// One page for each endpoint and event type: the one that is not historic, then the newer one.
pub(crate) fn chosen<'p>(pages: &'p [Page], left_out: &mut Vec<(String, String)>) -> Vec<&'p Page> {
    let mut best: BTreeMap<String, &Page> = BTreeMap::new();
    for page in pages {
        let key = match &page.subject {
            Subject::Operation(operation) if operation.path.is_empty() || operation.method.is_empty() => continue,
            Subject::Operation(operation) => format!("{} {}", operation.method, route(&operation.path)),
            Subject::Event(event) if event.event_type.is_empty() => continue,
            Subject::Event(event) => event.event_type.clone(),
            Subject::Prose => continue,
        };
        if page.home.is_none() {
            continue;
        }
        let rank = |page: &Page| (!page.file.contains("historic-version"), page.updated);
        match best.get_mut(&key) {
            Some(known) => {
                let (loser, winner) = match rank(page) > rank(known) {
                    true => (std::mem::replace(known, page), page),
                    false => (page, *known),
                };
                left_out.push((loser.file.clone(), format!("{key} is drafted from {}", winner.file)));
            }
            None => {
                best.insert(key, page);
            }
        }
    }
    let mut pages: Vec<&Page> = best.into_values().collect();
    pages.sort_by(|left, right| left.file.cmp(&right.file));
    pages
}

/// A field as one line, as far as it needs no type of its own.
pub(crate) fn line(field: &Field, sent: bool) -> String {
    let at = At {
        module: "",
        trail: Vec::new(),
        sent,
        plain: false,
        form: false,
    };
    let mut shapes = Shapes::new(&Known::default(), "");
    let (mut spelled, mut text) = (
        "any".to_owned(),
        Text {
            out: String::new(),
            notes: false,
        },
    );
    for member in shapes.members(std::slice::from_ref(field), &at) {
        if let Some(plain) = write::plain(&member.ty) {
            spelled = plain;
        }
        text.member(0, &member, &spelled);
    }
    match spelled == "any" {
        true => text.out.trim_end().to_owned() + "    # curate: the type",
        false => text.out.trim_end().to_owned(),
    }
}

/// A path in which every parameter is alike.
pub(crate) fn route(path: &str) -> String {
    let parts = path
        .split('/')
        .map(|part| if part.starts_with(':') { ":" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// The folder of a service: its name, as a module can bear it.
pub(crate) fn folder(project: &str) -> String {
    match project.to_snake_case().as_str() {
        // The crate itself means something else by these.
        "event" => "event_v1".to_owned(),
        name => name.to_owned(),
    }
}

/// A service's version, with all its types.
struct Version<'p> {
    operations: Vec<Drafted<'p>>,
    events: Vec<DraftedEvent<'p>>,
    shapes: Shapes,
    named: Vec<Option<Named>>,
}

struct Drafted<'p> {
    page: &'p Page,
    facts: &'p Operation,
    module: String,
    name: String,
    sections: Vec<(&'static str, Vec<Member>)>,
    data: Option<Ty>,
    reply: Option<&'static str>,
    remarks: Vec<String>,
}

struct DraftedEvent<'p> {
    page: &'p Page,
    facts: &'p Event,
    module: String,
    name: String,
    rename: Option<String>,
    schema: &'static str,
    body: Vec<Member>,
}

impl<'p> Version<'p> {
    fn new(service: &str, version: &str, pages: &[&'p Page], known: &Known) -> Self {
        let mut shapes = Shapes::new(known, &format!("{service}.{version}"));
        let mut operations: Vec<Drafted<'p>> = Vec::new();
        let mut events = Vec::new();
        let mut taken: BTreeMap<String, HashSet<String>> = known.names(&format!("{service}.{version}"));
        let resources = resources(pages);
        let module = |home: &Home| {
            let resource = resource(&home.resource);
            let spelled = resources.get(&resource.to_snake_case()).unwrap_or(&resource);
            format!("{service}/{version}/{spelled}")
        };
        for page in pages {
            let (Some(home), Subject::Operation(facts)) = (&page.home, &page.subject) else {
                continue;
            };
            let module = module(home);
            let taken = taken.entry(module.clone()).or_default();
            let name = free_name(home, facts, taken);
            operations.push(operation(page, facts, &module, name, &mut shapes));
        }
        for page in pages {
            let (Some(home), Subject::Event(facts)) = (&page.home, &page.subject) else {
                continue;
            };
            let module = module(home);
            let taken = taken.entry(module.clone()).or_default();
            let name = home.name.to_snake_case();
            let rust = name.to_pascal_case();
            let rename = taken.contains(&rust).then(|| format!("{name}_event"));
            taken.insert(rename.as_ref().map_or(rust, |name| name.to_pascal_case()));
            events.push(event(page, facts, module, name, rename, &mut shapes));
        }
        let named = names::names(&shapes, &mut taken);
        Self {
            operations,
            events,
            shapes,
            named,
        }
    }

    /// A type as a module writes it.
    fn spell(&self, ty: &Ty, module: &str) -> String {
        match ty {
            Ty::Leaf(leaf) => (*leaf).to_owned(),
            Ty::List(inner) => format!("list({})", self.spell(inner, module)),
            Ty::Map(inner) => format!("map({})", self.spell(inner, module)),
            Ty::Named(id) => match &self.named[*id] {
                Some(named) if named.module.is_empty() => match named.name.strip_prefix(&format!("{module}.")) {
                    Some(own) => own.to_owned(),
                    None => named.name.clone(),
                },
                Some(named) if named.module == module => named.name.clone(),
                Some(named) => format!("{}.{}", named.module, named.name),
                None => "any".to_owned(),
            },
        }
    }

    fn files(&self, notes: bool) -> BTreeMap<String, String> {
        let mut modules: BTreeSet<&str> = BTreeSet::new();
        modules.extend(self.operations.iter().map(|operation| operation.module.as_str()));
        modules.extend(self.events.iter().map(|event| event.module.as_str()));
        let files = modules
            .into_iter()
            .map(|module| (format!("{module}.yaml"), self.file(module, notes)));
        files.collect()
    }

    fn file(&self, module: &str, notes: bool) -> String {
        let mut text = Text {
            out: String::new(),
            notes,
        };
        text.line(0, "# yaml-language-server: $schema=../../../generated/schema.json");
        text.line(0, "");
        text.line(
            0,
            &format!("resource: {}", module.rsplit('/').next().unwrap_or_default()),
        );
        text.line(0, "doc: \"\"");
        let mut operations: Vec<&Drafted<'_>> = self
            .operations
            .iter()
            .filter(|operation| operation.module == module)
            .collect();
        operations.sort_by_key(|operation| (rank(&operation.name), operation.name.as_str()));
        for (at, operation) in operations.iter().enumerate() {
            text.line(0, "");
            if at == 0 {
                text.line(0, "operations:");
            }
            self.operation(&mut text, operation);
        }
        let own = |id: &usize| self.named[*id].as_ref().is_some_and(|named| named.module == module);
        for (at, id) in (0..self.shapes.all.len()).filter(own).enumerate() {
            text.line(0, "");
            if at == 0 {
                text.line(0, "types:");
            }
            self.type_def(&mut text, id, module);
        }
        let events = self.events.iter().filter(|event| event.module == module);
        for (at, event) in events.enumerate() {
            text.line(0, "");
            if at == 0 {
                text.line(0, "events:");
            }
            self.event(&mut text, event);
        }
        text.out
    }

    fn type_def(&self, text: &mut Text, id: usize, module: &str) {
        let Some(named) = &self.named[id] else { return };
        text.line(2, &format!("{}:", named.name));
        text.line(4, "doc: \"\"");
        match &self.shapes.all[id].holds {
            Holds::Fields(members) => self.members(text, 4, "fields", members, module),
            values => text.values(4, values),
        }
    }

    fn members(&self, text: &mut Text, indent: usize, word: &str, members: &[Member], module: &str) {
        if members.is_empty() {
            text.line(indent, &format!("{word}: {{}}"));
            return;
        }
        text.line(indent, &format!("{word}:"));
        for member in members {
            text.member(indent + 2, member, &self.spell(&member.ty, module));
        }
    }

    fn operation(&self, text: &mut Text, operation: &Drafted<'_>) {
        let facts = operation.facts;
        text.note(2, &operation.page.title);
        text.line(2, &format!("{}:", operation.name));
        for remark in &operation.remarks {
            text.remark(4, remark);
        }
        text.line(4, "doc: \"\"");
        text.line(4, &format!("http: {} {}", facts.method, facts.path));
        text.line(4, &format!("page: {}", operation.page.path));
        text.line(4, &format!("updated: {}", operation.page.updated));
        text.list(4, "tokens", &facts.tokens);
        apps(text, &facts.apps);
        if !facts.scopes.is_empty() {
            text.list(4, "scopes", &facts.scopes);
        }
        if !facts.field_scopes.is_empty() {
            text.list(4, "field_scopes", &facts.field_scopes);
        }
        if let Some(rate) = &facts.rate {
            text.line(4, &format!("rate: {rate}"));
        }
        if facts.host != "open" {
            text.line(4, &format!("host: {}", facts.host));
        }
        if let Some(key) = dedupe(&operation.sections) {
            text.line(4, &format!("dedupe: {key}"));
        }
        for (word, members) in &operation.sections {
            if !members.is_empty() {
                self.members(text, 4, word, members, &operation.module);
            }
        }
        match &operation.data {
            Some(Ty::Named(id)) if self.shapes.all[*id].inline() => {
                if let Holds::Fields(members) = &self.shapes.all[*id].holds {
                    self.members(text, 4, "data", members, &operation.module);
                }
            }
            Some(ty) => text.line(
                4,
                &format!("data: {}", write::type_word(&self.spell(ty, &operation.module))),
            ),
            None => {}
        }
        if let Some(reply) = operation.reply {
            text.line(4, &format!("reply: {reply}"));
        }
        if let Some(paged) = self.paged(operation) {
            text.line(4, &paged);
        }
        if !facts.errors.is_empty() {
            text.line(4, "errors:");
        }
        for row in &facts.errors {
            text.note(6, &format!("{}: {}", row.message, row.advice));
            match row.status.filter(|status| *status != 400) {
                Some(status) => text.line(6, &format!("{}: {{status: {status}, doc: \"\"}}", row.code)),
                None => text.line(6, &format!("{}: \"\"", row.code)),
            }
        }
    }

    /// Where pages go on by `next_page_token`.
    fn paged(&self, operation: &Drafted<'_>) -> Option<String> {
        let Some(Ty::Named(id)) = &operation.data else {
            return None;
        };
        let Holds::Fields(members) = &self.shapes.all[*id].holds else {
            return None;
        };
        let has = |name: &str| members.iter().any(|member| member.field.name == name);
        let token = operation.sections.iter().any(|(_, members)| {
            let optional = |member: &&Member| {
                member.field.name == "page_token" && !member.required && member.ty == Ty::Leaf("string")
            };
            members.iter().any(|member| optional(&member))
        });
        let mut lists = members.iter().filter(|member| matches!(member.ty, Ty::List(_)));
        let (list, more) = (lists.next()?, lists.next());
        (has("next_page_token") && has("has_more") && token && more.is_none()).then(|| {
            format!(
                "paged: {{items: {}, next: next_page_token, more: has_more}}",
                list.field.name
            )
        })
    }

    fn event(&self, text: &mut Text, event: &DraftedEvent<'_>) {
        text.note(2, &event.page.title);
        text.line(2, &format!("{}:", event.name));
        text.line(4, &format!("type: {}", event.facts.event_type));
        if let Some(rename) = &event.rename {
            text.line(4, &format!("as: {rename}"));
        }
        text.line(4, "doc: \"\"");
        text.line(4, &format!("page: {}", event.page.path));
        text.line(4, &format!("updated: {}", event.page.updated));
        apps(text, &event.facts.apps);
        if !event.facts.scopes.is_empty() {
            text.list(4, "scopes", &event.facts.scopes);
        }
        if !event.facts.field_scopes.is_empty() {
            text.list(4, "field_scopes", &event.facts.field_scopes);
        }
        if event.schema != "2.0" {
            text.line(4, &format!("schema: {:?}", event.schema));
        }
        self.members(text, 4, "body", &event.body, &event.module);
    }
}

/// The kinds of apps; where the page is silent, nothing keeps either kind from it.
fn apps(text: &mut Text, said: &[String]) {
    if said.is_empty() {
        text.remark(4, "the page does not say which apps it is for");
        text.line(4, "apps: [custom, store]");
    } else {
        text.list(4, "apps", said);
    }
}

/// How each resource is spelled: `data_source.item` and `data_source_item` are one module, with the dot.
fn resources(pages: &[&Page]) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    for home in pages.iter().filter_map(|page| page.home.as_ref()) {
        let spelled = resource(&home.resource);
        let known = all.entry(spelled.to_snake_case()).or_insert_with(|| spelled.clone());
        if spelled.contains('.') && !known.contains('.') {
            *known = spelled;
        }
    }
    all
}

fn resource(name: &str) -> String {
    let parts = name.split('.').map(|part| part.to_snake_case());
    let parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
    match parts.is_empty() {
        true => "resource".to_owned(),
        false => parts.join("."),
    }
}

/// The operation's name; where two pages of a module claim it, with a word of the URL.
fn free_name(home: &Home, facts: &Operation, taken: &mut HashSet<String>) -> String {
    let plain = home.name.to_snake_case();
    let last = facts
        .path
        .rsplit('/')
        .find(|part| !part.starts_with(':') && !part.is_empty())
        .unwrap_or_default();
    let mut candidates = vec![
        plain.clone(),
        format!("{plain}_{}", last.to_snake_case()),
        format!("{plain}_by_{}", facts.method.to_ascii_lowercase()),
    ];
    candidates.extend((2..100).map(|number| format!("{plain}_{number}")));
    let free = |name: &&String| {
        !taken.contains(&name.to_pascal_case()) && !taken.contains(&format!("{}Reply", name.to_pascal_case()))
    };
    let name = candidates.iter().find(free).cloned().unwrap_or(plain);
    for suffix in ["", "Reply", "Required"] {
        taken.insert(format!("{}{suffix}", name.to_pascal_case()));
    }
    name
}

fn operation<'p>(page: &'p Page, facts: &'p Operation, module: &str, name: String, shapes: &mut Shapes) -> Drafted<'p> {
    let mut remarks = Vec::new();
    let at = |sent: bool, plain: bool, form: bool| At {
        module,
        trail: vec![name.clone()],
        sent,
        plain,
        form,
    };
    let mut sections = vec![
        ("path", shapes.members(&facts.path_fields, &at(true, true, false))),
        ("query", shapes.members(&facts.query, &at(true, true, false))),
        ("headers", shapes.members(&facts.headers, &at(true, true, false))),
    ];
    let body = shapes.members(&facts.body, &at(true, facts.form, facts.form));
    sections.push((if facts.form { "form" } else { "body" }, body));
    for member in sections.iter_mut().take(1).flat_map(|(_, members)| members) {
        member.required = true;
        member.default = None;
    }
    for member in sections.iter_mut().skip(2).take(1).flat_map(|(_, members)| members) {
        if matches!(member.ty, Ty::List(_)) {
            member.ty = Ty::Leaf("string");
        }
    }
    rename(&mut sections);
    let reply_at = at(false, false, false);
    let (data, beside) = payload_of(facts);
    let (reply, data) = match data {
        _ if facts.bytes => (Some("bytes"), None),
        Some(data) => {
            if !beside.is_empty() {
                let names: Vec<&str> = beside.iter().map(|field| field.name.as_str()).collect();
                remarks.push(format!("the reply has {} beside `data`", names.join(", ")));
            }
            match data.kind().is_one() {
                true => (None, shapes.payload(&data.fields, &name, &reply_at)),
                false => {
                    let members = shapes.members(std::slice::from_ref(&data), &reply_at);
                    (None, members.into_iter().next().map(|member| member.ty))
                }
            }
        }
        None if beside.is_empty() => (None, None),
        None => (Some("flat"), shapes.payload(&beside, &name, &reply_at)),
    };
    Drafted {
        page,
        facts,
        module: module.to_owned(),
        name,
        sections,
        data,
        reply,
        remarks,
    }
}

/// Members of a reply that say how the call went, not what it gave.
const ENVELOPE: &[&str] = &["code", "msg", "message", "error", "log_id", "request_id"];

/// A reply's `data` where it has one, and what else stands beside code and message.
pub(crate) fn payload_of(facts: &Operation) -> (Option<Field>, Vec<Field>) {
    let beside = facts
        .reply
        .iter()
        .filter(|field| field.name != "data" && !ENVELOPE.contains(&field.name.as_str()));
    let data = facts.reply.iter().find(|field| field.name == "data");
    (data.cloned(), beside.cloned().collect())
}

/// Other Rust names where places of a call share one.
fn rename(sections: &mut [(&'static str, Vec<Member>)]) {
    let mut taken: Vec<String> = Vec::new();
    for (section, members) in sections {
        for member in members {
            if taken.contains(&member.rust()) {
                let wanted = format!("{section}_{}", member.rust());
                member.rename = Some(write::identifier(&wanted, &taken).unwrap_or(wanted));
            }
            taken.push(member.rust());
        }
    }
}

/// The field that makes a repeat safe, by the names that the platform gives it.
fn dedupe(sections: &[(&'static str, Vec<Member>)]) -> Option<String> {
    let names = ["uuid", "client_token", "idempotency_key", "idempotent_key"];
    let mut members = sections
        .iter()
        .filter(|(section, _)| matches!(*section, "query" | "body"))
        .flat_map(|(_, members)| members);
    let fits = |member: &&Member| {
        let short = |(word, limit): &(&str, serde_json::Value)| {
            *word == "max_len" && limit.as_u64().is_some_and(|limit| limit < 36)
        };
        names.contains(&member.field.name.as_str())
            && !member.required
            && member.ty == Ty::Leaf("string")
            && !member.limits.iter().any(short)
    };
    members.find(fits).map(|member| member.field.name.clone())
}

/// Operations in the order in which people look for them.
fn rank(name: &str) -> usize {
    let order = [
        "create",
        "batch_create",
        "get",
        "batch_get",
        "batch",
        "mget",
        "list",
        "search",
        "update",
        "patch",
        "batch_update",
        "delete",
        "batch_delete",
    ];
    order.iter().position(|known| *known == name).unwrap_or(order.len())
}

fn event<'p>(
    page: &'p Page,
    facts: &'p Event,
    module: String,
    name: String,
    rename_to: Option<String>,
    shapes: &mut Shapes,
) -> DraftedEvent<'p> {
    let inside = facts.fields.iter().find(|field| field.name == "event");
    let headed = facts.fields.iter().any(|field| field.name == "header");
    let (schema, fields): (_, &[Field]) = match (headed, inside) {
        (true, Some(event)) => ("2.0", &event.fields),
        (false, Some(event)) if facts.fields.iter().any(|field| field.name == "uuid") => ("1.0", &event.fields),
        (_, Some(event)) => ("2.0", &event.fields),
        (_, None) if facts.fields.is_empty() => ("2.0", &[]),
        (_, None) => ("bare", &facts.fields),
    };
    let at = At {
        module: &module,
        trail: vec![name.clone()],
        sent: false,
        plain: false,
        form: false,
    };
    let body = shapes.members(fields, &at);
    DraftedEvent {
        page,
        facts,
        module,
        name,
        rename: rename_to,
        schema,
        body,
    }
}
