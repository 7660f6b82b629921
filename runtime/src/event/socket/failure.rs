//! What keeps a connection from coming about, and whether it is worth trying again.

use std::time::Duration;

use http::{HeaderMap, StatusCode};

use crate::{
    Client, Endpoint, Error, Method, Secret, TransportError,
    error::{Answer, Kind},
    line::flat,
    refusal::Refusal,
    reply::log_id,
    secret::masked,
};

/// Says where to connect. One of the runtime's own endpoints, as those that issue tokens.
pub(super) static DISCOVERY: Endpoint = Endpoint {
    id: "callback.ws.endpoint",
    method: Method::Post,
    path: "/callback/ws/endpoint",
    sensitive: true,
    errors: &[
        (1, "The platform is busy; it is asked again."),
        (1000040343, "The platform failed internally; it is asked again."),
    ],
    ..Endpoint::DEFAULT
};

/// The socket it names; its path is nobody's business.
pub(super) static SOCKET: Endpoint = Endpoint {
    id: "callback.ws",
    sensitive: true,
    errors: &[
        (
            403,
            "The app may not connect; let it receive events through a long connection in the developer console: the message says more",
        ),
        (
            1000040350,
            "The app has as many long connections as it may have, which is 50; end some of them first.",
        ),
    ],
    ..Endpoint::DEFAULT
};

/// The codes of discovery that pass by themselves (protocol §6.1).
const BUSY: [i64; 2] = [1, 1000040343];
/// Handshake statuses (protocol §6.2).
const FORBIDDEN: i64 = 403;
const AUTH_FAILED: i64 = 514;
/// The app has too many connections (protocol §6.2).
const TOO_MANY: i64 = 1000040350;

/// A failed attempt.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The next attempt may succeed.
    Passing(Error),
    /// Every attempt would fail like this one, until somebody changes something.
    Final(Error),
}

/// What the discovery's error means: only a proper answer that says no is final.
pub(super) fn of_discovery(error: Error) -> Failure {
    let refuses = |code: i64| code != 0 && !BUSY.contains(&code);
    if error.status() == Some(StatusCode::OK) && error.code().is_some_and(refuses) {
        return Failure::Final(error);
    }
    Failure::Passing(error)
}

/// What an answer to the handshake other than 101 means.
pub(super) fn of_handshake(client: &Client, status: StatusCode, headers: &HeaderMap, secrets: &[Secret]) -> Failure {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let number = |name: &str| text(name).and_then(|text| text.trim().parse::<i64>().ok());
    let (handshake, reason) = (number("handshake-status"), number("handshake-autherrcode"));
    let is_final = matches!(
        (handshake, reason),
        (Some(FORBIDDEN), _) | (Some(AUTH_FAILED), Some(TOO_MANY))
    );
    let message = match text("handshake-msg") {
        Some(words) => flat(&masked(words.to_owned(), secrets), 200),
        None => "the server refuses the connection".to_owned(),
    };
    let refusal = Refusal {
        code: reason.filter(|code| *code != 0).or(handshake),
        message,
        ..Refusal::default()
    };
    let answer = Answer {
        status: Some(status),
        log_id: log_id(headers).map(|id| masked(id.to_owned(), secrets)),
        retry_after: None,
    };
    let error = Error::of(&SOCKET, client.platform(), answer, Kind::Refused(refusal));
    if is_final {
        Failure::Final(error)
    } else {
        Failure::Passing(error)
    }
}

/// An attempt that took too long.
pub(super) fn late(client: &Client, endpoint: &'static Endpoint, limit: Duration) -> Failure {
    let kind = Kind::Timeout(limit);
    Failure::Passing(Error::of(endpoint, client.platform(), Answer::default(), kind))
}

/// An answer that is not what was asked for.
pub(super) fn unreadable(client: &Client, endpoint: &'static Endpoint, what: &str) -> Failure {
    let kind = Kind::Unreadable(what.to_owned());
    Failure::Passing(Error::of(endpoint, client.platform(), Answer::default(), kind))
}

/// A connection that broke, or never came about.
pub(super) fn broken(client: &Client, error: TransportError) -> Error {
    Error::of(&SOCKET, client.platform(), Answer::default(), Kind::Transport(error))
}
