//! YAML text to a tree that keeps the place of every key and value.

use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use crate::diagnostic::{Diagnostics, Place};

/// A YAML value and where it stands.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it begins.
    pub place: Place,
    /// What it is.
    pub value: Value,
}

/// The three kinds of YAML values.
#[derive(Clone, Debug)]
pub enum Value {
    /// A scalar; `plain` when unquoted, so that `5` is a number and `"5"` is not.
    Scalar {
        /// Without its quotes.
        text: String,
        /// Whether it had none.
        plain: bool,
    },
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order of the text.
    Map(Vec<(Key, Node)>),
}

/// A mapping's key and where it stands.
#[derive(Clone, Debug)]
pub struct Key {
    /// Where it stands.
    pub place: Place,
    /// Without its quotes.
    pub text: String,
    /// Whether it had none.
    pub plain: bool,
}

impl Node {
    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The items of a list.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The entries of a mapping.
    pub fn entries(&self) -> &[(Key, Node)] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries()
            .iter()
            .find(|(known, _)| known.text == key)
            .map(|(_, value)| value)
    }

    /// What kind of value this is, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self.value {
            Value::Scalar { .. } => "a scalar",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }

    /// Whether it is text by YAML's core schema: in quotes, or no number, truth or `null`.
    pub(crate) fn is_string(&self) -> bool {
        match &self.value {
            Value::Scalar { plain: false, .. } => true,
            Value::Scalar { text, plain: true } => match text.as_str() {
                "" | "~" | "null" | "true" | "false" => false,
                text => !looks_numeric(text) || self.json().is_string(),
            },
            _ => false,
        }
    }

    /// The value as JSON, by YAML's core schema.
    pub(crate) fn json(&self) -> serde_json::Value {
        match &self.value {
            Value::Scalar { text, plain: false } => text.as_str().into(),
            Value::Scalar { text, plain: true } => match text.as_str() {
                "" | "~" | "null" => serde_json::Value::Null,
                "true" => true.into(),
                "false" => false.into(),
                number if looks_numeric(number) => serde_json::from_str(number).unwrap_or_else(|_| number.into()),
                text => text.into(),
            },
            Value::List(items) => items.iter().map(Node::json).collect(),
            Value::Map(entries) => entries
                .iter()
                .map(|(key, value)| (key.text.clone(), value.json()))
                .collect(),
        }
    }
}

fn looks_numeric(text: &str) -> bool {
    text.strip_prefix('-')
        .unwrap_or(text)
        .starts_with(|first: char| first.is_ascii_digit())
}

/// Reads one document. `None` when the text is not YAML or holds more than this format uses; the diagnostics say why.
pub fn read(file: &str, text: &str, diagnostics: &mut Diagnostics) -> Option<Node> {
    let mut reader = Reader {
        file: file.into(),
        diagnostics,
    };
    let mut open: Vec<Open> = Vec::new();
    let mut root = None;
    for event in Parser::new_from_str(text) {
        let (event, span) = match event {
            Ok(event) => event,
            Err(error) => {
                let place = reader.place(error.marker().line(), error.marker().col(), 1);
                reader.diagnostics.push(
                    &place,
                    format!("this is not YAML: {}", error.info()),
                    "check indentation, quotes and brackets; a sentence that holds `: ` or `#` needs quotes",
                );
                return None;
            }
        };
        let place = reader.span(span);
        let node = match event {
            Event::Scalar(text, style, ..) => Node {
                place,
                value: Value::Scalar {
                    text: text.into_owned(),
                    plain: style == ScalarStyle::Plain,
                },
            },
            Event::SequenceStart(..) => {
                open.push(Open {
                    node: Node {
                        place,
                        value: Value::List(Vec::new()),
                    },
                    key: None,
                });
                continue;
            }
            Event::MappingStart(..) => {
                open.push(Open {
                    node: Node {
                        place,
                        value: Value::Map(Vec::new()),
                    },
                    key: None,
                });
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(closed) => closed.node,
                None => continue,
            },
            Event::Alias(_) => {
                reader.diagnostics.push(
                    &place,
                    "aliases are not part of this format",
                    "write the value out, or name a type and refer to it",
                );
                Node {
                    place,
                    value: Value::Scalar {
                        text: String::new(),
                        plain: true,
                    },
                }
            }
            _ => continue,
        };
        match open.last_mut() {
            Some(parent) => reader.adopt(parent, node),
            None if root.is_some() => {
                let help =
                    "one file holds one document; remove the `---` and what follows, or give it a file of its own";
                reader
                    .diagnostics
                    .push(&node.place, "a second document begins here", help);
            }
            None => root = Some(node),
        }
    }
    if root.is_none() {
        let place = reader.place(1, 0, 1);
        reader.diagnostics.push(
            &place,
            "the file is empty",
            "write the resource it is named after, or remove it",
        );
    }
    root
}

/// A collection whose end is still to come; a mapping may hold a key that waits for its value.
struct Open {
    node: Node,
    key: Option<Key>,
}

struct Reader<'a> {
    file: Arc<str>,
    diagnostics: &'a mut Diagnostics,
}

impl Reader<'_> {
    fn place(&self, line: usize, col: usize, width: usize) -> Place {
        Place {
            file: self.file.clone(),
            line: line.max(1),
            column: col + 1,
            width,
        }
    }

    fn span(&self, span: Span) -> Place {
        let width = if span.start.line() == span.end.line() {
            span.end.col().saturating_sub(span.start.col())
        } else {
            1
        };
        self.place(span.start.line(), span.start.col(), width.max(1))
    }

    fn adopt(&mut self, parent: &mut Open, node: Node) {
        match &mut parent.node.value {
            Value::List(items) => items.push(node),
            Value::Map(entries) => match parent.key.take() {
                Some(key) => {
                    if let Some((first, _)) = entries.iter().find(|(known, _)| known.text == key.text) {
                        let help = format!("the first is on line {}; keep one", first.place.line);
                        self.diagnostics
                            .push(&key.place, format!("`{}` stands twice in this mapping", key.text), help);
                    } else {
                        entries.push((key, node));
                    }
                }
                None => {
                    if node.text().is_none() {
                        self.diagnostics.push(
                            &node.place,
                            format!("{} cannot be a key", node.kind()),
                            "a key is a plain word",
                        );
                    }
                    let plain = matches!(node.value, Value::Scalar { plain: true, .. });
                    parent.key = Some(Key {
                        text: node.text().unwrap_or_default().to_owned(),
                        plain,
                        place: node.place,
                    });
                }
            },
            Value::Scalar { .. } => {}
        }
    }
}
