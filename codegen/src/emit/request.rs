//! Operations: the request's struct, its constructor, its facts and how it is written.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use super::{
    deprecated, doc_comment, paging, sample,
    scope::{Scope, ident},
    types::{constructor, member},
    upload,
};
use crate::{
    format::Item,
    ir::{Argument, Batch, Operation, Put},
    spec::{Rate, Reply},
};

pub(super) fn items(scope: &mut Scope<'_>, operation: &Operation) -> Result<Vec<Item>, syn::Error> {
    let name = ident(&operation.name);
    let doc = doc_comment(&documentation(scope, operation)?);
    let note = deprecated(operation.deprecated.as_deref());
    let fields: Vec<_> = operation.arguments.iter().map(|argument| &argument.field).collect();
    let members = fields.iter().map(|field| member(scope, field)).collect::<Vec<_>>();
    let default = operation.required().is_empty();
    let derives = if default {
        quote!(Clone, Debug, Default)
    } else {
        quote!(Clone, Debug)
    };
    let mut items = vec![Item::Plain(quote! {
        #doc
        #note
        #[derive(#derives)]
        #[non_exhaustive]
        pub struct #name { #(#members)* }
    })];
    items.extend(constructor(scope, &operation.name, &fields, default));
    items.push(request(scope, operation));
    let markers: Vec<TokenStream> = operation
        .tokens
        .iter()
        .map(|token| {
            let marker = match token.as_str() {
                "user" => scope.rt("AcceptsUser"),
                "app" => scope.rt("AcceptsApp"),
                _ => scope.rt("AcceptsTenant"),
            };
            quote!(impl #marker for #name {})
        })
        .collect();
    if !markers.is_empty() {
        items.push(Item::Lines(markers));
    }
    if let Some(paging) = &operation.paging {
        items.push(paging::paged(scope, operation, paging));
    }
    if let Some(upload) = &operation.upload {
        items.push(upload::chunked(scope, operation, upload));
    }
    if let Some(batch) = &operation.batch {
        items.push(batched(scope, operation, batch));
    }
    Ok(items)
}

/// `impl Request`: the reply, the facts, and how the call is written.
fn request(scope: &mut Scope<'_>, operation: &Operation) -> Item {
    let name = ident(&operation.name);
    let reply = match (&operation.payload, &operation.reply) {
        (_, Reply::Bytes) => {
            let download = scope.rt("Download");
            quote!(#download)
        }
        (Some(ty), _) => scope.ty(ty),
        (None, _) => quote!(()),
    };
    let endpoint = endpoint(scope, operation);
    let (request, encoder, endpoint_ty) = (scope.rt("Request"), scope.rt("Encoder"), scope.rt("Endpoint"));
    let mut puts = operation.arguments.iter().flat_map(puts).collect::<Vec<_>>();
    puts.extend(operation.paced.as_ref().map(|paced| {
        let field = ident(&paced.field);
        quote!(call.paced(&self.#field);)
    }));
    let call = if puts.is_empty() { ident("_call") } else { ident("call") };
    Item::Impl {
        header: quote!(impl #request for #name),
        members: vec![
            quote!(type Reply = #reply;),
            quote!(const ENDPOINT: &'static #endpoint_ty = &#endpoint;),
            quote!(#[inline] fn encode(&self, #call: &mut #encoder) { #(#puts)* }),
        ],
    }
}

/// The facts as data; what is at its default is left out.
fn endpoint(scope: &mut Scope<'_>, operation: &Operation) -> TokenStream {
    let (id, path, page) = (&operation.id, &operation.path, &operation.page);
    let endpoint = scope.rt("Endpoint");
    let http_method = scope.rt("Method");
    let method = ident(&crate::name::pascal(&operation.method));
    let mut facts = quote!(id: #id, method: #http_method::#method, path: #path, page: #page,);
    if !operation.tokens.is_empty() {
        let kind = scope.rt("TokenKind");
        let tokens = operation.tokens.iter().map(|token| ident(&crate::name::pascal(token)));
        facts.extend(quote!(tokens: &[#(#kind::#tokens),*],));
    }
    let kind = scope.rt("AppKind");
    let apps = operation.apps.iter().map(|app| ident(&crate::name::pascal(app)));
    facts.extend(quote!(apps: &[#(#kind::#apps),*],));
    for (fact, values) in [("scopes", &operation.scopes), ("field_scopes", &operation.field_scopes)] {
        if !values.is_empty() {
            let fact = ident(fact);
            facts.extend(quote!(#fact: &[#(#values),*],));
        }
    }
    if !operation.rate.is_empty() {
        let rate = scope.rt("Rate");
        let windows = operation.rate.iter().map(|window| self::window(&rate, *window));
        facts.extend(quote!(rate: &[#(#windows),*],));
    }
    if let Some(paced) = &operation.paced {
        let (ty, rate) = (scope.rt("Paced"), scope.rt("Rate"));
        let (by, with, rate) = (&paced.by, &paced.with, window(&rate, paced.rate));
        facts.extend(quote!(paced: Some(#ty { by: #by, rate: #rate, with: #with }),));
    }
    if let Some((field, in_query)) = &operation.dedupe {
        let kind = scope.rt("Dedupe");
        let place = ident(if *in_query { "Query" } else { "Body" });
        facts.extend(quote!(dedupe: Some(#kind::#place(#field)),));
    }
    if operation.helpdesk {
        facts.extend(quote!(helpdesk: true,));
    }
    if operation.sensitive {
        facts.extend(quote!(sensitive: true,));
    }
    if operation.host != "open" {
        let (host, which) = (scope.rt("Host"), ident(&crate::name::pascal(&operation.host)));
        facts.extend(quote!(host: #host::#which,));
    }
    let reply = match &operation.reply {
        Reply::Data => None,
        Reply::Flat => Some(quote!(Flat)),
        Reply::Bytes => Some(quote!(Bytes)),
        Reply::Key(key) => Some(quote!(Key(#key))),
    };
    if let Some(reply) = reply {
        let kind = scope.rt("Reply");
        facts.extend(quote!(reply: #kind::#reply,));
    }
    if !operation.errors.is_empty() {
        let rows = causes(operation).map(|(code, doc)| {
            let code = Literal::i64_unsuffixed(code);
            quote!((#code, #doc))
        });
        facts.extend(quote!(errors: &[#(#rows),*],));
    }
    quote!(#endpoint { #facts ..#endpoint::DEFAULT })
}

fn window(ty: &TokenStream, rate: Rate) -> TokenStream {
    let requests = Literal::u32_unsuffixed(rate.requests);
    let per = ident(if rate.seconds == 60 { "per_minute" } else { "per_second" });
    quote!(#ty::#per(#requests))
}

/// `5/s`, as the spec writes it.
fn rate_text(rate: &Rate) -> String {
    format!("{}/{}", rate.requests, if rate.seconds == 60 { "min" } else { "s" })
}

/// The error table, a code's inner codes after it.
fn causes(operation: &Operation) -> impl Iterator<Item = (i64, &str)> {
    operation.errors.iter().flat_map(|row| {
        std::iter::once((row.code, row.doc.as_str())).chain(row.inner.iter().map(|(code, doc)| (*code, doc.as_str())))
    })
}

/// The lines of `encode` that one argument gives.
fn puts(argument: &Argument) -> Vec<TokenStream> {
    let field = ident(&argument.field.name);
    let optional = argument.field.optional;
    let union = argument.puts.iter().any(|put| matches!(put, Put::Tag(_) | Put::Key));
    let value = if union && optional {
        quote!(union)
    } else {
        quote!(self.#field)
    };
    let reference = if union && optional {
        quote!(union)
    } else {
        quote!(&self.#field)
    };
    let lines: Vec<TokenStream> = argument
        .puts
        .iter()
        .map(|put| {
            let (verb, wire) = match put {
                Put::Tag(wire) => return quote!(call.put(#wire, #value.tag());),
                Put::JsonText(wire) => return quote!(call.put_json(#wire, #reference);),
                Put::Key => return quote!(call.put(#value.key(), #reference);),
                Put::Member(wire) if union => return quote!(call.put(#wire, #reference);),
                Put::Path(wire) => ("path", wire),
                Put::Query(wire) => ("query", wire),
                Put::QueryEach(wire) => ("query_each", wire),
                Put::QueryJoined(wire) => ("query_joined", wire),
                Put::Header(wire) => ("header", wire),
                Put::Member(wire) => ("put", wire),
                Put::Part(wire) => ("part", wire),
                Put::File(wire) => ("file", wire),
            };
            let verb = if optional {
                format_ident!("{verb}_opt")
            } else {
                ident(verb)
            };
            quote!(call.#verb(#wire, #reference);)
        })
        .collect();
    match union && optional {
        true => vec![quote!(if let Some(union) = &self.#field { #(#lines)* })],
        false => lines,
    }
}

fn batched(scope: &mut Scope<'_>, operation: &Operation, batch: &Batch) -> Item {
    let (batched, item) = (scope.rt("Batched"), scope.ty(&batch.item));
    let (name, list, most) = (
        ident(&operation.name),
        ident(&batch.field),
        Literal::u64_unsuffixed(batch.most),
    );
    let mut members = vec![
        quote!(type Item = #item;),
        quote!(const MOST: usize = #most;),
        quote!(#[inline] fn items(&mut self) -> &mut Vec<#item> { &mut self.#list }),
    ];
    if let Some(key) = batch.key.as_deref().map(ident) {
        members.push(quote!(#[inline] fn key(&mut self) -> Option<&mut Option<String>> { Some(&mut self.#key) }));
    }
    Item::Impl {
        header: quote!(impl #batched for #name),
        members,
    }
}

/// Meaning, method and path, reference, tokens, scopes, rate, errors and a sample.
fn documentation(scope: &mut Scope<'_>, operation: &Operation) -> Result<Vec<String>, syn::Error> {
    let mut doc = vec![
        operation.doc.clone(),
        String::new(),
        format!(
            "`{} {}` · {}",
            operation.method,
            operation.path,
            reference(&operation.page)
        ),
        String::new(),
    ];
    let tokens = match operation.tokens.as_slice() {
        [] => "none".to_owned(),
        tokens => tokens.join(" or "),
    };
    let mut facts = vec![
        format!("Access token: {tokens}."),
        format!("Apps: {}.", operation.apps.join(", ")),
    ];
    if operation.helpdesk {
        facts.push(
            "Needs the helpdesk's credentials ([`Builder::helpdesk`](flybook_runtime::Builder::helpdesk)).".to_owned(),
        );
    }
    if !operation.scopes.is_empty() {
        facts.push(format!("Scopes (any of): {}.", code_list(&operation.scopes)));
    }
    if !operation.field_scopes.is_empty() {
        facts.push(format!(
            "Scopes of single fields: {}.",
            code_list(&operation.field_scopes)
        ));
    }
    if !operation.rate.is_empty() {
        let windows = operation.rate.iter().map(rate_text);
        facts.push(format!("Rate: {}.", windows.collect::<Vec<_>>().join(", ")));
    }
    if let Some(paced) = &operation.paced {
        let shared = match paced.with == operation.id {
            true => String::new(),
            false => format!(", shared with `{}`", paced.with),
        };
        facts.push(format!(
            "Rate of each `{}`: {}{shared}.",
            paced.by,
            rate_text(&paced.rate)
        ));
    }
    if operation.upload.is_some() {
        facts.push(
            "Begins an upload in blocks, of which [`Client::upload`](flybook_runtime::Client::upload) does the rest."
                .to_owned(),
        );
    }
    if let Some((dedupe, _)) = &operation.dedupe {
        facts.push(format!("Safe to repeat with the same `{dedupe}`."));
    }
    if let Some(batch) = &operation.batch {
        facts.push(format!(
            "Takes {} of `{}` at most; [`Client::batch`](flybook_runtime::Client::batch) splits more into several calls.",
            batch.most, batch.field
        ));
    }
    for fact in facts {
        doc.push(format!("- {fact}"));
    }
    doc.extend([String::new(), "# Example".to_owned(), "```no_run".to_owned()]);
    doc.extend(sample::lines(scope, operation)?);
    doc.push("```".to_owned());
    if !operation.errors.is_empty() {
        doc.extend([String::new(), "# Errors".to_owned()]);
        for row in &operation.errors {
            doc.push(format!("- `{}`: {}", row.code, crate::docs::sentence(&row.doc)));
            doc.extend(
                row.inner
                    .iter()
                    .map(|(code, cause)| format!("  - `{code}`: {}", crate::docs::sentence(cause))),
            );
        }
    }
    Ok(doc)
}

pub(super) fn reference(page: &str) -> String {
    format!("[reference](https://open.feishu.cn/document{page})")
}

pub(super) fn code_list(words: &[String]) -> String {
    words
        .iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ")
}
