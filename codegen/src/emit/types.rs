//! Named types: objects and open enums, each with its wire line; unions stand beside.

use proc_macro2::TokenStream;
use quote::quote;

use super::{
    deprecated, doc_comment,
    scope::{Scope, ident},
    shapes::shapes,
    unions::{enumeration, row, union},
};
use crate::{
    expr::Leaf,
    format::Item,
    ir::{Field, Keyed, Kind, Parsed, Ty, TypeDef},
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
        Kind::Shapes(cases) => shapes(scope, def, cases),
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
    if def.answers {
        items.extend(from_members(scope, def, fields));
    }
    let name = ident(&def.name);
    let mut members: Vec<TokenStream> = def.parsed.iter().map(|parsed| reader(scope, parsed)).collect();
    members.extend(def.keyed.iter().map(|keyed| lookup(scope, keyed)));
    if !members.is_empty() {
        items.push(Item::Impl {
            header: quote!(impl #name),
            members,
        });
    }
    items
}

/// `message.mention("@_user_1")`, or `message.with_names("@_user_1 hi")`.
fn lookup(scope: &mut Scope<'_>, keyed: &Keyed) -> TokenStream {
    let (doc, name, ty) = (doc_comment(&[&keyed.doc]), ident(&keyed.name), scope.ty(&keyed.item));
    let (list, by) = (ident(&keyed.list), ident(&keyed.by));
    match keyed.put.as_deref().map(ident) {
        Some(put) => quote! {
            #doc
            pub fn #name(&self, text: &str) -> String {
                let names = self.#list.iter().map(|item| (item.#by.as_str(), item.#put.as_str()));
                flybook_runtime::wire::with_names(text, names)
            }
        },
        None => quote! {
            #doc
            pub fn #name(&self, #by: &str) -> Option<&#ty> {
                self.#list.iter().find(|item| item.#by == #by)
            }
        },
    }
}

/// A reply from one of its members alone, where the member's type tells which: `Ok(Toast::success("Saved"))`.
fn from_members(scope: &mut Scope<'_>, def: &TypeDef, fields: &[Field]) -> Vec<Item> {
    let name = ident(&def.name);
    let alone = |field: &&Field| {
        let mut others = fields.iter().filter(|other| other.wire != field.wire);
        matches!(field.ty, Ty::Named(_)) && others.all(|other| other.optional && other.ty != field.ty)
    };
    let from = |field: &Field| {
        let (ty, member) = (scope.ty(&field.ty), ident(&field.name));
        let made = match field.optional {
            true => quote!(Self::new().#member(#member)),
            false => quote!(Self::new(#member)),
        };
        Item::Impl {
            header: quote!(impl From<#ty> for #name),
            members: vec![quote!(fn from(#member: #ty) -> Self { #made })],
        }
    };
    fields.iter().filter(alone).map(from).collect()
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
    let (required, rest): (Vec<&Field>, Vec<&Field>) = fields.iter().partition(|field| field.is_argument());
    let mut items = Vec::new();
    let nothing = rest.iter().map(|field| {
        let name = ident(&field.name);
        let empty = match (field.optional, field.rest) {
            (true, _) => quote!(None),
            (_, true) => quote!(Default::default()),
            _ => quote!(Vec::new()),
        };
        quote!(#name: #empty)
    });
    let nothing = nothing.collect::<Vec<_>>();
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
                Self { #(#taken,)* #(#nothing),* }
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
        let doc = match (required.is_empty(), rest.is_empty()) {
            (true, false) => " Empty; setters add what is wanted.",
            (_, true) => " From all its parts.",
            (false, false) => " From what is required; setters add the rest.",
        };
        let body = match required.is_empty() && default {
            true => quote!(<Self as Default>::default()),
            false => quote!(Self { #(#values,)* #(#nothing),* }),
        };
        quote! {
            #[doc = #doc]
            pub fn new(#(#parameters),*) -> Self { #body }
        }
    };
    let mut members = vec![new];
    for field in rest {
        let name = ident(&field.name);
        let input = scope.input(&field.ty, &name);
        let (ty, value) = (input.ty, input.value);
        let doc = doc_comment(&[format!("Sets [`{0}`](field@Self::{0}).", field.name)]);
        let note = deprecated(field.deprecated.as_deref());
        let value = if field.optional { quote!(Some(#value)) } else { value };
        members.push(quote! {
            #doc
            #note
            pub fn #name(mut self, #name: #ty) -> Self {
                self.#name = #value;
                self
            }
        });
        if let (Some(each), Ty::List(inner)) = (field.each.as_deref().map(ident), &field.ty) {
            let input = scope.input(inner, &each);
            let (ty, value) = (input.ty, input.value);
            let doc = doc_comment(&[format!("Adds one to [`{0}`](field@Self::{0}).", field.name)]);
            let list = if field.optional {
                quote!(#name.get_or_insert_default())
            } else {
                quote!(#name)
            };
            members.push(quote! {
                #doc
                #note
                pub fn #each(mut self, #each: #ty) -> Self {
                    self.#list.push(#value);
                    self
                }
            });
        }
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
    let own = || fields.iter().filter(|field| !field.rest);
    let entries = own().filter(|field| !field.optional).map(entry).collect();
    let mut rest: Vec<String> = own().filter(|field| field.optional).map(entry).collect();
    rest.extend(
        fields
            .iter()
            .filter(|field| field.rest)
            .map(|field| format!("..{}", field.name)),
    );
    Item::Wire {
        name: wire_macro(scope, wire),
        head: name.to_owned(),
        entries,
        rest,
    }
}

/// A macro of the runtime, by name.
pub(super) fn wire_macro(scope: &mut Scope<'_>, name: &'static str) -> &'static str {
    scope.rt(name);
    name
}
