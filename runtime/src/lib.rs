//! What the generated Feishu / Lark client stands on: client, tokens, transport, errors, paging, and the wire form of values.
//!
//! Users depend on `flybook`, which re-exports all of this. It knows no endpoint by name, except those that issue tokens and
//! the one that says where long connections go.

mod batch;
mod blocks;
mod body;
mod builder;
mod call;
mod checksum;
mod chunks;
mod client;
mod date;
mod digest;
mod disposition;
mod encoder;
mod endpoint;
mod error;
mod event;
mod exchange;
mod file;
#[cfg(test)]
mod fuzz;
mod headers;
#[cfg(feature = "reqwest")]
mod http;
mod items;
mod line;
mod markup;
mod multipart;
mod observe;
mod pace;
mod pages;
mod platform;
mod progress;
mod random;
mod range;
mod raw;
mod refusal;
mod reply;
mod request;
mod retry;
mod save;
mod scopes;
mod scrap;
mod scrub;
mod secret;
mod session;
mod slot;
mod store;
mod token;
mod transport;
mod trip;
#[cfg(feature = "socket")]
mod upgraded;
mod upload;
mod url;
#[doc(hidden)]
pub mod wire;

#[cfg(feature = "roundtrip")]
#[doc(hidden)]
pub use crate::encoder::body_of;
#[cfg(feature = "webhook")]
pub use crate::event::webhook;
#[cfg(feature = "reqwest")]
pub use crate::http::HttpTransport;
#[cfg(feature = "redis")]
pub use crate::store::RedisStore;
pub use crate::{
    batch::{Batch, BatchError},
    blocks::{Begun, Block, Chunked, UploadError, UploadState, Uploading},
    body::Body,
    builder::Builder,
    call::{Call, Sending},
    checksum::adler32,
    chunks::{Chunks, Opening},
    client::Client,
    encoder::Encoder,
    endpoint::{AppKind, Dedupe, Endpoint, Host, Method, Paced, Rate, Reply, TokenKind},
    error::{Error, Result},
    event::{Delivery, Envelope, Event, Router},
    file::{Download, File},
    items::Items,
    markup::Markup,
    observe::{Attempt, Observer, Outcome},
    pace::Pacing,
    pages::Pages,
    platform::{Hosts, Platform, RetryErrors, TokenErrors},
    raw::{RawCall, RawSending},
    refusal::{Detail, FieldViolation},
    reply::{Answered, FromReply, Received},
    request::{
        AcceptsApp, AcceptsTenant, AcceptsUser, Batched, EventType, Page, Paged, Request, Rest, number, number_token,
        page_number,
    },
    retry::Retry,
    save::{Saved, ToFile},
    scopes::Scopes,
    secret::Secret,
    session::{Authorization, Authorize, SignIn, UserAccess, UserSession},
    store::{MemoryStore, StoreError, Stored, TokenStore},
    transport::{BoxFuture, Outgoing, Transport, TransportError},
    wire::{Decode, IntMillis, IntSeconds, Json, Millis, Param, Seconds},
};
#[cfg(feature = "socket")]
pub use crate::{event::socket, upgraded::Upgraded};

pub use bytes::Bytes;
pub use serde_json::Value;

/// What comes with a [`Router`]: answers, failures, handlers, and the memory of what was handled.
pub mod events {
    pub use crate::event::{Answer, Cause, Failure, Handler, InStore, Mark, Memory, Outcome, Schema, Seen};
}

/// A JSON object with keys of its own choosing.
pub type Map<T> = std::collections::BTreeMap<String, T>;

/// For the macros, so that their users need no dependency of their own.
#[doc(hidden)]
pub mod __private {
    pub use serde;
}
