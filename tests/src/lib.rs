//! Tests and measurements of the whole house. The library is the fixture service, code that the generator prints for
//! each feature of the format, a transport that records what would go out, and the reading of documented bodies.
//!
//! A call that takes no user token refuses one when it is compiled:
//!
//! ```compile_fail,E0277
//! # fn sample(client: flybook_tests::client::Client) {
//! let _ = client.send(flybook_tests::demo::v1::access::Help::new()).as_user("u-…");
//! # }
//! ```
//!
//! and one that does takes it:
//!
//! ```
//! # fn sample(client: flybook_tests::client::Client) {
//! let _ = client.send(flybook_tests::demo::v1::access::Mine::new()).as_user("u-…");
//! # }
//! ```
#![allow(deprecated)]

#[cfg(feature = "conform")]
pub mod conform;
pub mod recorder;
#[cfg(feature = "curated")]
pub mod soak;

include!(concat!(env!("OUT_DIR"), "/demo/modules.rs"));
