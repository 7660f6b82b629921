//! Files that are uploaded block by block.

mod source;
mod state;
#[cfg(test)]
mod tests;
mod uploading;

pub use state::{UploadError, UploadState};
pub use uploading::Uploading;

use crate::{File, Request, adler32};

/// Requests that begin an upload in blocks; [`Client::upload`](crate::Client::upload) does the rest of it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not begin an upload in blocks",
    note = "send it with `client.send(…)`; a file that fits into one call is a field of the request"
)]
pub trait Chunked: Request {
    /// Sends one block.
    type Part: Request;

    /// Makes a file of the blocks.
    type Finish: Request;

    /// How many bytes it announces.
    fn size(&self) -> i64;

    /// Takes out of the reply how the file is to be sent.
    fn begun(reply: Self::Reply) -> Begun;

    /// The call for one block.
    fn part(id: String, block: Block) -> Self::Part;

    /// The call that ends the upload of so many blocks.
    fn finish(id: String, blocks: i64) -> Self::Finish;
}

/// How the platform wants a file to be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Begun {
    /// Identifies the upload.
    pub id: String,
    /// How many bytes each block has; the last may have fewer.
    pub block_size: i64,
    /// How many blocks there are; 0 where the platform leaves that to be reckoned.
    pub blocks: i64,
}

/// One block of a file.
#[derive(Clone, Debug)]
pub struct Block {
    /// Its number; the first is 0.
    pub seq: i64,
    /// How many bytes it has.
    pub size: i64,
    /// Its bytes, under the name of the whole file.
    pub file: File,
}

impl Block {
    /// Its [Adler-32](adler32) checksum, as the platform writes it.
    pub fn adler32(&self) -> String {
        let bytes = self.file.bytes().map(|bytes| adler32(bytes));
        bytes.unwrap_or(1).to_string()
    }
}
