//! A local Feishu for tests and first steps.
//!
//! The sandbox knows every operation from the catalog the generator writes, so it cannot share a client's guesses. It checks
//! tokens, scopes and every parameter, answers with the platform's own codes, issues tokens, keeps messages, and makes up typed
//! samples for the rest. It pushes events to apps, by webhook ([`Sandbox::set_webhook`]) and by long connection
//! ([`Sandbox::long_connections`]), as the platform does and as badly as one likes. Nothing leaves the machine: in a test, hand [`Sandbox::handle`] to the client as its transport; for other
//! programs, [`Sandbox::serve`] listens on loopback.
//!
//! ```
//! use flybook_sandbox::Sandbox;
//!
//! # async fn run() -> Result<(), http::Error> {
//! let sandbox = Sandbox::new();
//! let request = http::Request::get("/open-apis/nothing/here").body(bytes::Bytes::new())?;
//! let reply = sandbox.handle(request).await;
//! assert_eq!(reply.status(), 404);
//! # Ok(())
//! # }
//! ```

mod accept;
mod access;
mod acts;
mod admin;
mod app;
mod base64;
mod beginning;
mod builder;
mod calls;
pub mod catalog;
mod chat;
mod check;
mod clock;
pub mod code;
mod content;
mod examples;
mod faults;
mod granted;
mod handle;
mod incoming;
mod issue;
mod limits;
mod messages;
mod multipart;
mod push;
mod refusal;
mod render;
mod repeats;
mod running;
mod sample;
mod sandbox;
mod scenario;
mod server;
mod shape;
mod socket;
mod state;
mod store;
mod tokens;
mod trickle;
mod users;
mod yaml;

pub use app::App;
pub use builder::Builder;
pub use calls::CallRecord;
pub use catalog::{Catalog, CatalogError};
pub use chat::Chat;
pub use content::Mention;
pub use faults::{Fault, FaultError, FaultHandle, Lost};
pub use messages::Message;
pub use push::{Actor, Attempt, Delivery, Failure, Said, Webhook};
pub use running::Running;
pub use sandbox::Sandbox;
pub use scenario::ScenarioError;
pub use server::Server;
pub use socket::{Ack, ClientConfig, Connection, DiscoveryFault, LongConnections};
pub use store::DataError;
pub use yaml::{Mistake, duration as parse_time};
