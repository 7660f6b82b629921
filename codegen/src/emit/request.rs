//! Operations: the request's struct with its documentation, its constructor, its errors and what it can do.

use proc_macro2::Literal;
use quote::quote;

use super::{
    encode, endpoint, paging, sample,
    scope::{Scope, ident},
    types::{constructor, declaration, wire_macro},
    upload,
};
use crate::{
    docs,
    format::{Item, deprecated_line, doc_lines, filled, type_text},
    ir::{Batch, Operation},
    spec::{Rate, Reply},
};

pub(super) fn items(scope: &mut Scope<'_>, operation: &Operation) -> Result<Vec<Item>, syn::Error> {
    let fields: Vec<_> = operation.arguments.iter().map(|argument| &argument.field).collect();
    let derives = match operation.required().is_empty() {
        true => "Clone, Debug, Default",
        false => "Clone, Debug",
    };
    let mut head = doc_lines("", &documentation(scope, operation)?);
    head += &deprecated_line("", operation.deprecated.as_deref());
    head += &format!("#[derive({derives})]\n#[non_exhaustive]\n");
    let mut items = vec![Item::Text(head + &declaration(scope, &operation.name, &fields))];
    items.extend(constructor(scope, &operation.name, &fields));
    items.push(request(scope, operation)?);
    if !operation.errors.is_empty() {
        items.push(errors(scope, operation));
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

/// `impl Request`: the reply, the facts, and how the call is written; then the tokens that it takes.
fn request(scope: &mut Scope<'_>, operation: &Operation) -> Result<Item, syn::Error> {
    let name = &operation.name;
    let reply = match (&operation.payload, &operation.reply) {
        (_, Reply::Bytes) => scope.rt("Download").to_string(),
        (Some(ty), _) => type_text(&scope.ty(ty)),
        (None, _) => "()".to_owned(),
    };
    let facts = filled("        ", endpoint::endpoint(scope, operation));
    let [request, endpoint] = ["Request", "Endpoint"].map(|name| type_text(&scope.rt(name)));
    let encode = encode::encode(scope, operation)?;
    let markers = operation.tokens.iter().map(|token| {
        let marker = match token.as_str() {
            "user" => "AcceptsUser",
            "app" => "AcceptsApp",
            _ => "AcceptsTenant",
        };
        format!("\nimpl {} for {name} {{}}", type_text(&scope.rt(marker)))
    });
    let markers = markers.collect::<String>();
    Ok(Item::Text(format!(
        "impl {request} for {name} {{\n    type Reply = {reply};\n    const ENDPOINT: &'static {endpoint} = &{endpoint} {{\n{facts}\n    }};\n{encode}\n}}{markers}"
    )))
}

/// `errors!(Create { 230002: "The bot is not in the chat." });`, or the constant where rustdoc would misread a sentence.
fn errors(scope: &mut Scope<'_>, operation: &Operation) -> Item {
    let causes = operation.errors.iter().flat_map(|row| {
        let inner = row.inner.iter().map(|(code, cause)| ("  - ", *code, cause));
        std::iter::once(("- ", row.code, &row.doc)).chain(inner)
    });
    let causes: Vec<_> = causes.collect();
    let name = &operation.name;
    if causes.iter().any(|(_, _, cause)| docs::sentence(cause) != **cause) {
        let mut doc = vec![
            "The codes that the call fails with, and what each means.".to_owned(),
            String::new(),
        ];
        let row = |(bullet, code, cause): &(&str, i64, &String)| format!("{bullet}`{code}`: {}", docs::sentence(cause));
        doc.extend(causes.iter().map(row));
        let rows = causes
            .iter()
            .map(|(_, code, cause)| format!("        ({code}, {cause:?}),\n"));
        return Item::Text(format!(
            "impl {name} {{\n{}    pub const ERRORS: &'static [(i64, &'static str)] = &[\n{}    ];\n}}",
            doc_lines("    ", &doc),
            rows.collect::<String>()
        ));
    }
    wire_macro(scope, "errors");
    let rows = operation.errors.iter().map(|row| {
        let inner = row
            .inner
            .iter()
            .map(|(code, cause)| format!("        {code}: {cause:?},\n"));
        let inner = match inner.collect::<String>() {
            none if none.is_empty() => none,
            inner => format!(" {{\n{inner}    }}"),
        };
        format!("    {}: {:?}{inner},\n", row.code, row.doc)
    });
    Item::Text(format!("errors!({name} {{\n{}}});", rows.collect::<String>()))
}

/// `5/s`, as the spec writes it.
fn rate_text(rate: &Rate) -> String {
    format!("{}/{}", rate.requests, if rate.seconds == 60 { "min" } else { "s" })
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
    let tokens = match operation.tokens.as_slice() {
        [] => "none".to_owned(),
        tokens => tokens.join(" or "),
    };
    let mut facts = vec![
        format!(
            "`{} {}` · {}",
            operation.method,
            operation.path,
            reference(&operation.page)
        ),
        format!("Access token: {tokens}. Apps: {}.", operation.apps.join(", ")),
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
    let mut limits = Vec::new();
    if !operation.rate.is_empty() {
        let windows = operation.rate.iter().map(rate_text);
        limits.push(format!("Rate: {}.", windows.collect::<Vec<_>>().join(", ")));
    }
    if let Some(paced) = &operation.paced {
        let shared = match paced.with == operation.id {
            true => String::new(),
            false => format!(", shared with `{}`", paced.with),
        };
        limits.push(format!(
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
        limits.push(format!("Safe to repeat with the same `{dedupe}`."));
    }
    if let Some(batch) = &operation.batch {
        facts.push(format!(
            "Takes {} of `{}` at most; [`Client::batch`](flybook_runtime::Client::batch) splits more into several calls.",
            batch.most, batch.field
        ));
    }
    if !operation.errors.is_empty() {
        limits.push(format!("Errors: [`{}::ERRORS`].", operation.name));
    }
    if !limits.is_empty() {
        facts.push(limits.join(" "));
    }
    let mut doc = vec![operation.doc.clone(), String::new()];
    for fact in facts {
        doc.push(format!("- {fact}"));
    }
    doc.extend([String::new(), "```no_run".to_owned()]);
    doc.extend(sample::lines(scope, operation)?);
    doc.push("```".to_owned());
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
