//! YAML, and with it JSON, as a tree that keeps the place of every key and value, so that a mistake can be shown where it stands.

use std::{fmt, time::Duration};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle};

/// Something that is wrong in a scenario or a fault, and where.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Mistake {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// What is wrong, and how to mend it.
    pub message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "line {}, column {}: {}", self.line, self.column, self.message)
    }
}

/// Where something stands: line and column, from 1.
pub(crate) type Place = (usize, usize);

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) value: Value,
}

#[derive(Clone, Debug)]
pub(crate) enum Value {
    Scalar(String),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
}

impl Node {
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        let Value::Map(entries) = &self.value else { return None };
        let found = entries.iter().find(|(known, _)| known.text() == Some(key));
        found.map(|(_, value)| value)
    }
}

/// Reads values and collects what is wrong with them.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    pub(crate) mistakes: Vec<Mistake>,
}

impl Reader {
    pub(crate) fn report(&mut self, (line, column): Place, message: impl Into<String>) {
        self.mistakes.push(Mistake {
            line,
            column,
            message: message.into(),
        });
    }

    /// The one document of a text; none when it is empty or no YAML.
    pub(crate) fn document(&mut self, text: &str) -> Option<Node> {
        let mut open: Vec<(Node, Option<Node>)> = Vec::new();
        let mut root = None;
        for event in Parser::new_from_str(text) {
            let (event, span) = match event {
                Ok(event) => event,
                Err(error) => {
                    let message = format!("this is not YAML: {}", error.info());
                    self.report(place(error.marker()), message);
                    return None;
                }
            };
            let place = place(&span.start);
            let value = match event {
                // `~`, or nothing after a colon.
                Event::Scalar(text, ScalarStyle::Plain, ..) if text == "~" => Value::Scalar(String::new()),
                Event::Scalar(text, ..) => Value::Scalar(text.into_owned()),
                Event::SequenceStart(..) | Event::MappingStart(..) => {
                    let value = match event {
                        Event::SequenceStart(..) => Value::List(Vec::new()),
                        _ => Value::Map(Vec::new()),
                    };
                    open.push((Node { place, value }, None));
                    continue;
                }
                Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                    Some((closed, _)) => {
                        self.adopt(&mut open, &mut root, closed);
                        continue;
                    }
                    None => continue,
                },
                Event::Alias(_) => {
                    self.report(place, "aliases are not read here; write the value out");
                    continue;
                }
                _ => continue,
            };
            self.adopt(&mut open, &mut root, Node { place, value });
        }
        root
    }

    fn adopt(&mut self, open: &mut [(Node, Option<Node>)], root: &mut Option<Node>, node: Node) {
        match open.last_mut() {
            None if root.is_some() => self.report(node.place, "a second document begins here; one is read"),
            None => *root = Some(node),
            Some((parent, key)) => match &mut parent.value {
                Value::List(items) => items.push(node),
                Value::Map(entries) => match key.take() {
                    None => *key = Some(node),
                    Some(key) => {
                        if entries.iter().any(|(known, _)| known.text() == key.text()) {
                            let message = format!("`{}` stands twice here; keep one", key.text().unwrap_or_default());
                            self.report(key.place, message);
                        }
                        entries.push((key, node));
                    }
                },
                Value::Scalar(_) => {}
            },
        }
    }

    /// Makes sure that a value is a mapping and has only these keys.
    pub(crate) fn keys(&mut self, node: &Node, what: &str, known: &[&str]) -> bool {
        let Value::Map(entries) = &node.value else {
            let message = format!("{what} is a mapping with the words {}", listed(known));
            self.report(node.place, message);
            return false;
        };
        for (key, _) in entries {
            let word = key.text().unwrap_or_default();
            if !known.contains(&word) {
                let help = near(word, known.iter().copied());
                let help = help.unwrap_or_else(|| format!("it has {}", listed(known)));
                self.report(key.place, format!("`{word}` is no word of {what}; {help}"));
            }
        }
        true
    }

    /// The items of a list; none when there is nothing.
    pub(crate) fn items<'n>(&mut self, node: Option<&'n Node>, what: &str) -> &'n [Node] {
        match node {
            None => &[],
            Some(Node {
                value: Value::List(items),
                ..
            }) => items,
            Some(node) => {
                self.report(node.place, format!("{what} are a list: write `- ` before each"));
                &[]
            }
        }
    }

    pub(crate) fn text(&mut self, node: Option<&Node>) -> Option<String> {
        self.read(node, "a text", |text| (!text.is_empty()).then(|| text.to_owned()))
    }

    pub(crate) fn whole(&mut self, node: Option<&Node>) -> Option<u64> {
        self.read(node, "a whole number", |text| text.parse().ok())
    }

    pub(crate) fn number(&mut self, node: Option<&Node>) -> Option<f64> {
        self.read(node, "a number", |text| {
            text.parse().ok().filter(|number: &f64| number.is_finite())
        })
    }

    pub(crate) fn flag(&mut self, node: Option<&Node>) -> Option<bool> {
        self.read(node, "`true` or `false`", |text| text.parse().ok())
    }

    pub(crate) fn duration(&mut self, node: Option<&Node>) -> Option<Duration> {
        self.read(node, "a time such as `50ms`, `2s`, `3min` or `1h`", duration)
    }

    /// What a scalar means; `wanted` says what it should be.
    pub(crate) fn read<T>(
        &mut self,
        node: Option<&Node>,
        wanted: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let node = node?;
        let read = node.text().and_then(parse);
        if read.is_none() {
            let found = node
                .text()
                .map_or_else(|| "this".to_owned(), |text| format!("`{text}`"));
            self.report(node.place, format!("{found} is not {wanted}"));
        }
        read
    }
}

