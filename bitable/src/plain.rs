//! From the form in which a cell is read to the form in which it is written.

use crate::{Attachment, Cell, Person};

/// The cell in the form that the platform takes: text as a string, people and groups by their IDs, files by their tokens, links by
/// the IDs of their records, places by their coordinates. `None` for what a formula or a lookup gave, which cannot be written.
pub fn plain(cell: &Cell) -> Option<Cell> {
    let people = |ids: &mut dyn Iterator<Item = &String>| Cell::People(ids.map(|id| Person::new(&**id)).collect());
    Some(match cell {
        Cell::Segments(segments) => Cell::Text(segments.iter().map(|segment| segment.text.as_str()).collect()),
        Cell::People(list) => people(&mut list.iter().map(|person| &person.id)),
        Cell::Groups(list) => people(&mut list.iter().map(|group| &group.id)),
        Cell::Person(person) => people(&mut std::iter::once(&person.id)),
        Cell::Attachments(files) => {
            Cell::Attachments(files.iter().map(|file| Attachment::new(&*file.file_token)).collect())
        }
        Cell::LinkedRecords(linked) => Cell::Options(linked.link_record_ids.clone()),
        Cell::LinkedTexts(linked) => Cell::Options(linked.iter().flat_map(|one| one.record_ids.clone()).collect()),
        Cell::Location(location) => Cell::Text(location.location.clone()),
        Cell::Computed(_) | Cell::Cells(_) => return None,
        cell => cell.clone(),
    })
}
