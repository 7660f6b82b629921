//! `regenerate`: makes a folder exactly what the spec gives, touching only what differs.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

use flybook_codegen::{Error, Output, Sources, generate};
use similar::TextDiff;

/// Prints a line; a reader that went away early is no reason to stop.
macro_rules! say {
    ($($line:tt)*) => { _ = writeln!(io::stdout(), $($line)*) };
}

/// Writes what differs, removes what the spec no longer gives; with `check`, only names it.
pub(crate) fn regenerate(spec: &Path, out: &Path, check: bool) -> ExitCode {
    let start = Instant::now();
    let output = match load(spec).and_then(|sources| generate(&sources).map_err(|error| explain(error, &sources))) {
        Ok(output) => output,
        Err(problem) => return fail(&problem),
    };
    let existing = match existing(out) {
        Ok(existing) => existing,
        Err(error) => return fail(&format!("error: cannot read {}: {error}\n", out.display())),
    };
    if !existing.is_empty() && !is_ours(&existing) {
        return fail(&format!(
            "error: {} holds files that are not ours; everything in it would be replaced. Name an empty folder\n",
            out.display()
        ));
    }
    let changes = changes(&output, &existing);
    for change in &changes {
        say!("{:8} {}", change.verb(check), out.join(&change.path).display());
        if check
            && let Change {
                old: Some(old),
                new: Some(new),
                ..
            } = change
        {
            say!("{}", first_difference(old, new).trim_end());
        }
    }
    if check && !changes.is_empty() {
        eprintln!(
            "{} of {} files differ from the spec; run `cargo xtask regenerate` and commit",
            changes.len(),
            output.files.len()
        );
        return ExitCode::FAILURE;
    }
    for change in &changes {
        if let Err(error) = change.apply(out) {
            return fail(&format!(
                "error: cannot write {}: {error}\n",
                out.join(&change.path).display()
            ));
        }
    }
    let summary = output.summary;
    say!(
        "{} services, {} operations, {} types, {} events: {} files, {} changed, {} ms",
        summary.services,
        summary.operations,
        summary.types,
        summary.events,
        output.files.len(),
        changes.len(),
        start.elapsed().as_millis()
    );
    ExitCode::SUCCESS
}

/// Writes the spec as an OpenAPI document.
pub(crate) fn openapi(spec: &Path, out: &Path) -> ExitCode {
    let document =
        load(spec).and_then(|sources| flybook_codegen::openapi(&sources).map_err(|error| explain(error, &sources)));
    let written = document.and_then(|text| {
        fs::write(out, text).map_err(|error| format!("error: cannot write {}: {error}\n", out.display()))
    });
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => fail(&problem),
    }
}

fn fail(problem: &str) -> ExitCode {
    eprint!("{problem}");
    ExitCode::FAILURE
}

/// The files of a spec. All of them: the generator says which have no place in it.
fn load(spec: &Path) -> Result<Sources, String> {
    let unreadable = |path: &Path, error: io::Error| format!("error: cannot read {}: {error}\n", path.display());
    let files = walk(spec).map_err(|error| unreadable(spec, error))?;
    let texts = files
        .into_iter()
        .filter(|path| path != Path::new("README.md"))
        .map(|path| {
            let text = fs::read_to_string(spec.join(&path)).map_err(|error| unreadable(&spec.join(&path), error))?;
            Ok((spell(&path), text))
        });
    texts.collect()
}

fn explain(error: Error, sources: &Sources) -> String {
    match error {
        Error::Spec(diagnostics) => diagnostics.render(sources),
        Error::Generator(error) => format!(
            "error: the generator printed something that is not Rust ({error}); this is a fault of codegen/, not of the spec\n"
        ),
    }
}

/// A file that is not what the spec gives. Without `new` it has no place any more, without `old` it is missing.
struct Change<'a> {
    path: String,
    old: Option<&'a [u8]>,
    new: Option<&'a str>,
}

impl Change<'_> {
    fn verb(&self, check: bool) -> &'static str {
        match (self.old, self.new, check) {
            (Some(_), Some(_), true) => "differs",
            (Some(_), None, true) => "stale",
            (None, _, true) => "missing",
            (Some(_), Some(_), false) => "changed",
            (Some(_), None, false) => "removed",
            (None, _, false) => "added",
        }
    }

    fn apply(&self, out: &Path) -> io::Result<()> {
        let path = out.join(&self.path);
        match self.new {
            Some(text) => {
                path.parent().map_or(Ok(()), fs::create_dir_all)?;
                fs::write(path, text)
            }
            None => {
                fs::remove_file(&path)?;
                // Folders that held nothing else go with the file; one that is not empty stays, and says so by an error.
                let mut folder = path.parent();
                while let Some(empty) = folder.filter(|folder| *folder != out && fs::remove_dir(folder).is_ok()) {
                    folder = empty.parent();
                }
                Ok(())
            }
        }
    }
}

fn changes<'a>(output: &'a Output, existing: &'a BTreeMap<String, Vec<u8>>) -> Vec<Change<'a>> {
    let paths: BTreeSet<&String> = output.files.keys().chain(existing.keys()).collect();
    paths
        .into_iter()
        .map(|path| Change {
            path: path.clone(),
            old: existing.get(path).map(Vec::as_slice),
            new: output.files.get(path).map(String::as_str),
        })
        .filter(|change| change.old != change.new.map(str::as_bytes))
        .collect()
}

/// Whether a folder was generated before; an edited or missing manifest leaves its other files to tell.
fn is_ours(existing: &BTreeMap<String, Vec<u8>>) -> bool {
    existing.values().any(|text| {
        text.starts_with(b"// Generated by `cargo xtask regenerate`") || text.starts_with(b"# Generated by")
    })
}

/// The first place where two texts part, as a short diff.
fn first_difference(old: &[u8], new: &str) -> String {
    let old = String::from_utf8_lossy(old);
    let diff = TextDiff::from_lines(old.as_ref(), new);
    let hunk = diff
        .unified_diff()
        .context_radius(1)
        .iter_hunks()
        .next()
        .map(|hunk| hunk.to_string());
    hunk.unwrap_or_default()
        .lines()
        .take(12)
        .map(|line| format!("    {line}\n"))
        .collect()
}

/// The files of the output folder, without what cargo leaves there.
fn existing(out: &Path) -> io::Result<BTreeMap<String, Vec<u8>>> {
    if !out.exists() {
        return Ok(BTreeMap::new());
    }
    let kept = |path: &Path| !path.starts_with("target") && path != Path::new("Cargo.lock");
    walk(out)?
        .into_iter()
        .filter(|path| kept(path))
        .map(|path| Ok((spell(&path), fs::read(out.join(&path))?)))
        .collect()
}

/// Every file below a folder, relative to it; what begins with a dot belongs to other tools.
fn walk(root: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut open = vec![PathBuf::new()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(root.join(&folder))? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            let path = folder.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                open.push(path)
            } else {
                files.push(path)
            }
        }
    }
    files.sort();
    Ok(files)
}

/// A relative path with `/`, on every system.
fn spell(path: &Path) -> String {
    path.iter()
        .map(|part| part.to_string_lossy())
        .collect::<Vec<_>>()
        .join("/")
}
