//! `differences.yaml`: where the spec departs from the pages on purpose, each with its reason.

use crate::{
    diagnostic::{Diagnostics, Place},
    source::Sources,
    what::What,
    words,
    yaml::{self, Node},
};

/// The file, relative to `spec/`.
pub(crate) const FILE: &str = "differences.yaml";

/// Where the spec departs from the pages on purpose.
#[derive(Clone, Debug, Default)]
pub struct Differences {
    /// Services of which only a part is in the spec, as `drive` or `drive.v1`.
    pub begun: Vec<Begun>,
    /// The differences.
    pub rows: Vec<Difference>,
}

/// A service of which only a part is in the spec.
#[derive(Clone, Debug)]
pub struct Begun {
    /// Where it says so.
    pub place: Place,
    /// The service, or one of its versions.
    pub service: String,
}

/// A row: what differs where, and why.
#[derive(Clone, Debug)]
pub struct Difference {
    /// Where it stands.
    pub place: Place,
    /// The operations, events or types: ids, of which a `*` at the end leaves the rest open.
    pub at: Vec<String>,
    /// What differs.
    pub what: Vec<What>,
    /// The fields, as `body.user.name`; a `*` leaves parts open. All of them where there are none.
    pub fields: Vec<String>,
    /// Why the spec is right.
    pub why: String,
}

/// Reads the file, if the spec has one; reports what is wrong with it.
pub fn differences(sources: &Sources) -> Result<Differences, Diagnostics> {
    let mut diagnostics = Diagnostics::default();
    let found = sources.text(FILE).and_then(|text| {
        let root = yaml::read(FILE, text, &mut diagnostics)?;
        words::DIFFERENCES.check(&root, FILE, &mut diagnostics);
        Some(root)
    });
    if !diagnostics.is_empty() {
        return Err(diagnostics);
    }
    let Some(root) = found else {
        return Ok(Differences::default());
    };
    let begun = root.get("begun").map(Node::entries).unwrap_or_default();
    let rows = root.get("differences").map(Node::items).unwrap_or_default();
    Ok(Differences {
        begun: begun
            .iter()
            .map(|(service, _)| Begun {
                place: service.place.clone(),
                service: service.text.clone(),
            })
            .collect(),
        rows: rows.iter().map(row).collect(),
    })
}

fn row(node: &Node) -> Difference {
    let several = |word: &str| match node.get(word) {
        Some(one) => match one.text() {
            Some(text) => vec![text.to_owned()],
            None => one.items().iter().filter_map(Node::text).map(str::to_owned).collect(),
        },
        None => Vec::new(),
    };
    Difference {
        place: node.place.clone(),
        at: several("at"),
        what: several("what").iter().filter_map(|word| What::of(word)).collect(),
        fields: several("field"),
        why: node.get("why").and_then(Node::text).unwrap_or_default().to_owned(),
    }
}
