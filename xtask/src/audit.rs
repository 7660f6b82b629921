//! `audit`: holds the spec against the documentation pages.

use std::{
    collections::BTreeMap,
    fmt::Display,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use serde_json::Value;

use crate::{
    draft::{known, read},
    spec::{fail, load},
};

/// Compares spec and pages, and prints where they differ.
pub(crate) fn audit(spec: &Path, docs: PathBuf, json: Option<&Path>, samples: Option<&Path>) -> ExitCode {
    match report(spec, docs, json, samples) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => fail(&problem),
    }
}

fn report(spec: &Path, docs: PathBuf, json: Option<&Path>, samples: Option<&Path>) -> Result<bool, String> {
    let sources = load(spec)?;
    let differences = flybook_codegen::differences(&sources).map_err(|mistakes| mistakes.render(&sources))?;
    let (pages, known) = (read(&[docs])?, known(&sources)?);
    let report = flybook_pages::audit(&pages, &known, &differences);
    print!("{report}");
    if let Some(file) = json {
        let text = format!("{:#}\n", report.json());
        fs::write(file, text).map_err(|error| format!("error: cannot write {}: {error}\n", file.display()))?;
    }
    if let Some(file) = samples {
        add_samples(file, flybook_pages::samples(&pages, &known))?;
    }
    Ok(report.is_clean())
}

/// Adds the samples that a file lacks, and keeps its lines sorted by name.
fn add_samples(file: &Path, samples: Vec<(String, Value)>) -> Result<(), String> {
    let problem = |error: &dyn Display| format!("error: cannot add samples to {}: {error}\n", file.display());
    let text = if file.exists() {
        fs::read_to_string(file).map_err(|error| problem(&error))?
    } else {
        String::new()
    };
    let mut lines = BTreeMap::new();
    for line in text.lines() {
        let sample: Value = serde_json::from_str(line).map_err(|error| problem(&error))?;
        lines.insert(sample["name"].as_str().unwrap_or_default().to_owned(), line.to_owned());
    }
    let before = lines.len();
    for (name, mut sample) in samples {
        if let Some(members) = sample.as_object_mut() {
            members.shift_insert(0, "name".to_owned(), name.as_str().into());
        }
        lines.entry(name).or_insert_with(|| sample.to_string());
    }
    println!("{} samples added to {}", lines.len() - before, file.display());
    let text: String = lines.into_values().map(|line| line + "\n").collect();
    fs::write(file, text).map_err(|error| problem(&error))
}