fn place(marker: &Marker) -> Place {
    (marker.line().max(1), marker.col() + 1)
}

/// Reads a time with its unit, as scenarios have it: `50ms`, `2s`, `3min`, `1h`.
pub fn duration(text: &str) -> Option<Duration> {
    let split = text.find(|letter: char| letter.is_ascii_alphabetic())?;
    let (number, unit) = (text[..split].trim(), text[split..].trim());
    let seconds = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "min" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(number.parse::<f64>().ok()? * seconds).ok()
}

/// "Did you mean", when something known is near enough.
pub(crate) fn near<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let distance = |known: &&str| strsim::damerau_levenshtein(word, known);
    let nearest = known.min_by_key(distance)?;
    (distance(&nearest) <= 1 + word.len() / 4).then(|| format!("did you mean `{nearest}`?"))
}

fn listed(words: &[&str]) -> String {
    format!("`{}`", words.join("`, `"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        for (text, millis) in [
            ("50ms", 50),
            ("2s", 2000),
            ("1.5 s", 1500),
            ("3min", 180_000),
            ("1h", 3_600_000),
        ] {
            assert_eq!(duration(text), Some(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "2", "s", "-1s", "2 days", "1e999h", "NaNs"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn places_are_those_of_the_text_and_json_is_yaml_too() {
        let mut reader = Reader::default();
        let node = reader.document("a: 1\nb:\n  - {c: x}\n").unwrap();
        assert_eq!(node.get("b").map(|b| b.place), Some((3, 3)));
        let json = reader.document("{\"a\": {\"b\": [\"\\u98de\", 2]}}").unwrap();
        let Some(Value::List(items)) = json.get("a").and_then(|a| a.get("b")).map(|b| &b.value) else {
            panic!("{json:?}");
        };
        assert_eq!(items[0].text(), Some("飞"));
        assert_eq!(items[1].place, (1, 24));
        assert!(reader.mistakes.is_empty());
        for broken in ["a: [", "a: 1\na: 2", "x\n---\ny", "&a 1: *a"] {
            let mut reader = Reader::default();
            _ = reader.document(broken);
            assert!(!reader.mistakes.is_empty(), "{broken}");
        }
    }
}
