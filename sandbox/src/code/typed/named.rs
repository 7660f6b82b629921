//! Values of named types: objects, enums and unions.

use serde_json::{Map, Value, json};

use super::{Given, Made, Typed, Unfit, parsed};
use crate::{
    catalog::{Choice, Field, Look, Shape, Type, Union, Variant},
    code::{
        layout::{Expr, quoted},
        name,
    },
};

/// Deeper than any form goes; ends types that contain themselves.
const DEEPEST: usize = 16;

/// A case of a union, its constructor, and what it holds.
type Case<'c> = ((String, String), Option<&'c Type>);

impl<'c> Typed<'c> {
    /// A value of a named type; `converts` where any JSON becomes one that takes any.
    pub(super) fn named(&mut self, id: &str, field: &Field, value: &Value, converts: bool) -> Made {
        match self.catalog.shape(id).ok_or(Unfit)? {
            Shape::Values(choices) => {
                let path = self.type_path(id);
                choice(&path, choices, value)
            }
            Shape::Fields(fields) => self.object(id, fields, value, None),
            Shape::Union(union) => {
                let typed = self.attempt(|typed| {
                    let path = typed.type_path(id);
                    typed.tagged(&path, union, field, value)
                });
                typed.or_else(|Unfit| match union.otherwise {
                    true if converts => Ok(self.json(value)),
                    true => Ok(self.rest(id, "Json", None, value)),
                    false => Ok(self.rest(id, "Unknown", None, value)),
                })
            }
            Shape::Shapes(looks) => {
                let typed = Look::of(looks, value).ok_or(Unfit).and_then(|look| {
                    self.attempt(|typed| {
                        let path = typed.type_path(id);
                        typed.case(&path, (name::of_look(look), Some(&look.kind)), field, value)
                    })
                });
                typed.or_else(|Unfit| match converts {
                    true => Ok(self.json(value)),
                    false => Ok(self.rest(id, "Json", None, value)),
                })
            }
            Shape::Keys(keys) => {
                let members = value.as_object().ok_or(Unfit)?;
                let mut given = keys.iter().filter_map(|key| Some((key, members.get(&key.name)?)));
                let (key, value) = given.next().ok_or(Unfit)?;
                self.key(id, key, value)
            }
        }
    }

    /// The key of several that was given, with its value.
    pub(crate) fn key(&mut self, id: &str, key: &Field, value: &Value) -> Made {
        let path = self.type_path(id);
        self.case(&path, (name::of_key(key), Some(&key.kind)), key, value)
    }

    fn object(&mut self, id: &str, fields: &[Field], value: &Value, shorter: Option<String>) -> Made {
        let members = value.as_object().ok_or(Unfit)?;
        let known = |name: &String| fields.iter().any(|field| field.name == *name);
        if !members.keys().all(known) {
            return Err(Unfit);
        }
        let given = |field: &Field| members.get(&field.name).filter(|value| !value.is_null());
        let parts = fields.iter().map(|field| (field, given(field).map(Given::Value)));
        let (module, name) = name::of_type(id);
        self.build((&module, &name), parts.collect(), shorter)
    }

    /// What no variant is for, as the JSON that it is.
    fn rest(&mut self, id: &str, case: &str, tag: Option<&Value>, value: &Value) -> Expr {
        let case = format!("{}::{case}", self.type_path(id));
        let json = self.json(value);
        let json = self.inner(json, "json");
        let tag = tag.map(|tag| Expr::Atom(format!("{}.to_owned()", quoted(&name::text(tag)))));
        Expr::Call(case, tag.into_iter().chain([json]).collect())
    }

    fn tagged(&mut self, path: &str, union: &Union, field: &Field, value: &Value) -> Made {
        let tag = union.tag.as_ref().ok_or(Unfit)?;
        let mut members = value.as_object().ok_or(Unfit)?.clone();
        let chosen = members.shift_remove(tag).ok_or(Unfit)?;
        let variant = variant(union, &chosen).ok_or(Unfit)?;
        let payload = match &union.content {
            Some(content) => members.shift_remove(content).unwrap_or(Value::Null),
            None => std::mem::take(&mut members).into(),
        };
        if !members.is_empty() {
            return Err(Unfit);
        }
        self.case(
            path,
            (name::of_variant(variant), variant.kind.as_ref()),
            field,
            &payload,
        )
    }

    /// A union whose tag is a sibling of its content: one argument for both.
    pub(crate) fn chosen(&mut self, field: &Field, tag: Option<&Value>, content: Option<&Value>) -> Made {
        let (Type::Ref(id), is_text) = (match &field.kind {
            Type::Json(inner) => (&**inner, true),
            kind => (kind, false),
        }) else {
            return Err(Unfit);
        };
        let Some(Shape::Union(union)) = self.catalog.shape(id) else {
            return Err(Unfit);
        };
        let first = union.variants.first().ok_or(Unfit)?;
        let found = match tag {
            Some(tag) => variant(union, tag),
            None => Some(first),
        };
        let content = match (content, found) {
            (Some(content), _) if is_text => parsed(content),
            (Some(content), _) => content.clone(),
            (None, Some(variant)) => match &variant.kind {
                Some(kind) => self.placeholder(kind, 0),
                None => Value::Null,
            },
            (None, None) => json!({}),
        };
        let typed = self.attempt(|typed| {
            let variant = found.ok_or(Unfit)?;
            let path = typed.type_path(id);
            typed.case(
                &path,
                (name::of_variant(variant), variant.kind.as_ref()),
                field,
                &content,
            )
        });
        let tag = tag.unwrap_or(&first.value);
        typed.or_else(|Unfit| Ok(self.rest(id, "Unknown", Some(tag), &content)))
    }

