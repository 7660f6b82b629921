//! Brings a curated file up to what its pages say, word by word: nothing that a person wrote is lost.

use std::collections::BTreeMap;

use flybook_codegen::{
    Diagnostics, What,
    yaml::{self, Node},
};
use heck::ToPascalCase;

use crate::{audit::Found, draft::Draft};

/// What merging changed: the new text, and a line for each change or hint.
#[derive(Clone, Debug, Default)]
pub struct Merged {
    /// The file's new text.
    pub text: String,
    /// What was changed.
    pub changes: Vec<String>,
}

/// Brings the file of a module (`contact/v3/user`, or `common`) up to what was found; `drafted` is what the draft has for the same file.
///
/// Facts are replaced or added, new sentences are left empty. What is not a matter of adding becomes a remark to curate.
pub fn merge(module: &str, text: &str, found: &[Found], draft: &Draft) -> Result<Merged, Diagnostics> {
    let mut diagnostics = Diagnostics::default();
    let path = format!("{module}.yaml");
    let Some(root) = yaml::read(&path, text, &mut diagnostics) else {
        return Err(diagnostics);
    };
    let mut file = File {
        module: module.replace('/', "."),
        root,
        lines: text.lines().map(str::to_owned).collect(),
        edits: BTreeMap::new(),
        changes: Vec::new(),
    };
    for found in found {
        file.apply(found);
    }
    if let Some(drafted) = draft.files.get(&path) {
        let mut unread = Diagnostics::default();
        if let Some(added) = yaml::read(&path, drafted, &mut unread) {
            file.append(drafted, &added);
        }
    }
    Ok(file.written(text.ends_with('\n')))
}

/// What happens to the lines of a file.
#[derive(Clone, Debug)]
enum Edit {
    /// These lines come before it.
    Before(Vec<String>),
    /// These come after it.
    After(Vec<String>),
    /// It and the lines that belong to it make room for these.
    Instead(usize, Vec<String>),
}

struct File {
    /// `contact.v3.user`
    module: String,
    root: Node,
    lines: Vec<String>,
    /// By line, from 1.
    edits: BTreeMap<usize, Vec<Edit>>,
    changes: Vec<String>,
}

impl File {
    fn apply(&mut self, found: &Found) {
        let done = match found.what {
            What::NewerPage => self.word(&found.at, "updated", &found.page),
            What::Tokens if !found.page.is_empty() => self.list(&found.at, "tokens", &found.page),
            What::Apps if !found.page.is_empty() => self.list(&found.at, "apps", &found.page),
            What::Scopes => self.list(&found.at, "scopes", &found.page),
            What::FieldScopes => self.list(&found.at, "field_scopes", &found.page),
            What::Rate if !found.page.is_empty() => self.word(&found.at, "rate", &found.page),
            What::MissingCode => self.code(found),
            What::MissingValue => self.value(found),
            What::MissingField => self.field(found),
            What::Required => self.required(found),
            What::MissingOperation | What::MissingEvent => return,
            _ => self.remark(found),
        };
        if done {
            let what = found.what.word();
            let field = if found.field.is_empty() {
                String::new()
            } else {
                format!(" {}", found.field)
            };
            self.changes.push(format!("{}{field}: {what}", found.at));
        }
    }

