//! The runtime as its users meet it: requests out, replies in, over a closure instead of a network.

#![cfg(test)]

mod attempts;
mod between;
mod broken;
mod client;
mod counted;
mod delivery;
mod encode;
mod engine;
mod events;
mod exactly_once;
#[cfg(feature = "reqwest")]
mod faults;
#[cfg(feature = "reqwest")]
mod files;
#[cfg(feature = "reqwest")]
mod http;
mod markup;
mod observing;
mod odd_stores;
mod pacing;
mod pacing_shared;
mod paging;
mod planted;
mod raw;
#[cfg(feature = "reqwest")]
mod raw_files;
mod renewal;
mod repeats;
mod replies;
mod retries;
mod rotation;
mod scopes;
mod secrets;
mod session_races;
mod shapes;
#[cfg(feature = "reqwest")]
mod socket;
mod stores;
mod support;
mod texts;
mod tokens;
#[cfg(feature = "reqwest")]
mod uploads;
#[cfg(feature = "reqwest")]
mod wrong_name;
