//! Unions and one key of several: the enum, its constructors and conversions, its wire line.

use proc_macro2::TokenStream;
use quote::quote;

use super::{
    doc_comment,
    scope::{Scope, ident},
    types::wire_macro,
};
use crate::{
    format::{Item, type_text},
    ir::{Kind, Tagging, Ty, TypeDef, Variant},
};

pub(super) fn union(
    scope: &mut Scope<'_>,
    def: &TypeDef,
    variants: &[Variant],
    tagging: &Tagging,
    otherwise: bool,
) -> Vec<Item> {
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
pub(super) fn enumeration(
    scope: &mut Scope<'_>,
    def: &TypeDef,
    variants: &[Variant],
    rest: TokenStream,
    wire: Item,
) -> Vec<Item> {
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
        let mut members = variants
            .iter()
            .filter_map(|variant| shorthand(scope, variant))
            .collect::<Vec<_>>();
        members.extend(shared_setters(scope, def, variants));
        if !members.is_empty() {
            items.push(Item::Impl {
                header: quote!(impl #name),
                members,
            });
        }
    }
    items.push(wire);
    // The wire line of shapes has the conversions already.
    if def.sent && !matches!(def.kind, Kind::Shapes(_)) {
        items.extend(variants.iter().filter_map(|variant| {
            let (case, ty) = (ident(&variant.name), variant.ty.as_ref()?);
            let alone = variants.iter().filter(|other| other.ty.as_ref() == Some(ty)).count() == 1;
            (alone && scope.has_setters(ty)).then(|| {
                let ty = scope.ty(ty);
                Item::Impl {
                    header: quote!(impl From<#ty> for #name),
                    members: vec![quote!(fn from(value: #ty) -> Self { Self::#case(value) })],
                }
            })
        }));
    }
    items
}

/// `Toast::success("Saved").i18n(…)`: where all variants have one type, its setters.
fn shared_setters(scope: &mut Scope<'_>, def: &TypeDef, variants: &[Variant]) -> Vec<TokenStream> {
    let (Kind::Union { .. }, [first, _, ..]) = (&def.kind, variants) else {
        return Vec::new();
    };
    let Some(Ty::Named(id)) = first
        .ty
        .as_ref()
        .filter(|_| variants.iter().all(|variant| variant.ty == first.ty))
    else {
        return Vec::new();
    };
    let Some(Kind::Object(fields)) = scope.def(id).map(|def| &def.kind) else {
        return Vec::new();
    };
    let constructors: Vec<&str> = variants.iter().map(|variant| variant.constructor.as_str()).collect();
    let cases: Vec<_> = variants.iter().map(|variant| ident(&variant.name)).collect();
    let open = fields
        .iter()
        .filter(|field| field.optional && !constructors.contains(&field.name.as_str()));
    open.map(|field| {
        let name = ident(&field.name);
        let input = scope.input(&field.ty, &name);
        let (ty, value) = (input.ty, input.value);
        let doc = doc_comment(&[&field.doc]);
        quote! {
            #doc
            pub fn #name(mut self, #name: #ty) -> Self {
                if let #(Self::#cases(inner))|* = &mut self {
                    inner.#name = Some(#value);
                }
                self
            }
        }
    })
    .collect()
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
pub(super) fn row(scope: &mut Scope<'_>, variant: &Variant) -> String {
    let ty = variant
        .ty
        .as_ref()
        .map(|ty| format!("({})", type_text(&scope.ty(ty))))
        .unwrap_or_default();
    format!("{}{ty} = {:?}", variant.name, variant.wire)
}
