//! A local Feishu for tests and first steps.
//!
//! The sandbox knows every operation from the catalog the generator writes, so it cannot share a client's guesses. It checks
//! tokens, scopes and every parameter, answers with the platform's own codes, issues tokens, keeps messages, and makes up typed
//! samples for the rest. It pushes events to apps, by webhook ([`Sandbox::set_webhook`]) and by long connection
//! ([`Sandbox::long_connections`]), as the platform does and as badly as one likes. Nothing leaves the machine: in a test, hand [`Sandbox::handle`] to the client as its transport; for other
//! programs, [`Sandbox::serve`] listens on loopback, and shows at its address a console to look on and take part.
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
//!
//! A test of one's own holds a [`Running`] sandbox, has its users speak, looks at what came, and says what goes wrong:
//!
//! ```
//! use std::{error::Error, time::Duration};
//!
//! use flybook_sandbox::{Fault, Sandbox};
//!
//! # async fn my_bot(base_url: String, app_id: &str, app_secret: &str) {}
//! #[tokio::test]
//! async fn the_bot_says_hello_in_spite_of_limits() -> Result<(), Box<dyn Error>> {
//!     let sandbox = Sandbox::start().await?;
//!     let limited = sandbox.fault(Fault::on("im.v1.message.create").nth(1).throttled(Duration::from_secs(1)))?;
//!     my_bot(sandbox.url(), sandbox.app_id(), sandbox.app_secret()).await;
//!
//!     sandbox.user("Ada").says(sandbox.chat_id(), "hi")?;
//!     let answers = sandbox.messages_beyond(1).await;
//!     assert_eq!(answers[0].rendered(), "hello");
//!     assert_eq!(limited.hits(), 1);
//!     Ok(())
//! }
//! ```
//!
//! The limits of the reference hold here too; [`Builder::unlimited`] switches them off. [`Builder::scenario`] reads all of it from a
//! YAML file, and other programs set faults, move the clock and end tokens under `/_sandbox`, as `sandbox/scenarios/README.md` tells.

mod accept;
mod access;
mod acts;
mod admin;
mod app;
mod base64;
mod beginning;
mod builder;
mod calls;
mod card;
pub mod catalog;
mod chat;
mod check;
mod clock;
pub mod code;
mod console;
mod content;
mod examples;
mod faults;
mod granted;
mod handle;
mod incoming;
mod issue;
mod limits;
mod marks;
mod messages;
mod multipart;
mod push;
mod range;
mod refusal;
mod render;
mod repeats;
mod running;
mod sample;
mod sandbox;
mod scenario;
mod serve;
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
pub use card::Card;
pub use catalog::{Catalog, CatalogError};
pub use chat::Chat;
pub use content::Mention;
pub use faults::{Fault, FaultError, FaultHandle, Lost};
pub use messages::Message;
pub use push::{Actor, Attempt, Delivery, Failure, Said, Told, Webhook};
pub use running::Running;
pub use sandbox::Sandbox;
pub use scenario::ScenarioError;
pub use server::Server;
pub use socket::{Ack, ClientConfig, Connection, DiscoveryFault, LongConnections};
pub use store::{DataError, Reaction};
pub use yaml::{Mistake, duration as parse_time};
