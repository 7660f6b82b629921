//! From values on the wire to the typed expressions that send them.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Map, Value};

use super::{
    layout::{self, Expr, quoted},
    name,
    wire::variable,
};
use crate::catalog::{Catalog, Field, Type};

mod named;

/// A value that its type has no expression for.
pub(super) struct Unfit;

pub(super) type Made = Result<Expr, Unfit>;

/// More members or items than `json!` may count through.
const LONGEST: usize = 50;

/// The expressions of one program, with what they need besides: names, imports, lines before them.
pub(super) struct Typed<'c> {
    catalog: &'c Catalog,
    /// The lines before, each with the name it gives.
    pub(super) lets: Vec<(String, Expr)>,
    variables: HashSet<String>,
    /// The names that are imported, and from which module of the crate.
    imports: BTreeMap<String, Vec<String>>,
    /// Whether anything fails with another error than the client's.
    pub(super) fails: bool,
    pub(super) has_json: bool,
}

impl<'c> Typed<'c> {
    pub(super) fn new(catalog: &'c Catalog) -> Self {
        let taken = ["client", "request", "reply", "items", "item", "saved", "token", "body"];
        Self {
            catalog,
            lets: Vec::new(),
            variables: taken.map(str::to_owned).into(),
            imports: BTreeMap::from([("Client".to_owned(), Vec::new())]),
            fails: false,
            has_json: false,
        }
    }

    /// What `use flybook::{…}` names, by module.
    pub(super) fn imports(&self) -> impl Iterator<Item = (&[String], &str)> {
        self.imports
            .iter()
            .map(|(name, module)| (module.as_slice(), name.as_str()))
    }

    /// A name as the program spells it: imported, unless something else has that name already.
    pub(super) fn path(&mut self, module: &[String], name: &str) -> String {
        let known = self.imports.entry(name.to_owned()).or_insert_with(|| module.to_vec());
        if known == module {
            return name.to_owned();
        }
        let module: String = module.iter().map(|part| format!("{part}::")).collect();
        format!("flybook::{module}{name}")
    }

    /// Tries one way, and leaves no trace of it where that fails.
    fn attempt(&mut self, way: impl FnOnce(&mut Self) -> Made) -> Made {
        let before = (
            self.lets.len(),
            self.variables.clone(),
            self.imports.clone(),
            self.fails,
            self.has_json,
        );
        way(self).inspect_err(|Unfit| {
            self.lets.truncate(before.0);
            (self.variables, self.imports, self.fails, self.has_json) = (before.1, before.2, before.3, before.4);
        })
    }

    fn crate_name(&mut self, name: &str) -> String {
        self.path(&[], name)
    }

    fn type_path(&mut self, id: &str) -> String {
        let (module, name) = name::of_type(id);
        self.path(&module, &name)
    }

    /// The expression as part of another one: itself where it is small, else by a name.
    pub(super) fn inner(&mut self, expr: Expr, name: &str) -> Expr {
        if layout::is_inner(&expr) {
            return expr;
        }
        let mut free = name.to_owned();
        let mut count = 1;
        while !self.variables.insert(free.clone()) {
            count += 1;
            free = format!("{}_{count}", name.trim_end_matches('_'));
        }
        self.lets.push((free.clone(), expr));
        Expr::Atom(free)
    }

