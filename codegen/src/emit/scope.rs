//! What a generated file imports, and how it spells types.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use crate::{
    expr::Leaf,
    format::type_text,
    index::TypeId,
    ir::{Api, Field, Kind, Module, Ty, TypeDef},
    lower::home,
};

/// One generated file while it is being printed.
pub(crate) struct Scope<'a> {
    pub(crate) api: &'a Api,
    pub(crate) module: &'a Module,
    local: BTreeSet<String>,
    runtime: BTreeSet<&'static str>,
    foreign: BTreeMap<String, TypeId>,
}

/// A parameter's type, and how its argument becomes the field.
pub(crate) struct Input {
    pub(crate) ty: TokenStream,
    pub(crate) value: TokenStream,
}

pub(crate) fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

/// Whether a list or map is taken as a list or map of what becomes this.
fn converts(ty: &Ty) -> bool {
    matches!(ty, Ty::Leaf(Leaf::String | Leaf::Secret | Leaf::Any) | Ty::Named(_))
}

/// Whether a map's values are taken as they are.
fn stays(ty: &Ty) -> bool {
    matches!(
        ty,
        Ty::Leaf(Leaf::Bool | Leaf::Int | Leaf::Float) | Ty::List(_) | Ty::Map(_)
    )
}

impl<'a> Scope<'a> {
    pub(crate) fn new(api: &'a Api, module: &'a Module) -> Self {
        let operations = module
            .operations
            .iter()
            .flat_map(|operation| [operation.name.clone(), format!("{}Required", operation.name)]);
        let local = operations
            .chain(module.events.iter().map(|event| event.name.clone()))
            .chain(module.types.iter().map(|def| def.name.clone()))
            .collect();
        Self {
            api,
            module,
            local,
            runtime: BTreeSet::new(),
            foreign: BTreeMap::new(),
        }
    }

