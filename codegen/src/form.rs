//! What a value looks like as JSON, by which the shapes of a type are told apart.

use crate::expr::{Leaf, TypeExpr, TypeName};

/// The kinds of JSON that are told apart; the runtime calls them alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Text,
    Bool,
    /// A number without a fraction.
    Int,
    Number,
    Object,
    /// A list of strings only; an empty list is one.
    Texts,
    /// A list of objects only, at least one.
    Objects,
    List,
}

impl Form {
    /// The form of a type's values; `None` where values of one type look differently.
    pub(crate) fn of(expr: &TypeExpr, is_object: impl Fn(&TypeName) -> bool) -> Option<Self> {
        Some(match expr {
            TypeExpr::Leaf(Leaf::String) => Self::Text,
            TypeExpr::Leaf(Leaf::Bool) => Self::Bool,
            TypeExpr::Leaf(Leaf::Int | Leaf::IntMillis | Leaf::IntSeconds) => Self::Int,
            TypeExpr::Leaf(Leaf::Float) => Self::Number,
            TypeExpr::Named(name) if is_object(name) => Self::Object,
            TypeExpr::Map(_) => Self::Object,
            TypeExpr::List(inner) => match &**inner {
                TypeExpr::Leaf(Leaf::String) => Self::Texts,
                TypeExpr::Named(name) if is_object(name) => Self::Objects,
                _ => Self::List,
            },
            _ => return None,
        })
    }

    /// As the runtime calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Text => "Text",
            Self::Bool => "Bool",
            Self::Int => "Int",
            Self::Number => "Number",
            Self::Object => "Object",
            Self::Texts => "Texts",
            Self::Objects => "Objects",
            Self::List => "List",
        }
    }

    /// Whether members tell such values apart.
    pub(crate) fn has_members(self) -> bool {
        matches!(self, Self::Object | Self::Objects)
    }

    /// Whether every value of `other` is one of this form too.
    pub(crate) fn covers(self, other: Self) -> bool {
        self == other
            || (self == Self::Number && other == Self::Int)
            || (self == Self::List && matches!(other, Self::Texts | Self::Objects))
    }
}
