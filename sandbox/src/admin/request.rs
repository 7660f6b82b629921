//! From values by parameter to the HTTP request that a client would send.

use bytes::Bytes;
use http::{Request, header::CONTENT_TYPE};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use crate::{
    base64,
    catalog::{Catalog, Field, Look, Operation, Place, Shape, Type, Union},
    shape,
};

/// What a path segment or a query value may hold as it is (RFC 3986, unreserved).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The request; `boundary` parts the files of a form, and must not occur in them.
pub(super) fn build(
    catalog: &Catalog,
    operation: &Operation,
    values: &Map<String, Value>,
    boundary: &str,
) -> Result<Request<Bytes>, String> {
    let mut path = String::new();
    for segment in operation.path.split('/').skip(1) {
        path.push('/');
        match segment.strip_prefix(':') {
            Some(name) => path.push_str(&encoded(&values.get(name).map(text).unwrap_or_default())),
            None => path.push_str(segment),
        }
    }
    let mut mark = '?';
    let sent = |place: Place| {
        let fields = operation.parameters_in(place);
        fields.flat_map(move |field| shape::keys(catalog, &field.kind).unwrap_or(std::slice::from_ref(field)))
    };
    let value = |field: &Field| values.get(&field.name).filter(|value| !value.is_null());
    for field in sent(Place::Query) {
        for text in value(field).map(|value| texts(field, value)).unwrap_or_default() {
            path.push(mark);
            path.push_str(&format!("{}={}", encoded(&field.name), encoded(&text)));
            mark = '&';
        }
    }
    let mut request = Request::builder().method(operation.method.as_str()).uri(path);
    for field in sent(Place::Header) {
        if let Some(value) = value(field) {
            request = request.header(&field.name, text(value));
        }
    }
    let body = if operation.parameters_in(Place::Form).next().is_some() {
        request = request.header(CONTENT_TYPE, format!("multipart/form-data; boundary={boundary}"));
        let parts = sent(Place::Form).filter_map(|field| Some((field, value(field)?)));
        form(parts, boundary)?
    } else if operation.parameters_in(Place::Body).next().is_some() {
        request = request.header(CONTENT_TYPE, "application/json; charset=utf-8");
        let members = sent(Place::Body).filter_map(|field| {
            let tag = field.by.as_ref().and_then(|by| values.get(by));
            Some((field.name.clone(), wired(catalog, &field.kind, tag, value(field)?)))
        });
        Value::Object(members.collect()).to_string().into_bytes()
    } else {
        Vec::new()
    };
    request.body(body.into()).map_err(|error| error.to_string())
}

/// The values as code would show them: a file is its name.
pub(super) fn without_files(values: &Map<String, Value>) -> Map<String, Value> {
    let plain = |value: &Value| match value.get("base64") {
        Some(_) => value.get("file_name").cloned().unwrap_or_default(),
        None => value.clone(),
    };
    values
        .iter()
        .map(|(name, value)| (name.clone(), plain(value)))
        .collect()
}

// Where the catalog says JSON text, the form may hold what the text says.
fn wired(catalog: &Catalog, kind: &Type, tag: Option<&Value>, value: &Value) -> Value {
    let members = |fields: &[Field], members: &Map<String, Value>| -> Value {
        let known = |name: &str| fields.iter().find(|field| field.name == name);
        let wire = |name: &str, value: &Value| match known(name) {
            Some(field) => {
                let tag = field.by.as_ref().and_then(|by| members.get(by));
                wired(catalog, &field.kind, tag, value)
            }
            None => value.clone(),
        };
        let all = members.iter().map(|(name, value)| (name.clone(), wire(name, value)));
        Value::Object(all.collect())
    };
    match (kind, value) {
        (Type::Json(_), Value::String(_)) => value.clone(),
        (Type::Json(inner), _) => wired(catalog, inner, tag, value).to_string().into(),
        (Type::List(inner), Value::Array(items)) => items.iter().map(|item| wired(catalog, inner, tag, item)).collect(),
        (Type::Map(inner), Value::Object(all)) => {
            let all = all
                .iter()
                .map(|(name, value)| (name.clone(), wired(catalog, inner, tag, value)));
            Value::Object(all.collect())
        }
        (Type::Fields(fields), Value::Object(all)) => members(fields, all),
        (Type::Ref(name), _) => match (catalog.shape(name), value) {
            (Some(Shape::Fields(fields) | Shape::Keys(fields)), Value::Object(all)) => members(fields, all),
            (Some(Shape::Union(union)), _) => chosen(catalog, union, tag, value),
            (Some(Shape::Shapes(looks)), _) => match Look::of(looks, value) {
                Some(look) => wired(catalog, &look.kind, None, value),
                None => value.clone(),
            },
            _ => value.clone(),
        },
        _ => value.clone(),
    }
}

fn chosen(catalog: &Catalog, union: &Union, sibling: Option<&Value>, value: &Value) -> Value {
    let tag = match &union.tag {
        Some(tag) => value.get(tag),
        None => sibling,
    };
    let variant = union.variants.iter().find(|variant| Some(&variant.value) == tag);
    let Some(kind) = variant.and_then(|variant| variant.kind.as_ref()) else {
        return value.clone();
    };
    match &union.content {
        None => wired(catalog, kind, None, value),
        Some(content) => {
            let mut value = value.clone();
            if let Some(payload) = value.get_mut(content) {
                *payload = wired(catalog, kind, None, payload);
            }
            value
        }
    }
}

fn form<'a>(parts: impl Iterator<Item = (&'a Field, &'a Value)>, boundary: &str) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    for (field, value) in parts {
        let items = match value {
            Value::Array(items) => items.iter().collect(),
            one => vec![one],
        };
        for item in items {
            let name = &field.name;
            let mut head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"");
            let content = match item.get("base64").and_then(Value::as_str) {
                Some(content) => {
                    let file = item.get("file_name").and_then(Value::as_str).unwrap_or("file");
                    let file: String = file.chars().filter(|one| !one.is_control() && *one != '"').collect();
                    head.push_str(&format!(
                        "; filename=\"{file}\"\r\nContent-Type: application/octet-stream"
                    ));
                    base64::decode(content.as_bytes()).ok_or_else(|| format!("`{name}.base64` is not base64"))?
                }
                None => text(item).into_bytes(),
            };
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(b"\r\n\r\n");
            body.extend_from_slice(&content);
            body.extend_from_slice(b"\r\n");
        }
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Ok(body)
}

fn texts(field: &Field, value: &Value) -> Vec<String> {
    match (value, &field.join) {
        (Value::Array(items), None) => items.iter().map(text).collect(),
        (Value::Array(items), Some(_)) => vec![items.iter().map(text).collect::<Vec<_>>().join(",")],
        _ => vec![text(value)],
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn encoded(text: &str) -> String {
    // A segment of dots alone would be taken for a step in the tree.
    let dots = !text.is_empty() && text.bytes().all(|byte| byte == b'.');
    utf8_percent_encode(text, if dots { NON_ALPHANUMERIC } else { ENCODED }).to_string()
}
