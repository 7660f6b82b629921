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
    ir::{Api, Event, Field, Kind, Operation, Ty, Variant},
    lower::home,
    spec::Reply,
};

/// The lines between the fences. A request that fits stands where it is sent.
pub(super) fn lines(scope: &Scope<'_>, operation: &Operation) -> Result<Vec<String>, syn::Error> {
    let upload = operation.upload.as_ref();
    let (uses, request) = request(scope, operation, false, upload.map(|upload| upload.size.as_str()));
    let upload = upload.is_some();
    let send = |request: TokenStream| match (
        &operation.paging,
        operation.tokens == ["user"],
        operation.payload.is_some() || operation.reply == Reply::Bytes,
    ) {
        (Some(_), false, _) => quote! {
            let mut items = client.items(#request);
            while let Some(item) = items.try_next().await? {
                println!("{item:?}");
            }
        },
        _ if upload => quote!(let reply = client.upload(#request, file).await?;),
        (_, true, _) => quote!(let reply = client.send(#request).as_user("u-…").await?;),
        (_, false, true) => quote!(let reply = client.send(#request).await?;),
        (_, false, false) => quote!(client.send(#request).await?;),
    };
    let lines = if operation.required().len() <= 4 && request.to_string().len() < SHORT {
        statements(&send(request))?
    } else {
        let send = send(quote!(request));
        statements(&quote!(let request = #request; #send))?
    };
    let given = if upload { ", file: flybook::File" } else { "" };
    let mut all = vec![format!(
        "# async fn sample(client: flybook::Client{given}) -> flybook::Result<()> {{"
    )];
    all.extend(statements(&uses)?);
    all.extend(lines);
    all.push("# Ok(()) }".to_owned());
    Ok(all)
}

/// What a request may measure, in characters, to stand inside the line that sends it.
const SHORT: usize = 60;

/// The lines between the fences of an event: a handler, which answers a callback.
pub(super) fn handler(scope: &Scope<'_>, event: &Event) -> Result<Vec<String>, syn::Error> {
    let mut sample = Sample::new(scope, true);
    let name = sample.path(&scope.module.home.0, &event.name);
    let (returns, answer) = match &event.reply {
        Some(ty) => {
            let value = sample.value(ty, None);
            let reply = match ty {
                Ty::Named(_) => sample.spelled(ty),
                _ => quote!(flybook::Value),
            };
            (quote!(-> flybook::Result<#reply>), quote!(Ok(#value)))
        }
        None => Default::default(),
    };
    let uses = sample.uses();
    let function = quote! {
        async fn handle(event: flybook::Event<#name>) #returns {
            println!("{event:?}");
            #answer
        }
    };
    let route = quote!(let router = router.on::<#name>(handle););
    let mut lines = vec!["# fn sample(router: flybook::Router) -> flybook::Router {".to_owned()];
    lines.extend(statements(&uses)?);
    for part in [function, route] {
        lines.push(String::new());
        lines.extend(statements(&part)?);
    }
    lines.extend(["# router".to_owned(), "# }".to_owned()]);
    Ok(lines)
}

/// Rust source with `samples`: every operation from its examples, with what is required and with everything.
pub(crate) fn table(api: &Api) -> Result<String, syn::Error> {
    let rows = api.modules().flat_map(|module| {
        let scope = Scope::new(api, module);
        let row = |operation: &Operation| {
            let [required, full] = [false, true].map(|full| {
                let (uses, request) = request(&scope, operation, full, None);
                quote!(|| { #uses #request })
            });
            let (id, file) = (&operation.id, &module.source);
            quote!(sample(#file, #id, #required, #full),)
        };
        module.operations.iter().map(row).collect::<Vec<_>>()
    });
    let file = quote!(
        pub(crate) fn samples() -> Vec<Sample> {
            vec![#(#rows)*]
        }
    );
    Ok(prettyplease::unparse(&syn::parse2(file)?))
}

/// The imports and the expression of a request: with what is required, or with everything.
fn request(scope: &Scope<'_>, operation: &Operation, full: bool, measured: Option<&str>) -> (TokenStream, TokenStream) {
    let mut sample = Sample {
        measured,
        ..Sample::new(scope, full)
    };
    let name = sample.path(&scope.module.home.0, &operation.name);
    let fields: Vec<&Field> = operation.arguments.iter().map(|argument| &argument.field).collect();
    let request = sample.build(&name, &scope.module.home.0, &operation.name, &fields);
    (sample.uses(), request)
}

struct Sample<'s> {
    scope: &'s Scope<'s>,
    /// Whether optional fields are set too.
    full: bool,
    /// The field with the size of the file at hand.
    measured: Option<&'s str>,
    /// The names that are imported, and from where.
    used: BTreeMap<String, Vec<String>>,
    /// The types around the value under way: what holds itself is not filled in again.
    within: Vec<TypeId>,
}

impl<'s> Sample<'s> {
    fn new(scope: &'s Scope<'s>, full: bool) -> Self {
        Self {
            scope,
            full,
            measured: None,
            used: BTreeMap::new(),
            within: Vec::new(),
        }
    }

    /// The imports, after everything else is written.
    fn uses(&self) -> TokenStream {
        let mut homes: BTreeMap<&[String], BTreeSet<&str>> = BTreeMap::new();
        for (name, path) in &self.used {
            homes.entry(path).or_default().insert(name);
        }
        let mut uses = TokenStream::new();
        for (path, names) in homes {
            let path = path.iter().map(|part| ident(part));
            let names = names.into_iter().map(ident);
            uses.extend(quote!(use flybook::#(#path::)*{#(#names),*};));
        }
        uses
    }

    /// A name as the sample spells it: imported, unless another module's type has the name already.
    fn path(&mut self, home: &[String], name: &str) -> TokenStream {
        let short = ident(name);
        let known = self.used.entry(name.to_owned()).or_insert_with(|| home.to_vec());
        if known == home {
            return quote!(#short);
        }
        let parts = home.iter().map(|part| ident(part));
        quote!(flybook::#(#parts::)*#short)
    }

    /// `Create::new(…)` from the examples of what is required, with setters for the rest when everything is wanted.
    fn build(&mut self, path: &TokenStream, home: &[String], name: &str, fields: &[&Field]) -> TokenStream {
        let (required, rest): (Vec<&Field>, Vec<&Field>) = fields.iter().partition(|field| field.is_argument());
        let mut made = if required.len() > 4 {
            let bundle = self.path(home, &format!("{name}Required"));
            let members = required.iter().map(|field| {
                let member = ident(&field.name);
                let value = match self.measured == Some(field.name.as_str()) {
                    true => quote!(file.size()),
                    false => self.exact(&field.ty, field.example.as_ref()),
                };
                quote!(#member: #value)
            });
            let members = members.collect::<Vec<_>>();
            quote!(#path::new(#bundle { #(#members),* }))
        } else {
            let arguments = required
                .iter()
                .map(|field| match self.measured == Some(field.name.as_str()) {
                    true => quote!(file.size()),
                    false => self.value(&field.ty, field.example.as_ref()),
                });
            let arguments = arguments.collect::<Vec<_>>();
            quote!(#path::new(#(#arguments),*))
        };
        for field in rest {
            if field.optional && !self.full || self.is_within(&field.ty) {
                continue;
            }
            if let (Some(each), Ty::List(inner)) = (field.each.as_deref().map(ident), &field.ty) {
                let value = self.value(inner, field.example.as_ref().and_then(|value| value.get(0)));
                made.extend(quote!(.#each(#value)));
                continue;
            }
            let (setter, value) = (ident(&field.name), self.value(&field.ty, field.example.as_ref()));
            made.extend(quote!(.#setter(#value)));
        }
        made
    }

    /// A value of exactly the type, for a place that converts nothing.
    fn exact(&mut self, ty: &Ty, example: Option<&Value>) -> TokenStream {
        match ty {
            Ty::Named(_) | Ty::Leaf(Leaf::Bool | Leaf::Int | Leaf::Float | Leaf::Any | Leaf::File) => {
                self.value(ty, example)
            }
            Ty::List(inner) if self.is_within(inner) => quote!(vec![]),
            Ty::List(inner) => {
                let value = self.exact(inner, example.and_then(|value| value.get(0)));
                quote!(vec![#value])
            }
            Ty::Map(_) => quote!(flybook::Map::new()),
            Ty::Boxed(inner) => {
                let value = self.exact(inner, example);
                quote!(Box::new(#value))
            }
            Ty::Json(inner) => {
                let value = self.exact(inner, None);
                quote!(flybook::Json::from(#value))
            }
            Ty::Leaf(leaf) => {
                let value = self.value(ty, example);
                match leaf {
                    Leaf::Secret => quote!(flybook::Secret::from(#value)),
                    Leaf::Millis => quote!(flybook::Millis(#value)),
                    Leaf::Seconds => quote!(flybook::Seconds(#value)),
                    Leaf::IntMillis => quote!(flybook::IntMillis(#value)),
                    Leaf::IntSeconds => quote!(flybook::IntSeconds(#value)),
                    _ => quote!(String::from(#value)),
                }
            }
        }
    }

    /// A value inside a list or map, which takes nothing into its own type but plain values.
    fn inner(&mut self, ty: &Ty, example: Option<&Value>) -> TokenStream {
        match ty {
            Ty::List(_) | Ty::Map(_) | Ty::Json(_) | Ty::Boxed(_) => self.exact(ty, example),
            ty => self.value(ty, example),
        }
    }

    /// A value that the constructor takes.
    fn value(&mut self, ty: &Ty, example: Option<&Value>) -> TokenStream {
        match ty {
            Ty::Leaf(Leaf::String | Leaf::Secret) => {
                let text = example.and_then(Value::as_str).unwrap_or("…");
                quote!(#text)
            }
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
            Ty::List(inner) if self.is_within(inner) => {
                let ty = self.spelled(inner);
                quote!(Vec::<#ty>::new())
            }
            Ty::List(inner) => {
                let value = self.inner(inner, example.and_then(|value| value.get(0)));
                quote!([#value])
            }
            Ty::Map(inner) => {
                let value = self.inner(inner, None);
                match **inner {
                    Ty::List(_) | Ty::Map(_) => quote!([("key".to_owned(), #value)]),
                    _ => quote!([("key", #value)]),
                }
            }
            Ty::Json(inner) => self.value(inner, None),
            Ty::Boxed(_) => self.exact(ty, example),
            Ty::Named(id) => self.named(id, example),
        }
    }

    /// Whether the value under way stands inside a value of this type already.
    fn is_within(&self, ty: &Ty) -> bool {
        ty.named().is_some_and(|id| self.within.contains(id))
    }

    fn spelled(&mut self, ty: &Ty) -> TokenStream {
        match ty.named() {
            Some(id) => self.path(&home(&id.module).0, &id.name),
            None => quote!(_),
        }
    }

    fn named(&mut self, id: &TypeId, example: Option<&Value>) -> TokenStream {
        let Some(def) = self.scope.def(id) else {
            return quote!(Default::default());
        };
        let path = self.path(&home(&id.module).0, &id.name);
        match &def.kind {
            Kind::Object(fields) => {
                self.within.push(id.clone());
                let made = self.build(&path, &home(&id.module).0, &id.name, &fields.iter().collect::<Vec<_>>());
                self.within.pop();
                made
            }
            Kind::Enum { values, .. } => {
                let value = values
                    .iter()
                    .find(|value| Some(&value.wire) == example)
                    .or(values.first());
                let value = ident(value.map_or("Unknown", |value| &value.name));
                quote!(#path::#value)
            }
            Kind::Shapes(cases) => match cases.first() {
                Some((variant, _)) => self.variant(&path, variant, example),
                None => quote!(#path::default()),
            },
            Kind::Union { variants, .. } | Kind::Keys(variants) => {
                self.within.push(id.clone());
                let open = |variant: &&Variant| variant.ty.as_ref().is_none_or(|ty| !self.is_within(ty));
                let made = match variants.iter().find(open) {
                    Some(variant) => self.variant(&path, variant, example),
                    None => quote!(#path::default()),
                };
                self.within.pop();
                made
            }
        }
    }

    fn variant(&mut self, path: &TokenStream, variant: &Variant, example: Option<&Value>) -> TokenStream {
        let (constructor, case) = (ident(&variant.constructor), ident(&variant.name));
        let Some(ty) = &variant.ty else {
            return quote!(#path::#case);
        };
        let required = self
            .scope
            .required_of(ty)
            .filter(|required| (1..=4).contains(&required.len()));
        let arguments = match required {
            Some(required) => {
                let inner = example
                    .and_then(Value::as_str)
                    .and_then(|text| serde_json::from_str::<Value>(text).ok());
                let given = |field: &Field| inner.as_ref().and_then(|value| value.get(&field.wire)).cloned();
                required
                    .iter()
                    .map(|field| self.value(&field.ty, given(field).as_ref().or(field.example.as_ref())))
                    .collect()
            }
            None => vec![self.value(ty, variant.example.as_ref())],
        };
        quote!(#path::#constructor(#(#arguments),*))
    }
}
