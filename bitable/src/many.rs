//! Lists.

use crate::{
    Cell, FromCell, ToCell,
    cell::{is_empty, result},
};

/// All of them; an empty cell has none.
impl<T: FromCell> FromCell for Vec<T> {
    const WANTED: &'static str = T::WANTED_MANY;

    fn from_cell(cell: &Cell) -> Option<Self> {
        match cell {
            cell if is_empty(cell) => Some(Self::new()),
            Cell::Computed(computed) => result(computed.value.as_deref()?),
            cell => T::many_from_cell(cell),
        }
    }

    fn from_empty() -> Option<Self> {
        Some(Self::new())
    }
}

impl<T: ToCell> ToCell for Vec<T> {
    fn to_cell(&self) -> Option<Cell> {
        match self.is_empty() {
            true => None,
            false => T::many_to_cell(self),
        }
    }
}
