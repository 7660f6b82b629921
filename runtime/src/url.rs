//! Pieces of URLs: parameters in paths, percent-encoding, and the base everything is appended to.

use crate::{Error, Result};

/// The longest URL that is sent; servers and the `http` crate stop a little later.
pub(crate) const LONGEST: usize = 60 << 10;

/// Where `:name` stands in the path, as a whole word.
pub(crate) fn placeholder(path: &str, name: &str) -> Option<usize> {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    path.match_indices(':').map(|(at, _)| at).find(|at| {
        let rest = &path[at + 1..];
        rest.starts_with(name) && !rest.as_bytes().get(name.len()).is_some_and(|byte| word(*byte))
    })
}

/// Appends `text` with everything but letters, digits and `-._~` percent-encoded (RFC 3986, unreserved).
pub(crate) fn push_encoded(out: &mut String, text: &str) {
    const HEX: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F',
    ];
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(byte.into()),
            _ => out.extend(['%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]),
        }
    }
}

/// A base URL as it is used: scheme in small letters, host, and a port if there is one.
pub(crate) fn base(url: &str) -> Result<String> {
    let complaint = |what: &str| {
        Err(Error::setup(format!(
            "the base URL {what}, such as https://open.example.com"
        )))
    };
    let scheme = url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    let (Some(scheme @ ("https" | "http")), Some((_, host))) = (scheme.as_deref(), url.split_once("://")) else {
        return complaint("must begin with https:// (or http:// on the same machine)");
    };
    if host.ends_with('/') {
        return complaint("must not end with a slash");
    }
    if host.contains(['/', '?', '#']) {
        return complaint("must be scheme and host alone, without a path");
    }
    if host.contains('@') {
        return complaint("must not hold a user name or password");
    }
    let (name, port) = match host.rfind(':').filter(|at| !host[*at..].contains(']')) {
        Some(at) => (&host[..at], Some(&host[at + 1..])),
        None => (host, None),
    };
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-._".contains(letter);
    let is_host = name.chars().all(plain) || name.starts_with('[');
    if name.is_empty() || !is_host || http::Uri::try_from(url).is_err() {
        return complaint("must name a host, in ASCII letters");
    }
    let is_port =
        |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse().is_ok_and(|port: u16| port > 0);
    if port.is_some_and(|port| !is_port(port)) {
        return complaint("must end with its host or a port from 1 to 65535");
    }
    Ok(format!("{scheme}://{host}"))
}
