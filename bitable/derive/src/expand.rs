//! The struct as a row.

use std::collections::HashMap;

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Data, DeriveInput, Error, Fields, Result, spanned::Spanned};

use crate::column::{Column, Part};

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let columns = columns(input)?;
    let name = &input.ident;
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    let names = columns.iter().filter_map(Column::name);
    let reads = columns.iter().map(read);
    let writes = columns.iter().filter_map(write);
    let id = columns
        .iter()
        .find(|column| matches!(column.part, Part::Id))
        .map(|column| {
            let field = column.field;
            quote_spanned! {column.ty.span()=>
                fn record_id(&self) -> ::core::option::Option<&str> {
                    ::flybook_bitable::__private::RecordId::as_id(&self.#field)
                }
            }
        });
    Ok(quote! {
        impl #generics ::flybook_bitable::BitableRecord for #name #arguments #bounds {
            const COLUMNS: &'static [&'static str] = &[#(#names),*];

            fn from_record(
                record: &::flybook_bitable::Record,
            ) -> ::core::result::Result<Self, ::flybook_bitable::ReadError> {
                ::core::result::Result::Ok(Self { #(#reads),* })
            }

            fn cells(&self) -> ::std::vec::Vec<(&'static str, ::core::option::Option<::flybook_bitable::Cell>)> {
                ::std::vec![#(#writes),*]
            }

            #id
        }

        impl #generics ::core::convert::From<&#name #arguments> for ::flybook_bitable::NewRecord #bounds {
            fn from(row: &#name #arguments) -> Self {
                Self::new(::flybook_bitable::BitableRecord::fields(row))
            }
        }

        impl #generics ::core::convert::From<#name #arguments> for ::flybook_bitable::NewRecord #bounds {
            fn from(row: #name #arguments) -> Self {
                Self::from(&row)
            }
        }
    })
}

/// The fields, each read; what is wrong is told of all of them at once.
fn columns(input: &DeriveInput) -> Result<Vec<Column<'_>>> {
    let Data::Struct(data) = &input.data else {
        return Err(Error::new(
            input.ident.span(),
            "a row is a struct; only structs can be a `BitableRecord`",
        ));
    };
    let Fields::Named(fields) = &data.fields else {
        let problem = "columns have names; write `struct Row { field: Type }`";
        return Err(Error::new(input.ident.span(), problem));
    };
    let mut wrong: Option<Error> = None;
    let mut tell = |error: Error| match &mut wrong {
        Some(first) => first.combine(error),
        None => wrong = Some(error),
    };
    let mut columns: Vec<Column<'_>> = Vec::new();
    let mut named: HashMap<String, String> = HashMap::new();
    for field in &fields.named {
        let column = match Column::read(field) {
            Ok(column) => column,
            Err(error) => {
                tell(error);
                continue;
            }
        };
        if matches!(column.part, Part::Id) && columns.iter().any(|other| matches!(other.part, Part::Id)) {
            tell(Error::new(
                column.field.span(),
                "a record has one ID; keep one `#[bitable(id)]`",
            ));
        }
        if let Some(name) = column.name()
            && let Some(other) = named.insert(name.to_owned(), column.field.to_string())
        {
            let problem = format!("the column `{name}` belongs to the field `{other}` already; give one another name");
            tell(Error::new(column.field.span(), problem));
        }
        columns.push(column);
    }
    match wrong {
        Some(error) => Err(error),
        None => Ok(columns),
    }
}

fn read(column: &Column<'_>) -> TokenStream {
    let (field, ty) = (column.field, column.ty);
    match &column.part {
        Part::Cell { name, .. } => {
            quote_spanned!(ty.span()=> #field: ::flybook_bitable::__private::read::<#ty>(record, #name)?)
        }
        Part::Id => {
            quote_spanned!(ty.span()=> #field: ::flybook_bitable::__private::RecordId::from_id(&record.record_id))
        }
        Part::Skipped => quote_spanned!(ty.span()=> #field: ::core::default::Default::default()),
    }
}

fn write(column: &Column<'_>) -> Option<TokenStream> {
    let Part::Cell { name, read_only: false } = &column.part else {
        return None;
    };
    let (field, ty) = (column.field, column.ty);
    Some(quote_spanned!(ty.span()=> (#name, <#ty as ::flybook_bitable::ToCell>::to_cell(&self.#field))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let input = syn::parse_str(text).unwrap();
        match expand(&input) {
            Ok(_) => Vec::new(),
            Err(error) => error.into_iter().map(|error| error.to_string()).collect(),
        }
    }

    #[test]
    fn mistakes_say_how_to_mend_them() {
        for (text, words) in [
            ("enum Row { A }", "a row is a struct"),
            ("struct Row(String);", "columns have names"),
            ("struct Row;", "columns have names"),
            (
                "struct Row { #[bitable(nam = \"A\")] a: String }",
                "`name = \"…\"`, `id`, `read_only` or `skip`",
            ),
            (
                "struct Row { #[bitable(name = \"\")] a: String }",
                "the column's name is empty",
            ),
            (
                "struct Row { #[bitable(id, name = \"A\")] a: String }",
                "the record's `id` is no column",
            ),
            ("struct Row { #[bitable(id, skip)] a: String }", "not both"),
            (
                "struct Row { #[bitable(skip, read_only)] a: String }",
                "drop the other words",
            ),
            (
                "struct Row { #[bitable(id)] a: String, #[bitable(id)] b: String }",
                "a record has one ID",
            ),
            (
                "struct Row { a: String, #[bitable(name = \"a\")] b: String }",
                "belongs to the field `a` already",
            ),
        ] {
            let found = problems(text);
            assert!(
                matches!(found.as_slice(), [one] if one.contains(words)),
                "{text}: {found:?}"
            );
        }
    }

    #[test]
    fn all_mistakes_are_told_at_once() {
        let text = "struct Row { #[bitable(nam)] a: String, #[bitable(id, skip)] b: String }";
        assert_eq!(problems(text).len(), 2);
    }

    #[test]
    fn a_raw_name_is_the_column_without_its_mark() {
        let input = syn::parse_str("struct Row { r#type: String, #[bitable(read_only)] total: f64 }").unwrap();
        let text = expand(&input).unwrap().to_string();
        assert!(text.contains("[\"type\" , \"total\"]"), "{text}");
        assert_eq!(text.matches("to_cell").count(), 1, "{text}");
    }
}
