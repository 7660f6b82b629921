//! The sandbox over a small catalog, and every operation of the real one: codes, tokens, messages, hostile input and the socket.

mod access;
#[cfg(test)]
mod acts;
#[cfg(test)]
mod bench;
#[cfg(test)]
mod binary;
#[cfg(test)]
mod chat_events;
#[cfg(test)]
mod chats;
mod check;
#[cfg(test)]
mod craft;
#[cfg(test)]
mod every;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod fits;
mod hostile;
#[cfg(test)]
mod interop;
#[cfg(test)]
mod isolation;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod malformed;
#[cfg(test)]
mod members;
mod messages;
#[cfg(test)]
mod parts;
mod people;
#[cfg(test)]
mod push;
mod records;
mod routes;
#[cfg(test)]
mod scenario;
#[cfg(test)]
mod server;
mod tokens;
