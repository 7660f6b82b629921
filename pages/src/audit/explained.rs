//! The differences that the spec explains, and explanations that nothing needs any more.

use std::collections::BTreeSet;

use flybook_codegen::{Difference, Differences, Place};

use super::Found;

/// Splits what was found into open and explained; an explanation, or one of its names, that fits nothing has expired.
pub(super) fn explained(
    found: BTreeSet<Found>,
    differences: &Differences,
) -> (Vec<Found>, usize, Vec<(Place, String)>) {
    let mut used: Vec<BTreeSet<String>> = vec![BTreeSet::new(); differences.rows.len()];
    let mut explained = 0;
    let mut open = Vec::new();
    for found in found {
        let mut known = false;
        for (row, used) in differences.rows.iter().zip(&mut used) {
            if let Some(names) = fits(row, &found) {
                used.extend(names);
                known = true;
            }
        }
        match known {
            true => explained += 1,
            false => open.push(found),
        }
    }
    let mut expired = Vec::new();
    for (row, used) in differences.rows.iter().zip(&used) {
        let what = row.what.iter().map(|what| what.word());
        for name in row
            .at
            .iter()
            .map(String::as_str)
            .chain(what)
            .chain(row.fields.iter().map(String::as_str))
        {
            if !used.contains(name) {
                expired.push((row.place.clone(), name.to_owned()));
            }
        }
    }
    (open, explained, expired)
}

/// The names of a row that a difference fits.
fn fits(row: &Difference, found: &Found) -> Option<Vec<String>> {
    let at = row.at.iter().find(|at| matches(at, &found.at))?;
    let what = row.what.iter().find(|what| **what == found.what)?;
    let mut names = vec![at.clone(), what.word().to_owned()];
    if !row.fields.is_empty() {
        names.push(row.fields.iter().find(|field| matches(field, &found.field))?.clone());
    }
    Some(names)
}

/// Whether a name is meant by a pattern, whose `*` leaves anything open.
fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else {
        return false;
    };
    if !pattern.contains('*') {
        return rest.is_empty();
    }
    let parts: Vec<&str> = parts.collect();
    for (index, part) in parts.iter().enumerate() {
        if index + 1 == parts.len() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_leaves_anything_open() {
        assert!(matches("im.v1.message.create", "im.v1.message.create"));
        assert!(!matches("im.v1.message.create", "im.v1.message.create_all"));
        assert!(matches("im.v1.*", "im.v1.message.create"));
        assert!(matches("body.*.user_id", "body.operator.user_id"));
        assert!(!matches("body.*.user_id", "body.operator.open_id"));
        assert!(!matches("im.v2.*", "im.v1.message.create"));
    }
}
