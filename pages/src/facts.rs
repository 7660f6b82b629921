//! What a page says: an operation or an event, as facts.

use std::collections::BTreeSet;

use serde_json::Value;

/// A documentation page.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The file it was read from.
    pub file: String,
    /// Its title, in the page's own language.
    pub title: String,
    /// Its path below the documentation's root, `/uAjLw4CM/…`.
    pub path: String,
    /// When it was last changed, in milliseconds.
    pub updated: u64,
    /// The names that the page gives itself.
    pub home: Option<Home>,
    /// The numbers of its text, for facts that only the text tells.
    pub numbers: BTreeSet<String>,
    /// What it is about.
    pub subject: Subject,
    /// What could not be read, a line each.
    pub unread: Vec<String>,
}

/// `project=im&version=v1&resource=message&method=create`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Home {
    /// The service.
    pub project: String,
    /// Its version, `v1`.
    pub version: String,
    /// The resource.
    pub resource: String,
    /// The method or the event.
    pub name: String,
}

impl Home {
    /// `im.v1.message`
    pub fn module(&self) -> String {
        format!("{}.{}.{}", self.project, self.version, self.resource)
    }
}

/// What a page is about.
#[derive(Clone, Debug, Default)]
pub enum Subject {
    /// One endpoint.
    Operation(Box<Operation>),
    /// One event or callback.
    Event(Box<Event>),
    /// Neither.
    #[default]
    Prose,
}

/// An endpoint.
#[derive(Clone, Debug, Default)]
pub struct Operation {
    /// `POST`
    pub method: String,
    /// `open`, `accounts` or `web`.
    pub host: &'static str,
    /// The path, parameters as `:name`.
    pub path: String,
    /// `tenant`, `user`, `app`.
    pub tokens: Vec<String>,
    /// `custom`, `store`.
    pub apps: Vec<String>,
    /// Permissions, any of them.
    pub scopes: Vec<String>,
    /// Permissions that fields of the reply need.
    pub field_scopes: Vec<String>,
    /// `1000/min 50/s` or `special`.
    pub rate: Option<String>,
    /// Headers of this call alone.
    pub headers: Vec<Field>,
    /// Path parameters.
    pub path_fields: Vec<Field>,
    /// Query parameters.
    pub query: Vec<Field>,
    /// Members of the body.
    pub body: Vec<Field>,
    /// Whether the body is multipart.
    pub form: bool,
    /// Members of the reply, `code` and `msg` among them.
    pub reply: Vec<Field>,
    /// Whether the reply is the file itself.
    pub bytes: bool,
    /// Error rows.
    pub errors: Vec<ErrorRow>,
    /// Sample bodies.
    pub request_samples: Vec<Value>,
    /// Sample replies.
    pub reply_samples: Vec<Value>,
}

/// An event.
#[derive(Clone, Debug, Default)]
pub struct Event {
    /// `im.message.receive_v1`
    pub event_type: String,
    /// `custom`, `store`.
    pub apps: Vec<String>,
    /// Permissions, any of them.
    pub scopes: Vec<String>,
    /// Permissions that fields need.
    pub field_scopes: Vec<String>,
    /// All members, those of the envelope among them.
    pub fields: Vec<Field>,
    /// Sample bodies.
    pub samples: Vec<Value>,
}

/// A row of an error table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorRow {
    /// The HTTP status, where the page tells it.
    pub status: Option<u16>,
    /// The code.
    pub code: i64,
    /// What the platform says.
    pub message: String,
    /// What the page advises, in its own language.
    pub advice: String,
}

/// A parameter or a member.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Field {
    /// Its name on the wire.
    pub name: String,
    /// Its type, as the page writes it.
    pub ty: String,
    /// Whether it must be there, where the page has a column for it.
    pub required: Option<bool>,
    /// What the page says, in its own language.
    pub prose: String,
    /// The example.
    pub example: Option<Value>,
    /// The default.
    pub default: Option<Value>,
    /// Whether the page speaks of a default anywhere in the field's description.
    pub says_default: bool,
    /// The values it takes, and what each means in the page's own language.
    pub values: Vec<(String, String)>,
    /// `min_len` and the like.
    pub limits: Vec<(&'static str, Value)>,
    /// Permissions without which it stays away.
    pub scopes: Vec<String>,
    /// Permissions for a value.
    pub value_scopes: Vec<(String, Vec<String>)>,
    /// Members of its own.
    pub fields: Vec<Field>,
}

