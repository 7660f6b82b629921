//! A table from operations and events to functions that read a body typed and write it again: what conformance tests call.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::scope::ident;
use crate::{
    expr::Leaf,
    index::TypeId,
    ir::{Api, Kind, Module, Operation, Put, Ty},
    lower::home,
    spec::Reply,
};

/// Rust source with `request`, `reply` and `event`, for a crate that has `flybook` and the functions they lean on.
pub(crate) fn conform(api: &Api) -> Result<String, syn::Error> {
    let mut requests = Vec::new();
    let mut replies = Vec::new();
    let mut events = Vec::new();
    for module in api.modules() {
        for operation in &module.operations {
            let key = format!("{} {}", operation.method, operation.path);
            let (request, reply) = (request(api, module, operation), reply(operation));
            let takes = |put: &Put| matches!(put, Put::Member(_) | Put::Part(_) | Put::Tag(_) | Put::Key);
            let body = match operation
                .arguments
                .iter()
                .flat_map(|argument| &argument.puts)
                .any(takes)
            {
                true => quote!(mut body),
                false => quote!(_),
            };
            requests.push(quote!((#key, #body) => #request,));
            let body = if operation.reply == Reply::Bytes {
                quote!(_)
            } else {
                quote!(body)
            };
            replies.push(quote!((#key, #body) => #reply,));
        }
        for event in &module.events {
            let event_type = &event.event_type;
            let ty = path(module, &event.name);
            events.push(quote!((#event_type, body) => payload::<#ty>("event", body),));
        }
    }
    let file = quote! {
        pub(crate) fn request(operation: &str, body: Value) -> Outcome {
            let body = Members::of(body)?;
            match (operation, body) { #(#requests)* _ => unknown(operation) }
        }

        pub(crate) fn reply(operation: &str, body: Value) -> Outcome {
            match (operation, body) { #(#replies)* _ => unknown(operation) }
        }

        pub(crate) fn event(event: &str, body: Value) -> Outcome {
            match (event, body) { #(#events)* _ => unknown(event) }
        }
    };
    Ok(prettyplease::unparse(&syn::parse2(file)?))
}

/// Reads the members of a body into the request, and writes the request's body.
fn request(api: &Api, module: &Module, operation: &Operation) -> TokenStream {
    let name = path(module, &operation.name);
    let mut lets = Vec::new();
    for argument in &operation.arguments {
        let (field, ty) = (ident(&argument.field.name), spelled(&argument.field.ty));
        let value = match argument.puts.as_slice() {
            [Put::Member(wire)] if argument.field.optional => quote!(body.take_opt(#wire)?),
            [Put::Member(wire)] => quote!(body.take(#wire)?),
            [Put::Part(wire)] if argument.field.optional => quote!(body.take_opt(#wire)?),
            [Put::Part(wire)] => quote!(body.take(#wire)?),
            [Put::Tag(tag), put] => {
                let content = match put {
                    Put::JsonText(wire) => quote!(body.text(#wire)?),
                    Put::Member(wire) => quote!(body.value(#wire)),
                    _ => quote!(Value::Null),
                };
                match argument.field.optional {
                    true => {
                        quote!(body.tag(#tag).map(|tag| Ok::<_, String>(#ty::from_parts(&tag, #content))).transpose()?)
                    }
                    false => quote!(#ty::from_parts(&body.tag(#tag).unwrap_or_default(), #content)),
                }
            }
            [Put::Key] => keys(api, &argument.field.ty, argument.field.optional),
            _ if argument.field.ty == Ty::Leaf(Leaf::File) && !argument.field.optional => {
                quote!(flybook::File::from_bytes("file", ""))
            }
            _ => quote!(Default::default()),
        };
        let ty = if argument.field.optional {
            quote!(Option<#ty>)
        } else {
            ty
        };
        lets.push(quote!(let #field: #ty = #value;));
    }
    let required: Vec<Ident> = operation.required().iter().map(|field| ident(&field.name)).collect();
    let optional = operation.arguments.iter().filter(|argument| argument.field.optional);
    let optional: Vec<Ident> = optional.map(|argument| ident(&argument.field.name)).collect();
    let arguments = match required.len() > 4 {
        true => {
            let bundle = path(module, &format!("{}Required", operation.name));
            quote!(#bundle { #(#required),* })
        }
        // The constructor takes what becomes JSON text as what it is.
        false => {
            let taken = operation.required().into_iter().map(|field| {
                let name = ident(&field.name);
                if matches!(field.ty, Ty::Json(_)) {
                    quote!(#name.0)
                } else {
                    quote!(#name)
                }
            });
            quote!(#(#taken),*)
        }
    };
    let made = quote!(#name::new(#arguments));
    let request = match optional.is_empty() {
        true => quote!(let request = #made;),
        false => quote!(let mut request = #made; #(request.#optional = #optional;)*),
    };
    quote!({ #(#lets)* #request written(&request) })
}

/// The first key that the body holds.
fn keys(api: &Api, ty: &Ty, optional: bool) -> TokenStream {
    let spelled = spelled(ty);
    let variants = match ty.named().and_then(|id| api.get(id)).map(|def| &def.kind) {
        Some(Kind::Keys(variants)) => variants.as_slice(),
        _ => &[],
    };
    let tries = variants.iter().map(|variant| {
        let (name, wire) = (ident(&variant.name), &variant.wire);
        quote!(if body.has(#wire) { Some(#spelled::#name(body.take(#wire)?)) } else)
    });
    let found = quote!(#(#tries)* { None });
    if optional {
        found
    } else {
        quote!((#found).ok_or("none of the keys is there")?)
    }
}

fn reply(operation: &Operation) -> TokenStream {
    let key = match &operation.reply {
        Reply::Data => "data",
        Reply::Key(key) => key,
        Reply::Flat | Reply::Bytes => "",
    };
    match (&operation.payload, &operation.reply) {
        (_, Reply::Bytes) => quote!(Err("the reply is bytes, not JSON".to_owned())),
        (None, _) => quote!(nothing(body)),
        (Some(ty), _) => {
            let ty = spelled(ty);
            quote!(payload::<#ty>(#key, body))
        }
    }
}

fn path(module: &Module, name: &str) -> TokenStream {
    let parts = module.home.0.iter().map(|part| ident(part));
    let name = ident(name);
    quote!(flybook::#(#parts::)*#name)
}

/// A type as another crate spells it.
fn spelled(ty: &Ty) -> TokenStream {
    match ty {
        Ty::Leaf(leaf) => {
            let (name, of_runtime) = leaf.rust();
            let name = ident(name);
            if of_runtime {
                quote!(flybook::#name)
            } else {
                quote!(#name)
            }
        }
        Ty::List(inner) => {
            let inner = spelled(inner);
            quote!(Vec<#inner>)
        }
        Ty::Map(inner) => {
            let inner = spelled(inner);
            quote!(flybook::Map<#inner>)
        }
        Ty::Json(inner) => {
            let inner = spelled(inner);
            quote!(flybook::Json<#inner>)
        }
        Ty::Boxed(inner) => {
            let inner = spelled(inner);
            quote!(Box<#inner>)
        }
        Ty::Named(TypeId { module, name }) => {
            let parts = home(module).0;
            let parts = parts.iter().map(|part| ident(part));
            let name = ident(name);
            quote!(flybook::#(#parts::)*#name)
        }
    }
}
