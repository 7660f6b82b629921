//! One cell and a value of Rust.

use flybook::Value;

use crate::{Cell, plain};

/// What a cell can be read as.
#[diagnostic::on_unimplemented(
    message = "a cell cannot be read as `{Self}`",
    label = "no type of a column",
    note = "flybook_bitable's first page lists the types; `Cell` reads anything, and `#[bitable(skip)]` leaves the field out"
)]
pub trait FromCell: Sized {
    /// What it is read from, as errors name it: `a number`.
    const WANTED: &'static str;

    /// What several are read from.
    #[doc(hidden)]
    const WANTED_MANY: &'static str = "a list";

    /// Reads a cell that holds something; `None` where it holds something else. The results of formulas and lookups are unpacked before.
    fn from_cell(cell: &Cell) -> Option<Self>;

    /// What an empty cell reads as; `None` where there has to be something.
    fn from_empty() -> Option<Self> {
        None
    }

    /// Reads several: what makes a `Vec` of them.
    #[doc(hidden)]
    fn many_from_cell(cell: &Cell) -> Option<Vec<Self>> {
        match cell {
            Cell::Cells(cells) => cells.iter().map(unpacked).collect(),
            cell => Self::from_cell(cell).map(|one| vec![one]),
        }
    }
}

/// What can be written into a cell.
///
/// What only the platform makes is no such type, so a column of it has to say that it is read alone:
///
/// ```
/// #[derive(flybook_bitable::BitableRecord)]
/// struct Row {
///     #[bitable(read_only)]
///     total: flybook_bitable::Computed,
/// }
/// ```
/// ```compile_fail
/// #[derive(flybook_bitable::BitableRecord)]
/// struct Row {
///     total: flybook_bitable::Computed,
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be written into a cell",
    label = "the column is written",
    note = "`#[bitable(read_only)]` makes it a column that is read alone, as formulas and lookups are"
)]
pub trait ToCell {
    /// The cell in the form that the platform takes; `None` where there is nothing to write.
    fn to_cell(&self) -> Option<Cell>;

    /// The cell of several: what becomes of a `Vec` of them.
    #[doc(hidden)]
    fn many_to_cell(items: &[Self]) -> Option<Cell>
    where
        Self: Sized,
    {
        Some(Cell::Cells(items.iter().filter_map(Self::to_cell).collect()))
    }
}

/// Reads what is in the cell, or the result that a formula or a lookup has for it.
pub(crate) fn unpacked<T: FromCell>(cell: &Cell) -> Option<T> {
    if is_empty(cell) {
        return T::from_empty();
    }
    T::from_cell(cell).or_else(|| match cell {
        Cell::Computed(computed) => result(computed.value.as_deref()?),
        _ => None,
    })
}

/// Reads a result. What is no list in a cell is a list of one here.
pub(crate) fn result<T: FromCell>(value: &Cell) -> Option<T> {
    unpacked(value).or_else(|| match value {
        Cell::Cells(cells) => match cells.as_slice() {
            [one] => unpacked(one),
            _ => None,
        },
        Cell::Options(options) => match options.as_slice() {
            [one] => T::from_cell(&Cell::Text(one.clone())),
            _ => None,
        },
        _ => None,
    })
}

/// Whether there is nothing in it. A link to no record is `{}`.
pub(crate) fn is_empty(cell: &Cell) -> bool {
    match cell {
        Cell::Text(text) => text.is_empty(),
        Cell::Options(options) => options.is_empty(),
        Cell::Computed(computed) => computed.value.as_deref().is_none_or(is_empty),
        Cell::Json(Value::Null) => true,
        Cell::Json(Value::Object(members)) => members.is_empty(),
        _ => false,
    }
}

/// Nothing, or what the type reads.
impl<T: FromCell> FromCell for Option<T> {
    const WANTED: &'static str = T::WANTED;
    const WANTED_MANY: &'static str = T::WANTED_MANY;

    fn from_cell(cell: &Cell) -> Option<Self> {
        unpacked(cell).map(Some)
    }

    fn from_empty() -> Option<Self> {
        Some(None)
    }
}

impl<T: ToCell> ToCell for Option<T> {
    fn to_cell(&self) -> Option<Cell> {
        self.as_ref()?.to_cell()
    }
}

/// Whatever it holds.
impl FromCell for Cell {
    const WANTED: &'static str = "anything";

    fn from_cell(cell: &Cell) -> Option<Self> {
        Some(cell.clone())
    }

    fn from_empty() -> Option<Self> {
        Some(Self::default())
    }
}

/// What was read can be written as it is; see [`plain`].
impl ToCell for Cell {
    fn to_cell(&self) -> Option<Cell> {
        match is_empty(self) {
            true => None,
            false => plain(self),
        }
    }
}
