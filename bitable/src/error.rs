//! A record that cannot be read as a struct.

use std::fmt;

use flybook::Value;

use crate::{Cell, Record};

/// A cell holds something else than the field of the struct takes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadError {
    /// The record's ID.
    pub record_id: String,
    /// The name of the column.
    pub column: &'static str,
    /// What the cell holds; `None` when it is empty.
    pub found: Option<String>,
    /// What the field takes.
    pub wanted: &'static str,
}

impl ReadError {
    pub(crate) fn new(record: &Record, column: &'static str, found: Option<&Cell>, wanted: &'static str) -> Self {
        Self {
            record_id: record.record_id.clone(),
            column,
            found: found.map(described),
            wanted,
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (column, record, wanted) = (self.column, &self.record_id, self.wanted);
        write!(f, "`{column}` of record `{record}` ")?;
        match &self.found {
            Some(found) => write!(
                f,
                "holds {found}, and {wanted} is wanted; change the field's type, or read it as `Cell`"
            ),
            None => write!(
                f,
                "is empty, and {wanted} is wanted; make the field an `Option`, or check the column's name"
            ),
        }
    }
}

impl std::error::Error for ReadError {}

/// What a cell holds, without somebody's content in full.
fn described(cell: &Cell) -> String {
    let many = |count: usize, one: &str, several: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{count} {several}"),
    };
    match cell {
        Cell::Text(text) if text.chars().count() > 40 => "a long text".to_owned(),
        Cell::Text(text) => format!("the text {text:?}"),
        Cell::Integer(number) => format!("the number {number}"),
        Cell::Number(number) => format!("the number {number}"),
        Cell::Checkbox(ticked) => format!("a checkbox (`{ticked}`)"),
        Cell::Options(options) => many(options.len(), "option or ID", "options or IDs"),
        Cell::Attachments(files) => many(files.len(), "attachment", "attachments"),
        Cell::LinkedTexts(linked) => many(linked.len(), "link to records", "links to records"),
        Cell::LinkedRecords(linked) => many(linked.link_record_ids.len(), "linked record", "linked records"),
        Cell::Segments(_) => "text".to_owned(),
        Cell::Groups(groups) => many(groups.len(), "group", "groups"),
        Cell::People(people) => many(people.len(), "person or group", "people or groups"),
        Cell::Person(_) => "a person".to_owned(),
        Cell::Location(_) => "a place".to_owned(),
        Cell::Hyperlink(_) => "a link".to_owned(),
        Cell::Computed(computed) => match computed.value.as_deref() {
            Some(value) => format!("the result of a formula or a lookup, {}", described(value)),
            None => "the result of a formula or a lookup".to_owned(),
        },
        Cell::Cells(cells) => match cells.as_slice() {
            [first, ..] => format!("a list of {}, the first {}", cells.len(), described(first)),
            [] => "an empty list".to_owned(),
        },
        Cell::Json(Value::Array(_)) => "a list of a kind unknown to this release".to_owned(),
        Cell::Json(Value::Object(_)) => "an object of a kind unknown to this release".to_owned(),
        _ => "something unknown to this release".to_owned(),
    }
}
