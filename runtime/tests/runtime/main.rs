//! The runtime as its users meet it: requests out, replies in, over a closure instead of a network.

#[cfg(test)]
mod attempts;
#[cfg(test)]
mod between;
#[cfg(test)]
mod broken;
#[cfg(test)]
mod client;
#[cfg(test)]
mod counted;
#[cfg(test)]
mod delivery;
#[cfg(test)]
mod encode;
#[cfg(test)]
mod engine;
#[cfg(test)]
mod events;
#[cfg(test)]
mod exactly_once;
#[cfg(feature = "reqwest")]
#[cfg(test)]
mod faults;
#[cfg(feature = "reqwest")]
#[cfg(test)]
mod files;
#[cfg(feature = "reqwest")]
#[cfg(test)]
mod http;
#[cfg(test)]
mod markup;
#[cfg(test)]
mod observing;
#[cfg(test)]
mod odd_stores;
#[cfg(test)]
mod pacing;
#[cfg(test)]
mod pacing_shared;
#[cfg(test)]
mod paging;
#[cfg(test)]
mod planted;
#[cfg(test)]
mod raw;
#[cfg(feature = "reqwest")]
#[cfg(test)]
mod raw_files;
#[cfg(test)]
mod renewal;
#[cfg(test)]
mod repeats;
#[cfg(test)]
mod replies;
#[cfg(test)]
mod retries;
#[cfg(test)]
mod rotation;
#[cfg(test)]
mod scopes;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod session_races;
#[cfg(test)]
mod shapes;
#[cfg(feature = "reqwest")]
#[cfg(test)]
mod socket;
#[cfg(test)]
mod stores;
#[cfg(test)]
mod support;
#[cfg(test)]
mod texts;
#[cfg(test)]
mod tokens;
#[cfg(feature = "reqwest")]
#[cfg(test)]
mod uploads;
#[cfg(feature = "reqwest")]
#[cfg(test)]
mod wrong_name;
