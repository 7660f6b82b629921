//! `#[derive(BitableRecord)]`, which [flybook-bitable](https://docs.rs/flybook-bitable) explains and exports.

mod column;
mod expand;

use syn::{DeriveInput, parse_macro_input};

/// Reads and writes a struct as a row: each field is a column.
///
/// - `#[bitable(name = "任务名称")]`: the column is called so; without it, as the field is.
/// - `#[bitable(id)]`: the field is no column but the record's ID, a `String` or `Option<String>`.
/// - `#[bitable(read_only)]`: the column is read and never written, as formulas, lookups, creation times and automatic numbers.
/// - `#[bitable(skip)]`: the field is no column; it reads as its default.
#[proc_macro_derive(BitableRecord, attributes(bitable))]
pub fn bitable_record(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand::expand(&input)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
