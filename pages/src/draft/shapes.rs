//! The types of a service's version: equal shapes are one type, wherever pages repeat them.

use std::collections::{BTreeMap, HashMap};

use heck::ToSnakeCase;
use serde_json::Value;

use super::write::identifier;
use crate::{
    facts::{Around, Field, Kind, Leaf},
    known::Known,
};

/// A type as a field has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Ty {
    Leaf(&'static str),
    Named(usize),
    List(Box<Ty>),
    Map(Box<Ty>),
}

/// A field of a shape or of an operation, ready to be written.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) field: Field,
    pub(crate) ty: Ty,
    pub(crate) required: bool,
    pub(crate) rename: Option<String>,
    pub(crate) limits: Vec<(&'static str, Value)>,
    pub(crate) default: Option<Value>,
    pub(crate) example: Option<Value>,
    pub(crate) remarks: Vec<String>,
}

impl Member {
    /// Its name in Rust.
    pub(crate) fn rust(&self) -> String {
        self.rename.as_ref().unwrap_or(&self.field.name).to_snake_case()
    }
}

/// What a type holds.
#[derive(Clone, Debug)]
pub(crate) enum Holds {
    Fields(Vec<Member>),
    Values {
        values: Vec<(String, String)>,
        whole: bool,
        scopes: Vec<(String, Vec<String>)>,
    },
}

/// A type, and what is known of its uses.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub(crate) holds: Holds,
    /// Names that pages give it, and how often.
    pub(crate) wanted: BTreeMap<String, usize>,
    /// The modules that use it, and how often.
    pub(crate) homes: BTreeMap<String, usize>,
    /// Where it was first met, outermost first: operation, then members.
    pub(crate) trail: Vec<String>,
    sent: bool,
    /// The operations whose whole reply it is; while it is nothing else, its fields are written there.
    pub(crate) payload_of: usize,
    pub(crate) member_of: usize,
    /// What the spec calls it already.
    pub(crate) known: Option<String>,
}

impl Shape {
    pub(crate) fn uses(&self) -> usize {
        self.payload_of + self.member_of
    }

    /// Whether it stands in place, as the reply of one operation.
    pub(crate) fn inline(&self) -> bool {
        self.payload_of == 1 && self.member_of == 0 && self.known.is_none()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Fields(Vec<(String, Ty)>),
    Values(Vec<String>, bool),
}

/// The shapes met so far.
pub(crate) struct Shapes {
    pub(crate) all: Vec<Shape>,
    by_key: HashMap<Key, Vec<usize>>,
}

/// Where a field stands.
#[derive(Clone)]
pub(crate) struct At<'a> {
    /// `contact/v3/user`
    pub(crate) module: &'a str,
    /// Operation, then members.
    pub(crate) trail: Vec<String>,
    pub(crate) sent: bool,
    /// Outside a JSON body only plain values travel.
    pub(crate) plain: bool,
    pub(crate) form: bool,
}

impl At<'_> {
    fn below(&self, name: &str) -> Self {
        let mut below = self.clone();
        below.trail.push(name.to_owned());
        below
    }
}

impl Shapes {
    /// Begins with what the spec has already.
    pub(crate) fn new(known: &Known, service: &str) -> Self {
        let mut shapes = Self {
            all: Vec::new(),
            by_key: HashMap::new(),
        };
        let mut ids: HashMap<&str, usize> = HashMap::new();
        for (name, reference, values, whole) in known.enums(service) {
            let mut keys = values.clone();
            keys.sort();
            let values = values.into_iter().map(|value| (value, String::new())).collect();
            let holds = Holds::Values {
                values,
                whole,
                scopes: Vec::new(),
            };
            ids.insert(name, shapes.seed(holds, reference, Key::Values(keys, whole)));
        }
        // An object whose members are known is known itself, and so the next.
        let mut open = known.objects(service);
        loop {
            let before = open.len();
            open.retain(|(name, reference, members)| {
                let typed = members
                    .iter()
                    .map(|(member, ty)| Some(((*member).to_owned(), known_ty(ty, &ids)?)));
                let Some(mut key) = typed.collect::<Option<Vec<_>>>() else {
                    return true;
                };
                key.sort();
                ids.insert(
                    name,
                    shapes.seed(Holds::Fields(Vec::new()), reference.clone(), Key::Fields(key)),
                );
                false
            });
            if open.len() == before {
                return shapes;
            }
        }
    }

    /// A shape that the spec has already.
    fn seed(&mut self, holds: Holds, reference: String, key: Key) -> usize {
        let id = self.push(holds, &At::nowhere());
        self.all[id].known = Some(reference);
        self.by_key.entry(key).or_default().push(id);
        id
    }

