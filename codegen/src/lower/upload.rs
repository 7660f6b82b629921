//! Uploads in blocks: the calls that they are made of.

use super::Lowering;
use crate::{
    ir::{Upload, UploadCall},
    name::{pascal, snake},
    spec,
};

impl<'a> Lowering<'a> {
    pub(super) fn upload(&self, module: &'a spec::Module, operation: &'a spec::Operation) -> Option<Upload> {
        let upload = operation.upload.as_ref()?;
        let told = |named: &spec::Text| self.told(module, operation, &named.value);
        let size = operation.fields.iter().map(|(_, field)| field);
        let size = size.into_iter().find(|field| field.name.value == upload.size.value)?;
        Some(Upload {
            size: snake(&size.spoken().value),
            id: told(&upload.id)?,
            block_size: told(&upload.block_size)?,
            blocks: told(&upload.blocks)?,
            part: self.upload_call(module, &upload.part)?,
            finish: self.upload_call(module, &upload.finish)?,
            first: i64::try_from(upload.first).unwrap_or_default(),
        })
    }

    fn upload_call(&self, module: &spec::Module, call: &spec::UploadCall) -> Option<UploadCall> {
        let mut operations = module.operations.iter();
        let operation = operations.find(|operation| operation.name.value == call.call.value)?;
        let fields = self.arguments(module, operation).into_iter().map(|argument| {
            let mut roles = call.roles.iter();
            let role = roles.find(|(_, named)| named.value == argument.field.wire);
            (argument.field, role.map(|(role, _)| *role))
        });
        Some(UploadCall {
            name: pascal(&operation.spoken().value),
            fields: fields.collect(),
        })
    }
}