    /// A name of the runtime: imported, unless a type of this file bears it.
    pub(crate) fn rt(&mut self, name: &'static str) -> TokenStream {
        let short = ident(name);
        if self.local.contains(name) {
            return quote!(flybook_runtime::#short);
        }
        self.runtime.insert(name);
        quote!(#short)
    }

    pub(crate) fn def(&self, id: &TypeId) -> Option<&'a TypeDef> {
        self.api.get(id)
    }

    /// A type as this file spells it.
    pub(crate) fn ty(&mut self, ty: &Ty) -> TokenStream {
        match ty {
            Ty::Leaf(leaf) => self.leaf(*leaf),
            Ty::List(inner) => {
                let inner = self.ty(inner);
                quote!(Vec<#inner>)
            }
            Ty::Map(inner) => {
                let (map, inner) = (self.rt("Map"), self.ty(inner));
                quote!(#map<#inner>)
            }
            Ty::Json(inner) => {
                let (json, inner) = (self.rt("Json"), self.ty(inner));
                quote!(#json<#inner>)
            }
            Ty::Boxed(inner) => {
                let inner = self.ty(inner);
                quote!(Box<#inner>)
            }
            Ty::Named(id) => self.named(id),
        }
    }

    fn leaf(&mut self, leaf: Leaf) -> TokenStream {
        match leaf.rust() {
            (name, true) => self.rt(name),
            (name, false) => {
                let name = ident(name);
                quote!(#name)
            }
        }
    }

    pub(crate) fn named(&mut self, id: &TypeId) -> TokenStream {
        let name = ident(&id.name);
        let there = home(&id.module);
        if there == self.module.home {
            return quote!(#name);
        }
        let taken = self.local.contains(&id.name) || self.foreign.get(&id.name).is_some_and(|known| known != id);
        if taken {
            let path = there.0.iter().map(|part| ident(part));
            return quote!(crate::#(#path::)*#name);
        }
        self.foreign.insert(id.name.clone(), id.clone());
        quote!(#name)
    }

    /// A field's type, `Option` and all.
    pub(crate) fn field_ty(&mut self, field: &Field) -> TokenStream {
        let ty = self.ty(&field.ty);
        if field.optional { quote!(Option<#ty>) } else { ty }
    }

    /// How a constructor or setter takes a value of a type, under the name `argument`.
    pub(crate) fn input(&mut self, ty: &Ty, argument: &Ident) -> Input {
        let spelled = self.ty(ty);
        match ty {
            Ty::Leaf(Leaf::Bool | Leaf::Int | Leaf::Float) => Input {
                ty: spelled,
                value: quote!(#argument),
            },
            Ty::List(inner) if converts(inner) => {
                let inner = self.ty(inner);
                Input {
                    ty: quote!(impl IntoIterator<Item = impl Into<#inner>>),
                    value: quote!(#argument.into_iter().map(Into::into).collect()),
                }
            }
            // Conversions into these leave the type of a literal open.
            Ty::Map(inner) if stays(inner) => {
                let inner = self.ty(inner);
                Input {
                    ty: quote!(impl IntoIterator<Item = (impl Into<String>, #inner)>),
                    value: quote!(#argument.into_iter().map(|(key, value)| (key.into(), value)).collect()),
                }
            }
            Ty::Map(inner) if converts(inner) || matches!(**inner, Ty::Leaf(_)) => {
                let inner = self.ty(inner);
                Input {
                    ty: quote!(impl IntoIterator<Item = (impl Into<String>, impl Into<#inner>)>),
                    value: quote!(#argument.into_iter().map(|(key, value)| (key.into(), value.into())).collect()),
                }
            }
            // What becomes JSON text is given as what it is: `json!(…)` for a card.
            Ty::Json(inner) => {
                let (json, input) = (self.rt("Json"), self.input(inner, argument));
                let value = input.value;
                Input {
                    ty: input.ty,
                    value: quote!(#json(#value)),
                }
            }
            _ => Input {
                ty: quote!(impl Into<#spelled>),
                value: quote!(#argument.into()),
            },
        }
    }

    /// How the runtime's `builder!` is told what a constructor or setter takes, in one token.
    pub(crate) fn taken(&mut self, ty: &Ty) -> String {
        match ty {
            Ty::List(inner) if converts(inner) => format!("[{}]", type_text(&self.ty(inner))),
            Ty::Map(inner) if stays(inner) => format!("(map {})", type_text(&self.ty(inner))),
            Ty::Map(inner) if converts(inner) || matches!(**inner, Ty::Leaf(_)) => {
                format!("{{{}}}", type_text(&self.ty(inner)))
            }
            Ty::Json(inner) => {
                self.rt("Json");
                format!("(json {})", self.taken(inner))
            }
            _ => {
                let spelled = type_text(&self.ty(ty));
                let word = spelled.chars().all(|c| c.is_alphanumeric() || c == '_');
                if word { spelled } else { format!("({spelled})") }
            }
        }
    }

    /// What the constructor of an object takes; `None` for any other type.
    pub(crate) fn required_of(&self, ty: &Ty) -> Option<Vec<&'a Field>> {
        let Ty::Named(id) = ty else { return None };
        match &self.def(id)?.kind {
            Kind::Object(fields) => Some(fields.iter().filter(|field| field.is_argument()).collect()),
            _ => None,
        }
    }

    /// Whether an object takes more than its constructor does, so that a union's shorthand cannot say all of it.
    pub(crate) fn has_setters(&self, ty: &Ty) -> bool {
        let required = self.required_of(ty).filter(|required| !required.is_empty());
        let fields = match ty {
            Ty::Named(id) => self.def(id).map(|def| &def.kind),
            _ => None,
        };
        matches!((required, fields), (Some(required), Some(Kind::Object(fields))) if fields.len() > required.len())
    }

    /// The `use` lines, after everything else is printed.
    pub(crate) fn uses(&self) -> TokenStream {
        let runtime = self.runtime.iter().map(|name| ident(name));
        let mut uses = if self.runtime.is_empty() {
            TokenStream::new()
        } else {
            quote!(use flybook_runtime::{#(#runtime),*};)
        };
        let mut homes: BTreeMap<Vec<String>, Vec<&str>> = BTreeMap::new();
        for (name, id) in &self.foreign {
            homes.entry(home(&id.module).0).or_default().push(name);
        }
        for (path, names) in homes {
            let path = path.iter().map(|part| ident(part));
            let names = names.into_iter().map(ident);
            uses.extend(quote!(use crate::#(#path::)*{#(#names),*};));
        }
        uses
    }
}
