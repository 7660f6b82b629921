//! Scenarios: who is in a sandbox and what goes wrong there, as YAML.

use std::{
    fmt,
    time::{Duration, UNIX_EPOCH},
};

use crate::{
    app::App,
    beginning::Opening,
    builder::Builder,
    catalog::Catalog,
    faults::{self, Fault},
    yaml::{Mistake, Node, Reader, near},
};

const WORDS: [&str; 11] = [
    "seed",
    "clock",
    "patience",
    "unlimited",
    "helpdesk",
    "tenants",
    "apps",
    "users",
    "chats",
    "messages",
    "faults",
];

const APP: [&str; 7] = ["id", "secret", "kind", "scopes", "disabled", "tenants", "available_to"];

/// Why a scenario cannot be read: every mistake, where it stands, and how to mend it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ScenarioError(Vec<Mistake>);

impl ScenarioError {
    /// The mistakes, in the order in which they stand.
    pub fn mistakes(&self) -> &[Mistake] {
        &self.0
    }
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(Mistake::to_string).collect();
        write!(out, "the scenario cannot be read: {}", lines.join("\n"))
    }
}

impl std::error::Error for ScenarioError {}

impl Builder {
    /// Adds what a scenario says: apps, tenants, users, chats and messages to start with, the clock, and faults. The repository has
    /// some, with comments, in `sandbox/scenarios`.
    ///
    /// ```
    /// # fn main() -> Result<(), flybook_sandbox::ScenarioError> {
    /// let sandbox = flybook_sandbox::Sandbox::builder()
    ///     .scenario("
    /// users:
    ///   - {open_id: ou_alice, name: Alice}
    /// faults:
    ///   - when: {operation: im.v1.message.create, nth: 3}
    ///     do: {throttle: 2s}
    /// ")?
    ///     .build();
    /// # assert_eq!(sandbox.open_id(), "ou_alice");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When something in it is not as it should be; all mistakes are told at once.
    pub fn scenario(mut self, text: &str) -> Result<Self, ScenarioError> {
        let mut reader = Reader::default();
        if let Some(root) = reader.document(text)
            && reader.keys(&root, "a scenario", &WORDS)
        {
            read(&mut reader, &root, &mut self);
        }
        if reader.mistakes.is_empty() {
            return Ok(self);
        }
        reader.mistakes.sort_by_key(|mistake| (mistake.line, mistake.column));
        Err(ScenarioError(reader.mistakes))
    }
}

fn read(reader: &mut Reader, root: &Node, builder: &mut Builder) {
    if let Some(seed) = reader.whole(root.get("seed")) {
        builder.seed = seed;
    }
    builder.unlimited |= reader.flag(root.get("unlimited")).unwrap_or_default();
    builder.patience = reader.duration(root.get("patience")).or(builder.patience);
    if let Some(clock) = root.get("clock")
        && reader.keys(clock, "`clock`", &["start", "scale"])
    {
        let start = reader.read(clock.get("start"), "a time in seconds since 1970", |text| {
            UNIX_EPOCH.checked_add(Duration::from_secs(text.parse().ok()?))
        });
        let scale = reader.read(clock.get("scale"), "a number of times, 0 or more", |text| {
            text.parse()
                .ok()
                .filter(|scale: &f64| scale.is_finite() && *scale >= 0.0)
        });
        builder.start = start.or(builder.start);
        builder.scale = scale.or(builder.scale);
    }
    if let Some(helpdesk) = root.get("helpdesk")
        && reader.keys(helpdesk, "`helpdesk`", &["id", "token"])
        && let (Some(id), Some(token)) = (needed(reader, helpdesk, "id"), needed(reader, helpdesk, "token"))
    {
        builder.helpdesk = Some(format!("{id}:{token}"));
    }
    for tenant in reader.items(root.get("tenants"), "tenants") {
        builder.tenants.extend(reader.text(Some(tenant)));
    }
    for app in reader.items(root.get("apps"), "apps") {
        builder.apps.extend(read_app(reader, app));
    }
    for user in reader.items(root.get("users"), "users") {
        if reader.keys(user, "a user", &["open_id", "name"])
            && let (Some(open_id), Some(name)) = (needed(reader, user, "open_id"), needed(reader, user, "name"))
        {
            builder.users.push((open_id, name));
        }
    }
    for chat in reader.items(root.get("chats"), "chats") {
        builder.chats.extend(reader.text(Some(chat)));
    }
    for message in reader.items(root.get("messages"), "messages") {
        if let Some(message) = read_message(reader, message, builder) {
            builder.messages.push(message);
        }
    }
    read_faults(reader, root.get("faults"), builder);
}

