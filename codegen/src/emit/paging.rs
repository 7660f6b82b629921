//! Lists that go on: how a request turns the page, and what its reply says about the next.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::{
    scope::{Scope, ident},
    types::wire_macro,
};
use crate::{
    expr::Leaf,
    format::{Item, type_text},
    ir::{At, Operation, Paging, Way},
};

/// `paged!(List: Chat, items, page_token = page_token, has_more);`, or `impl Paged` where that cannot say it.
pub(super) fn paged(scope: &mut Scope<'_>, operation: &Operation, paging: &Paging) -> Item {
    if let Some(links) = plain_links(&paging.way) {
        let item = type_text(&scope.ty(&paging.item));
        return Item::Wire {
            name: wire_macro(scope, "paged"),
            head: format!("{}: {item}", operation.name),
            entries: std::iter::once(paging.items.clone()).chain(links).collect(),
            rest: Vec::new(),
        };
    }
    let (paged, page) = (scope.rt("Paged"), scope.rt("Page"));
    let item = scope.ty(&paging.item);
    let reply = operation.payload.as_ref().map_or_else(|| quote!(()), |ty| scope.ty(ty));
    let (name, items) = (ident(&operation.name), ident(&paging.items));
    let (turn, split) = match &paging.way {
        Way::Token { token, next, more } => {
            let next = match (next.leaf, told(next), next.is_optional()) {
                (Leaf::Int, next, true) => quote!(flybook_runtime::number_token(#next.unwrap_or_default())),
                (Leaf::Int, next, false) => quote!(flybook_runtime::number_token(#next)),
                (_, next, true) => quote!(#next.unwrap_or_default()),
                (_, next, false) => next,
            };
            let more = more.as_ref().map_or_else(|| quote!(None), self::more);
            let split = quote!(#page { items: page.#items, next: #next, more: #more, total: None });
            (turn(token), split)
        }
        Way::Number {
            page: number,
            first,
            total,
        } => {
            let at = read(&quote!(self), number);
            let first = Literal::i64_unsuffixed(*first);
            let at = match number.is_optional() {
                true => quote!(#at.unwrap_or(#first)),
                false => at,
            };
            let (value, optional) = (told(total), total.is_optional());
            let total = match optional {
                true => quote!(Some(#value.unwrap_or_default())),
                false => quote!(Some(#value)),
            };
            let next = quote!(#at.saturating_add(1).to_string());
            let split = quote!(#page { items: page.#items, next: #next, more: None, total: #total });
            (turn(number), split)
        }
        Way::Offset {
            offset,
            first,
            more,
            total,
            limit,
        } => {
            let first = Literal::i64_unsuffixed(*first);
            let at = read(&quote!(self), offset);
            let at = match (offset.leaf, offset.is_optional()) {
                (Leaf::Int, false) => at,
                (Leaf::Int, true) => quote!(#at.unwrap_or(#first)),
                _ => quote!(flybook_runtime::number(&#at).unwrap_or(#first)),
            };
            let more = more.as_ref().map_or_else(|| quote!(None), self::more);
            let number = |root: TokenStream, at: &At| {
                let value = read(&root, at);
                match (at.leaf, at.is_optional()) {
                    (Leaf::Int, true) => value,
                    (Leaf::Int, false) => quote!(Some(#value)),
                    _ => quote!(flybook_runtime::number(&#value)),
                }
            };
            let total = total
                .as_ref()
                .map_or_else(|| quote!(None), |total| number(quote!(page), total));
            let limit = limit.as_ref().map_or_else(
                || quote!(None),
                |(limit, usual)| {
                    let value = number(quote!(self), limit);
                    let usual = usual.filter(|_| limit.is_optional()).map(Literal::i64_unsuffixed);
                    match usual {
                        Some(usual) => quote!(#value.or(Some(#usual))),
                        None => value,
                    }
                },
            );
            let rest = quote!(flybook_runtime::Rest { more: #more, total: #total, limit: #limit });
            (turn(offset), quote!(#page::by_offset(#at, #rest, page.#items)))
        }
    };
    Item::Impl {
        header: quote!(impl #paged for #name),
        members: vec![
            quote!(type Item = #item;),
            quote!(#[inline] fn turn(&mut self, token: String) -> flybook_runtime::Result<()> { #turn Ok(()) }),
            quote!(#[inline] fn split(&self, page: #reply) -> #page<#item> { #split }),
        ],
    }
}

/// The value of a field, where none but the last may be an `Option`.
pub(super) fn read(root: &TokenStream, at: &At) -> TokenStream {
    let path = at.path.iter().map(|(name, _)| ident(name));
    quote!(#root #(.#path)*)
}

fn told(at: &At) -> TokenStream {
    read(&quote!(page), at)
}

/// Whether more follows, as an `Option`.
fn more(at: &At) -> TokenStream {
    let value = told(at);
    match (at.leaf, at.is_optional()) {
        (Leaf::Int, true) => quote!(#value.map(|more| more != 0)),
        (Leaf::Int, false) => quote!(Some(#value != 0)),
        (_, true) => value,
        (_, false) => quote!(Some(#value)),
    }
}

/// Puts the token where the request takes it; objects on the way there are made when they are missing.
fn turn(at: &At) -> TokenStream {
    let mut place = quote!(self);
    let (last, within) = match at.path.split_last() {
        Some(path) => path,
        None => return quote!(),
    };
    for (name, optional) in within {
        let name = ident(name);
        place.extend(quote!(.#name));
        if *optional {
            place.extend(quote!(.get_or_insert_default()));
        }
    }
    let name = ident(&last.0);
    let value = match at.leaf {
        Leaf::Int => quote!(flybook_runtime::page_number::<Self>(&token)?),
        _ => quote!(token),
    };
    match last.1 {
        true => quote!(#place.#name = Some(#value);),
        false => quote!(#place.#name = #value;),
    }
}

/// What links pages by tokens that are text, in the words of `paged!`: all fields stand by themselves, and those of the reply are always there.
fn plain_links(way: &Way) -> Option<Vec<String>> {
    let Way::Token { token, next, more } = way else {
        return None;
    };
    let plain = |at: &At, leaf: Leaf, wants: bool| match at.path.as_slice() {
        [(name, optional)] if at.leaf == leaf && *optional == wants => Some(name.clone()),
        _ => None,
    };
    let (token, next) = (plain(token, Leaf::String, true)?, plain(next, Leaf::String, false)?);
    let mut links = vec![format!("{token} = {next}")];
    if let Some(more) = more {
        links.push(plain(more, Leaf::Bool, false)?);
    }
    Some(links)
}
