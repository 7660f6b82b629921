//! Secrets are never printed: the code reads them from variables of the environment.

use serde_json::Value;

use super::wire;
use crate::catalog::{Catalog, Field, Look, Shape, Type};

/// Marks in a text in the place of secrets, and the variables that are meant.
#[derive(Default)]
pub(super) struct Holes(Vec<String>);

impl Holes {
    /// A mark that nobody types: two code points that are no characters.
    pub(super) fn hole(&mut self, name: &str) -> String {
        self.0.push(wire::variable(name));
        mark(self.0.len() - 1)
    }

    /// Puts marks in place of the secrets among the members of an object.
    pub(super) fn hide<'c>(&mut self, catalog: &Catalog, fields: impl Iterator<Item = &'c Field>, object: &mut Value) {
        let Value::Object(members) = object else { return };
        for field in fields {
            if let Some(value) = members.get_mut(&field.name) {
                self.hide_in(catalog, field, &field.kind, value);
            }
        }
    }

    fn hide_in(&mut self, catalog: &Catalog, field: &Field, kind: &Type, value: &mut Value) {
        match (kind, value) {
            (_, Value::Null) => {}
            (Type::Secret, value) => *value = self.hole(&field.name).into(),
            (Type::List(inner), Value::Array(items)) => {
                for item in items {
                    self.hide_in(catalog, field, inner, item);
                }
            }
            (Type::Map(inner), Value::Object(members)) => {
                for (_, member) in members {
                    self.hide_in(catalog, field, inner, member);
                }
            }
            (Type::Fields(fields), value) => self.hide(catalog, fields.iter(), value),
            (Type::Ref(name), value) => match catalog.shape(name) {
                Some(Shape::Fields(fields) | Shape::Keys(fields)) => self.hide(catalog, fields.iter(), value),
                Some(Shape::Shapes(looks)) => {
                    if let Some(look) = Look::of(looks, value) {
                        self.hide_in(catalog, field, &look.kind, value);
                    }
                }
                Some(Shape::Union(union)) => {
                    for kind in union.variants.iter().filter_map(|variant| variant.kind.as_ref()) {
                        self.hide_in(catalog, field, kind, value);
                    }
                }
                _ => {}
            },
            _ => {}
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text with the variables where the marks were, each spelled as `spell` does in place of the mark and what is
    /// around it.
    pub(super) fn filled(&self, text: &str, around: &str, spell: impl Fn(&str) -> String) -> String {
        let fill = |text: String, (at, variable): (usize, &String)| {
            text.replace(&format!("{around}{}{around}", mark(at)), &spell(variable))
        };
        self.0.iter().enumerate().fold(text.to_owned(), fill)
    }
}

fn mark(at: usize) -> String {
    format!("\u{fdd0}{at}\u{fdd1}")
}
