//! Events: the body's struct and the event type it stands for.

use quote::quote;

use super::{
    sample,
    scope::{Scope, ident},
    types::{structure, wire_line},
};
use crate::{format::Item, ir::Event};

pub(super) fn items(scope: &mut Scope<'_>, event: &Event) -> Result<Vec<Item>, syn::Error> {
    let mut doc = vec![
        event.doc.clone(),
        String::new(),
        format!(
            "Event `{}` · {}",
            event.event_type,
            super::request::reference(&event.page)
        ),
    ];
    for (title, scopes) in [
        ("Scopes (any of)", &event.scopes),
        ("Scopes of single fields", &event.field_scopes),
    ] {
        if !scopes.is_empty() {
            doc.extend([
                String::new(),
                format!("{title}: {}.", super::request::code_list(scopes)),
            ]);
        }
    }
    doc.extend([String::new(), "```no_run".to_owned()]);
    doc.extend(sample::handler(scope, event)?);
    doc.push("```".to_owned());
    let (name, event_type) = (ident(&event.name), &event.event_type);
    let mut items = vec![
        structure(scope, &event.name, &doc, &event.fields),
        wire_line(scope, &event.name, &event.fields, false, true),
    ];
    let trait_name = scope.rt("EventType");
    let reply = match &event.reply {
        Some(ty) => scope.ty(ty),
        None => quote!(()),
    };
    let mut members = vec![
        quote!(type Reply = #reply;),
        quote!(const TYPE: &'static str = #event_type;),
    ];
    for (fact, path) in [("DEDUPE", &event.dedupe), ("ORDER", &event.order)] {
        if !path.is_empty() {
            let fact = ident(fact);
            members.push(quote!(const #fact: &'static [&'static str] = &[#(#path),*];));
        }
    }
    if let Some(late) = &event.late {
        members.push(quote!(const LATE: Option<&'static str> = Some(#late);));
    }
    items.push(Item::Impl {
        header: quote!(impl #trait_name for #name),
        members,
    });
    Ok(items)
}
