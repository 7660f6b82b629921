//! A transport that records what would go out and answers what it was told.

use std::sync::{Arc, Mutex, PoisonError};

use flybook_runtime::{BoxFuture, Bytes, Outgoing, Transport, TransportError};

/// Answers every call with the same body, and token calls with a token that never ends. Clones share the record.
#[derive(Clone, Debug)]
pub struct Recorder {
    calls: Arc<Mutex<Vec<Outgoing>>>,
    status: u16,
    reply: Bytes,
}

impl Recorder {
    /// Answers with this body and HTTP 200.
    pub fn new(reply: impl Into<Bytes>) -> Self {
        Self {
            calls: Arc::default(),
            status: 200,
            reply: reply.into(),
        }
    }

    /// Answers with another HTTP status.
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// What went out so far, without the calls for tokens.
    pub fn calls(&self) -> Vec<Outgoing> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The wire form of the only call: request line, headers that the call brings, body.
    pub fn wire_form(&self) -> String {
        let calls = self.calls();
        let [call] = calls.as_slice() else {
            return format!("{} calls went out", calls.len());
        };
        let (_, target) = call.url.split_once("example.com").unwrap_or(("", &call.url));
        let mut lines = vec![format!("{} {target}", call.method)];
        let mut headers: Vec<_> = call.headers.iter().filter(|(name, _)| *name != "user-agent").collect();
        headers.sort_by_key(|(name, _)| name.as_str());
        lines.extend(
            headers
                .iter()
                .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes()))),
        );
        lines.push(String::new());
        lines.push(String::from_utf8_lossy(&call.body).replace('\r', ""));
        lines.join("\n")
    }
}

impl Transport for Recorder {
    fn send(&self, call: Outgoing) -> BoxFuture<'_, Result<http::Response<Bytes>, TransportError>> {
        let is_token = call.endpoint.id.starts_with("auth.") || call.url.contains("/open-apis/auth/v3/");
        let body = match is_token {
            true => Bytes::from_static(
                br#"{"code":0,"msg":"ok","tenant_access_token":"t-1","app_access_token":"a-1","expire":7200}"#,
            ),
            false => self.reply.clone(),
        };
        if !is_token {
            self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
        }
        let mut response = http::Response::new(body);
        let status = if is_token { 200 } else { self.status };
        *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
        let kind = http::HeaderValue::from_static("application/json; charset=utf-8");
        response.headers_mut().insert(http::header::CONTENT_TYPE, kind);
        Box::pin(std::future::ready(Ok(response)))
    }
}
