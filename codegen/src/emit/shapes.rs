//! One of several types, told apart by the JSON: the enum, its constructors and conversions, its wire line.

use proc_macro2::TokenStream;
use quote::quote;

use super::{
    scope::{Scope, ident},
    types::wire_macro,
    unions::enumeration,
};
use crate::{
    expr::Leaf,
    format::{Item, type_text},
    ir::{Look, Ty, TypeDef, Variant},
};

pub(super) fn shapes(scope: &mut Scope<'_>, def: &TypeDef, cases: &[(Variant, Look)]) -> Vec<Item> {
    let value = scope.rt("Value");
    let rest = quote! {
        #[doc = " Any other JSON."]
        Json(#value),
    };
    let wire = match (def.sent, def.received) {
        (true, true) => "shapes",
        (true, false) => "encode_shapes",
        _ => "decode_shapes",
    };
    let wire = Item::Wire {
        name: wire_macro(scope, wire),
        head: def.name.clone(),
        entries: cases.iter().map(|(variant, look)| row(scope, variant, look)).collect(),
        rest: Vec::new(),
    };
    let variants: Vec<Variant> = cases.iter().map(|(variant, _)| variant.clone()).collect();
    let mut items = enumeration(scope, def, &variants, rest, wire);
    if def.sent {
        items.extend(conversions(scope, def, &variants));
    }
    items
}

/// Text is given as text, `("name", "Ann")`, and anything else as JSON.
fn conversions(scope: &mut Scope<'_>, def: &TypeDef, variants: &[Variant]) -> Vec<Item> {
    let (name, value) = (ident(&def.name), scope.rt("Value"));
    let from = |ty: TokenStream, argument: &str, made: TokenStream| {
        let argument = ident(argument);
        Item::Impl {
            header: quote!(impl From<#ty> for #name),
            members: vec![quote!(fn from(#argument: #ty) -> Self { #made })],
        }
    };
    let text = variants
        .iter()
        .find(|variant| variant.ty == Some(Ty::Leaf(Leaf::String)));
    let text = text.map(|text| {
        let case = ident(&text.name);
        from(quote!(&str), "text", quote!(Self::#case(text.to_owned())))
    });
    let json = from(value, "value", quote!(Self::Json(value)));
    text.into_iter().chain([json]).collect()
}

/// `Segments(Vec<Segment>) = Objects["type", "text"]!["record_ids"]`.
fn row(scope: &mut Scope<'_>, variant: &Variant, look: &Look) -> String {
    let ty = variant
        .ty
        .as_ref()
        .map(|ty| type_text(&scope.ty(ty)))
        .unwrap_or_default();
    let list = |members: &[String]| {
        let members: Vec<String> = members.iter().map(|member| format!("{member:?}")).collect();
        format!("[{}]", members.join(", "))
    };
    let mut row = format!("{}({ty}) = {}", variant.name, look.form.name());
    if !look.has.is_empty() || !look.lacks.is_empty() {
        row += &list(&look.has);
    }
    if !look.lacks.is_empty() {
        row += &format!("!{}", list(&look.lacks));
    }
    row
}
