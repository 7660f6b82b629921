//! What types are to one another: twins, cycles, and types that nothing uses.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::Checker;
use crate::{
    expr::{TypeExpr, TypeName},
    index::TypeId,
    name::pascal,
    spec::*,
};

/// The fields of an object, whatever their order: name, whether required, type, limits.
type Shape<'t> = BTreeSet<(&'t str, bool, &'t TypeExpr, Vec<(&'t str, String)>)>;

impl Checker<'_> {
    /// Two objects with the same fields are one type with two names.
    pub(super) fn twins(&mut self, module: &Module) {
        let named = module.types.iter().filter_map(|def| match &def.kind {
            TypeKind::Object(fields) => Some((&def.name, fields, def.name.value.clone())),
            _ => None,
        });
        let replies = module.operations.iter().filter_map(|operation| match &operation.data {
            Some(Payload::Fields(fields)) => Some((
                &operation.name,
                fields,
                format!("{}Reply", pascal(&operation.spoken().value)),
            )),
            _ => None,
        });
        let mut seen: HashMap<Shape<'_>, (&Text, String)> = HashMap::new();
        for (text, fields, name) in named.chain(replies).filter(|(_, fields, _)| !fields.is_empty()) {
            let shape = fields
                .iter()
                .map(|field| {
                    let limits = field
                        .limits
                        .iter()
                        .map(|(limit, value)| (limit.as_str(), value.value.to_string()));
                    (
                        field.name.value.as_str(),
                        field.required,
                        &field.ty.value,
                        limits.collect(),
                    )
                })
                .collect();
            match seen.get(&shape) {
                Some((first, known)) => {
                    let message = format!("`{known}` and `{name}` have the same fields");
                    let help = format!("keep one, named for both; `{known}` is on line {}", first.place.line);
                    self.report(&text.place, message, help);
                }
                None => {
                    seen.insert(shape, (text, name));
                }
            }
        }
    }

    /// A type that holds itself needs something between.
    pub(super) fn cycles(&mut self) {
        let mut done = HashSet::new();
        for module in &self.spec.modules {
            for def in &module.types {
                let id = TypeId {
                    module: module.path.clone(),
                    name: def.name.value.clone(),
                };
                self.walk(&id, &mut Vec::new(), &mut done);
            }
        }
    }

    fn walk(&mut self, id: &TypeId, path: &mut Vec<TypeId>, done: &mut HashSet<TypeId>) {
        if let Some(start) = path.iter().position(|known| known == id) {
            let mut names: Vec<&str> = path[start..].iter().map(|id| id.name.as_str()).collect();
            names.push(&id.name);
            let message = format!("a type cannot hold itself: {}", names.join(" → "));
            if let Some(def) = self.index.get(id) {
                self.report(
                    &def.name.place,
                    message,
                    "put one of the steps in `list(…)`, or in a `box(…)` that is not required",
                );
            }
            return;
        }
        if done.contains(id) {
            return;
        }
        path.push(id.clone());
        for held in self.held(id) {
            self.walk(&held, path, done);
        }
        path.pop();
        done.insert(id.clone());
    }

    /// The types that a value of a type always holds. A list or map may be empty, and a box that is not required absent.
    fn held(&self, id: &TypeId) -> Vec<TypeId> {
        let held = match self.index.get(id).map(|def| &def.kind) {
            Some(TypeKind::Object(fields)) => fields
                .iter()
                .filter_map(|field| always(&field.ty.value, field.required))
                .collect(),
            Some(TypeKind::Union { variants, .. } | TypeKind::Keys(variants) | TypeKind::Shapes(variants)) => variants
                .iter()
                .filter_map(|variant| always(&variant.ty.as_ref()?.value, false))
                .collect(),
            _ => Vec::new(),
        };
        held.into_iter().map(|name| self.index.id(&id.module, name)).collect()
    }

    /// Types that no operation and no event leads to.
    pub(super) fn unused(&mut self) {
        let mut used = HashSet::new();
        for module in &self.spec.modules {
            let operations = module.operations.iter().flat_map(Operation::exprs);
            let events = module.events.iter().flat_map(Event::exprs);
            used.extend(self.index.reach(&module.path, operations.chain(events)));
        }
        for module in &self.spec.modules {
            for def in &module.types {
                let id = TypeId {
                    module: module.path.clone(),
                    name: def.name.value.clone(),
                };
                if !used.contains(&id) {
                    self.report(
                        &def.name.place,
                        format!("nothing uses the type `{}`", def.name.value),
                        "remove it, or refer to it",
                    );
                }
            }
        }
    }
}

/// The type that a field of this type always holds.
fn always(expr: &TypeExpr, required: bool) -> Option<&TypeName> {
    match expr {
        TypeExpr::Named(name) | TypeExpr::By(name, _) => Some(name),
        TypeExpr::Json(inner) | TypeExpr::Optional(inner) => always(inner, required),
        TypeExpr::Boxed(inner) if required => always(inner, required),
        TypeExpr::Leaf(_) | TypeExpr::List(_) | TypeExpr::Map(_) | TypeExpr::Boxed(_) => None,
    }
}
