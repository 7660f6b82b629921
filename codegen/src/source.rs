//! What goes into the generator and what comes out of it: texts by path, and a count of what they hold.

use std::collections::BTreeMap;

/// The texts of a spec, by path relative to `spec/`, with `/` between the parts.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: BTreeMap<String, String>,
}

impl Sources {
    /// Adds a file; a file of the same path is replaced.
    pub fn insert(&mut self, path: impl Into<String>, text: impl Into<String>) {
        self.files.insert(path.into(), text.into());
    }

    /// The files in order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The text of one file.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }
}

impl<P: Into<String>, T: Into<String>> FromIterator<(P, T)> for Sources {
    fn from_iter<I: IntoIterator<Item = (P, T)>>(files: I) -> Self {
        Self {
            files: files
                .into_iter()
                .map(|(path, text)| (path.into(), text.into()))
                .collect(),
        }
    }
}

/// What a spec gives.
#[derive(Clone, Debug)]
pub struct Output {
    /// The generated files, by path relative to `generated/`.
    pub files: BTreeMap<String, String>,
    /// What they hold.
    pub summary: Summary,
}

/// How much a spec holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Services.
    pub services: usize,
    /// Operations.
    pub operations: usize,
    /// Types that the spec names.
    pub types: usize,
    /// Events.
    pub events: usize,
}
