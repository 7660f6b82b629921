//! From an address to an open socket.

use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE, USER_AGENT},
};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::handshake::{client::generate_key, derive_accept_key};

use super::{
    discovery::Address,
    failure::{Failure, SOCKET, broken, late, of_handshake, unreadable},
};
use crate::{Bytes, Client, Method, Outgoing, Upgraded};

/// The most of a refusal's body that a transport may read.
const BODY_LIMIT: usize = 64 << 10;

/// Opens the socket, over the transport that carries the client's calls.
pub(super) async fn shake(client: &Client, address: &Address) -> Result<Upgraded, Failure> {
    let inner = client.inner();
    let key = generate_key();
    let Ok(key_header) = HeaderValue::try_from(&key) else {
        return Err(unreadable(
            client,
            &SOCKET,
            "the key of the handshake cannot travel in a header",
        ));
    };
    let call = Outgoing {
        endpoint: &SOCKET,
        method: Method::Get,
        url: address.url.expose().to_owned(),
        headers: HeaderMap::from_iter([
            (CONNECTION, HeaderValue::from_static("Upgrade")),
            (UPGRADE, HeaderValue::from_static("websocket")),
            (SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13")),
            (SEC_WEBSOCKET_KEY, key_header),
            (USER_AGENT, inner.user_agent.clone()),
        ]),
        body: Bytes::new(),
        body_limit: BODY_LIMIT,
        upload: None,
    };
    let answer = timeout(inner.timeout, inner.transport.upgrade(call)).await;
    let answer = answer.map_err(|_| late(client, &SOCKET, inner.timeout))?;
    // A transport of the user's own may well quote the URL.
    let answer = answer.map_err(|error| Failure::Passing(broken(client, error.masked(&address.secrets))))?;
    let (head, connection) = answer.into_parts();
    if head.status != StatusCode::SWITCHING_PROTOCOLS {
        return Err(of_handshake(client, head.status, &head.headers, &address.secrets));
    }
    let accepted = head.headers.get(SEC_WEBSOCKET_ACCEPT);
    if accepted.is_none_or(|accepted| accepted.as_bytes() != derive_accept_key(key.as_bytes()).as_bytes()) {
        let what = "what answered is no WebSocket server; a proxy in between may be in the way";
        return Err(unreadable(client, &SOCKET, what));
    }
    connection.ok_or_else(|| unreadable(client, &SOCKET, "the transport brings no connection with its answer"))
}
