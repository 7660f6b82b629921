//! Where every named type of the spec is defined.

use std::collections::{HashMap, HashSet};

use crate::{
    expr::{TypeExpr, TypeName},
    form::Form,
    spec::{Field, Module, ModulePath, Operation, Payload, Spec, TypeDef, TypeKind},
};

/// Names a type across the whole spec.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TypeId {
    pub(crate) module: ModulePath,
    pub(crate) name: String,
}

/// The types and modules of a spec, by name.
pub(crate) struct Index<'a> {
    types: HashMap<TypeId, &'a TypeDef>,
    modules: HashMap<&'a ModulePath, &'a Module>,
    /// The types that callbacks are answered with.
    answers: HashSet<TypeId>,
    /// The dotted ids of all operations, sorted.
    operations: Vec<String>,
}

impl<'a> Index<'a> {
    pub(crate) fn new(spec: &'a Spec) -> Self {
        let types = spec.modules.iter().flat_map(|module| {
            module.types.iter().map(|def| {
                (
                    TypeId {
                        module: module.path.clone(),
                        name: def.name.value.clone(),
                    },
                    def,
                )
            })
        });
        let mut index = Self {
            types: types.collect(),
            modules: spec.modules.iter().map(|module| (&module.path, module)).collect(),
            answers: HashSet::new(),
            operations: Vec::new(),
        };
        for module in &spec.modules {
            let replies = module.events.iter().filter_map(|event| event.reply.as_ref());
            let names = replies.flat_map(|reply| reply.value.names());
            let ids = names.map(|name| index.id(&module.path, name)).collect::<Vec<_>>();
            index.answers.extend(ids);
            let named = |operation: &Operation| format!("{}.{}", module.path.dotted(), operation.name.value);
            index.operations.extend(module.operations.iter().map(named));
        }
        index.operations.sort();
        index
    }

    /// The id that a name means when it stands in a module.
    pub(crate) fn id(&self, from: &ModulePath, name: &TypeName) -> TypeId {
        match name {
            TypeName::Local(name) => TypeId {
                module: from.clone(),
                name: name.clone(),
            },
            TypeName::Common(name) => TypeId {
                module: ModulePath::Common,
                name: name.clone(),
            },
            TypeName::Elsewhere {
                service,
                version,
                resource,
                name,
            } => TypeId {
                module: ModulePath::Resource {
                    service: service.clone(),
                    version: version.clone(),
                    resource: resource.clone(),
                },
                name: name.clone(),
            },
        }
    }

    /// What values of a type look like as JSON, where that is always alike.
    pub(crate) fn form(&self, module: &Module, expr: &TypeExpr) -> Option<Form> {
        Form::of(expr, |name| {
            let def = self.resolve(&module.path, name);
            matches!(def.map(|def| &def.kind), Some(TypeKind::Object(_)) | None)
        })
    }

    pub(crate) fn get(&self, id: &TypeId) -> Option<&'a TypeDef> {
        self.types.get(id).copied()
    }

    pub(crate) fn resolve(&self, from: &ModulePath, name: &TypeName) -> Option<&'a TypeDef> {
        self.get(&self.id(from, name))
    }

    pub(crate) fn module(&self, path: &ModulePath) -> Option<&'a Module> {
        self.modules.get(path).copied()
    }

    /// The dotted ids of all operations, sorted.
    pub(crate) fn operations(&self) -> &[String] {
        &self.operations
    }

    /// The fields of a payload and the module they stand in; `None` when it is no object.
    pub(crate) fn payload_fields(&self, module: &'a Module, payload: &'a Payload) -> Option<(&'a Module, &'a [Field])> {
        match payload {
            Payload::Fields(fields) => Some((module, fields)),
            Payload::Type(expr) => self.fields(module, &expr.value),
        }
    }

    /// The fields of a named object and the module they stand in.
    pub(crate) fn fields(&self, module: &Module, expr: &TypeExpr) -> Option<(&'a Module, &'a [Field])> {
        let TypeExpr::Named(named) = expr else { return None };
        let id = self.id(&module.path, named);
        match &self.get(&id)?.kind {
            TypeKind::Object(fields) => Some((self.module(&id.module)?, fields)),
            _ => None,
        }
    }

    /// A list among an object's fields, and the type of its items.
    pub(crate) fn list(&self, module: &'a Module, def: &'a TypeDef, name: &str) -> Option<(&'a Field, &'a TypeExpr)> {
        let field = *self.along(module, def, name).first()?;
        match &field.ty.value {
            TypeExpr::List(item) => Some((field, item)),
            _ => None,
        }
    }

    /// Whether a callback is answered with this type.
    pub(crate) fn answers(&self, id: &TypeId) -> bool {
        self.answers.contains(id)
    }

    /// The fields along a dotted path from an object, as far as they are there.
    pub(crate) fn along(&self, module: &'a Module, def: &'a TypeDef, path: &str) -> Vec<&'a Field> {
        match &def.kind {
            TypeKind::Object(fields) => self.along_fields(module, fields, path),
            _ => Vec::new(),
        }
    }

    /// As [`along`](Self::along), from the members of a body.
    pub(crate) fn along_fields(&self, module: &'a Module, fields: &'a [Field], path: &str) -> Vec<&'a Field> {
        let mut here = Some((module, fields));
        let mut along = Vec::new();
        for name in path.split('.') {
            let Some((home, fields)) = here else { break };
            let Some(field) = fields.iter().find(|field| field.name.value == name) else {
                break;
            };
            along.push(field);
            here = self.fields(home, &field.ty.value);
        }
        along
    }

    /// Every named type that the expressions of a module lead to, at any depth.
    pub(crate) fn reach<'e>(
        &self,
        from: &ModulePath,
        exprs: impl IntoIterator<Item = &'e TypeExpr>,
    ) -> HashSet<TypeId> {
        let names = exprs.into_iter().flat_map(TypeExpr::names);
        let mut open: Vec<TypeId> = names.map(|name| self.id(from, name)).collect();
        let mut reached = HashSet::new();
        while let Some(id) = open.pop() {
            if let Some(def) = self.get(&id)
                && reached.insert(id.clone())
            {
                open.extend(
                    def.exprs()
                        .into_iter()
                        .flat_map(TypeExpr::names)
                        .map(|name| self.id(&id.module, name)),
                );
            }
        }
        reached
    }
}
