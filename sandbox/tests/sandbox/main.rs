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
mod bot;
#[cfg(test)]
mod cards;
mod changes;
#[cfg(test)]
mod chat_events;
#[cfg(test)]
mod chats;
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
mod forwards;
#[cfg(test)]
mod helpdesk;
mod hostile;
#[cfg(test)]
mod house;
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
mod own;
#[cfg(test)]
mod owners;
mod parts;
mod people;
#[cfg(test)]
mod push;
mod reactions;
mod records;
mod resources;
mod routes;
#[cfg(test)]
mod scenario;
#[cfg(test)]
mod server;
#[cfg(test)]
mod spoil;
#[cfg(test)]
mod steered;
mod tokens;
#[cfg(test)]
mod walk;
