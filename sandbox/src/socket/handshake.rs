//! Who may open a connection, and how the others are turned away.

use http::{HeaderValue, Uri};
use tokio_tungstenite::tungstenite::handshake::server::ErrorResponse;

use super::{MOST, Ticket};
use crate::sandbox::Inner;

/// The status of a handshake that is refused for who asks, or how many there are.
const AUTH: u16 = 514;
const TOO_MANY: i64 = 1_000_040_350;
/// Not a code of the platform's that is known; a client only sees that it is another one.
const BAD_TICKET: i64 = 1_000_040_341;

/// Lets a handshake pass for the app whose ticket it brings. A ticket passes once.
pub(super) fn admit(sandbox: &Inner, uri: &Uri) -> Result<Ticket, Box<ErrorResponse>> {
    let sockets = &mut sandbox.state().sockets;
    if let Some((status, auth)) = sockets.handshakes.pop_front() {
        return Err(refuse(status, "told to fail", auth));
    }
    let presented = uri
        .query()
        .unwrap_or_default()
        .split('&')
        .find_map(|pair| pair.strip_prefix("ticket="));
    let at = sockets
        .tickets
        .iter()
        .position(|(ticket, _)| Some(ticket.as_str()) == presented);
    let Some((_, ticket)) = at.and_then(|at| sockets.tickets.remove(at)) else {
        return Err(refuse(
            AUTH,
            "the ticket is unknown or was used; discover again",
            Some(BAD_TICKET),
        ));
    };
    if sockets
        .open
        .iter()
        .filter(|open| open.about.app_id == ticket.app)
        .count()
        >= MOST
    {
        return Err(refuse(
            AUTH,
            "the number of connections exceeded the limit",
            Some(TOO_MANY),
        ));
    }
    Ok(ticket)
}

fn refuse(status: u16, message: &str, auth: Option<i64>) -> Box<ErrorResponse> {
    let mut response = Box::new(ErrorResponse::new(None));
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert("Handshake-Status", HeaderValue::from(status));
    if let Ok(message) = HeaderValue::from_str(message) {
        headers.insert("Handshake-Msg", message);
    }
    if let Some(auth) = auth {
        headers.insert("Handshake-Autherrcode", HeaderValue::from(auth));
    }
    response
}
