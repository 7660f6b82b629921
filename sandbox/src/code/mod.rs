//! The code that makes a call: a Rust program on Flybook, and a line for the shell.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::catalog::{Catalog, Operation, TokenKind};

mod curl;
mod layout;
mod name;
mod raw;
mod rust;
mod secrets;
mod typed;
mod wire;

/// The code that makes one call. Tokens and secrets are left to the environment, whatever was given.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Samples {
    /// A whole program, formatted as rustfmt has it.
    pub rust: String,
    /// What its `Cargo.toml` needs.
    pub cargo: String,
    /// A command for a POSIX shell.
    pub curl: String,
}

/// The code for a call with these values, by parameter whatever its place; JSON text may be given parsed.
///
/// Required parameters without a value get a placeholder in Rust. `token` says who calls, as far as the operation lets them.
/// With `origin`, such as `http://127.0.0.1:4000`, the code calls that server.
pub fn samples(
    catalog: &Catalog,
    operation: &Operation,
    values: &Map<String, Value>,
    token: TokenKind,
    origin: Option<&str>,
) -> Samples {
    let given = Given {
        catalog,
        operation,
        values,
        token,
        origin: origin.map(|origin| origin.trim_end_matches('/')),
    };
    let (rust, cargo) = rust::program(&given);
    Samples {
        rust,
        cargo,
        curl: curl::curl(&given),
    }
}

/// What the code is to do.
struct Given<'c> {
    catalog: &'c Catalog,
    operation: &'c Operation,
    values: &'c Map<String, Value>,
    token: TokenKind,
    origin: Option<&'c str>,
}

impl Given<'_> {
    /// The server that answers.
    fn base(&self) -> &str {
        let word = self.operation.host.as_deref().unwrap_or("open");
        let host = self.catalog.platform.hosts.get(word).map_or("", String::as_str);
        self.origin.unwrap_or(host)
    }

    /// Whether a user calls.
    fn as_user(&self) -> bool {
        let tokens = &self.operation.tokens;
        tokens.contains(&TokenKind::User) && (self.token == TokenKind::User || tokens.len() == 1)
    }
}