    /// The name that an id has in this file, where it is of this file.
    fn own<'i>(&self, id: &'i str) -> Option<&'i str> {
        let (module, name) = id.rsplit_once('.')?;
        (module == self.module).then_some(name)
    }

    /// An operation or event of the file.
    fn subject(&self, id: &str) -> Option<&Node> {
        let name = self.own(id)?;
        ["operations", "events"]
            .iter()
            .find_map(|word| self.root.get(word)?.get(name))
    }

    /// The mapping of fields that an owner has; a section where the owner is an operation.
    fn fields(&self, owner: &str, section: &str) -> Option<&Node> {
        if let Some(subject) = self.subject(owner) {
            return subject.get(section);
        }
        let name = self.own(owner)?;
        if let Some(def) = self.root.get("types").and_then(|types| types.get(name)) {
            return def.get("fields");
        }
        let operations = self.root.get("operations")?.entries();
        operations.iter().find_map(|(key, operation)| {
            let spoken = operation.get("as").and_then(Node::text).unwrap_or(&key.text);
            (format!("{}Reply", spoken.to_pascal_case()) == name).then(|| operation.get("data"))?
        })
    }

    fn edit(&mut self, line: usize, edit: Edit) {
        self.edits.entry(line).or_default().push(edit);
    }

    fn indent(&self, line: usize) -> String {
        let text = self.lines.get(line - 1).map(String::as_str).unwrap_or_default();
        text.chars().take_while(|c| *c == ' ').collect()
    }

    /// The last line of what begins on a line: all that is indented deeper, and remarks between.
    fn end(&self, line: usize) -> usize {
        let depth = self.indent(line).len();
        let mut last = line;
        for (at, text) in self.lines.iter().enumerate().skip(line) {
            if text.trim().is_empty() {
                continue;
            }
            let here = text.len() - text.trim_start().len();
            let item = here == depth && text.trim_start().starts_with("- ");
            if here <= depth && !item {
                break;
            }
            last = at + 1;
        }
        last
    }

    /// Gives a word of an operation or event another value, or the word itself.
    fn word(&mut self, id: &str, word: &str, value: &str) -> bool {
        let Some(subject) = self.subject(id) else { return false };
        let entries = subject.entries();
        if let Some((key, _)) = entries.iter().find(|(key, _)| key.text == word) {
            let line = key.place.line;
            let old = &self.lines[line - 1];
            let remark = old.find("    #").map(|at| old[at..].to_owned()).unwrap_or_default();
            let new = format!("{}{word}: {value}{remark}", self.indent(line));
            let end = self.end(line);
            self.edit(line, Edit::Instead(end, vec![new]));
            return true;
        }
        let order = [
            "doc",
            "http",
            "type",
            "page",
            "updated",
            "tokens",
            "apps",
            "scopes",
            "field_scopes",
        ];
        let before = order.iter().position(|known| *known == word).unwrap_or(order.len());
        let after = entries
            .iter()
            .rfind(|(key, _)| order[..before].contains(&key.text.as_str()));
        let Some((key, _)) = after else { return false };
        let line = key.place.line;
        let new = format!("{}{word}: {value}", self.indent(line));
        let end = self.end(line);
        self.edit(end, Edit::After(vec![new]));
        true
    }

    /// Gives a list of words other words. Where each has a line of its own, the lines that hold stay, with their remarks.
    fn list(&mut self, id: &str, word: &str, words: &str) -> bool {
        let subject = self.subject(id).map(Node::entries).unwrap_or_default();
        let line = subject
            .iter()
            .find(|(key, _)| key.text == word)
            .and_then(|(key, list)| {
                let first = self.lines.get(list.items().first()?.place.line - 1)?;
                first.trim_start().starts_with("- ").then_some(key.place.line)
            });
        let Some(line) = line else {
            return self.word(id, word, &format!("[{words}]"));
        };
        let mut missing: Vec<&str> = words.split(", ").filter(|word| !word.is_empty()).collect();
        let mut new = vec![match missing.is_empty() {
            true => self.lines[line - 1].replacen(':', ": []", 1),
            false => self.lines[line - 1].clone(),
        }];
        let (mut indent, end) = (format!("{}  ", self.indent(line)), self.end(line));
        for (at, text) in self.lines.iter().enumerate().take(end).skip(line) {
            let Some(item) = text.trim_start().strip_prefix("- ") else {
                new.push(text.clone());
                continue;
            };
            indent = self.indent(at + 1);
            let (known, remark) = item.split_once(" #").unwrap_or((item, ""));
            match missing.iter().position(|word| *word == known.trim()) {
                Some(at) => {
                    missing.remove(at);
                    new.push(text.clone());
                }
                None if !remark.is_empty() => new.push(format!("{indent}# {item}")),
                None => {}
            }
        }
        new.extend(missing.iter().map(|word| format!("{indent}- {word}")));
        self.edit(line, Edit::Instead(end, new));
        true
    }

    fn code(&mut self, found: &Found) -> bool {
        let Some(subject) = self.subject(&found.at) else {
            return false;
        };
        match subject.get("errors").filter(|errors| !errors.entries().is_empty()) {
            Some(errors) => {
                let code: i64 = found.field.parse().unwrap_or_default();
                let smaller = errors
                    .entries()
                    .iter()
                    .rfind(|(key, _)| key.text.parse::<i64>().is_ok_and(|known| known < code));
                let (line, first) = match smaller {
                    Some((key, _)) => (key.place.line, false),
                    None => (errors.entries()[0].0.place.line, true),
                };
                let new = vec![format!("{}{}: \"\"", self.indent(line), found.field)];
                match first {
                    true => self.edit(line, Edit::Before(new)),
                    false => {
                        let end = self.end(line);
                        self.edit(end, Edit::After(new));
                    }
                }
            }
            None => {
                let Some((key, _)) = subject.entries().first() else {
                    return false;
                };
                let line = key.place.line;
                let indent = self.indent(line);
                let above = self.subject_line(&found.at);
                let end = self.end(above);
                let (title, row) = (format!("{indent}errors:"), format!("{indent}  {}: \"\"", found.field));
                // The first code brings the table, the others go into it.
                let edits = self.edits.entry(end).or_default();
                let table = edits.iter_mut().find_map(|edit| match edit {
                    Edit::After(lines) if lines.first() == Some(&title) => Some(lines),
                    _ => None,
                });
                match table {
                    Some(lines) => lines.push(row),
                    None => edits.push(Edit::After(vec![title, row])),
                }
            }
        }
        true
    }

    /// The line on which an operation or event begins.
    fn subject_line(&self, id: &str) -> usize {
        let name = self.own(id).unwrap_or_default();
        let all = ["operations", "events"]
            .iter()
            .filter_map(|word| self.root.get(word))
            .flat_map(Node::entries);
        all.filter(|(key, _)| key.text == name)
            .map(|(key, _)| key.place.line)
            .next()
            .unwrap_or(1)
    }

    /// Adds a value to an enum of this file.
    fn value(&mut self, found: &Found) -> bool {
        let values = self
            .own(&found.spec)
            .and_then(|name| self.root.get("types")?.get(name)?.get("values"));
        let Some((last, _)) = values.and_then(|values| values.entries().last()) else {
            return false;
        };
        let line = last.place.line;
        let end = self.end(line);
        let whole = last.plain && last.text.parse::<i64>().is_ok();
        let new = match whole {
            true => format!(
                "{}{}: {{doc: \"\", as: Value{}}}    # curate: a name",
                self.indent(line),
                found.page,
                found.page
            ),
            false => format!("{}{:?}: \"\"", self.indent(line), found.page),
        };
        self.edit(end, Edit::After(vec![new]));
        true
    }

    fn field(&mut self, found: &Found) -> bool {
        let section = found.field.split('.').next().unwrap_or_default();
        let Some((last, _)) = self
            .fields(&found.owner, section)
            .and_then(|fields| fields.entries().last())
        else {
            return self.remark(found);
        };
        let line = last.place.line;
        let end = self.end(line);
        let indent = self.indent(line);
        let new = found.line.lines().map(|text| format!("{indent}{text}")).collect();
        self.edit(end, Edit::After(new));
        true
    }

    /// Adds or takes the mark of a field that must be there.
    fn required(&mut self, found: &Found) -> bool {
        let (path, name) = found.field.rsplit_once('.').unwrap_or(("", &found.field));
        let section = path.split('.').next().unwrap_or_default().to_owned();
        let fields = self
            .fields(&found.owner, &section)
            .map(Node::entries)
            .unwrap_or_default();
        let Some((key, _)) = fields.iter().find(|(key, _)| key.text.trim_end_matches('!') == name) else {
            return false;
        };
        let (line, old) = (key.place.line, key.text.clone());
        let new = if old.ends_with('!') {
            name.to_owned()
        } else {
            format!("{name}!")
        };
        let text = self.lines[line - 1].replacen(&old, &new, 1);
        self.edit(line, Edit::Instead(line, vec![text]));
        true
    }

    /// What a person has to decide is said above the operation, event or field.
    fn remark(&mut self, found: &Found) -> bool {
        let said = format!(
            "{} {}: the page says {}",
            found.field,
            found.what.word(),
            found.page.replace('\n', " ")
        );
        let said = said.trim().to_owned();
        if self.lines.iter().any(|line| line.trim() == format!("# curate: {said}"))
            || found.page.is_empty()
            || self.subject(&found.at).is_none()
        {
            return false;
        }
        let line = self.subject_line(&found.at);
        let new = format!("{}  # curate: {said}", self.indent(line));
        self.edit(line, Edit::After(vec![new]));
        true
    }

    /// Adds drafted operations, types and events after the ones that are there.
    fn append(&mut self, drafted: &str, added: &Node) {
        let drafted: Vec<&str> = drafted.lines().collect();
        let last = self.lines.len();
        for word in ["operations", "types", "events"] {
            let Some(entries) = added.get(word).map(Node::entries).filter(|entries| !entries.is_empty()) else {
                continue;
            };
            let header = drafted
                .iter()
                .position(|line| line.starts_with(&format!("{word}:")))
                .unwrap_or_default();
            let next = |line: &str| !line.is_empty() && !line.starts_with([' ', '#']);
            let length = drafted[header + 1..]
                .iter()
                .position(|line| next(line))
                .unwrap_or(drafted.len() - header - 1);
            let block: Vec<String> = drafted[header + 1..header + 1 + length]
                .iter()
                .map(|line| (*line).to_owned())
                .collect();
            let block: Vec<String> = trimmed(block);
            let place = self
                .root
                .entries()
                .iter()
                .find(|(key, _)| key.text == word)
                .map(|(key, _)| key.place.line);
            let mut new = vec![String::new()];
            let line = match place {
                Some(line) => self.end(line),
                None => {
                    new.push(format!("{word}:"));
                    last
                }
            };
            new.extend(block);
            self.edit(line, Edit::After(new));
            for (key, _) in entries {
                self.changes.push(format!("{}: new in {word}", key.text));
            }
        }
    }

    fn written(self, newline: bool) -> Merged {
        let mut out: Vec<String> = Vec::new();
        let mut skip_to = 0;
        for (at, line) in self.lines.iter().enumerate() {
            let number = at + 1;
            let edits = self.edits.get(&number).map(Vec::as_slice).unwrap_or_default();
            for edit in edits {
                if let Edit::Before(lines) = edit {
                    out.extend(lines.iter().cloned());
                }
            }
            if number > skip_to {
                match edits.iter().find_map(|edit| match edit {
                    Edit::Instead(end, lines) => Some((*end, lines)),
                    _ => None,
                }) {
                    Some((end, lines)) => {
                        out.extend(lines.iter().cloned());
                        skip_to = end;
                    }
                    None => out.push(line.clone()),
                }
            }
            for edit in edits {
                if let Edit::After(lines) = edit {
                    out.extend(lines.iter().cloned());
                }
            }
        }
        let mut text = out.join("\n");
        if newline {
            text.push('\n');
        }
        Merged {
            text,
            changes: self.changes,
        }
    }
}

fn trimmed(mut lines: Vec<String>) -> Vec<String> {
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    while lines.first().is_some_and(String::is_empty) {
        lines.remove(0);
    }
    lines
}
