//! Which headers a call may set, and which of them nobody may see.

use http::{
    HeaderName,
    header::{AUTHORIZATION, CONNECTION, CONTENT_LENGTH, COOKIE, HOST, PROXY_AUTHORIZATION, TRANSFER_ENCODING},
};

/// Carries the help desk's credentials.
pub(crate) const HELPDESK: HeaderName = HeaderName::from_static("x-lark-helpdesk-authorization");

/// Why a call may not set this header; `None` when it may.
pub(crate) fn refusal(name: &HeaderName) -> Option<&'static str> {
    if *name == AUTHORIZATION {
        Some("is the client's; give a token with `.token(…)`")
    } else if *name == HELPDESK {
        Some("is the client's; give the help desk's credentials with `Builder::helpdesk`")
    } else if [CONTENT_LENGTH, HOST, TRANSFER_ENCODING, CONNECTION].contains(name) {
        Some("belongs to the connection, which sets it from the base URL and the body; leave it out")
    } else {
        None
    }
}

/// Whether this header holds a credential.
pub(crate) fn is_secret(name: &HeaderName) -> bool {
    [AUTHORIZATION, HELPDESK, COOKIE, PROXY_AUTHORIZATION].contains(name)
}
