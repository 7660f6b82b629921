//! The sandbox over a small catalog, and every operation of the real one: codes, tokens, messages, hostile input and the socket.

#![cfg(test)]

mod access;
mod acts;
mod admin;
mod bench;
mod binary;
mod bot;
mod cards;
mod changes;
mod chat_events;
mod chats;
mod check;
mod clicks;
mod console;
mod craft;
mod deeds;
mod every;
mod faults;
mod fits;
mod forwards;
mod helpdesk;
mod hostile;
mod house;
mod interop;
mod isolation;
mod limits;
mod malformed;
mod members;
mod messages;
mod own;
mod owners;
mod parts;
mod people;
mod push;
mod reactions;
mod records;
mod resources;
mod routes;
mod scenario;
mod server;
mod spoil;
mod steered;
mod tokens;
mod walk;
