//! `openapi`: the whole spec as one document.

use std::{fs, path::Path, process::ExitCode};

use crate::spec::{explain, fail, load, stood_in};

/// Writes the spec as an OpenAPI document.
pub(crate) fn openapi(spec: &Path, out: &Path, drafts: bool) -> ExitCode {
    let sources = load(spec).map(|sources| if drafts { stood_in(&sources) } else { sources });
    let document =
        sources.and_then(|sources| flybook_codegen::openapi(&sources).map_err(|error| explain(error, &sources)));
    let written = document.and_then(|text| {
        fs::write(out, text).map_err(|error| format!("error: cannot write {}: {error}\n", out.display()))
    });
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => fail(&problem),
    }
}
