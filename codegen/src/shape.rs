//! The shape of a YAML value. The tables of words are made of shapes; the check and the editors' schema both read them.

use std::collections::HashSet;

use crate::{
    diagnostic::{Diagnostics, did_you_mean, listed},
    yaml::{Node, Value},
};

/// A word that may stand in a mapping.
pub(crate) struct Word {
    pub(crate) name: &'static str,
    pub(crate) holds: Shape,
    pub(crate) required: bool,
    pub(crate) doc: &'static str,
}

/// What a word holds.
pub(crate) enum Shape {
    /// Text on one line.
    Text,
    Whole,
    /// An HTTP status.
    Status,
    Number,
    /// Any value: examples and defaults.
    Any,
    Choice(&'static [&'static str]),
    List(&'static Shape),
    /// A mapping of free keys.
    Each(&'static Shape),
    /// A mapping of these words.
    Words(&'static [Word]),
    /// Text of one word, or a mapping or list in its long form.
    Or(&'static Shape, &'static Shape),
}

impl Shape {
    /// Reports every place where `node` is not of this shape.
    pub(crate) fn check(&self, node: &Node, what: &str, diagnostics: &mut Diagnostics) {
        match self {
            Self::Any => {}
            Self::Text => match node.text() {
                Some(text) if text.trim().is_empty() => {
                    diagnostics.push(
                        &node.place,
                        format!("`{what}` is empty"),
                        "write it, or remove the word",
                    );
                }
                Some(text) if text.trim_end().contains('\n') => {
                    diagnostics.push(
                        &node.place,
                        format!("`{what}` runs over several lines"),
                        "one line; say it shorter",
                    );
                }
                Some(text) if text.chars().any(is_invisible) => {
                    diagnostics.push(
                        &node.place,
                        format!("`{what}` holds a character that does not show"),
                        "remove control characters and marks of direction",
                    );
                }
                Some(text) if text.matches('`').count() % 2 == 1 => {
                    diagnostics.push(
                        &node.place,
                        format!("`{what}` has a backtick without its partner"),
                        "put code between two backticks",
                    );
                }
                Some(_) if !node.is_string() => self.refuse(node, what, diagnostics),
                Some(_) => {}
                None => self.refuse(node, what, diagnostics),
            },
            Self::Status => self.scalar(node, what, diagnostics, |json| {
                json.as_u64().is_some_and(|status| (100..600).contains(&status))
            }),
            Self::Whole => self.scalar(node, what, diagnostics, |json| json.is_u64()),
            Self::Number => self.scalar(node, what, diagnostics, |json| json.is_number()),
            Self::Choice(choices) => match node.text() {
                Some(text) if choices.contains(&text) => {}
                Some(text) => {
                    let help = did_you_mean(text, choices.iter().copied());
                    diagnostics.push(&node.place, format!("`{what}` cannot be `{text}`"), help);
                }
                None => self.refuse(node, what, diagnostics),
            },
            Self::List(item) => match &node.value {
                Value::List(items) => {
                    let mut seen = HashSet::new();
                    for node in items {
                        item.check(node, what, diagnostics);
                        if !seen.insert(node.json()) {
                            diagnostics.push(&node.place, format!("an item stands twice in `{what}`"), "keep one");
                        }
                    }
                }
                _ => self.refuse(node, what, diagnostics),
            },
            Self::Each(value) => match &node.value {
                Value::Map(entries) => entries
                    .iter()
                    .for_each(|(key, node)| value.check(node, &key.text, diagnostics)),
                _ => self.refuse(node, what, diagnostics),
            },
            Self::Or(short, long) => match node.value {
                Value::Scalar { .. } => short.check(node, what, diagnostics),
                _ => long.check(node, what, diagnostics),
            },
            Self::Words(words) => match &node.value {
                Value::Map(entries) => {
                    for (key, value) in entries {
                        match words.iter().find(|word| word.name == key.text) {
                            Some(word) => word.holds.check(value, word.name, diagnostics),
                            None => {
                                let help = did_you_mean(&key.text, words.iter().map(|word| word.name));
                                diagnostics.push(&key.place, format!("unknown word `{}` in `{what}`", key.text), help);
                            }
                        }
                    }
                    for missing in words
                        .iter()
                        .filter(|word| word.required && node.get(word.name).is_none())
                    {
                        let help = format!("add `{}:`. {}", missing.name, missing.doc);
                        diagnostics.push(&node.place, format!("`{what}` lacks `{}`", missing.name), help);
                    }
                }
                _ => self.refuse(node, what, diagnostics),
            },
        }
    }

    fn scalar(&self, node: &Node, what: &str, diagnostics: &mut Diagnostics, fits: fn(&serde_json::Value) -> bool) {
        if !fits(&node.json()) {
            self.refuse(node, what, diagnostics);
        }
    }

    fn refuse(&self, node: &Node, what: &str, diagnostics: &mut Diagnostics) {
        let found = match node.text() {
            Some(text) => format!("`{text}`"),
            None => node.kind().to_owned(),
        };
        diagnostics.push(
            &node.place,
            format!("`{what}` is {found}"),
            format!("it holds {}", self.describe()),
        );
    }

    fn describe(&self) -> String {
        match self {
            Self::Text => "text on one line, in quotes when it reads as a number or `true`".to_owned(),
            Self::Whole => "a whole number".to_owned(),
            Self::Status => "an HTTP status, 100 to 599".to_owned(),
            Self::Number => "a number".to_owned(),
            Self::Any => "any value".to_owned(),
            Self::Choice(choices) => format!("one of {}", listed(choices.iter().copied())),
            Self::List(item) => format!("a list `[…]`; each item is {}", item.describe()),
            Self::Each(_) => "a mapping `name: …`".to_owned(),
            Self::Words(words) => {
                let needed: Vec<_> = words
                    .iter()
                    .filter(|word| word.required)
                    .map(|word| word.name)
                    .collect();
                match needed.is_empty() {
                    true => "a mapping".to_owned(),
                    false => format!("a mapping with {}", listed(needed)),
                }
            }
            Self::Or(short, long) => format!("{}, or {}", short.describe(), long.describe()),
        }
    }
}

/// Control characters, and marks that turn the direction of what follows.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}
