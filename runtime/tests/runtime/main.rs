//! The runtime as its users meet it: requests out, replies in, over a closure instead of a network.

#[cfg(test)]
mod client;
#[cfg(test)]
mod encode;
#[cfg(feature = "reqwest")]
#[cfg(test)]
mod http;
#[cfg(test)]
mod paging;
#[cfg(test)]
mod raw;
#[cfg(test)]
mod replies;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tokens;
