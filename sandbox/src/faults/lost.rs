//! Calls that no reply comes to.

use std::fmt;

/// A call whose reply never came, or not whole. Whether it was carried out, the caller cannot tell.
///
/// Over a socket the connection breaks. In one process [`Sandbox::try_handle`](crate::Sandbox::try_handle) gives this as an error,
/// and [`Sandbox::handle`](crate::Sandbox::handle) a gateway's page with HTTP 502 and this among its extensions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Lost {
    /// The connection was closed before a reply.
    Closed,
    /// The connection was reset before a reply.
    Reset,
    /// The connection was closed in the middle of the reply's body.
    Truncated,
}

impl fmt::Display for Lost {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Closed => "a fault closed the connection before a reply",
            Self::Reset => "a fault reset the connection before a reply",
            Self::Truncated => "a fault closed the connection in the middle of the reply",
        })
    }
}

impl std::error::Error for Lost {}
