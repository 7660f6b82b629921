//! People, groups, files, links, places and pieces of text.

use flybook::bitable::v1::app_table_record::SegmentType;

use crate::{Attachment, Cell, Computed, FromCell, Group, Hyperlink, Location, Person, Segment, ToCell, plain};

/// A thing of which a cell holds a list.
macro_rules! listed {
    ($($type:ident = $wanted:literal / $many:literal, $($cell:pat => $list:expr),+;)+) => {$(
        impl FromCell for $type {
            const WANTED: &'static str = $wanted;
            const WANTED_MANY: &'static str = $many;

            fn from_cell(cell: &Cell) -> Option<Self> {
                let mut list = Self::many_from_cell(cell)?;
                match list.len() {
                    1 => list.pop(),
                    _ => None,
                }
            }

            fn many_from_cell(cell: &Cell) -> Option<Vec<Self>> {
                match cell {
                    $($cell => Some($list),)+
                    // A lookup of several cells.
                    Cell::Cells(cells) => {
                        let several = cells.iter().map(Self::many_from_cell).collect::<Option<Vec<_>>>();
                        several.map(|several| several.concat())
                    }
                    _ => None,
                }
            }
        }

        impl ToCell for $type {
            fn to_cell(&self) -> Option<Cell> {
                Self::many_to_cell(std::slice::from_ref(self))
            }

            fn many_to_cell(items: &[Self]) -> Option<Cell> {
                plain(&items.to_vec().into())
            }
        }
    )+};
}

listed! {
    Person = "one person" / "people", Cell::People(people) => people.clone(), Cell::Person(person) => vec![person.clone()];
    Group = "one group" / "groups",
        Cell::Groups(groups) => groups.clone(),
        // Where only IDs are given, nothing tells groups from people.
        Cell::People(people) => people.iter().map(|person| Group::new(&*person.id)).collect();
    Attachment = "one attachment" / "attachments", Cell::Attachments(attachments) => attachments.clone();
    Segment = "one piece of text" / "text",
        Cell::Segments(segments) => segments.clone(),
        Cell::Text(text) => vec![Segment::new(SegmentType::Text, &**text)];
}

impl FromCell for Hyperlink {
    const WANTED: &'static str = "a link";
    const WANTED_MANY: &'static str = "links";

    fn from_cell(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Hyperlink(link) => Some(link.clone()),
            _ => None,
        }
    }
}

impl ToCell for Hyperlink {
    fn to_cell(&self) -> Option<Cell> {
        Some(Cell::Hyperlink(self.clone()))
    }
}

/// A place; from what was just written, its coordinates alone.
impl FromCell for Location {
    const WANTED: &'static str = "a place";
    const WANTED_MANY: &'static str = "places";

    fn from_cell(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Location(location) => Some(location.clone()),
            Cell::Text(coordinates) if coordinates.contains(',') => Some(Self::new(&**coordinates)),
            _ => None,
        }
    }
}

impl ToCell for Location {
    fn to_cell(&self) -> Option<Cell> {
        Some(Cell::Text(self.location.clone()))
    }
}

/// The result with its type; it cannot be written.
impl FromCell for Computed {
    const WANTED: &'static str = "the result of a formula or a lookup";

    fn from_cell(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Computed(computed) => Some(computed.clone()),
            _ => None,
        }
    }
}