/// The type of a field, without what the page calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Leaf {
    /// Text.
    Text,
    /// A whole number.
    Int,
    /// A number.
    Float,
    /// `true` or `false`.
    Bool,
    /// A file of a form.
    File,
    /// An object, or what the page leaves open.
    Object,
}

/// What stands around a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Around {
    /// A list of them.
    List,
    /// An object with free keys.
    Map,
}

/// The shape of a field: what is around what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Lists and maps, from the outside in.
    pub around: Vec<Around>,
    /// What is inside.
    pub leaf: Leaf,
}

impl Kind {
    /// Whether there is one value, in no list and no map.
    pub fn is_one(&self) -> bool {
        self.around.is_empty()
    }
}

impl Field {
    /// The type as a shape.
    pub fn kind(&self) -> Kind {
        let mut text = self.ty.trim().trim_matches('`').trim().to_ascii_lowercase();
        let mut around = Vec::new();
        while let Some((what, inner)) = peeled(text.trim()) {
            around.push(what);
            text = inner.to_owned();
        }
        let alone = self.fields.is_empty();
        let leaf = match text.trim() {
            "string" | "str" | "text" | "enum" | "timestamp" | "date" | "datetime" | "json" if alone => Leaf::Text,
            "int" | "integer" | "int64" | "int32" | "long" | "uint64" | "uint32" | "i64" | "i32" if alone => Leaf::Int,
            "float" | "double" | "number" | "number(float)" | "float64" | "decimal" if alone => Leaf::Float,
            "bool" | "boolean" if alone => Leaf::Bool,
            "file" if alone => Leaf::File,
            _ => Leaf::Object,
        };
        Kind { around, leaf }
    }

    /// What the page calls the type, where it is more than the name of a shape.
    pub fn type_name(&self) -> Option<String> {
        let word: String = self
            .ty
            .trim_matches(|c: char| !c.is_ascii_alphanumeric())
            .trim_start_matches("list<")
            .trim_start_matches("array<")
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
            .collect();
        let plain = [
            "string",
            "int",
            "float",
            "number",
            "bool",
            "boolean",
            "enum",
            "object",
            "obj",
            "map",
            "list",
            "array",
            "file",
            "json",
            "struct",
            "data",
            "any",
            "body",
            "text",
            "timestamp",
            "date",
            "datetime",
        ];
        let named =
            word.starts_with(|c: char| c.is_ascii_alphabetic()) && !plain.contains(&word.to_ascii_lowercase().as_str());
        named.then_some(word)
    }
}

/// A list or map without what is around its value: `list<T>`, `T[]`, `map<string, T>`.
fn peeled(text: &str) -> Option<(Around, &str)> {
    if let Some(inner) = text.strip_suffix("[]").or_else(|| text.strip_prefix("[]")) {
        return Some((Around::List, inner.trim()));
    }
    let inside = |word: &str| {
        let inside = text.strip_prefix(word)?.trim();
        match inside {
            "" => Some(""),
            inside => Some(
                inside
                    .strip_prefix(['<', '(', '['])?
                    .strip_suffix(['>', ')', ']'])?
                    .trim(),
            ),
        }
    };
    if let Some(inner) = inside("list").or_else(|| inside("array")) {
        return Some((Around::List, inner));
    }
    let pair = inside("map")?;
    Some((
        Around::Map,
        pair.split_once([',', ':']).map_or("", |(_, value)| value.trim()),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Types as the pages write them: contact v3, bitable v1, base v2, search v2, approval v4.
    #[test]
    fn types_are_read_from_the_outside_in() {
        let kind = |ty: &str| {
            let field = Field {
                ty: ty.to_owned(),
                ..Field::default()
            };
            field.kind()
        };
        assert_eq!(kind("string[]").around, [Around::List]);
        assert_eq!(kind("list<Item>").around, [Around::List]);
        assert_eq!(kind("list").around, [Around::List]);
        assert_eq!(
            kind("map<string, int>"),
            Kind {
                around: vec![Around::Map],
                leaf: Leaf::Int
            }
        );
        assert_eq!(
            kind("map<string, map<string, int>>"),
            Kind {
                around: vec![Around::Map, Around::Map],
                leaf: Leaf::Int
            }
        );
        assert_eq!(
            kind("map<string, string[]>"),
            Kind {
                around: vec![Around::Map, Around::List],
                leaf: Leaf::Text
            }
        );
        assert_eq!(kind("number(float)").leaf, Leaf::Float);
        assert_eq!(
            kind("user_custom_attr[]"),
            Kind {
                around: vec![Around::List],
                leaf: Leaf::Object
            }
        );
    }
}