fn read_app(reader: &mut Reader, node: &Node) -> Option<App> {
    if !reader.keys(node, "an app", &APP) {
        return None;
    }
    let (id, secret) = (needed(reader, node, "id")?, needed(reader, node, "secret")?);
    let store = reader.read(node.get("kind"), "`custom` or `store`", |text| match text {
        "custom" => Some(false),
        "store" => Some(true),
        _ => None,
    });
    let mut app = match store {
        Some(true) => App::store(id, secret),
        _ => App::custom(id, secret),
    };
    let mut texts = |word: &str| {
        let items = reader.items(Some(node.get(word)?), word).iter();
        Some(items.filter_map(|item| reader.text(Some(item))).collect::<Vec<_>>())
    };
    if let Some(scopes) = texts("scopes") {
        app = app.scopes(scopes);
    }
    if let Some(tenants) = texts("tenants") {
        app = app.installed_in(tenants);
    }
    if let Some(users) = texts("available_to") {
        app = app.available_to(users);
    }
    if reader.flag(node.get("disabled")).unwrap_or_default() {
        app = app.disabled();
    }
    Some(app)
}

fn read_message(reader: &mut Reader, node: &Node, builder: &Builder) -> Option<Opening> {
    if !reader.keys(node, "a message", &["id", "text", "chat", "from"]) {
        return None;
    }
    let message = Opening {
        id: needed(reader, node, "id")?,
        text: needed(reader, node, "text")?,
        chat: reader.text(node.get("chat")),
        from: reader.text(node.get("from")),
    };
    if let (Some(chat), Some(at)) = (&message.chat, node.get("chat"))
        && !builder.chats.contains(chat)
    {
        let chats = builder.chats.iter().map(String::as_str);
        let help = near(chat, chats).unwrap_or_else(|| "list it under `chats`".to_owned());
        reader.report(at.place, format!("there is no chat `{chat}`; {help}"));
    }
    if let (Some(from), Some(at)) = (&message.from, node.get("from")) {
        let users = || {
            builder
                .users
                .iter()
                .flat_map(|(open_id, name)| [open_id.as_str(), name.as_str()])
        };
        if !users().any(|known| known == from) {
            let help = near(from, users()).unwrap_or_else(|| "list it under `users`".to_owned());
            reader.report(at.place, format!("there is no user `{from}`; {help}"));
        }
    }
    Some(message)
}

fn read_faults(reader: &mut Reader, node: Option<&Node>, builder: &mut Builder) {
    let nodes = reader.items(node, "faults");
    if nodes.is_empty() {
        return;
    }
    let Ok(catalog) = builder.catalog.clone().map_or_else(Catalog::embedded, Ok) else {
        // Every call tells why there is none.
        return;
    };
    let apps = builder.app_ids();
    let found: Vec<(&Node, Fault)> = nodes
        .iter()
        .filter_map(|node| Some((node, faults::read(reader, node)?)))
        .collect();
    for (node, fault) in found {
        match fault.check(&catalog, &apps) {
            Ok(()) => builder.faults.push(fault),
            Err(error) => faults::report(reader, node, error),
        }
    }
}

fn needed(reader: &mut Reader, node: &Node, word: &str) -> Option<String> {
    let found = node.get(word);
    if found.is_none() {
        reader.report(node.place, format!("`{word}` is missing here"));
    }
    reader.text(found)
}
