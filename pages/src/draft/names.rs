//! Names and homes for the types of a service's version: each type once, in the module that owns it.

use std::collections::{BTreeMap, HashSet};

use heck::ToPascalCase;

use super::shapes::{Holds, Shape, Shapes};

/// Where a type lives and what it is called there.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    /// `contact/v3/user`; empty for a type that the spec has already.
    pub(crate) module: String,
    pub(crate) name: String,
}

/// Names that the generated files mean something else by.
const RESERVED: &[&str] = &[
    "Box",
    "Default",
    "From",
    "Into",
    "IntoIterator",
    "Methods",
    "None",
    "Option",
    "Self",
    "Some",
    "String",
    "Vec",
];

/// Names every shape that is not written in place.
pub(crate) fn names(shapes: &Shapes, taken: &mut BTreeMap<String, HashSet<String>>) -> Vec<Option<Named>> {
    let mut order: Vec<usize> = (0..shapes.all.len()).collect();
    // What is used most has the first choice; ties go by where the types were met.
    order.sort_by_key(|id| (std::cmp::Reverse(shapes.all[*id].uses()), *id));
    let mut named = vec![None; shapes.all.len()];
    for id in order {
        let shape = &shapes.all[id];
        if let Some(reference) = &shape.known {
            named[id] = Some(Named {
                module: String::new(),
                name: reference.clone(),
            });
            continue;
        }
        if shape.inline() || shape.uses() == 0 {
            continue;
        }
        let wanted = wanted(shape);
        let module = owner(shape, &wanted);
        let taken = taken.entry(module.clone()).or_default();
        let name = candidates(shape, &wanted)
            .into_iter()
            .find(|name| !taken.contains(name) && !RESERVED.contains(&name.as_str()))
            .unwrap_or_else(|| numbered(&wanted, taken));
        taken.insert(name.clone());
        named[id] = Some(Named { module, name });
    }
    named
}

/// What most pages call it.
fn wanted(shape: &Shape) -> String {
    let most = shape
        .wanted
        .iter()
        .max_by_key(|(name, count)| (**count, std::cmp::Reverse(name.len())));
    let name = most.map_or("Reply", |(name, _)| name.as_str()).to_pascal_case();
    match name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        true => name,
        false => format!("Type{name}"),
    }
}

/// The resource that bears the type's name, or else the one that uses it most.
fn owner(shape: &Shape, name: &str) -> String {
    let bears = |module: &&String| {
        let resource = module.rsplit('/').next().unwrap_or_default();
        resource.rsplit('.').next().unwrap_or_default().to_pascal_case() == *name
    };
    let most = || {
        shape
            .homes
            .iter()
            .max_by_key(|(module, count)| (**count, std::cmp::Reverse(module.as_str())))
    };
    shape
        .homes
        .keys()
        .find(bears)
        .or_else(|| most().map(|(module, _)| module))
        .cloned()
        .unwrap_or_default()
}

/// Names in order of preference: the plain one, then with more and more of where it was met before it.
fn candidates(shape: &Shape, wanted: &str) -> Vec<String> {
    let mut names = vec![wanted.to_owned()];
    if let Holds::Values { .. } = shape.holds {
        names.push(format!("{wanted}Kind"));
    }
    let trail: Vec<String> = shape.trail.iter().map(|part| part.to_pascal_case()).collect();
    for part in trail.iter().rev() {
        if part != wanted {
            names.push(format!("{part}{wanted}"));
        }
    }
    for from in (0..trail.len()).rev() {
        let prefix = trail[from..].concat();
        names.push(format!("{prefix}{wanted}"));
    }
    names.retain(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()));
    names
}

fn numbered(wanted: &str, taken: &HashSet<String>) -> String {
    let mut number = 2;
    loop {
        let name = format!("{wanted}{number}");
        if !taken.contains(&name) {
            return name;
        }
        number += 1;
    }
}
