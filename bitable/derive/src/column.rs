//! What the attributes of a field say.

use proc_macro2::Span;
use syn::{Error, Field, Ident, LitStr, Result, Type, spanned::Spanned};

/// A field of the struct, and what it is in a row.
pub(crate) struct Column<'a> {
    pub(crate) field: &'a Ident,
    pub(crate) ty: &'a Type,
    pub(crate) part: Part,
}

/// What a field is in a row.
pub(crate) enum Part {
    /// A column by this name, written unless it is read only.
    Cell { name: String, read_only: bool },
    /// The record's ID.
    Id,
    /// Nothing.
    Skipped,
}

/// The words of the attribute, each with its place.
#[derive(Default)]
struct Words {
    name: Option<LitStr>,
    id: Option<Span>,
    read_only: Option<Span>,
    skip: Option<Span>,
}

impl<'a> Column<'a> {
    pub(crate) fn read(field: &'a Field) -> Result<Self> {
        let words = words(field)?;
        let Some(ident) = &field.ident else {
            return Err(Error::new(field.span(), "columns have names; give the fields names"));
        };
        let part = match (words.id, words.skip) {
            (Some(place), Some(_)) => {
                return Err(Error::new(
                    place,
                    "a field is the record's `id` or it is `skip`ped, not both",
                ));
            }
            (Some(place), None) if words.name.is_some() || words.read_only.is_some() => {
                let problem = "the record's `id` is no column: it has no `name`, and it is never written";
                return Err(Error::new(place, problem));
            }
            (None, Some(place)) if words.name.is_some() || words.read_only.is_some() => {
                return Err(Error::new(
                    place,
                    "a field that is `skip`ped is no column; drop the other words",
                ));
            }
            (Some(_), None) => Part::Id,
            (None, Some(_)) => Part::Skipped,
            (None, None) => {
                // `r#type` is the column `type`.
                let name = match &words.name {
                    Some(name) if name.value().is_empty() => {
                        return Err(Error::new(
                            name.span(),
                            "the column's name is empty; write it as the table has it",
                        ));
                    }
                    Some(name) => name.value(),
                    None => ident.to_string().trim_start_matches("r#").to_owned(),
                };
                Part::Cell {
                    name,
                    read_only: words.read_only.is_some(),
                }
            }
        };
        Ok(Self {
            field: ident,
            ty: &field.ty,
            part,
        })
    }

    /// The column's name.
    pub(crate) fn name(&self) -> Option<&str> {
        match &self.part {
            Part::Cell { name, .. } => Some(name),
            Part::Id | Part::Skipped => None,
        }
    }
}

fn words(field: &Field) -> Result<Words> {
    let mut words = Words::default();
    for attribute in field
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("bitable"))
    {
        attribute.parse_nested_meta(|meta| {
            let place = meta.path.span();
            match meta.path.get_ident().map(Ident::to_string).as_deref() {
                Some("name") => words.name = Some(meta.value()?.parse()?),
                Some("id") => words.id = Some(place),
                Some("read_only") => words.read_only = Some(place),
                Some("skip") => words.skip = Some(place),
                _ => {
                    let help = "unknown word; a field takes `name = \"…\"`, `id`, `read_only` or `skip`";
                    return Err(Error::new(place, help));
                }
            }
            Ok(())
        })?;
    }
    Ok(words)
}