    /// `Create::new(…)` with what is required, and setters for the rest; `shorter` is called where that takes all there is.
    pub(super) fn build(
        &mut self,
        (module, name): (&[String], &str),
        parts: Vec<(&Field, Option<Given<'_>>)>,
        shorter: Option<String>,
    ) -> Made {
        let needed = |field: &Field| field.required && field.each.is_none();
        let (required, rest): (Vec<_>, Vec<_>) = parts.into_iter().partition(|(field, _)| needed(field));
        let many = required.len() > 4;
        let mut arguments = Vec::new();
        for (field, given) in required {
            let expr = match given {
                Some(Given::Made(expr)) => expr,
                Some(Given::Value(value)) if many => self.exact_field(field, value)?,
                Some(Given::Value(value)) => self.input(&field.kind, field, value)?,
                None => {
                    let value = self.placeholder(&field.kind, 0);
                    if many {
                        self.exact_field(field, &value)?
                    } else {
                        self.input(&field.kind, field, &value)?
                    }
                }
            };
            let rust = name::of_field(field);
            let expr = self.inner(expr, &rust);
            arguments.push((rust, expr));
        }
        let made = if many {
            let bundle = self.path(module, &format!("{name}Required"));
            vec![Expr::Struct(bundle, arguments)]
        } else {
            arguments.into_iter().map(|(_, expr)| expr).collect()
        };
        let mut calls = Vec::new();
        for (field, given) in rest {
            let rust = name::of_field(field);
            match (given, &field.each, &field.kind) {
                (None, ..) => {}
                (Some(Given::Made(expr)), ..) => calls.push((rust.clone(), self.inner(expr, &rust))),
                (Some(Given::Value(Value::Array(items))), Some(each), Type::List(inner)) if !items.is_empty() => {
                    for item in items {
                        let expr = self.input(inner, field, item)?;
                        calls.push((each.clone(), self.inner(expr, each)));
                    }
                }
                (Some(Given::Value(value)), ..) => {
                    let expr = self.input(&field.kind, field, value)?;
                    calls.push((rust.clone(), self.inner(expr, &rust)));
                }
            }
        }
        if let Some(shorter) = shorter.filter(|_| calls.is_empty()) {
            return Ok(Expr::Call(shorter, made));
        }
        let made = Expr::Call(format!("{}::new", self.path(module, name)), made);
        if calls.is_empty() {
            return Ok(made);
        }
        let calls = calls.into_iter().map(|(name, argument)| (name, Some(vec![argument])));
        Ok(Expr::Chain(Box::new(made), calls.collect()))
    }

    /// A value that a constructor or a setter takes.
    fn input(&mut self, kind: &Type, field: &Field, value: &Value) -> Made {
        match kind {
            Type::String => Ok(Expr::Atom(quoted(&self.text(value)?))),
            Type::Secret => Ok(self.secret(field)),
            Type::Millis | Type::Seconds | Type::MillisInt | Type::SecondsInt => whole(value),
            Type::List(inner) => {
                let items = value.as_array().ok_or(Unfit)?;
                if items.is_empty() {
                    let spelled = self.spelled(inner);
                    return Ok(Expr::Atom(format!("Vec::<{spelled}>::new()")));
                }
                let plain = matches!(**inner, Type::String | Type::Secret);
                let items = self.items(inner, field, items, plain)?;
                Ok(Expr::List("[", items))
            }
            Type::Map(inner) => {
                let members = value.as_object().ok_or(Unfit)?;
                if members.is_empty() || !matches!(**inner, Type::String | Type::Any | Type::Ref(_)) {
                    return self.exact(kind, field, value);
                }
                let pairs = self.pairs(inner, field, members, true)?;
                Ok(Expr::List("[", pairs))
            }
            Type::Json(inner) => self.input(inner, field, &parsed(value)),
            Type::Ref(id) => self.named(id, field, value, true),
            _ => self.exact(kind, field, value),
        }
    }

    fn exact_field(&mut self, field: &Field, value: &Value) -> Made {
        let expr = self.exact(&field.kind, field, value)?;
        if !field.boxed {
            return Ok(expr);
        }
        let expr = self.inner(expr, &name::of_field(field));
        Ok(Expr::Call("Box::new".to_owned(), vec![expr]))
    }

    /// A value of exactly the type, where nothing converts it.
    fn exact(&mut self, kind: &Type, field: &Field, value: &Value) -> Made {
        Ok(match kind {
            Type::String => Expr::Atom(format!("{}.to_owned()", quoted(&self.text(value)?))),
            Type::Secret => Expr::Chain(
                Box::new(self.secret(field)),
                vec![("into".to_owned(), Some(Vec::new()))],
            ),
            Type::Bool => match value.as_bool().or_else(|| value.as_str()?.parse().ok()) {
                Some(value) => Expr::Atom(value.to_string()),
                None => return Err(Unfit),
            },
            Type::Int => whole(value)?,
            Type::Float => match value.as_f64().or_else(|| value.as_str()?.parse().ok()) {
                Some(value) if value.is_finite() => Expr::Atom(format!("{value:?}")),
                _ => return Err(Unfit),
            },
            Type::Any => self.json(value),
            Type::File => self.file(value),
            Type::Millis | Type::Seconds | Type::MillisInt | Type::SecondsInt => {
                let name = self.spelled(kind);
                Expr::Call(name, vec![whole(value)?])
            }
            Type::List(inner) => {
                let items = self.items(inner, field, value.as_array().ok_or(Unfit)?, false)?;
                Expr::List("vec![", items)
            }
            Type::Map(inner) => {
                let pairs = self.pairs(inner, field, value.as_object().ok_or(Unfit)?, false)?;
                let map = self.crate_name("Map");
                match pairs.is_empty() {
                    true => Expr::Atom(format!("{map}::<{}>::new()", self.spelled(inner))),
                    false => {
                        let pairs = self.inner(Expr::List("[", pairs), &name::of_field(field));
                        Expr::Call(format!("{map}::from"), vec![pairs])
                    }
                }
            }
            Type::Json(inner) => {
                let expr = self.exact(inner, field, &parsed(value))?;
                let expr = self.inner(expr, &name::of_field(field));
                Expr::Call(self.crate_name("Json"), vec![expr])
            }
            Type::Ref(id) => self.named(id, field, value, false)?,
            Type::Fields(_) => return Err(Unfit),
        })
    }

    fn items(&mut self, inner: &Type, field: &Field, items: &[Value], plain: bool) -> Result<Vec<Expr>, Unfit> {
        let hint = match inner {
            Type::Ref(id) => name::variable(&name::of_type(id).1),
            _ => name::of_field(field),
        };
        let make = |item: &Value| {
            let expr = if plain {
                self.input(inner, field, item)?
            } else {
                self.exact(inner, field, item)?
            };
            Ok(self.inner(expr, &hint))
        };
        items.iter().map(make).collect()
    }

    fn pairs(
        &mut self,
        inner: &Type,
        field: &Field,
        members: &Map<String, Value>,
        plain: bool,
    ) -> Result<Vec<Expr>, Unfit> {
        let make = |(key, value): (&String, &Value)| {
            let expr = if plain {
                self.input(inner, field, value)?
            } else {
                self.exact(inner, field, value)?
            };
            let key = if plain {
                quoted(key)
            } else {
                format!("{}.to_owned()", quoted(key))
            };
            let expr = self.inner(expr, &name::of_field(field));
            let key = self.inner(Expr::Atom(key), "key");
            Ok(Expr::Pair(Box::new(key), Box::new(expr)))
        };
        members.iter().map(make).collect()
    }

    fn text(&self, value: &Value) -> Result<String, Unfit> {
        match value {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            Value::Bool(bool) => Ok(bool.to_string()),
            _ => Err(Unfit),
        }
    }

    /// A secret never stands in a program.
    pub(super) fn secret(&mut self, field: &Field) -> Expr {
        self.fails = true;
        Expr::Atom(format!("std::env::var({})?", quoted(&variable(&field.name))))
    }

    /// The file behind a path.
    pub(super) fn file(&mut self, value: &Value) -> Expr {
        self.fails = true;
        let file = self.crate_name("File");
        let path = Expr::Atom(quoted(&name::text(value)));
        let call = Expr::Call(format!("{file}::from_path"), vec![self.inner(path, "path")]);
        Expr::Chain(Box::new(call), vec![("await?".to_owned(), None)])
    }

    pub(super) fn json(&mut self, value: &Value) -> Expr {
        if longest(value) > LONGEST {
            self.fails = true;
            let text = Expr::Atom(quoted(&value.to_string()));
            if let Expr::Atom(text) = self.inner(text, "json") {
                return Expr::Atom(format!("serde_json::from_str::<serde_json::Value>({text})?"));
            }
        }
        self.has_json = true;
        Expr::Json(value.clone())
    }

    /// A type as the program spells it.
    fn spelled(&mut self, kind: &Type) -> String {
        match kind {
            Type::String => "String".to_owned(),
            Type::Bool => "bool".to_owned(),
            Type::Int => "i64".to_owned(),
            Type::Float => "f64".to_owned(),
            Type::Any | Type::Fields(_) => self.crate_name("Value"),
            Type::Secret => self.crate_name("Secret"),
            Type::File => self.crate_name("File"),
            Type::Millis => self.crate_name("Millis"),
            Type::Seconds => self.crate_name("Seconds"),
            Type::MillisInt => self.crate_name("IntMillis"),
            Type::SecondsInt => self.crate_name("IntSeconds"),
            Type::List(inner) => format!("Vec<{}>", self.spelled(inner)),
            Type::Map(inner) => format!("{}<{}>", self.crate_name("Map"), self.spelled(inner)),
            Type::Json(inner) => format!("{}<{}>", self.crate_name("Json"), self.spelled(inner)),
            Type::Ref(id) => self.type_path(id),
        }
    }
}

/// What there is for a field: a value on the wire, or the expression already.
pub(super) enum Given<'v> {
    Value(&'v Value),
    Made(Expr),
}

fn whole(value: &Value) -> Made {
    let number = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok());
    number.map(|number| Expr::Atom(number.to_string())).ok_or(Unfit)
}

/// JSON text as the value it is.
pub(super) fn parsed(value: &Value) -> Value {
    match value {
        Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| value.clone()),
        _ => value.clone(),
    }
}

/// The most members or items that anything in it has.
fn longest(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(longest).max().unwrap_or(0).max(items.len()),
        Value::Object(members) => members.values().map(longest).max().unwrap_or(0).max(members.len()),
        _ => 0,
    }
}