    /// One case of a union, by its constructor where that takes all there is.
    fn case(&mut self, path: &str, ((case, constructor), kind): Case<'_>, field: &Field, value: &Value) -> Made {
        let Some(kind) = kind else {
            return match value {
                Value::Null => Ok(Expr::Atom(format!("{path}::{case}"))),
                Value::Object(members) if members.is_empty() => Ok(Expr::Atom(format!("{path}::{case}"))),
                _ => Err(Unfit),
            };
        };
        let fields = match kind {
            Type::Ref(id) => self.catalog.shape(id),
            _ => None,
        };
        let needed = |field: &&Field| field.required && field.each.is_none();
        if let (Some(Shape::Fields(fields)), Type::Ref(id)) = (fields, kind)
            && (1..=4).contains(&fields.iter().filter(needed).count())
        {
            // The constructor takes what the type's own does.
            let constructor = format!("{path}::{constructor}");
            return Ok(match self.object(id, fields, value, Some(constructor.clone()))? {
                Expr::Call(head, arguments) if head == constructor => Expr::Call(head, arguments),
                expr => {
                    let expr = self.inner(expr, &name::variable(&name::of_type(id).1));
                    Expr::Call(format!("{path}::{case}"), vec![expr])
                }
            });
        }
        let expr = self.input(kind, field, value)?;
        let expr = self.inner(expr, &constructor);
        Ok(Expr::Call(format!("{path}::{constructor}"), vec![expr]))
    }

    /// What stands for a required value until there is one.
    pub(super) fn placeholder(&self, kind: &Type, depth: usize) -> Value {
        if depth > DEEPEST {
            return Value::Null;
        }
        let object = |fields: &[Field]| -> Map<String, Value> {
            let required = fields.iter().filter(|field| field.required);
            required
                .map(|field| (field.name.clone(), self.placeholder(&field.kind, depth + 1)))
                .collect()
        };
        match kind {
            Type::String | Type::Secret => "…".into(),
            Type::File => "path/to/file".into(),
            Type::Bool => false.into(),
            Type::Int | Type::Millis | Type::Seconds | Type::MillisInt | Type::SecondsInt => 0.into(),
            Type::Float => 0.0.into(),
            Type::Any | Type::Map(_) => json!({}),
            Type::List(_) => json!([]),
            Type::Json(inner) => self.placeholder(inner, depth + 1),
            Type::Fields(fields) => object(fields).into(),
            Type::Ref(id) => match self.catalog.shape(id) {
                Some(Shape::Values(choices)) => choices.first().map_or(Value::Null, |choice| choice.value.clone()),
                Some(Shape::Fields(fields)) => object(fields).into(),
                Some(Shape::Keys(keys)) => match keys.first() {
                    Some(key) => json!({&key.name: self.placeholder(&key.kind, depth + 1)}),
                    None => Value::Null,
                },
                Some(Shape::Union(union)) => self.first(union, depth),
                Some(Shape::Shapes(looks)) => looks
                    .first()
                    .map_or(Value::Null, |look| self.placeholder(&look.kind, depth + 1)),
                None => Value::Null,
            },
        }
    }

    fn first(&self, union: &Union, depth: usize) -> Value {
        let Some(variant) = union.variants.first() else {
            return Value::Null;
        };
        let payload = variant.kind.as_ref().map(|kind| self.placeholder(kind, depth + 1));
        let Some(tag) = &union.tag else {
            return payload.unwrap_or_default();
        };
        let mut members = match (&union.content, payload) {
            (Some(content), Some(payload)) => Map::from_iter([(content.clone(), payload)]),
            (None, Some(Value::Object(members))) => members,
            _ => Map::new(),
        };
        members.insert(tag.clone(), variant.value.clone());
        members.into()
    }
}

fn variant<'u>(union: &'u Union, tag: &Value) -> Option<&'u Variant> {
    union
        .variants
        .iter()
        .find(|variant| name::text(&variant.value) == name::text(tag))
}

/// A value of an enum; one that this release does not know is made from what it is on the wire.
fn choice(path: &str, choices: &[Choice], value: &Value) -> Made {
    let known = choices
        .iter()
        .find(|choice| name::text(&choice.value) == name::text(value));
    if let Some(choice) = known {
        return Ok(Expr::Atom(format!("{path}::{}", name::of_choice(choice))));
    }
    let whole = choices.iter().any(|choice| choice.value.is_number());
    let argument = match value {
        Value::String(text) if !whole => quoted(text),
        _ if whole => match value.as_i64().or_else(|| value.as_str()?.parse().ok()) {
            Some(number) => number.to_string(),
            None => return Err(Unfit),
        },
        _ => return Err(Unfit),
    };
    Ok(Expr::Call(format!("{path}::from"), vec![Expr::Atom(argument)]))
}
