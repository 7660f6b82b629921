//! `audit`: holds the spec against the documentation pages.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use crate::{
    draft::{known, read},
    spec::{fail, load},
};

/// Compares spec and pages, and prints where they differ.
pub(crate) fn audit(spec: &Path, docs: PathBuf, json: Option<&Path>) -> ExitCode {
    match report(spec, docs, json) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => fail(&problem),
    }
}

fn report(spec: &Path, docs: PathBuf, json: Option<&Path>) -> Result<bool, String> {
    let sources = load(spec)?;
    let differences = flybook_codegen::differences(&sources).map_err(|mistakes| mistakes.render(&sources))?;
    let report = flybook_pages::audit(&read(&[docs])?, &known(&sources)?, &differences);
    print!("{report}");
    if let Some(file) = json {
        let text = format!("{:#}\n", report.json());
        fs::write(file, text).map_err(|error| format!("error: cannot write {}: {error}\n", file.display()))?;
    }
    Ok(report.is_clean())
}
