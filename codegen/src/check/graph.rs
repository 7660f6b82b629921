//! What types are to one another: twins, cycles, and types that nothing uses.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::Checker;
use crate::{
    expr::{TypeExpr, TypeName},
    index::TypeId,
    spec::*,
};

impl Checker<'_> {
    /// Two objects with the same fields are one type with two names.
    pub(super) fn twins(&mut self, module: &Module) {
        let mut seen: HashMap<BTreeSet<(&str, bool, &TypeExpr)>, &Text> = HashMap::new();
        for def in &module.types {
            let TypeKind::Object(fields) = &def.kind else { continue };
            let shape = fields
                .iter()
                .map(|field| (field.name.value.as_str(), field.required, &field.ty.value))
                .collect();
            match seen.get(&shape) {
                Some(first) => {
                    let message = format!("`{}` and `{}` have the same fields", first.value, def.name.value);
                    self.report(
                        &def.name.place,
                        message,
                        format!("keep one; `{}` is on line {}", first.value, first.place.line),
                    );
                }
                None => {
                    seen.insert(shape, &def.name);
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
                    "put one of the steps in `box(…)` or `list(…)`",
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

    /// The types that stand inside a type without list, map or box between.
    fn held(&self, id: &TypeId) -> Vec<TypeId> {
        let Some(def) = self.index.get(id) else {
            return Vec::new();
        };
        def.exprs()
            .into_iter()
            .filter_map(direct)
            .map(|name| self.index.id(&id.module, name))
            .collect()
    }

    pub(super) fn unused(&mut self) {
        let mut used = HashSet::new();
        for module in &self.spec.modules {
            for name in module.exprs().into_iter().flat_map(TypeExpr::names) {
                used.insert(self.index.id(&module.path, name));
            }
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

fn direct(expr: &TypeExpr) -> Option<&TypeName> {
    match expr {
        TypeExpr::Named(name) | TypeExpr::By(name, _) => Some(name),
        TypeExpr::Json(inner) | TypeExpr::Optional(inner) => direct(inner),
        TypeExpr::Leaf(_) | TypeExpr::List(_) | TypeExpr::Map(_) | TypeExpr::Boxed(_) => None,
    }
}
