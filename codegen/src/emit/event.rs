//! Events: the body's struct and the event type it stands for.

use quote::quote;

use super::{
    scope::{Scope, ident},
    types::{structure, wire_line},
};
use crate::{format::Item, ir::Event};

pub(super) fn items(scope: &mut Scope<'_>, event: &Event) -> Vec<Item> {
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
    let (name, event_type) = (ident(&event.name), &event.event_type);
    let mut items = vec![
        structure(scope, &event.name, &doc, &event.fields),
        wire_line(scope, &event.name, &event.fields, false, true),
    ];
    let trait_name = scope.rt("EventType");
    items.push(Item::Impl {
        header: quote!(impl #trait_name for #name),
        members: vec![quote!(const TYPE: &'static str = #event_type;)],
    });
    items
}
