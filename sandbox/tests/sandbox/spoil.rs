//! Ways in which a good request becomes one that must be refused.

use bytes::Bytes;
use flybook_sandbox::catalog::{Catalog, Field, Operation, Place, Shape, Type};
use http::{HeaderName, HeaderValue, Method, Request};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::craft::Crafted;

/// What is wrong with a request, so that it must be refused. Numbers choose among what there is.
#[derive(Clone, Debug)]
pub(crate) enum Wrong {
    Token(Vec<u8>),
    Method,
    Path(Vec<u8>),
    /// A body that is not JSON, or no object.
    Body(Vec<u8>),
    Deep(u32),
    Cut(prop::sample::Index),
    ContentType(Vec<u8>),
    Missing(prop::sample::Index),
    TypeOf(prop::sample::Index, u8),
    Range(prop::sample::Index),
    Repeated(prop::sample::Index),
    NoText(prop::sample::Index),
    Helpdesk(Vec<u8>),
}

/// What does no harm by itself.
#[derive(Clone, Debug)]
pub(crate) enum Odd {
    Header(String, Vec<u8>),
    Query(Vec<u8>),
    Member(String, u32),
    Large(u32),
}

pub(crate) fn wrong() -> impl Strategy<Value = Wrong> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..40);
    let index = any::<prop::sample::Index>;
    prop_oneof![
        bytes().prop_map(Wrong::Token),
        Just(Wrong::Method),
        bytes().prop_map(Wrong::Path),
        bytes().prop_map(Wrong::Body),
        (1_u32..20_000).prop_map(Wrong::Deep),
        index().prop_map(Wrong::Cut),
        bytes().prop_map(Wrong::ContentType),
        index().prop_map(Wrong::Missing),
        (index(), any::<u8>()).prop_map(|(at, kind)| Wrong::TypeOf(at, kind)),
        index().prop_map(Wrong::Range),
        index().prop_map(Wrong::Repeated),
        index().prop_map(Wrong::NoText),
        bytes().prop_map(Wrong::Helpdesk),
    ]
}

pub(crate) fn odd() -> impl Strategy<Value = Odd> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..40);
    prop_oneof![
        ("[a-z][a-z0-9-]{0,20}", bytes()).prop_map(|(name, value)| Odd::Header(name, value)),
        bytes().prop_map(Odd::Query),
        ("\\PC{0,10}", 0_u32..100).prop_map(|(name, depth)| Odd::Member(name, depth)),
        (0_u32..100_000).prop_map(Odd::Large),
    ]
}

/// A request while it is being spoilt.
pub(crate) struct Spoilt {
    method: Method,
    path: String,
    query: Vec<String>,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Body,
}

enum Body {
    Json(Map<String, Value>),
    Raw(Bytes),
}