    fn push(&mut self, holds: Holds, at: &At<'_>) -> usize {
        self.all.push(Shape {
            holds,
            wanted: BTreeMap::new(),
            homes: BTreeMap::new(),
            trail: at.trail.clone(),
            sent: at.sent,
            payload_of: 0,
            member_of: 0,
            known: None,
        });
        self.all.len() - 1
    }

    /// The members that a list of fields becomes.
    pub(crate) fn members(&mut self, fields: &[Field], at: &At<'_>) -> Vec<Member> {
        let mut members: Vec<Member> = Vec::new();
        for field in fields {
            // Pages list a member twice when two forms of it are explained; the first stands.
            if members.iter().any(|member| member.field.name == field.name) {
                continue;
            }
            let taken: Vec<String> = members.iter().map(Member::rust).collect();
            let mut member = self.member(field, at);
            member.rename = identifier(&field.name, &taken);
            members.push(member);
        }
        members
    }

    fn member(&mut self, field: &Field, at: &At<'_>) -> Member {
        let mut remarks = Vec::new();
        let kind = field.kind();
        let ty = self.ty(field, &kind, at, &mut remarks);
        let required = field.required.unwrap_or(false) && at.sent;
        let mut member = Member {
            rename: None,
            limits: limits(field, &ty),
            default: field.default.clone().filter(|value| !required && self.fits(&ty, value)),
            example: field.example.clone().filter(|value| self.fits(&ty, value)),
            field: Field {
                fields: Vec::new(),
                ..field.clone()
            },
            ty,
            required,
            remarks,
        };
        if field.example.is_some() && member.example.is_none() && self.is_values(&member.ty) {
            member
                .remarks
                .push("the page's example is none of its own values".to_owned());
        }
        if let Some(example) = &member.example
            && let Some((word, _)) = member.limits.iter().find(|(word, limit)| !within(word, limit, example))
        {
            member
                .remarks
                .push(format!("the page's example breaks its own `{word}`"));
            member.example = None;
        }
        member
    }

    fn ty(&mut self, field: &Field, kind: &Kind, at: &At<'_>, remarks: &mut Vec<String>) -> Ty {
        let mut ty = match kind.leaf {
            Leaf::Bool => Ty::Leaf("bool"),
            Leaf::Float => Ty::Leaf("float"),
            Leaf::File if at.form => Ty::Leaf("file"),
            Leaf::File => Ty::Leaf("any"),
            Leaf::Text | Leaf::Int if usable(&field.values) => {
                let whole =
                    kind.leaf == Leaf::Int && field.values.iter().all(|(value, _)| value.parse::<i64>().is_ok());
                match kind.leaf == Leaf::Int && !whole {
                    true => {
                        remarks.push("a number whose values are no numbers".to_owned());
                        Ty::Leaf("int")
                    }
                    false => Ty::Named(self.values(field, whole, at)),
                }
            }
            Leaf::Text => Ty::Leaf(time(field, false).unwrap_or("string")),
            Leaf::Int => Ty::Leaf(time(field, true).unwrap_or("int")),
            Leaf::Object if field.fields.is_empty() => Ty::Leaf("any"),
            Leaf::Object => {
                let below = at.below(&field.name);
                let members = self.members(&field.fields, &below);
                let id = self.fields(members, &below);
                self.met(id, field, at);
                Ty::Named(id)
            }
        };
        let lists = kind.around.iter().all(|around| *around == Around::List);
        let travels = match at.form {
            true => kind.is_one(),
            false => kind.around.len() < 2 && lists,
        };
        if at.plain && (matches!(ty, Ty::Leaf("any")) || self.is_object(&ty) || !travels) {
            remarks.push(format!("the page has `{}` where only plain values travel", field.ty));
            return Ty::Leaf("string");
        }
        for around in kind.around.iter().rev() {
            ty = match around {
                Around::List => Ty::List(Box::new(ty)),
                Around::Map => Ty::Map(Box::new(ty)),
            };
        }
        ty
    }

    fn is_values(&self, ty: &Ty) -> bool {
        matches!(ty, Ty::Named(id) if matches!(self.all[*id].holds, Holds::Values { .. }))
    }

    fn is_object(&self, ty: &Ty) -> bool {
        matches!(ty, Ty::Named(id) if matches!(self.all[*id].holds, Holds::Fields(_)))
    }

