//! What the catalog says about types and fields.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The type of a value on the wire.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Type {
    /// Text.
    String,
    /// `true` or `false`.
    Bool,
    /// A whole number of 64 bits.
    Int,
    /// A number.
    Float,
    /// Any JSON.
    Any,
    /// Text that no log may show.
    Secret,
    /// A part of a multipart form that carries bytes.
    File,
    /// Milliseconds since 1970, as decimal text; numbers are taken too.
    Millis,
    /// Seconds since 1970, as decimal text; numbers are taken too.
    Seconds,
    /// Milliseconds since 1970, as a number.
    #[serde(rename = "millis(int)")]
    MillisInt,
    /// Seconds since 1970, as a number.
    #[serde(rename = "seconds(int)")]
    SecondsInt,
    /// Many values of one type.
    List(Box<Type>),
    /// Values of one type by name.
    Map(Box<Type>),
    /// JSON text inside a string.
    Json(Box<Type>),
    /// A named type.
    Ref(String),
    /// An object without a name of its own.
    Fields(Vec<Field>),
}

impl Type {
    /// The named types this one is made of.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::Ref(name) => vec![name],
            Self::List(inner) | Self::Map(inner) | Self::Json(inner) => inner.names(),
            Self::Fields(fields) => fields.iter().flat_map(|field| field.kind.names()).collect(),
            _ => Vec::new(),
        }
    }
}

/// A named type.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(try_from = "RawDefinition")]
pub struct Definition {
    /// One line for the reader.
    pub doc: String,
    /// What values of it look like.
    #[serde(flatten)]
    pub shape: Shape,
}

/// What values of a named type look like.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// An object.
    Fields(Vec<Field>),
    /// One of a list of strings or whole numbers.
    Values(Vec<Choice>),
    /// One of several types, chosen by a tag.
    Union(Union),
    /// One of several members of the object around it.
    Keys(Vec<Field>),
    /// One of several types, told apart by the JSON itself; any other JSON is allowed too.
    Shapes(Vec<Look>),
}

impl Shape {
    pub(crate) fn types(&self) -> Vec<&Type> {
        match self {
            Self::Fields(fields) | Self::Keys(fields) => fields.iter().map(|field| &field.kind).collect(),
            Self::Values(_) => Vec::new(),
            Self::Shapes(looks) => looks.iter().map(|look| &look.kind).collect(),
            Self::Union(union) => union
                .variants
                .iter()
                .filter_map(|variant| variant.kind.as_ref())
                .collect(),
        }
    }
}

/// One of several types, chosen by a tag.
#[derive(Clone, Debug, Serialize)]
pub struct Union {
    /// The member that holds the tag; none when a sibling of the value does.
    pub tag: Option<String>,
    /// The member that holds the payload; none when the payload lies beside the tag.
    pub content: Option<String>,
    /// Whether JSON of any other shape is allowed too.
    pub otherwise: bool,
    /// What may be chosen.
    pub variants: Vec<Variant>,
}

impl Union {
    /// A value of this variant: the payload with the tag, as far as the union holds it.
    pub(crate) fn compose(&self, variant: &Variant, payload: Option<Value>) -> Option<Value> {
        let Some(tag) = &self.tag else { return payload };
        let mut members = match (&self.content, payload) {
            (Some(content), Some(payload)) => Map::from_iter([(content.clone(), payload)]),
            (None, Some(Value::Object(members))) => members,
            _ => Map::new(),
        };
        members.insert(tag.clone(), variant.value.clone());
        Some(members.into())
    }
}

/// One type of a union.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Variant {
    /// The tag that chooses it.
    pub value: Value,
    /// Its Rust names, where they do not follow from the tag.
    #[serde(default, skip_serializing)]
    pub rust: Option<Spoken>,
    /// What it holds; none when the tag says it all.
    #[serde(default, rename = "type")]
    pub kind: Option<Type>,
    /// One line for the reader.
    #[serde(default)]
    pub doc: String,
}

/// One type of several, and how its values look.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Look {
    /// What it is called.
    #[serde(rename = "value")]
    pub name: String,
    /// Its Rust names, where they do not follow from the name.
    #[serde(default, skip_serializing)]
    pub rust: Option<Spoken>,
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: Type,
    /// What kind of JSON its values are.
    pub form: Form,
    /// The members that its objects have.
    #[serde(default)]
    pub has: Vec<String>,
    /// The members that its objects lack.
    #[serde(default)]
    pub lacks: Vec<String>,
    /// One line for the reader.
    #[serde(default)]
    pub doc: String,
}

/// The kinds of JSON that are told apart.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// A string.
    Text,
    /// `true` or `false`.
    Bool,
    /// A number without a fraction.
    Int,
    /// A number.
    Number,
    /// An object.
    Object,
    /// A list of strings only.
    Texts,
    /// A list of objects only, at least one.
    Objects,
    /// A list.
    List,
}

