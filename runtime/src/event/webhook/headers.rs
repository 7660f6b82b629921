//! The headers that sign a request.

use http::HeaderMap;

/// The headers of a request, as the server at hand holds them: a [`HeaderMap`], or pairs of name and value.
pub trait Headers {
    /// The first value of a header; the case of its name makes no difference.
    fn value(&self, name: &str) -> Option<&[u8]>;
}

impl Headers for HeaderMap {
    fn value(&self, name: &str) -> Option<&[u8]> {
        self.get(name).map(|value| value.as_bytes())
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>> Headers for [(N, V)] {
    fn value(&self, name: &str) -> Option<&[u8]> {
        let found = self.iter().find(|(key, _)| key.as_ref().eq_ignore_ascii_case(name))?;
        Some(found.1.as_ref())
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>, const LENGTH: usize> Headers for [(N, V); LENGTH] {
    fn value(&self, name: &str) -> Option<&[u8]> {
        self.as_slice().value(name)
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>> Headers for Vec<(N, V)> {
    fn value(&self, name: &str) -> Option<&[u8]> {
        self.as_slice().value(name)
    }
}

/// What the platform signs a request with (protocol §5.4); what is missing is empty.
pub(super) struct Stamp {
    pub(super) timestamp: Vec<u8>,
    pub(super) nonce: Vec<u8>,
    pub(super) signature: Vec<u8>,
}

impl Stamp {
    pub(super) fn read(headers: &(impl Headers + ?Sized)) -> Self {
        let value = |name| headers.value(name).unwrap_or_default().to_vec();
        Self {
            timestamp: value("x-lark-request-timestamp"),
            nonce: value("x-lark-request-nonce"),
            signature: value("x-lark-signature"),
        }
    }
}
