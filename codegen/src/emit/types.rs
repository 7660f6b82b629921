//! Named types: objects, open enums, unions and one-of-several keys, each with its wire line.

use proc_macro2::TokenStream;
use quote::quote;

use super::{
    deprecated, doc_comment,
    scope::{Scope, ident},
};
use crate::{
    expr::Leaf,
    format::{Item, type_text},
    ir::{Field, Kind, Parsed, Tagging, Ty, TypeDef, Variant},
};

pub(super) fn items(scope: &mut Scope<'_>, def: &TypeDef) -> Vec<Item> {
    match &def.kind {
        Kind::Object(fields) => object(scope, def, fields),
        Kind::Enum { integer, values } => {
            let name = ident(&def.name);
            let doc = doc_comment(&[&def.doc]);
            let variants = values.iter().map(|value| {
                let (doc, note, name) = (
                    doc_comment(&[&value.doc]),
                    deprecated(value.deprecated.as_deref()),
                    ident(&value.name),
                );
                quote!(#doc #note #name,)
            });
            let (inner, copy) = match integer {
                true => (quote!(i64), quote!(Copy,)),
                false => (quote!(String), TokenStream::new()),
            };
            let head = if *integer {
                format!("{name}: i64")
            } else {
                name.to_string()
            };
            let entries = values
                .iter()
                .map(|value| match value.wire.as_str() {
                    Some(text) => format!("{} = {text:?}", value.name),
                    None => format!("{} = {}", value.name, value.wire),
                })
                .collect();
            let wire = Item::Wire {
                name: wire_macro(scope, "open_enum"),
                head,
                entries,
                rest: Vec::new(),
            };
            vec![
                Item::Plain(quote! {
                    #doc
                    #[derive(Clone, #copy Debug, PartialEq, Eq, Hash)]
                    #[non_exhaustive]
                    pub enum #name {
                        #(#variants)*
                        #[doc = " A value that this release does not know."]
                        Unknown(#inner),
                    }
                }),
                wire,
            ]
        }
        Kind::Union {
            variants,
            tagging,
            otherwise,
        } => union(scope, def, variants, tagging, *otherwise),
        Kind::Keys(keys) => {
            let entries = keys.iter().map(|key| row(scope, key)).collect();
            let wire = Item::Wire {
                name: wire_macro(scope, "key_union"),
                head: def.name.clone(),
                entries,
                rest: Vec::new(),
            };
            enumeration(scope, def, keys, TokenStream::new(), wire)
        }
    }
}

/// A struct of fields, with a constructor and setters where it is sent.
fn object(scope: &mut Scope<'_>, def: &TypeDef, fields: &[Field]) -> Vec<Item> {
    let mut items = vec![structure(scope, &def.name, &[def.doc.as_str()], fields)];
    if def.sent {
        items.extend(constructor(scope, &def.name, &fields.iter().collect::<Vec<_>>(), false));
    }
    items.push(wire_line(scope, &def.name, fields, def.sent, def.received));
    if !def.parsed.is_empty() {
        let name = ident(&def.name);
        let members = def.parsed.iter().map(|parsed| reader(scope, parsed)).collect();
        items.push(Item::Impl {
            header: quote!(impl #name),
            members,
        });
    }
    items
}

/// `message.content()`: the text of a member, read by the tag of another.
fn reader(scope: &mut Scope<'_>, parsed: &Parsed) -> TokenStream {
    let (doc, name, ty) = (doc_comment(&[&parsed.doc]), ident(&parsed.name), scope.ty(&parsed.ty));
    let from = parsed.from.iter().map(|field| ident(field));
    let by = parsed.by.split('.').map(ident);
    quote! {
        #doc
        pub fn #name(&self) -> #ty {
            #ty::from_text(self.#(#by).*.as_str(), &self.#(#from).*)
        }
    }
}

/// `pub struct`, with every field public.
pub(super) fn structure<S: AsRef<str>>(scope: &mut Scope<'_>, name: &str, doc: &[S], fields: &[Field]) -> Item {
    let (name, doc) = (ident(name), doc_comment(doc));
    let members = fields.iter().map(|field| member(scope, field)).collect::<Vec<_>>();
    Item::Plain(quote! {
        #doc
        #[derive(Clone, Debug, Default)]
        #[non_exhaustive]
        pub struct #name { #(#members)* }
    })
}

pub(super) fn member(scope: &mut Scope<'_>, field: &Field) -> TokenStream {
    let (doc, name, ty) = (doc_comment(&field.doc), ident(&field.name), scope.field_ty(field));
    quote!(#doc pub #name: #ty,)
}

/// `new` with what is required, and a setter for each of the rest. With more than four required fields, `new` takes
/// them as a struct of their own.
pub(super) fn constructor(scope: &mut Scope<'_>, name: &str, fields: &[&Field], default: bool) -> Vec<Item> {
    let required: Vec<&Field> = fields.iter().copied().filter(|field| !field.optional).collect();
    let optional: Vec<&Field> = fields.iter().copied().filter(|field| field.optional).collect();
    let mut items = Vec::new();
    let nothing = optional.iter().map(|field| ident(&field.name)).collect::<Vec<_>>();
    let new = if required.len() > 4 {
        let bundle = ident(&format!("{name}Required"));
        let doc = doc_comment(&[format!("What every [`{name}`] needs.")]);
        let members = required.iter().map(|field| member(scope, field)).collect::<Vec<_>>();
        items.push(Item::Plain(quote! {
            #doc
            #[derive(Clone, Debug)]
            pub struct #bundle { #(#members)* }
        }));
        let taken = required.iter().map(|field| ident(&field.name)).collect::<Vec<_>>();
        quote! {
            #[doc = " From what is required; setters add the rest."]
            pub fn new(required: #bundle) -> Self {
                let #bundle { #(#taken),* } = required;
                Self { #(#taken,)* #(#nothing: None),* }
            }
        }
    } else {
        let mut parameters = Vec::new();
        let mut values = Vec::new();
        for field in &required {
            let name = ident(&field.name);
            let input = scope.input(&field.ty, &name);
            let (ty, value) = (input.ty, input.value);
            parameters.push(quote!(#name: #ty));
            values.push(if matches!(field.ty, Ty::Leaf(Leaf::Bool | Leaf::Int | Leaf::Float)) {
                quote!(#name)
            } else {
                quote!(#name: #value)
            });
        }
        let doc = match (required.is_empty(), optional.is_empty()) {
            (true, false) => " Empty; setters add what is wanted.",
            (_, true) => " From all its parts.",
            (false, false) => " From what is required; setters add the rest.",
        };
        let body = match required.is_empty() && default {
            true => quote!(<Self as Default>::default()),
            false => quote!(Self { #(#values,)* #(#nothing: None),* }),
        };
        quote! {
            #[doc = #doc]
            pub fn new(#(#parameters),*) -> Self { #body }
        }
    };
    let mut members = vec![new];
    for field in optional {
        let name = ident(&field.name);
        let input = scope.input(&field.ty, &name);
        let (ty, value) = (input.ty, input.value);
        let doc = doc_comment(&[format!("Sets [`{0}`](field@Self::{0}).", field.name)]);
        let note = deprecated(field.deprecated.as_deref());
        members.push(quote! {
            #doc
            #note
            pub fn #name(mut self, #name: #ty) -> Self {
                self.#name = Some(#value);
                self
            }
        });
    }
    let name = ident(name);
    items.push(Item::Impl {
        header: quote!(impl #name),
        members,
    });
    items
}

/// `decode!(Message, message_id, kind = "type"; root_id);`
pub(super) fn wire_line(scope: &mut Scope<'_>, name: &str, fields: &[Field], sent: bool, received: bool) -> Item {
    let wire = match (sent, received) {
        (true, true) => "wire",
        (true, false) => "encode",
        _ => "decode",
    };
    let entry = |field: &Field| match field.name == field.wire {
        true => field.name.clone(),
        false => format!("{} = {:?}", field.name, field.wire),
    };
    let entries = fields.iter().filter(|field| !field.optional).map(entry).collect();
    let rest = fields.iter().filter(|field| field.optional).map(entry).collect();
    Item::Wire {
        name: wire_macro(scope, wire),
        head: name.to_owned(),
        entries,
        rest,
    }
}

/// A macro of the runtime, by name.
fn wire_macro(scope: &mut Scope<'_>, name: &'static str) -> &'static str {
    scope.rt(name);
    name
}

fn union(scope: &mut Scope<'_>, def: &TypeDef, variants: &[Variant], tagging: &Tagging, otherwise: bool) -> Vec<Item> {
    let value = scope.rt("Value");
    let rest = match (tagging, otherwise) {
        (Tagging::Sibling, _) => quote! {
            #[doc = " Another type: its name and its content."]
            Unknown(String, #value),
        },
        (_, true) => quote! {
            #[doc = " Any other JSON."]
            Json(#value),
        },
        (_, false) => quote! {
            #[doc = " An object whose tag this release does not know."]
            Unknown(#value),
        },
    };
    let name = ident(&def.name);
    let head = match tagging {
        Tagging::Inside(tag) => format!("{name}: {tag:?}"),
        Tagging::Beside(tag, content) => format!("{name}: {tag:?} / {content:?}"),
        Tagging::Sibling => name.to_string(),
    };
    let entries = variants.iter().map(|variant| row(scope, variant)).collect();
    let last = if otherwise { vec!["Json".to_owned()] } else { Vec::new() };
    let wire = match (def.sent, def.received) {
        (true, true) => "union",
        (true, false) => "encode_union",
        _ => "decode_union",
    };
    let wire = Item::Wire {
        name: wire_macro(scope, wire),
        head,
        entries,
        rest: last,
    };
    let mut items = enumeration(scope, def, variants, rest, wire);
    if otherwise {
        items.push(Item::Impl {
            header: quote!(impl From<#value> for #name),
            members: vec![quote!(fn from(value: #value) -> Self { Self::Json(value) })],
        });
    }
    items
}

/// The enum of a union, its constructors and its wire line.
fn enumeration(scope: &mut Scope<'_>, def: &TypeDef, variants: &[Variant], rest: TokenStream, wire: Item) -> Vec<Item> {
    let (name, doc) = (ident(&def.name), doc_comment(&[&def.doc]));
    let cases = variants
        .iter()
        .map(|variant| {
            let (doc, name) = (doc_comment(&[&variant.doc]), ident(&variant.name));
            let ty = variant.ty.as_ref().map(|ty| {
                let ty = scope.ty(ty);
                quote!((#ty))
            });
            quote!(#doc #name #ty,)
        })
        .collect::<Vec<_>>();
    let mut items = vec![Item::Plain(quote! {
        #doc
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        pub enum #name { #(#cases)* #rest }
    })];
    if def.sent {
        let members = variants
            .iter()
            .filter_map(|variant| shorthand(scope, variant))
            .collect::<Vec<_>>();
        if !members.is_empty() {
            items.push(Item::Impl {
                header: quote!(impl #name),
                members,
            });
        }
    }
    items.push(wire);
    items
}

/// `MessageContent::text("hi")`: the variant from what its type requires, or from the type itself.
fn shorthand(scope: &mut Scope<'_>, variant: &Variant) -> Option<TokenStream> {
    let ty = variant.ty.as_ref()?;
    let (constructor, name, doc) = (
        ident(&variant.constructor),
        ident(&variant.name),
        doc_comment(&[&variant.doc]),
    );
    let required = scope
        .required_of(ty)
        .filter(|required| (1..=4).contains(&required.len()));
    Some(match required {
        Some(required) => {
            let spelled = scope.ty(ty);
            let mut parameters = Vec::new();
            for field in &required {
                let name = ident(&field.name);
                let ty = scope.input(&field.ty, &name).ty;
                parameters.push(quote!(#name: #ty));
            }
            let arguments = required.iter().map(|field| ident(&field.name));
            quote!(#doc pub fn #constructor(#(#parameters),*) -> Self { Self::#name(#spelled::new(#(#arguments),*)) })
        }
        None => {
            let argument = constructor.clone();
            let input = scope.input(ty, &argument);
            let (ty, value) = (input.ty, input.value);
            quote!(#doc pub fn #constructor(#argument: #ty) -> Self { Self::#name(#value) })
        }
    })
}

/// `Text(TextContent) = "text"`.
fn row(scope: &mut Scope<'_>, variant: &Variant) -> String {
    let ty = variant
        .ty
        .as_ref()
        .map(|ty| format!("({})", type_text(&scope.ty(ty))))
        .unwrap_or_default();
    format!("{}{ty} = {:?}", variant.name, variant.wire)
}
