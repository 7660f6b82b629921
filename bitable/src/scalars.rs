//! Text, numbers, truth and time.

use std::time::SystemTime;

use flybook::{IntMillis, Millis};

use crate::{Cell, FromCell, ToCell};

/// The text, whatever is mentioned or linked in it.
impl FromCell for String {
    const WANTED: &'static str = "text";
    const WANTED_MANY: &'static str = "a list of options or of linked records";

    fn from_cell(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Text(text) => Some(text.clone()),
            Cell::Segments(segments) => Some(segments.iter().map(|segment| segment.text.as_str()).collect()),
            _ => None,
        }
    }

    fn from_empty() -> Option<Self> {
        Some(Self::new())
    }

    /// Options, or the IDs of linked records.
    fn many_from_cell(cell: &Cell) -> Option<Vec<Self>> {
        match cell {
            Cell::Options(options) => Some(options.clone()),
            Cell::LinkedRecords(linked) => Some(linked.link_record_ids.clone()),
            Cell::LinkedTexts(linked) => Some(linked.iter().flat_map(|one| one.record_ids.clone()).collect()),
            Cell::Cells(cells) => {
                let several = cells.iter().map(Self::many_from_cell).collect::<Option<Vec<_>>>();
                several.map(|several| several.concat())
            }
            cell => Self::from_cell(cell).map(|one| vec![one]),
        }
    }
}

impl ToCell for String {
    fn to_cell(&self) -> Option<Cell> {
        match self.is_empty() {
            true => None,
            false => Some(Cell::Text(self.clone())),
        }
    }

    fn many_to_cell(items: &[Self]) -> Option<Cell> {
        Some(Cell::Options(items.to_vec()))
    }
}

impl FromCell for bool {
    const WANTED: &'static str = "a checkbox";

    fn from_cell(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Checkbox(ticked) => Some(*ticked),
            _ => None,
        }
    }

    fn from_empty() -> Option<Self> {
        Some(false)
    }
}

impl ToCell for bool {
    fn to_cell(&self) -> Option<Cell> {
        Some(Cell::Checkbox(*self))
    }
}

/// The number; old calls give it as text.
impl FromCell for f64 {
    const WANTED: &'static str = "a number";
    const WANTED_MANY: &'static str = "numbers";

    fn from_cell(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Integer(number) => Some(*number as Self),
            Cell::Number(number) => Some(*number),
            Cell::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }
}

impl ToCell for f64 {
    fn to_cell(&self) -> Option<Cell> {
        Some(Cell::Number(*self))
    }
}

/// A whole number, in whatever form it came.
fn whole(cell: &Cell) -> Option<i64> {
    match cell {
        Cell::Integer(number) => Some(*number),
        // Below 2^53 in size and without a fraction, a float names exactly one integer.
        Cell::Number(number) if number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0 => Some(*number as i64),
        Cell::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
}

macro_rules! whole {
    ($($type:ty: $wanted:literal),+) => {$(
        impl FromCell for $type {
            const WANTED: &'static str = $wanted;
            const WANTED_MANY: &'static str = "whole numbers";

            fn from_cell(cell: &Cell) -> Option<Self> {
                Self::try_from(whole(cell)?).ok()
            }
        }

        impl ToCell for $type {
            fn to_cell(&self) -> Option<Cell> {
                Some(Cell::Integer((*self).into()))
            }
        }
    )+};
}

whole!(i64: "a whole number", i32: "a whole number of 32 bits", u32: "a whole number of 32 bits, not below 0");

macro_rules! moment {
    ($($type:ty: $from:expr, $to:expr;)+) => {$(
        impl FromCell for $type {
            const WANTED: &'static str = "a date in milliseconds";
            const WANTED_MANY: &'static str = "dates in milliseconds";

            fn from_cell(cell: &Cell) -> Option<Self> {
                whole(cell).map($from)
            }
        }

        impl ToCell for $type {
            fn to_cell(&self) -> Option<Cell> {
                let count: fn(Self) -> i64 = $to;
                Some(Cell::Integer(count(*self)))
            }
        }
    )+};
}

moment! {
    IntMillis: IntMillis, |moment| moment.0;
    Millis: Millis, |moment| moment.0;
    SystemTime: |count| IntMillis(count).to_system_time(), |moment| IntMillis::from(moment).0;
}