    /// The shape of an object with these members.
    pub(crate) fn fields(&mut self, members: Vec<Member>, at: &At<'_>) -> usize {
        let mut key: Vec<(String, Ty)> = members
            .iter()
            .map(|member| (member.field.name.clone(), member.ty.clone()))
            .collect();
        key.sort();
        let key = Key::Fields(key);
        let found = self.by_key.get(&key).and_then(|ids| {
            let fits = |id: &&usize| match &self.all[**id].holds {
                Holds::Fields(known) => !(at.sent && self.all[**id].sent) || same_limits(known, &members),
                Holds::Values { .. } => false,
            };
            ids.iter().find(fits).copied()
        });
        match found {
            Some(id) => {
                self.combine(id, members, at.sent);
                id
            }
            None => {
                let id = self.push(Holds::Fields(members), at);
                self.by_key.entry(key).or_default().push(id);
                id
            }
        }
    }

    /// Two uses of a shape: what is sent says what is required, what is received says which permissions a member needs.
    fn combine(&mut self, id: usize, members: Vec<Member>, sent: bool) {
        let shape = &mut self.all[id];
        let Holds::Fields(known) = &mut shape.holds else { return };
        let mut others = match sent && !shape.sent && shape.known.is_none() {
            true => std::mem::replace(known, members),
            false => members,
        };
        shape.sent |= sent;
        for member in known {
            if let Some(other) = others.iter_mut().find(|other| other.field.name == member.field.name)
                && member.field.scopes.is_empty()
            {
                member.field.scopes = std::mem::take(&mut other.field.scopes);
            }
        }
    }

    /// The reply of an operation, a type of its own once another operation replies the same.
    pub(crate) fn payload(&mut self, fields: &[Field], operation: &str, at: &At<'_>) -> Option<Ty> {
        let members = self.members(fields, at);
        if members.is_empty() {
            return None;
        }
        let wanted = reply_name(&members, operation);
        let id = self.fields(members, at);
        let shape = &mut self.all[id];
        shape.payload_of += 1;
        *shape.wanted.entry(wanted).or_default() += 1;
        *shape.homes.entry(at.module.to_owned()).or_default() += 1;
        Some(Ty::Named(id))
    }

    fn values(&mut self, field: &Field, whole: bool, at: &At<'_>) -> usize {
        let mut values: Vec<(String, String)> = Vec::new();
        for (value, meaning) in &field.values {
            if !values.iter().any(|(known, _)| known == value) {
                values.push((value.clone(), meaning.clone()));
            }
        }
        let mut keys: Vec<String> = values.iter().map(|(value, _)| value.clone()).collect();
        keys.sort();
        let key = Key::Values(keys, whole);
        let id = match self.by_key.get(&key).and_then(|ids| ids.first().copied()) {
            Some(id) => id,
            None => {
                let scopes = field.value_scopes.clone();
                let id = self.push(Holds::Values { values, whole, scopes }, at);
                self.by_key.entry(key).or_default().push(id);
                id
            }
        };
        self.met(id, field, at);
        id
    }

    fn met(&mut self, id: usize, field: &Field, at: &At<'_>) {
        let name = field.type_name().unwrap_or_else(|| match field.kind().is_one() {
            true => field.name.clone(),
            false => singular(&field.name),
        });
        let shape = &mut self.all[id];
        *shape.wanted.entry(name).or_default() += 1;
        *shape.homes.entry(at.module.to_owned()).or_default() += 1;
        shape.member_of += 1;
    }

    /// Whether a value is one of the type, as far as the spec's own checks look.
    fn fits(&self, ty: &Ty, value: &Value) -> bool {
        match ty {
            Ty::Leaf("string") => value.is_string(),
            Ty::Leaf("millis" | "seconds") => value.as_str().is_some_and(|text| text.parse::<i64>().is_ok()),
            Ty::Leaf("int" | "millis(int)" | "seconds(int)") => value.is_i64(),
            Ty::Leaf("float") => value.is_number(),
            Ty::Leaf("bool") => value.is_boolean(),
            Ty::Leaf(_) => false,
            Ty::List(inner) => value
                .as_array()
                .is_some_and(|items| items.iter().all(|item| self.fits(inner, item))),
            Ty::Map(_) => false,
            Ty::Named(id) => match &self.all[*id].holds {
                Holds::Fields(_) => false,
                Holds::Values { values, whole, .. } => {
                    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    value.is_string() != *whole && values.iter().any(|(known, _)| *known == text)
                }
            },
        }
    }
}

impl At<'_> {
    fn nowhere() -> Self {
        At {
            module: "",
            trail: Vec::new(),
            sent: false,
            plain: false,
            form: false,
        }
    }
}

