//! The text of a spec file: one field a line where it fits, as a person would write it.

use std::fmt::Write;

use heck::{ToPascalCase, ToSnakeCase};
use serde_json::Value;

use super::shapes::{Holds, Member, Ty};

const WIDTH: usize = 140;

/// Text that grows line by line; `notes` keeps the page's own words beside what they belong to.
pub(crate) struct Text {
    pub(crate) out: String,
    pub(crate) notes: bool,
}

impl Text {
    pub(crate) fn line(&mut self, indent: usize, line: &str) {
        if line.is_empty() {
            self.out.push('\n');
        } else {
            _ = writeln!(self.out, "{:indent$}{line}", "");
        }
    }

    /// The page's own words, for the person who writes the sentence; they must not stay.
    pub(crate) fn note(&mut self, indent: usize, words: &str) {
        if self.notes {
            for line in words.lines().map(str::trim).filter(|line| !line.is_empty()).take(12) {
                let line: String = line.chars().take(400).collect();
                self.line(indent, &format!("#~ {line}"));
            }
        }
    }

    pub(crate) fn remark(&mut self, indent: usize, remark: &str) {
        self.line(indent, &format!("# curate: {remark}"));
    }

    /// A word with a list, on one line where it fits.
    pub(crate) fn list(&mut self, indent: usize, word: &str, items: &[String]) {
        let items: Vec<String> = items
            .iter()
            .map(|item| scalar(&Value::from(item.as_str()), true))
            .collect();
        let line = format!("{word}: [{}]", items.join(", "));
        if indent + line.len() <= WIDTH {
            self.line(indent, &line);
        } else {
            self.line(indent, &format!("{word}:"));
            for item in items {
                self.line(indent + 2, &format!("- {item}"));
            }
        }
    }

    /// A field with all its words.
    pub(crate) fn member(&mut self, indent: usize, member: &Member, ty: &str) {
        self.note(indent, &member.field.prose);
        for remark in &member.remarks {
            self.remark(indent, remark);
        }
        let mut words = vec![
            ("type".to_owned(), type_word(ty)),
            ("doc".to_owned(), "\"\"".to_owned()),
        ];
        if let Some(rename) = &member.rename {
            words.push(("as".to_owned(), rename.clone()));
        }
        for (word, limit) in &member.limits {
            words.push(((*word).to_owned(), limit.to_string()));
        }
        if !member.field.scopes.is_empty() {
            let scopes: Vec<String> = member
                .field
                .scopes
                .iter()
                .map(|scope| scalar(&Value::from(scope.as_str()), true))
                .collect();
            words.push(("scopes".to_owned(), format!("[{}]", scopes.join(", "))));
        }
        for (word, value) in [("default", &member.default), ("example", &member.example)] {
            if let Some(value) = value {
                words.push((word.to_owned(), flow(value)));
            }
        }
        let mark = if member.required { "!" } else { "" };
        let name = key(&member.field.name, mark);
        let inside: Vec<String> = words.iter().map(|(word, value)| format!("{word}: {value}")).collect();
        let line = format!("{name}: {{{}}}", inside.join(", "));
        if indent + line.chars().count() <= WIDTH {
            self.line(indent, &line);
        } else {
            self.line(indent, &format!("{name}:"));
            for word in inside {
                self.line(indent + 2, &word);
            }
        }
    }

    /// The values of an enum.
    pub(crate) fn values(&mut self, indent: usize, holds: &Holds) {
        let Holds::Values { values, whole, scopes } = holds else {
            return;
        };
        self.line(indent, "values:");
        let mut taken: Vec<String> = Vec::new();
        for (at, (value, meaning)) in values.iter().enumerate() {
            self.note(indent + 2, meaning);
            let mut rust = value.to_pascal_case();
            let clumsy =
                !rust.starts_with(|c: char| c.is_ascii_alphabetic()) || rust == "Unknown" || taken.contains(&rust);
            let mut words = vec!["doc: \"\"".to_owned()];
            if clumsy {
                rust = format!("Value{}", rust.trim_start_matches(|c: char| !c.is_ascii_alphanumeric()));
                if taken.contains(&rust) || rust == "Value" {
                    rust = format!("Value{at}");
                }
                words.push(format!("as: {rust}"));
            }
            taken.push(rust);
            if let Some((_, scopes)) = scopes.iter().find(|(known, _)| known == value) {
                words.push(format!("scopes: [{}]", scopes.join(", ")));
            }
            let name = match whole {
                true => value.clone(),
                false => scalar(&Value::from(value.as_str()), true),
            };
            match words.as_slice() {
                [_] => self.line(indent + 2, &format!("{name}: \"\"")),
                words => self.line(indent + 2, &format!("{name}: {{{}}}", words.join(", "))),
            }
        }
    }
}

/// A type without names.
pub(crate) fn plain(ty: &Ty) -> Option<String> {
    match ty {
        Ty::Leaf(leaf) => Some((*leaf).to_owned()),
        Ty::List(inner) => Some(format!("list({})", plain(inner)?)),
        Ty::Map(inner) => Some(format!("map({})", plain(inner)?)),
        Ty::Named(_) => None,
    }
}

/// A field's name as a key of YAML.
pub(crate) fn key(name: &str, mark: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
        && !matches!(
            name,
            "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n"
        );
    match plain {
        true => format!("{name}{mark}"),
        false => format!("{:?}", format!("{name}{mark}")),
    }
}

/// A type, quoted where YAML needs it.
pub(crate) fn type_word(ty: &str) -> String {
    match ty.contains(['?', ',', '{', '[']) {
        true => format!("{ty:?}"),
        false => ty.to_owned(),
    }
}

/// A value between braces or brackets.
pub(crate) fn flow(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(name, value)| format!("{}: {}", scalar(&Value::from(name.as_str()), true), flow(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        value => scalar(value, true),
    }
}

/// A scalar: plain where nobody can take it for anything else, else in quotes.
pub(crate) fn scalar(value: &Value, inside: bool) -> String {
    let Value::String(text) = value else {
        return value.to_string();
    };
    let begins = text.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '/' | '_' | '.'));
    let special = |c: char| {
        c.is_control() || (inside && matches!(c, ',' | '[' | ']' | '{' | '}')) || matches!(c, '"' | '\\' | '\u{feff}')
    };
    let word = matches!(
        text.to_ascii_lowercase().as_str(),
        "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n" | "~" | ""
    );
    let number = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+'))
        && text
            .chars()
            .all(|c| c.is_ascii_hexdigit() || matches!(c, '.' | '-' | '+' | '_' | ':' | 'x' | 'o'));
    let plain = begins
        && !word
        && !number
        && !text.contains(special)
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with([':', ' '])
        && (text == text.trim());
    match plain {
        true => text.clone(),
        // YAML's double quotes read what JSON writes.
        false => serde_json::to_string(text).unwrap_or_default(),
    }
}

/// An identifier for a wire name that gives none, or one that is taken.
pub(crate) fn identifier(name: &str, taken: &[String]) -> Option<String> {
    let snake = name.to_snake_case();
    let fine = snake.starts_with(|c: char| c.is_ascii_alphabetic());
    let mut candidate = match fine {
        true => snake.clone(),
        false => format!("field_{snake}"),
    };
    while taken.contains(&candidate) {
        candidate = format!("other_{candidate}");
    }
    (candidate != snake).then_some(candidate)
}
