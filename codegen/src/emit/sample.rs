//! A sample call for each operation's docs, from the spec's examples.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use serde_json::Value;

use super::scope::{Scope, ident};
use crate::{
    expr::Leaf,
    format::statements,
    index::TypeId,
    ir::{Field, Kind, Operation, Ty, Variant},
    lower::home,
    spec::Reply,
};

/// The lines between the fences.
pub(super) fn lines(scope: &Scope<'_>, operation: &Operation) -> Result<Vec<String>, syn::Error> {
    let mut sample = Sample {
        scope,
        used: BTreeMap::new(),
    };
    sample.uses(&scope.module.home.0, &operation.name);
    let request = sample.build(&operation.name, &operation.required());
    let send = match (
        &operation.paging,
        operation.tokens == ["user"],
        operation.payload.is_some() || operation.reply == Reply::Bytes,
    ) {
        (Some(_), false, _) => quote! {
            let mut items = client.items(request);
            while let Some(item) = items.try_next().await? {
                println!("{item:?}");
            }
        },
        (_, true, _) => quote!(let reply = client.send(request).as_user("u-…").await?;),
        (_, false, true) => quote!(let reply = client.send(request).await?;),
        (_, false, false) => quote!(client.send(request).await?;),
    };
    let call = quote!(let request = #request; #send);
    let mut uses = TokenStream::new();
    for (path, names) in &sample.used {
        let path = path.iter().map(|part| ident(part));
        let names = names.iter().map(|name| ident(name));
        uses.extend(quote!(use flybook::#(#path::)*{#(#names),*};));
    }
    let mut lines = vec!["# async fn sample(client: flybook::Client) -> flybook::Result<()> {".to_owned()];
    lines.extend(statements(&uses)?);
    lines.push(String::new());
    lines.extend(statements(&call)?);
    lines.extend(["# Ok(())".to_owned(), "# }".to_owned()]);
    Ok(lines)
}

struct Sample<'s> {
    scope: &'s Scope<'s>,
    used: BTreeMap<Vec<String>, BTreeSet<String>>,
}

impl Sample<'_> {
    fn uses(&mut self, path: &[String], name: &str) {
        self.used.entry(path.to_vec()).or_default().insert(name.to_owned());
    }

    fn uses_type(&mut self, id: &TypeId) {
        self.uses(&home(&id.module).0, &id.name);
    }

    /// `Create::new(…)` from the examples of what is required.
    fn build(&mut self, name: &str, required: &[&Field]) -> TokenStream {
        let type_name = ident(name);
        if required.len() > 4 {
            let bundle = ident(&format!("{name}Required"));
            let members = required.iter().map(|field| {
                let member = ident(&field.name);
                let value = self.exact(&field.ty, field.example.as_ref());
                quote!(#member: #value)
            });
            let members = members.collect::<Vec<_>>();
            self.uses(&self.scope.module.home.0, &bundle.to_string());
            return quote!(#type_name::new(#bundle { #(#members),* }));
        }
        let arguments = required
            .iter()
            .map(|field| self.value(&field.ty, field.example.as_ref()))
            .collect::<Vec<_>>();
        quote!(#type_name::new(#(#arguments),*))
    }

    /// A value of exactly the type, for a place that converts nothing.
    fn exact(&mut self, ty: &Ty, example: Option<&Value>) -> TokenStream {
        match ty {
            Ty::Named(_) | Ty::Leaf(Leaf::Bool | Leaf::Int | Leaf::Float | Leaf::Any | Leaf::File) => {
                self.value(ty, example)
            }
            Ty::List(inner) => {
                let value = self.exact(inner, example.and_then(|value| value.get(0)));
                quote!(vec![#value])
            }
            Ty::Map(_) => quote!(Default::default()),
            _ => {
                let value = self.value(ty, example);
                quote!(#value.into())
            }
        }
    }

    /// A value that the constructor takes.
    fn value(&mut self, ty: &Ty, example: Option<&Value>) -> TokenStream {
        match ty {
            Ty::Leaf(Leaf::String) => {
                let text = example.and_then(Value::as_str).unwrap_or("…");
                quote!(#text)
            }
            Ty::Leaf(Leaf::Secret) => quote!("…"),
            Ty::Leaf(Leaf::Bool) => {
                let bool = example.and_then(Value::as_bool).unwrap_or(true);
                quote!(#bool)
            }
            Ty::Leaf(Leaf::Int | Leaf::Millis | Leaf::Seconds | Leaf::IntMillis | Leaf::IntSeconds) => {
                let digits = example.and_then(|value| value.as_i64().or_else(|| value.as_str()?.parse().ok()));
                let number = Literal::i64_unsuffixed(digits.unwrap_or(1).max(0));
                quote!(#number)
            }
            Ty::Leaf(Leaf::Float) => {
                let number = Literal::f64_unsuffixed(example.and_then(Value::as_f64).unwrap_or(1.0).abs());
                quote!(#number)
            }
            Ty::Leaf(Leaf::Any) => quote!(flybook::Value::Null),
            Ty::Leaf(Leaf::File) => quote!(flybook::File::from_bytes("report.pdf", "…")),
            Ty::List(inner) => {
                let first = example.and_then(|value| value.get(0));
                let value = self.value(inner, first);
                quote!([#value])
            }
            Ty::Map(inner) => {
                let value = self.value(inner, None);
                quote!([("key", #value)])
            }
            Ty::Json(inner) | Ty::Boxed(inner) => self.value(inner, None),
            Ty::Named(id) => self.named(id, example),
        }
    }

    fn named(&mut self, id: &TypeId, example: Option<&Value>) -> TokenStream {
        let Some(def) = self.scope.def(id) else {
            return quote!(Default::default());
        };
        self.uses_type(id);
        let name = ident(&def.name);
        match &def.kind {
            Kind::Object(fields) => {
                let required: Vec<&Field> = fields.iter().filter(|field| !field.optional).collect();
                self.build(&def.name, &required)
            }
            Kind::Enum { values, .. } => {
                let value = values
                    .iter()
                    .find(|value| Some(&value.wire) == example)
                    .or(values.first());
                let value = ident(value.map_or("Unknown", |value| &value.name));
                quote!(#name::#value)
            }
            Kind::Union { variants, .. } | Kind::Keys(variants) => match variants.first() {
                Some(variant) => self.variant(&def.name, variant, example),
                None => quote!(#name::default()),
            },
        }
    }

    fn variant(&mut self, name: &str, variant: &Variant, example: Option<&Value>) -> TokenStream {
        let (name, constructor, case) = (ident(name), ident(&variant.constructor), ident(&variant.name));
        let Some(ty) = &variant.ty else {
            return quote!(#name::#case);
        };
        let required = self
            .scope
            .required_of(ty)
            .filter(|required| (1..=4).contains(&required.len()));
        let arguments = match required {
            Some(required) => required
                .iter()
                .map(|field| {
                    let inner = example
                        .and_then(Value::as_str)
                        .and_then(|text| serde_json::from_str::<Value>(text).ok());
                    let example = inner
                        .as_ref()
                        .and_then(|value| value.get(&field.wire))
                        .or(field.example.as_ref());
                    self.value(&field.ty, example)
                })
                .collect(),
            None => vec![self.value(ty, None)],
        };
        quote!(#name::#constructor(#(#arguments),*))
    }
}