impl Look {
    /// Whether a value looks like this.
    pub fn fits(&self, value: &Value) -> bool {
        let told = |value: &Value| {
            let there = |member: &String| value.get(member).is_some_and(|value| !value.is_null());
            value.is_object() && self.has.iter().all(there) && !self.lacks.iter().any(there)
        };
        match (self.form, value) {
            (Form::Text, Value::String(_)) | (Form::Bool, Value::Bool(_)) | (Form::Number, Value::Number(_)) => true,
            (Form::Int, Value::Number(number)) => number.is_i64(),
            (Form::Object, value) => told(value),
            (Form::List, Value::Array(_)) => true,
            (Form::Texts, Value::Array(items)) => items.iter().all(Value::is_string),
            (Form::Objects, Value::Array(items)) => !items.is_empty() && items.iter().all(told),
            _ => false,
        }
    }

    /// The first that a value looks like.
    pub fn of<'l>(looks: &'l [Self], value: &Value) -> Option<&'l Self> {
        looks.iter().find(|look| look.fits(value))
    }
}

/// One value of a list of values.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Choice {
    /// The string or whole number on the wire.
    pub value: Value,
    /// Its Rust name, where that does not follow from the value.
    #[serde(default, skip_serializing)]
    pub rust: Option<Spoken>,
    /// Any one of these must be granted to ask for it; none means that all may.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// One line for the reader.
    #[serde(default)]
    pub doc: String,
}

/// A field of an object or a parameter of an operation.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Field {
    /// Its name on the wire.
    pub name: String,
    /// Where it travels; only parameters say so.
    #[serde(default, rename = "in")]
    pub place: Option<Place>,
    /// Whether it must be sent.
    #[serde(default)]
    pub required: bool,
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: Type,
    /// The sibling whose value chooses the type, where that is a union.
    #[serde(default)]
    pub by: Option<String>,
    /// One line for the caller.
    #[serde(default)]
    pub doc: String,
    /// A value as it may look.
    #[serde(default)]
    pub example: Option<Value>,
    /// What the platform assumes when it is left out.
    #[serde(default)]
    pub default: Option<Value>,
    /// The fewest characters.
    #[serde(default)]
    pub min_len: Option<u64>,
    /// The most characters.
    #[serde(default)]
    pub max_len: Option<u64>,
    /// The least number.
    #[serde(default)]
    pub min: Option<f64>,
    /// The greatest number.
    #[serde(default)]
    pub max: Option<f64>,
    /// The fewest items.
    #[serde(default)]
    pub min_items: Option<u64>,
    /// The most items.
    #[serde(default)]
    pub max_items: Option<u64>,
    /// How the items of a list share one value, such as `comma`; otherwise the name is repeated.
    #[serde(default)]
    pub join: Option<String>,
    /// Scopes the field needs.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Its Rust name, where that does not follow from the name on the wire.
    #[serde(default, skip_serializing)]
    pub rust: Option<Spoken>,
    /// Whether Rust keeps it in a box.
    #[serde(default)]
    pub boxed: bool,
    /// The Rust method that adds one item to the list, which the constructor then begins without.
    #[serde(default, skip_serializing)]
    pub each: Option<String>,
}

/// How Rust calls what does not follow from the name on the wire.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Spoken {
    /// The name.
    Name(String),
    /// The variant of an enum and its constructor.
    Variant(String, String),
}

/// Where a parameter travels.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// A segment of the path.
    Path,
    /// The query.
    Query,
    /// A header.
    Header,
    /// A member of the JSON body.
    Body,
    /// A part of the multipart form.
    Form,
}

#[derive(Deserialize)]
struct RawDefinition {
    #[serde(default)]
    doc: String,
    fields: Option<Vec<Field>>,
    values: Option<Vec<Choice>>,
    variants: Option<Vec<Variant>>,
    keys: Option<Vec<Field>>,
    shapes: Option<Vec<Look>>,
    tag: Option<String>,
    content: Option<String>,
    otherwise: Option<String>,
}

impl TryFrom<RawDefinition> for Definition {
    type Error = String;

    fn try_from(raw: RawDefinition) -> Result<Self, Self::Error> {
        let shape = match (raw.fields, raw.values, raw.variants, raw.keys, raw.shapes) {
            (Some(fields), None, None, None, None) => Shape::Fields(fields),
            (None, Some(values), None, None, None) => Shape::Values(values),
            (None, None, Some(variants), None, None) => Shape::Union(Union {
                tag: raw.tag,
                content: raw.content,
                otherwise: raw.otherwise.is_some(),
                variants,
            }),
            (None, None, None, Some(keys), None) => Shape::Keys(keys),
            (None, None, None, None, Some(shapes)) => Shape::Shapes(shapes),
            _ => {
                return Err("a type has exactly one of `fields`, `values`, `variants`, `keys` and `shapes`".to_owned());
            }
        };
        Ok(Self { doc: raw.doc, shape })
    }
}
