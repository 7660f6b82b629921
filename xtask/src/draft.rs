//! `draft`: reads documentation pages and writes the spec that they say.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use flybook_codegen::Sources;
use flybook_pages::{Draft, Found, Known, Page, Subject};

use crate::spec::{explain, fail, load, spell, stood_in, walk};

/// Drafts what the pages say into the spec of a folder.
pub(crate) fn draft(out: &Path, files: &[PathBuf], notes: bool) -> ExitCode {
    match written(out, files, notes) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => fail(&problem),
    }
}

fn written(out: &Path, files: &[PathBuf], notes: bool) -> Result<(), String> {
    let pages = read(files)?;
    let existing = match out.exists() {
        true => load(out)?,
        false => Sources::default(),
    };
    let known = known(&existing)?;
    let mut draft = flybook_pages::draft(&pages, &known, notes);
    // What the spec says otherwise on purpose stays as it is.
    let differences = flybook_codegen::differences(&existing).map_err(|mistakes| mistakes.render(&existing))?;
    let report = flybook_pages::audit(&pages, &known, &differences);
    let mut written = 0;
    for (path, text) in merged(&existing, &mut draft, &report.open)? {
        let file = out.join(path);
        let unwritable = |error: io::Error| format!("error: cannot write {}: {error}\n", file.display());
        file.parent().map_or(Ok(()), fs::create_dir_all).map_err(unwritable)?;
        fs::write(&file, text).map_err(unwritable)?;
        written += 1;
    }
    for page in &pages {
        for line in &page.unread {
            println!("{}: {line}", page.file);
        }
    }
    for (page, why) in &draft.left_out {
        println!("{page}: left out, {why}");
    }
    let prose = pages
        .iter()
        .filter(|page| matches!(page.subject, Subject::Prose))
        .count();
    println!(
        "{} pages, {prose} of them prose; {} operations and {} events; {written} files written",
        pages.len(),
        draft.operations,
        draft.events
    );
    Ok(())
}

/// The files to write: new ones as they were drafted, curated ones with what is new in them.
fn merged(existing: &Sources, draft: &mut Draft, found: &[Found]) -> Result<BTreeMap<String, String>, String> {
    let mut files = BTreeMap::new();
    for (path, text) in existing.iter() {
        let Some(module) = path
            .strip_suffix(".yaml")
            .filter(|module| module.split('/').count() == 3)
        else {
            continue;
        };
        let merged = flybook_pages::merge(module, text, found, draft).map_err(|mistakes| mistakes.render(existing))?;
        draft.files.remove(path);
        if merged.text != text {
            files.insert(path.to_owned(), merged.text);
        }
        for change in &merged.changes {
            println!("{path}: {change}");
        }
    }
    for (path, text) in std::mem::take(&mut draft.files) {
        if existing.text(&path).is_none() {
            files.insert(path, text);
        }
    }
    Ok(files)
}

/// What the spec of a folder says already.
pub(crate) fn known(sources: &Sources) -> Result<Known, String> {
    let sources = stood_in(sources);
    let catalog = flybook_codegen::outline(&sources).map_err(|error| explain(error, &sources))?;
    Known::new(&catalog)
        .map_err(|error| format!("error: the catalog is no JSON ({error}); this is a fault of codegen/\n"))
}

/// Reads pages: files, and all `.md` files below folders.
pub(crate) fn read(files: &[PathBuf]) -> Result<Vec<Page>, String> {
    let unreadable = |path: &Path, error: io::Error| format!("error: cannot read {}: {error}\n", path.display());
    let mut pages = Vec::new();
    for path in files {
        let below = match path.is_dir() {
            true => walk(path).map_err(|error| unreadable(path, error))?,
            false => vec![PathBuf::new()],
        };
        for below in below
            .iter()
            .filter(|below| path.is_file() || below.extension().is_some_and(|end| end == "md"))
        {
            let (file, name) = match path.is_dir() {
                true => (path.join(below), spell(below)),
                false => (path.clone(), spell(path)),
            };
            let text = fs::read_to_string(&file).map_err(|error| unreadable(&file, error))?;
            pages.push(flybook_pages::read(&name, &text));
        }
    }
    Ok(pages)
}
