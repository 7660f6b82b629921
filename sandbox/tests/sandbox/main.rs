//! The sandbox over a small catalog: codes, tokens, messages, hostile input and the socket.

mod access;
#[cfg(test)]
mod bench;
mod check;
mod hostile;
mod messages;
mod routes;
#[cfg(test)]
mod server;
mod tokens;
