//! From the YAML spec to the generated crate, its catalog and the editors' schema. Pure functions: no files, no network, no clock.
//!
//! `parse → check → lower → emit → format`, each step a module with its own data: `spec` is what authors wrote, `ir` what
//! will be printed.

mod check;
mod diagnostic;
mod differences;
mod docs;
mod emit;
mod expr;
mod form;
mod format;
mod index;
mod ir;
mod lower;
mod name;
mod parallel;
mod parse;
mod shape;
mod source;
mod spec;
mod what;
mod words;
pub mod yaml;

use std::collections::{BTreeMap, HashSet};

pub use diagnostic::{Diagnostic, Diagnostics, Place};
pub use differences::{Begun, Difference, Differences, differences};
pub use source::{Output, Sources, Summary};
pub use what::What;

/// Why nothing was generated.
#[derive(Debug)]
pub enum Error {
    /// The spec has mistakes.
    Spec(Diagnostics),
    /// The generator printed something that is not Rust: a fault of its own.
    Generator(syn::Error),
}

/// Generates every file, or reports every mistake in the spec.
pub fn generate(sources: &Sources) -> Result<Output, Error> {
    let spec = checked(sources)?;
    let index = index::Index::new(&spec);
    let api = lower::lower(&spec, &index);
    let mut files = BTreeMap::new();
    for (path, text) in emit::rust(&api).map_err(Error::Generator)? {
        files.insert(path, text);
    }
    files.insert("Cargo.toml".to_owned(), emit::manifest(&api));
    files.insert("README.md".to_owned(), emit::readme());
    files.insert(
        "rustfmt.toml".to_owned(),
        "# Generated files are formatted by the generator.\ndisable_all_formatting = true\n".to_owned(),
    );
    files.insert(
        "catalog.json".to_owned(),
        emit::catalog::catalog(&spec, &index, api.paged()),
    );
    files.insert("schema.json".to_owned(), emit::schema::schema());
    let summary = Summary {
        services: spec.services.len(),
        operations: spec.modules.iter().map(|module| module.operations.len()).sum(),
        types: spec.modules.iter().map(|module| module.types.len()).sum(),
        events: spec.modules.iter().map(|module| module.events.len()).sum(),
    };
    Ok(Output { files, summary })
}

/// The spec as data, like `catalog.json`, before it is held to the checks: for tools that help to write it.
pub fn outline(sources: &Sources) -> Result<String, Error> {
    let mut diagnostics = Diagnostics::default();
    let spec = parse::parse(sources, &mut diagnostics);
    match diagnostics.is_empty() {
        true => Ok(emit::catalog::catalog(&spec, &index::Index::new(&spec), HashSet::new())),
        false => Err(Error::Spec(diagnostics)),
    }
}

/// The whole spec as an OpenAPI 3.1 document.
pub fn openapi(sources: &Sources) -> Result<String, Error> {
    let spec = checked(sources)?;
    Ok(emit::openapi::openapi(&spec, &index::Index::new(&spec)))
}

/// Rust source that reads any documented body typed and writes it again, for conformance tests.
pub fn conform(sources: &Sources) -> Result<String, Error> {
    let spec = checked(sources)?;
    let api = lower::lower(&spec, &index::Index::new(&spec));
    emit::conform::conform(&api).map_err(Error::Generator)
}

/// Rust source that builds every operation from its examples, with what is required and with everything.
pub fn samples(sources: &Sources) -> Result<String, Error> {
    let spec = checked(sources)?;
    let api = lower::lower(&spec, &index::Index::new(&spec));
    emit::sample::table(&api).map_err(Error::Generator)
}

/// Reads a spec and holds it to every check.
fn checked(sources: &Sources) -> Result<spec::Spec, Error> {
    let mut diagnostics = Diagnostics::default();
    let spec = parse::parse(sources, &mut diagnostics);
    diagnostics.extend(check::check(&spec, &index::Index::new(&spec)));
    match diagnostics.is_empty() {
        true => Ok(spec),
        false => Err(Error::Spec(diagnostics)),
    }
}
