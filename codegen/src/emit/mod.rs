//! IR to generated files. What is printed here is decided elsewhere.

pub(crate) mod catalog;
mod catalog_rust;
pub(crate) mod conform;
mod door;
mod encode;
mod endpoint;
mod event;
mod manifest;
pub(crate) mod openapi;
mod paging;
mod platform;
mod request;
pub(crate) mod sample;
pub(crate) mod schema;
mod scope;
mod shapes;
mod types;
mod unions;
mod upload;

use proc_macro2::TokenStream;
use quote::quote;

use crate::{
    format::{Item, RustFile},
    ir::{Api, Module},
    name::link,
    parallel,
};

pub(crate) use manifest::{manifest, readme};

/// The Rust files of the crate: path and text.
pub(crate) fn rust(api: &Api) -> Result<Vec<(String, String)>, syn::Error> {
    let mut files = door::files(api)?;
    files.push(platform::file(api));
    let files = files.iter().map(|file| Ok((file.path.clone(), file.text()?)));
    let modules: Vec<&Module> = api.modules().collect();
    let resources = parallel::map(&modules, |module| {
        let file = resource(api, module)?;
        Ok((file.path.clone(), file.text()?))
    });
    files.chain(resources).collect()
}

/// One file with its operations, then its events, then its types.
fn resource(api: &Api, module: &Module) -> Result<RustFile, syn::Error> {
    let mut scope = scope::Scope::new(api, module);
    let mut items: Vec<Item> = Vec::new();
    if !module.operations.is_empty() {
        items.push(door::methods(&mut scope));
    }
    for operation in &module.operations {
        items.extend(request::items(&mut scope, operation)?);
    }
    for event in &module.events {
        items.extend(event::items(&mut scope, event)?);
    }
    for def in &module.types {
        items.extend(types::items(&mut scope, def));
    }
    let mut doc = vec![module.doc.clone()];
    let listed = |name: &str, doc: &str| format!("- {}: {doc}", link(name));
    if !module.operations.is_empty() {
        doc.extend([String::new(), "[`Methods`] lists the operations.".to_owned()]);
    }
    if !module.events.is_empty() {
        doc.extend([String::new(), "# Events".to_owned()]);
        doc.extend(module.events.iter().map(|event| listed(&event.name, &event.doc)));
    }
    Ok(RustFile {
        path: format!("src/{}.rs", module.home.0.join("/")),
        source: format!("spec/{}", module.source),
        attributes: TokenStream::new(),
        doc,
        uses: scope.uses(),
        items,
    })
}

/// Doc comments, a line each.
fn doc_comment<S: AsRef<str>>(lines: &[S]) -> TokenStream {
    let lines = lines.iter().map(|line| match line.as_ref() {
        "" => String::new(),
        line => format!(" {line}"),
    });
    quote!(#(#[doc = #lines])*)
}

/// `#[deprecated]`, when there is a way out to name.
fn deprecated(note: Option<&str>) -> TokenStream {
    note.map(|note| quote!(#[deprecated(note = #note)])).unwrap_or_default()
}
