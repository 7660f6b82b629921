//! Reads the spec's files, and says what is wrong with them.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use flybook_codegen::{Error, Sources};

/// The files of a spec. All of them: the generator says which have no place in it.
pub(crate) fn load(spec: &Path) -> Result<Sources, String> {
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

/// A draft's empty sentences, stood in for.
pub(crate) fn stood_in(sources: &Sources) -> Sources {
    const SENTENCE: &str = "To be written.";
    let line = |line: &str| match line.strip_suffix(": \"\"") {
        Some(word) => format!("{word}: {SENTENCE}"),
        None => line.replace("doc: \"\"", &format!("doc: {SENTENCE}")),
    };
    let text = |text: &str| text.lines().map(line).collect::<Vec<_>>().join("\n") + "\n";
    sources.iter().map(|(path, source)| (path, text(source))).collect()
}

pub(crate) fn explain(error: Error, sources: &Sources) -> String {
    match error {
        Error::Spec(diagnostics) => diagnostics.render(sources),
        Error::Generator(error) => format!(
            "error: the generator printed something that is not Rust ({error}); this is a fault of codegen/, not of the spec\n"
        ),
    }
}

/// Ends a command with its problem.
pub(crate) fn fail(problem: &str) -> ExitCode {
    eprint!("{problem}");
    ExitCode::FAILURE
}

/// Every file below a folder, relative to it; what begins with a dot belongs to other tools.
pub(crate) fn walk(root: &Path) -> io::Result<Vec<PathBuf>> {
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
pub(crate) fn spell(path: &Path) -> String {
    path.iter()
        .map(|part| part.to_string_lossy())
        .collect::<Vec<_>>()
        .join("/")
}