impl Spoilt {
    pub(crate) fn new(operation: &Operation, crafted: &Crafted, credentials: Vec<(&'static str, String)>) -> Self {
        let (path, query) = crafted.path.split_once('?').unwrap_or((&crafted.path, ""));
        let sent = crafted.headers.iter().map(|(name, value)| (name.as_str(), value));
        let all = sent.chain(credentials.iter().map(|(name, value)| (*name, value)));
        let body = match serde_json::from_slice(&crafted.body) {
            Ok(Value::Object(members)) => Body::Json(members),
            _ => Body::Raw(crafted.body.clone()),
        };
        Self {
            method: operation.method.parse().unwrap(),
            path: path.to_owned(),
            query: query
                .split('&')
                .filter(|pair| !pair.is_empty())
                .map(str::to_owned)
                .collect(),
            headers: all
                .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
                .collect(),
            body,
        }
    }

    pub(crate) fn request(self) -> Option<Request<Bytes>> {
        let query = if self.query.is_empty() {
            String::new()
        } else {
            format!("?{}", self.query.join("&"))
        };
        let mut request = Request::builder()
            .method(self.method)
            .uri(format!("{}{query}", self.path));
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        let body = match self.body {
            Body::Json(members) => Value::from(members).to_string().into(),
            Body::Raw(bytes) => bytes,
        };
        request.body(body).ok()
    }

    fn set(&mut self, name: &'static str, value: &[u8]) -> bool {
        let Some(value) = header(value) else { return false };
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((HeaderName::from_static(name), value));
        true
    }
}

fn header(value: &[u8]) -> Option<HeaderValue> {
    HeaderValue::from_bytes(value).ok()
}

fn encoded(bytes: &[u8]) -> String {
    percent_encoding::percent_encode(bytes, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn pick<'a, T>(all: &'a [T], at: &prop::sample::Index) -> Option<&'a T> {
    (!all.is_empty()).then(|| at.get(all))
}

/// Makes it wrong in this way; false where that cannot be.
pub(crate) fn spoil(catalog: &Catalog, operation: &Operation, wrong: &Wrong, spoilt: &mut Spoilt) -> bool {
    let has = |place| operation.parameters_in(place).next().is_some();
    let form = has(Place::Form);
    let content = form || has(Place::Body) && matches!(&spoilt.body, Body::Json(members) if !members.is_empty());
    match wrong {
        Wrong::Token(text) => {
            !operation.tokens.is_empty() && spoilt.set("authorization", &[b"Bearer ", &text[..]].concat())
        }
        Wrong::Method => {
            spoilt.method = Method::TRACE;
            true
        }
        Wrong::Path(bytes) => {
            spoilt.path = format!("{}/{}/nowhere", spoilt.path.trim_end_matches('/'), encoded(bytes));
            true
        }
        Wrong::Body(bytes) => {
            spoilt.body = Body::Raw([&b"\xff"[..], bytes].concat().into());
            form || has(Place::Body)
        }
        Wrong::Deep(depth) => {
            spoilt.body = Body::Raw("[".repeat(*depth as usize).into());
            form || has(Place::Body)
        }
        Wrong::Cut(at) => match &spoilt.body {
            Body::Json(members) if has(Place::Body) && !members.is_empty() => {
                let text = Value::from(members.clone()).to_string().into_bytes();
                spoilt.body = Body::Raw(Bytes::copy_from_slice(&text[..1 + at.index(text.len() - 1)]));
                true
            }
            Body::Raw(bytes) if form => {
                // The last line break may be missing.
                spoilt.body = Body::Raw(bytes.slice(..at.index(bytes.len() - 3)));
                true
            }
            _ => false,
        },
        Wrong::ContentType(bytes) => {
            content && spoilt.set("content-type", &[b"text/", &bytes[..]].concat()) && {
                let lower = bytes.to_ascii_lowercase();
                !String::from_utf8_lossy(&lower).contains("json")
            }
        }
        Wrong::Missing(at) => {
            let needed: Vec<&Field> = operation.parameters.iter().filter(|field| field.required).collect();
            let Some(field) = pick(&needed, at) else { return false };
            match (field.place, &mut spoilt.body) {
                (Some(Place::Body) | None, Body::Json(members)) => members.shift_remove(&field.name).is_some(),
                (Some(Place::Query), _) => {
                    let name = format!("{}=", field.name);
                    let before = spoilt.query.len();
                    spoilt.query.retain(|pair| !pair.starts_with(&name));
                    spoilt.query.len() < before
                }
                _ => false,
            }
        }
        Wrong::TypeOf(at, kind) => {
            let known: Vec<(&Field, Value)> = operation
                .parameters_in(Place::Body)
                .filter_map(|field| Some((field, mistyped(catalog, &field.kind, *kind)?)))
                .collect();
            match (pick(&known, at), &mut spoilt.body) {
                (Some((field, value)), Body::Json(members)) => {
                    members.insert(field.name.clone(), value.clone());
                    true
                }
                _ => false,
            }
        }
        Wrong::Range(at) => {
            let known: Vec<(&Field, Value)> = operation
                .parameters
                .iter()
                .filter(|field| matches!(field.place, Some(Place::Body | Place::Query)))
                .filter_map(|field| Some((field, beyond(field)?)))
                .collect();
            let Some((field, value)) = pick(&known, at) else {
                return false;
            };
            match (field.place, &mut spoilt.body) {
                (Some(Place::Query), _) => {
                    let (name, text) = (
                        format!("{}=", field.name),
                        value.as_str().map_or(value.to_string(), str::to_owned),
                    );
                    spoilt.query.retain(|pair| !pair.starts_with(&name));
                    spoilt.query.push(format!("{name}{text}"));
                    true
                }
                (_, Body::Json(members)) => {
                    members.insert(field.name.clone(), value.clone());
                    true
                }
                _ => false,
            }
        }
        Wrong::Repeated(at) => {
            let single = |pair: &&String| {
                let name = pair.split('=').next().unwrap_or_default();
                let mut fields = operation.parameters_in(Place::Query);
                fields.any(|field| field.name == name && !matches!(field.kind, Type::List(_)))
            };
            let known: Vec<String> = spoilt.query.iter().filter(single).cloned().collect();
            let Some(pair) = pick(&known, at) else { return false };
            spoilt.query.push(pair.clone());
            true
        }
        Wrong::NoText(at) => {
            let names: Vec<String> = operation
                .parameters_in(Place::Query)
                .map(|field| field.name.clone())
                .collect();
            let keys = |name: &String| {
                let field = operation.parameters_in(Place::Query).find(|field| field.name == *name);
                field.is_some_and(|field| is_keys(catalog, &field.kind))
            };
            match pick(&names, at) {
                Some(name) if !keys(name) => {
                    spoilt.query.push(format!("{name}=%ff%fe"));
                    true
                }
                _ => false,
            }
        }
        Wrong::Helpdesk(bytes) => {
            operation.auth.is_some() && spoilt.set("x-lark-helpdesk-authorization", &[b"!", &bytes[..]].concat())
        }
    }
}

fn is_keys(catalog: &Catalog, kind: &Type) -> bool {
    matches!(kind, Type::Ref(name) if matches!(catalog.shape(name), Some(Shape::Keys(_))))
}

/// A value that no value of this type can look like.
fn mistyped(catalog: &Catalog, kind: &Type, choice: u8) -> Option<Value> {
    let pick = |all: &[Value]| Some(all[usize::from(choice) % all.len()].clone());
    match kind {
        Type::String | Type::Secret => pick(&[json!(1), json!([]), json!({}), json!(true), json!(1e300)]),
        Type::Json(_) => pick(&[json!(1), json!({}), json!("{"), json!("\u{0}"), json!("[".repeat(5000))]),
        Type::Bool => pick(&[json!("true"), json!(1), json!([true])]),
        Type::Int | Type::MillisInt | Type::SecondsInt => {
            pick(&[json!("1"), json!(1.5), json!(1e300), json!([1]), json!(false)])
        }
        Type::Float => pick(&[json!("1"), json!([]), json!(false)]),
        Type::Millis | Type::Seconds => pick(&[json!("soon"), json!(1.5), json!({}), json!("")]),
        Type::List(_) | Type::Map(_) | Type::Fields(_) => pick(&[json!("x"), json!(1), json!(true)]),
        Type::Ref(name) => match catalog.shape(name)? {
            Shape::Values(_) => pick(&[json!("no such value"), json!([]), json!({"a": []}), json!(-77)]),
            Shape::Fields(_) => pick(&[json!("x"), json!([]), json!(0)]),
            Shape::Keys(_) | Shape::Union(_) | Shape::Shapes(_) => None,
        },
        Type::Any | Type::File => None,
    }
}

/// A value beyond a limit of the field.
fn beyond(field: &Field) -> Option<Value> {
    let texts = matches!(field.kind, Type::String | Type::Secret);
    let whole = matches!(field.kind, Type::Int);
    match (field.max_len, field.max, field.min) {
        (Some(most), ..) if texts && most < 100_000 => Some("x".repeat(most as usize + 1).into()),
        (_, Some(most), _) if whole => Some(json!(most as i64 + 1)),
        (_, _, Some(least)) if whole => Some(json!(least as i64 - 1)),
        _ => None,
    }
}

pub(crate) fn make_odd(odd: &Odd, spoilt: &mut Spoilt) {
    match odd {
        Odd::Header(name, value) => {
            if let (Ok(name), Some(value)) = (name.parse::<HeaderName>(), header(value))
                && !spoilt.headers.iter().any(|(known, _)| *known == name)
            {
                spoilt.headers.push((name, value));
            }
        }
        Odd::Query(bytes) => spoilt.query.push(format!("{}={0}", encoded(bytes))),
        Odd::Member(name, depth) => {
            if let Body::Json(members) = &mut spoilt.body
                && !members.is_empty()
            {
                let deep = (0..*depth).fold(Value::Null, |inner, _| json!([inner]));
                members.entry(format!("odd {name}")).or_insert(deep);
            }
        }
        Odd::Large(size) => {
            if let Body::Json(members) = &mut spoilt.body
                && !members.is_empty()
            {
                members.insert("large".to_owned(), "飞".repeat(*size as usize).into());
            }
        }
    }
}
