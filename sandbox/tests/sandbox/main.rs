//! The sandbox over a small catalog, and every operation of the real one: codes, tokens, messages, hostile input and the socket.

mod access;
#[cfg(test)]
mod acts;
#[cfg(test)]
mod admin;
#[cfg(test)]
mod bench;
#[cfg(test)]
mod binary;
#[cfg(test)]
mod cards;
mod check;
#[cfg(test)]
mod clicks;
#[cfg(test)]
mod console;
#[cfg(test)]
mod craft;
#[cfg(test)]
mod deeds;
#[cfg(test)]
mod every;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod fits;
#[cfg(test)]
mod helpdesk;
mod hostile;
#[cfg(test)]
mod house;
#[cfg(test)]
mod interop;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod malformed;
mod messages;
#[cfg(test)]
mod push;
mod records;
mod routes;
#[cfg(test)]
mod scenario;
#[cfg(test)]
mod server;
mod tokens;
#[cfg(test)]
mod walk;