/// A type of the catalog, as far as its parts are known.
fn known_ty(ty: &Value, ids: &HashMap<&str, usize>) -> Option<Ty> {
    if let Some(inner) = ty.get("list") {
        return Some(Ty::List(Box::new(known_ty(inner, ids)?)));
    }
    if let Some(inner) = ty.get("map") {
        return Some(Ty::Map(Box::new(known_ty(inner, ids)?)));
    }
    if let Some(id) = ty.get("ref") {
        return Some(Ty::Named(*ids.get(id.as_str()?)?));
    }
    let leaves = [
        "string",
        "int",
        "float",
        "bool",
        "any",
        "millis",
        "seconds",
        "millis(int)",
        "seconds(int)",
    ];
    leaves.into_iter().find(|leaf| ty == *leaf).map(Ty::Leaf)
}

/// Whether the listed values make an enum: words, no prose, and not a single one.
fn usable(values: &[(String, String)]) -> bool {
    let word =
        |value: &str| !value.is_empty() && !value.contains(char::is_whitespace) && value.len() < 80 && value.is_ascii();
    !values.is_empty() && values.iter().all(|(value, _)| word(value))
}

/// The limits that the type can have.
fn limits(field: &Field, ty: &Ty) -> Vec<(&'static str, Value)> {
    let fits = |word: &str| match ty {
        Ty::Leaf("string") => word.ends_with("_len"),
        Ty::Leaf("int" | "float" | "millis" | "seconds" | "millis(int)" | "seconds(int)") => {
            matches!(word, "min" | "max")
        }
        Ty::List(_) | Ty::Map(_) => word.ends_with("_items"),
        _ => false,
    };
    field.limits.iter().filter(|(word, _)| fits(word)).cloned().collect()
}

fn within(word: &str, limit: &Value, example: &Value) -> bool {
    let size = match example {
        Value::String(text) => Some(text.chars().count() as f64),
        Value::Array(items) => Some(items.len() as f64),
        value => value.as_f64(),
    };
    match (size, limit.as_f64()) {
        (Some(size), Some(limit)) if word.starts_with("min") => size >= limit,
        (Some(size), Some(limit)) => size <= limit,
        _ => true,
    }
}

/// A time stamp, where the page says so and the example looks like one.
fn time(field: &Field, whole: bool) -> Option<&'static str> {
    let digits = field
        .example
        .as_ref()
        .map(|example| example.as_str().map_or_else(|| example.to_string(), str::to_owned));
    let length = digits
        .filter(|text| text.chars().all(|c| c.is_ascii_digit()))
        .map(|text| text.len());
    let said = field.prose.contains("时间戳");
    let milli = match (said, field.prose.contains("毫秒"), field.prose.contains("秒"), length) {
        (true, true, _, Some(13) | None) => true,
        (true, false, true, Some(10) | None) => false,
        (_, _, _, Some(13)) if said || field.name.ends_with("time") => true,
        (_, _, _, Some(10)) if said => false,
        _ => return None,
    };
    Some(match (milli, whole) {
        (true, true) => "millis(int)",
        (true, false) => "millis",
        (false, true) => "seconds(int)",
        (false, false) => "seconds",
    })
}

fn same_limits(left: &[Member], right: &[Member]) -> bool {
    left.iter().all(|member| {
        let twin = right.iter().find(|other| other.field.name == member.field.name);
        twin.is_some_and(|twin| twin.required == member.required && twin.limits == member.limits)
    })
}

/// A name for a reply that several operations share.
fn reply_name(members: &[Member], operation: &str) -> String {
    let list = members.iter().find(|member| matches!(member.ty, Ty::List(_)));
    let paged = members.iter().any(|member| member.field.name.ends_with("page_token"));
    match (members, list) {
        (_, Some(list)) if paged => format!("{}_page", singular(&list.field.name)),
        ([one], _) => format!("{}_reply", one.field.name),
        _ => format!("{operation}_result"),
    }
}

/// `items` holds an item.
pub(crate) fn singular(name: &str) -> String {
    if let Some(stem) = name.strip_suffix("_list").or_else(|| name.strip_suffix("List")) {
        return stem.to_owned();
    }
    match name {
        name if name.ends_with("ies") => format!("{}y", &name[..name.len() - 3]),
        name if name.ends_with("sses") || name.ends_with("xes") => name[..name.len() - 2].to_owned(),
        name if name.ends_with('s') && !name.ends_with("ss") && !name.ends_with("us") => {
            name[..name.len() - 1].to_owned()
        }
        name => name.to_owned(),
    }
}
