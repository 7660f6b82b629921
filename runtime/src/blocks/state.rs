//! How far an upload has come, and the error that carries it.

use std::{fmt, marker::PhantomData};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::Begun;
use crate::{Chunked, Error, Request};

/// An upload that has begun, and how far it has come; [`Client::resume_upload`](crate::Client::resume_upload) goes on from it.
///
/// It can be kept with any serde format. The platform forgets an upload: those of drive after 24 hours, and then refuses it with a code
/// that says so. Whoever began it has to go on with it: the same app, and the same user.
pub struct UploadState<R> {
    pub(super) plan: Plan,
    begins: PhantomData<fn() -> R>,
}

/// The figures of an upload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// The operation that began it.
    begun_by: String,
    pub(super) id: String,
    pub(super) size: i64,
    block_size: i64,
    pub(super) blocks: i64,
    /// The block that comes next.
    pub(super) next: i64,
}

crate::wire!(Plan, begun_by, id, size, block_size, blocks, next);

impl<R: Chunked> UploadState<R> {
    /// The upload that the platform has set up for so many bytes.
    pub(super) fn new(begun: Begun, size: i64) -> Result<Self, String> {
        let mut plan = Plan {
            begun_by: R::ENDPOINT.id.to_owned(),
            id: begun.id,
            size,
            block_size: begun.block_size,
            blocks: begun.blocks,
            next: 0,
        };
        if plan.blocks == 0 && plan.block_size > 0 {
            plan.blocks = plan.needed();
        }
        if plan.is_sound() {
            return Ok(Self::of(plan));
        }
        let Begun { block_size, blocks, .. } = begun;
        Err(format!(
            "the platform wants {blocks} blocks of {block_size} bytes, which do not make {size}; nothing of the file was sent"
        ))
    }

    fn of(plan: Plan) -> Self {
        let begins = PhantomData;
        Self { plan, begins }
    }
}

impl<R> UploadState<R> {
    /// What the platform calls the upload.
    pub fn id(&self) -> &str {
        &self.plan.id
    }

    /// The size of the file, in bytes.
    pub fn size(&self) -> u64 {
        self.plan.size.unsigned_abs()
    }

    /// How many bytes of it have arrived.
    pub fn done(&self) -> u64 {
        self.plan.start(self.plan.next)
    }

    /// How many blocks have arrived.
    pub fn blocks_done(&self) -> u64 {
        self.plan.next.unsigned_abs()
    }

    /// How many blocks there are in all.
    pub fn blocks(&self) -> u64 {
        self.plan.blocks.unsigned_abs()
    }
}

impl Plan {
    /// How many blocks so many bytes need.
    fn needed(&self) -> i64 {
        let whole = self.size / self.block_size;
        whole + i64::from(self.size % self.block_size > 0)
    }

    /// Whether the figures fit each other. An empty file may be a block or none.
    fn is_sound(&self) -> bool {
        self.size >= 0
            && self.block_size > 0
            && (self.blocks == self.needed() || self.size == 0 && self.blocks == 1)
            && (0..=self.blocks).contains(&self.next)
    }

    /// Where a block begins.
    fn start(&self, block: i64) -> u64 {
        let start = self.block_size.saturating_mul(block);
        start.min(self.size).unsigned_abs()
    }

    /// How many bytes the next block has.
    pub(super) fn length(&self) -> u64 {
        self.start(self.next + 1) - self.start(self.next)
    }
}

impl<R> Serialize for UploadState<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.plan.serialize(serializer)
    }
}

impl<'de, R: Request> Deserialize<'de> for UploadState<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let plan = Plan::deserialize(deserializer)?;
        let (by, id) = (&plan.begun_by, R::ENDPOINT.id);
        if by != id {
            return Err(D::Error::custom(format_args!(
                "the upload was begun by `{by}`, so it does not go on as one of `{id}`"
            )));
        }
        if !plan.is_sound() {
            return Err(D::Error::custom("the figures of the upload do not fit each other"));
        }
        let begins = PhantomData;
        Ok(Self { plan, begins })
    }
}

impl<R> Clone for UploadState<R> {
    fn clone(&self) -> Self {
        Self {
            plan: self.plan.clone(),
            begins: PhantomData,
        }
    }
}

impl<R> PartialEq for UploadState<R> {
    fn eq(&self, other: &Self) -> bool {
        self.plan == other.plan
    }
}

impl<R> Eq for UploadState<R> {}

impl<R> fmt::Debug for UploadState<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UploadState")
            .field("id", &self.plan.id)
            .field("size", &self.plan.size)
            .field("block_size", &self.plan.block_size)
            .field("blocks", &self.plan.blocks)
            .field("next", &self.plan.next)
            .finish()
    }
}

/// Why an upload in blocks failed, and where it can go on.
#[non_exhaustive]
pub struct UploadError<R> {
    /// What went wrong.
    pub error: Error,
    /// How far the upload had come, to [resume](crate::Client::resume_upload) from; `None` when it did not even begin.
    pub state: Option<UploadState<R>>,
}

impl<R> UploadError<R> {
    /// An error before the upload began.
    pub(super) fn early(error: Error) -> Self {
        Self { error, state: None }
    }

    /// Where it happened.
    fn place(&self) -> Option<String> {
        let plan = &self.state.as_ref()?.plan;
        Some(match plan.next < plan.blocks {
            true => format!("at block {} of {}", plan.next + 1, plan.blocks),
            false => format!("after all {} blocks", plan.blocks),
        })
    }
}

impl<R> fmt::Display for UploadError<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place() {
            Some(place) => write!(f, "{place}: {}", self.error),
            None => fmt::Display::fmt(&self.error, f),
        }
    }
}

impl<R> fmt::Debug for UploadError<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UploadError")
            .field("error", &self.error)
            .field("state", &self.state)
            .finish()
    }
}

/// Without a `source`: what it would say, `Display` says already.
impl<R> std::error::Error for UploadError<R> {}

/// For those who do not go on: the place stays in the text.
impl<R> From<UploadError<R>> for Error {
    fn from(failed: UploadError<R>) -> Self {
        match failed.place() {
            Some(place) => failed.error.noted(place),
            None => failed.error,
        }
    }
}
