//! Types as the program spells them, where an empty list or map has nothing that tells.

use super::Typed;
use crate::catalog::Type;

impl Typed<'_> {
    /// A type as the program spells it.
    pub(super) fn spelled(&mut self, kind: &Type) -> String {
        match kind {
            Type::String => "String".to_owned(),
            Type::Bool => "bool".to_owned(),
            Type::Int => "i64".to_owned(),
            Type::Float => "f64".to_owned(),
            Type::Any | Type::Fields(_) => self.crate_name("Value"),
            Type::Secret => self.crate_name("Secret"),
            Type::File => self.crate_name("File"),
            Type::Millis => self.crate_name("Millis"),
            Type::Seconds => self.crate_name("Seconds"),
            Type::MillisInt => self.crate_name("IntMillis"),
            Type::SecondsInt => self.crate_name("IntSeconds"),
            Type::List(inner) => format!("Vec<{}>", self.spelled(inner)),
            Type::Map(inner) => format!("{}<{}>", self.crate_name("Map"), self.spelled(inner)),
            Type::Json(inner) => format!("{}<{}>", self.crate_name("Json"), self.spelled(inner)),
            Type::Ref(id) => self.type_path(id),
        }
    }
}
