//! The long connection against a platform in memory, on a clock of its own. "protocol" is the facts the module is built from.

mod chunks;
mod cuts;
mod drops;
mod frames;
mod fuzz;
#[cfg(feature = "reqwest")]
mod network;
mod reconnect;
mod refusals;
mod running;
mod secrets;
mod sessions;
mod stage;
