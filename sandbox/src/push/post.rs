//! One HTTP request to an app on this machine.

use std::{io, net::SocketAddr, time::Duration};

use bytes::Bytes;
use futures_util::{FutureExt, future};
use http::{HeaderValue, Request, Response, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::failure::{Failure, code};

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(2);
/// More than any reply to a callback needs.
const REPLY_LIMIT: usize = 1024 * 1024;

/// What a request URL must be, told before it is used.
pub(crate) fn target(url: &str) -> Result<(Uri, String), Failure> {
    let wrong = |why: &str| {
        let url = url.escape_debug();
        Failure::new(
            code::NO_URL,
            format!("`{url}` is no request URL: {why}; one reads like http://127.0.0.1:8080/events"),
        )
    };
    let uri: Uri = url.parse().map_err(|_| wrong("it is not a URL"))?;
    if uri.scheme_str() != Some("http") {
        return Err(wrong(
            "the sandbox speaks plain http, since it pushes to this machine only",
        ));
    }
    let Some(authority) = uri.authority() else {
        return Err(wrong("it names no host"));
    };
    let host = format!("{}:{}", authority.host(), authority.port_u16().unwrap_or(80));
    Ok((uri, host))
}

/// Sends one request and reads the whole reply. Redirects are not followed, just as the platform follows none.
pub(crate) async fn post(url: &str, request: Request<Bytes>) -> Result<Response<Bytes>, Failure> {
    let (uri, host) = target(url)?;
    let stream = match tokio::time::timeout(CONNECT, connect(&host)).await {
        Ok(stream) => stream?,
        Err(_) => {
            let message = format!("{host} took no connection within 2 s");
            return Err(Failure::new(code::UNREACHABLE, message));
        }
    };
    let broken = |error: &dyn std::error::Error| {
        Failure::new(
            code::UNREACHABLE,
            format!("the exchange with {host} broke off: {error}"),
        )
    };
    let (mut sender, connection) = http1::Builder::new()
        // As the platform spells them; some look for just this spelling.
        .title_case_headers(true)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| broken(&error))?;
    let (mut parts, body) = request.into_parts();
    parts.uri = uri
        .path_and_query()
        .map_or("/", |path| path.as_str())
        .parse()
        .unwrap_or_default();
    if let Ok(host) = HeaderValue::from_str(&host) {
        parts.headers.insert(header::HOST, host);
    }
    let exchange = async {
        let reply = sender
            .send_request(Request::from_parts(parts, Full::new(body)))
            .await
            .map_err(|error| broken(&error))?;
        let (head, body) = reply.into_parts();
        let body = Limited::new(body, REPLY_LIMIT)
            .collect()
            .await
            .map_err(|error| broken(&*error))?;
        Ok(Response::from_parts(head, body.to_bytes()))
    };
    // The connection is driven here and not in a task of its own, so that it ends with the exchange.
    let driven = connection.then(|_| future::pending());
    match future::select(Box::pin(exchange), Box::pin(driven)).await {
        future::Either::Left((reply, _)) => reply,
        future::Either::Right((never, _)) => never,
    }
}

async fn connect(host: &str) -> Result<TcpStream, Failure> {
    let found = tokio::net::lookup_host(host).await;
    let addresses: Vec<SocketAddr> = match found {
        Ok(found) => found.collect(),
        Err(error) => {
            return Err(Failure::new(
                code::NO_SUCH_HOST,
                format!("{host} cannot be found: {error}"),
            ));
        }
    };
    let here: Vec<SocketAddr> = addresses
        .into_iter()
        .filter(|address| address.ip().is_loopback())
        .collect();
    if here.is_empty() {
        let message = format!("{host} is another machine, and the sandbox pushes to this one only");
        return Err(Failure::new(code::NO_URL, message));
    }
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for address in here {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(Failure::new(
        code::UNREACHABLE,
        format!("{host} takes no connection: {last}; is the app running?"),
    ))
}
