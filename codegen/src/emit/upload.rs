//! Uploads in blocks: what leads from the call that begins one to those that go on with it.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::{
    paging::read,
    scope::{Scope, ident},
};
use crate::{
    format::Item,
    ir::{At, Operation, Upload, UploadCall},
    spec::UploadRole,
};

/// `impl Chunked`.
pub(super) fn chunked(scope: &mut Scope<'_>, operation: &Operation, upload: &Upload) -> Item {
    let (chunked, begun, block) = (scope.rt("Chunked"), scope.rt("Begun"), scope.rt("Block"));
    let reply = operation.payload.as_ref().map_or_else(|| quote!(()), |ty| scope.ty(ty));
    let (name, size) = (ident(&operation.name), ident(&upload.size));
    let told = |at: &At| {
        let value = read(&quote!(reply), at);
        if at.is_optional() {
            quote!(#value.unwrap_or_default())
        } else {
            value
        }
    };
    let (id, block_size, blocks) = (told(&upload.id), told(&upload.block_size), told(&upload.blocks));
    let (part, finish) = (ident(&upload.part.name), ident(&upload.finish.name));
    // The checksum is taken before the bytes are handed on.
    let has_sum = upload
        .part
        .fields
        .iter()
        .any(|(_, role)| *role == Some(UploadRole::Adler32));
    let sum = has_sum.then(|| quote!(let checksum = block.adler32();));
    let part_call = call(&upload.part, upload.first);
    let finish_call = call(&upload.finish, upload.first);
    Item::Impl {
        header: quote!(impl #chunked for #name),
        members: vec![
            quote!(type Part = #part;),
            quote!(type Finish = #finish;),
            quote!(#[inline] fn size(&self) -> i64 { self.#size }),
            quote!(#[inline] fn begun(reply: #reply) -> #begun { #begun { id: #id, block_size: #block_size, blocks: #blocks } }),
            quote!(#[inline] fn part(id: String, block: #block) -> #part { #sum #part_call }),
            quote!(#[inline] fn finish(id: String, blocks: i64) -> #finish { #finish_call }),
        ],
    }
}

/// The request with every field.
fn call(call: &UploadCall, first: i64) -> TokenStream {
    let name = ident(&call.name);
    let fields = call.fields.iter().map(|(field, role)| {
        let value = match role {
            Some(UploadRole::Id) => quote!(id),
            Some(UploadRole::Seq) if first == 0 => quote!(block.seq),
            Some(UploadRole::Seq) => {
                let first = Literal::i64_unsuffixed(first);
                quote!(block.seq + #first)
            }
            Some(UploadRole::Size) => quote!(block.size),
            Some(UploadRole::Adler32) => quote!(checksum),
            Some(UploadRole::File) => quote!(block.file),
            Some(UploadRole::Blocks) => quote!(blocks),
            None => quote!(),
        };
        let field_name = ident(&field.name);
        match (field.optional, role) {
            (_, None) => quote!(#field_name: None),
            (true, _) => quote!(#field_name: Some(#value)),
            (false, _) if field.name == value.to_string() => quote!(#field_name),
            (false, _) => quote!(#field_name: #value),
        }
    });
    let fields: Vec<TokenStream> = fields.collect();
    quote!(#name { #(#fields),* })
}
