//! Uploads in blocks: the calls that follow, and the fields that lead from one to the next.

use super::{Checker, types::bare};
use crate::{
    diagnostic::did_you_mean,
    expr::{Leaf, TypeExpr},
    spec::*,
};

impl<'a> Checker<'a> {
    pub(super) fn uploads(&mut self, module: &'a Module, operation: &'a Operation, upload: &'a Upload) {
        let call: Vec<&Field> = operation.fields.iter().map(|(_, field)| field).collect();
        let size = self.holds(&call, &upload.size, Leaf::Int, "the call");
        if size.is_some_and(|field| !field.required) {
            let message = format!("`{}` is not required", upload.size.value);
            self.report(
                &upload.size.place,
                message,
                "an upload announces its size: name a required int",
            );
        }
        let data = operation.data.as_ref();
        let reply = data
            .and_then(|data| self.index.payload_fields(module, data))
            .map(|(_, fields)| fields.iter().collect())
            .unwrap_or_default();
        for (named, leaf) in [
            (&upload.id, Leaf::String),
            (&upload.block_size, Leaf::Int),
            (&upload.blocks, Leaf::Int),
        ] {
            self.holds(&reply, named, leaf, "the reply");
        }
        for call in [&upload.part, &upload.finish] {
            self.upload_call(module, operation, call);
        }
    }

    /// The field of this name, when it holds what it should.
    fn holds(&mut self, fields: &Vec<&'a Field>, named: &Text, leaf: Leaf, of: &str) -> Option<&'a Field> {
        let Some(field) = fields.iter().find(|field| field.name.value == named.value) else {
            let help = did_you_mean(&named.value, fields.iter().map(|field| field.name.value.as_str()));
            let message = format!("`upload` needs the field `{}`, which {of} lacks", named.value);
            self.report(&named.place, message, help);
            return None;
        };
        if *bare(&field.ty.value) != TypeExpr::Leaf(leaf) {
            let message = format!("`{}` of {of} does not fit its part in the upload", named.value);
            let help = match leaf {
                Leaf::String => "name a string",
                Leaf::File => "name a file",
                _ => "name an int",
            };
            self.report(&named.place, message, help);
            return None;
        }
        Some(field)
    }

    /// The upload sends this call by itself, as whoever began it, and with nothing but what it knows.
    fn upload_call(&mut self, module: &'a Module, begins: &Operation, call: &UploadCall) {
        let mut operations = module.operations.iter();
        let Some(operation) = operations.find(|operation| operation.name.value == call.call.value) else {
            let known = module.operations.iter().map(|operation| operation.name.value.as_str());
            if call.call.value.is_empty() {
                // Its absence has been reported.
                return;
            }
            let help = did_you_mean(&call.call.value, known);
            let message = format!("`{}` is no operation of this file", call.call.value);
            return self.report(&call.call.place, message, help);
        };
        let name = format!("`{}`", operation.name.value);
        let fields: Vec<&Field> = operation.fields.iter().map(|(_, field)| field).collect();
        for (role, named) in &call.roles {
            let leaf = match role {
                UploadRole::Id | UploadRole::Adler32 => Leaf::String,
                UploadRole::File => Leaf::File,
                UploadRole::Seq | UploadRole::Size | UploadRole::Blocks => Leaf::Int,
            };
            self.holds(&fields, named, leaf, &name);
        }
        let unknown = fields
            .iter()
            .filter(|field| field.required && !call.roles.iter().any(|(_, named)| named.value == field.name.value));
        for field in unknown {
            let message = format!("{name} requires `{}`, which an upload does not know", field.name.value);
            let help = "name it by the part that it plays, or leave `upload` out where callers have to send more";
            self.report(&call.call.place, message, help);
        }
        let kinds = |operation: &Operation| {
            let mut kinds = operation.tokens.clone();
            kinds.sort();
            kinds
        };
        if kinds(operation) != kinds(begins) {
            let message = format!("{name} takes other tokens than `{}`", begins.name.value);
            self.report(
                &call.call.place,
                message,
                "an upload is one caller's from its beginning to its end",
            );
        }
    }
}
