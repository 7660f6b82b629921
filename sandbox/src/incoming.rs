//! One call as it arrived: path values, query, headers and body, taken apart but not judged.

use bytes::Bytes;
use http::{HeaderMap, header::CONTENT_TYPE, request::Parts};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::{
    catalog::{Operation, PathValue, Place},
    multipart::{self, Part},
};

/// One call, taken apart.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) path: Vec<PathValue>,
    pub(crate) query: Vec<Pair>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
}

/// One name and value of the query; text that is not UTF-8 has no value.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) name: String,
    pub(crate) value: Option<String>,
}

/// What the body turned out to be.
#[derive(Debug)]
pub(crate) enum Body {
    Json(Map<String, Value>),
    Form(Vec<Part>),
    /// Nothing the operation could read, and why.
    Unreadable(String),
}

impl Incoming {
    pub(crate) fn read(operation: &Operation, path: Vec<PathValue>, parts: &Parts, body: &Bytes) -> Self {
        Self {
            path,
            query: query(parts.uri.query().unwrap_or_default()),
            headers: parts.headers.clone(),
            body: read_body(operation, &parts.headers, body),
        }
    }
}

fn query(text: &str) -> Vec<Pair> {
    text.split('&').filter(|pair| !pair.is_empty()).map(pair).collect()
}

fn pair(text: &str) -> Pair {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    let name = unescape(name).unwrap_or_else(|| name.to_owned());
    Pair {
        name,
        value: unescape(value),
    }
}

fn unescape(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced)
        .decode_utf8()
        .ok()
        .map(|text| text.into_owned())
}

fn read_body(operation: &Operation, headers: &HeaderMap, body: &Bytes) -> Body {
    let kind = headers
        .get(CONTENT_TYPE)
        .map_or("".into(), |kind| String::from_utf8_lossy(kind.as_bytes()));
    let kind = kind.as_ref();
    if operation.parameters_in(Place::Form).next().is_some() {
        // As with JSON: a call that needs to say nothing may send nothing.
        if body.is_empty() && kind.is_empty() && !operation.parameters_in(Place::Form).any(|part| part.required) {
            return Body::Form(Vec::new());
        }
        return match multipart::parse(kind, body) {
            Ok(parts) => Body::Form(parts),
            Err(why) => Body::Unreadable(why),
        };
    }
    let wanted = operation.parameters_in(Place::Body).next().is_some();
    if !wanted || body.iter().all(u8::is_ascii_whitespace) {
        return Body::Json(Map::new());
    }
    if !kind.is_empty() && !kind.to_ascii_lowercase().contains("json") {
        return Body::Unreadable(format!(
            "the body arrived as `{}`; send it as `Content-Type: application/json; charset=utf-8`",
            kind.escape_debug()
        ));
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Body::Json(members),
        Ok(other) => Body::Unreadable(format!(
            "the body is {}; it must be a JSON object",
            crate::check::kind_of(&other)
        )),
        Err(error) => Body::Unreadable(format!("the body is not JSON: {error}")),
    }
}
