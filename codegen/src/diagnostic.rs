//! Mistakes in a spec: where, what is wrong, how to mend it.

use std::{fmt, sync::Arc};

use crate::source::Sources;

/// A place in a spec file.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file, relative to `spec/`; all places of a file share it.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// How many characters are meant.
    pub width: usize,
}

/// One mistake in a spec.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    /// Where it stands.
    pub place: Place,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: String,
}

/// All mistakes found in one run, in order of their places.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    found: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Notes a mistake.
    pub fn push(&mut self, place: &Place, message: impl Into<String>, help: impl Into<String>) {
        self.found.push(Diagnostic {
            place: place.clone(),
            message: message.into(),
            help: help.into(),
        });
    }

    /// Takes over what was found elsewhere.
    pub(crate) fn extend(&mut self, other: Self) {
        self.found.extend(other.found);
    }

    /// The mistakes, sorted by place, each once.
    pub fn sorted(&self) -> Vec<&Diagnostic> {
        let mut found: Vec<_> = self.found.iter().collect();
        found.sort();
        found.dedup();
        found
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The report a person reads: each mistake with its source line.
    pub fn render(&self, sources: &Sources) -> String {
        let sorted = self.sorted();
        let mut report: String = sorted
            .iter()
            .map(|found| Rendered { found, sources }.to_string())
            .collect();
        let files = sorted
            .iter()
            .map(|found| &found.place.file)
            .collect::<std::collections::BTreeSet<_>>()
            .len();
        report.push_str(&format!(
            "{} in {}; nothing was written\n",
            count(sorted.len(), "mistake"),
            count(files, "file")
        ));
        report
    }
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

struct Rendered<'a> {
    found: &'a Diagnostic,
    sources: &'a Sources,
}

impl fmt::Display for Rendered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Diagnostic {
            place:
                Place {
                    file,
                    line,
                    column,
                    width,
                },
            message,
            help,
        } = self.found;
        let text = self
            .sources
            .text(file)
            .and_then(|text| text.lines().nth(line - 1))
            .unwrap_or_default();
        let gutter = " ".repeat(line.to_string().len());
        let marks = "^".repeat((*width).clamp(1, text.chars().count().saturating_sub(column - 1).max(1)));
        writeln!(f, "error: {message}")?;
        writeln!(f, "{gutter}--> spec/{file}:{line}:{column}")?;
        writeln!(f, "{gutter} |")?;
        writeln!(f, "{line} | {text}")?;
        writeln!(f, "{gutter} | {}{marks}", " ".repeat(column - 1))?;
        writeln!(f, "{gutter} = help: {help}\n")
    }
}

/// A hint at the nearest of `known`, or the list of them.
pub(crate) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let near = known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), *candidate))
        .filter(|(distance, candidate)| *distance <= candidate.chars().count().max(3) / 3)
        .min();
    match near {
        Some((_, candidate)) => format!("did you mean `{candidate}`?"),
        None if known.is_empty() => "there is nothing to refer to here".to_owned(),
        None if known.len() > 24 => format!("none of the {} names here is near", known.len()),
        None => format!("one of {}", listed(known)),
    }
}

/// `a`, `b` and `c`, each in backticks.
pub(crate) fn listed<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words
        .into_iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ")
}
