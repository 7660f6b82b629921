//! The transport that comes with the crate: reqwest over rustls.

use std::{sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use http::{HeaderValue, header::CONTENT_LENGTH};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use rustls_platform_verifier::BuilderVerifierExt;

use crate::{BoxFuture, Error, Method, Outgoing, Result, Transport, TransportError};

/// Carries calls over HTTP/1.1, with pooled connections and the platform's certificates.
///
/// It connects within 10 s or not at all, never follows a redirect, and goes through the proxy that `HTTPS_PROXY` (`HTTP_PROXY`) names
/// unless `NO_PROXY` lists the host. The time limit of a whole call is the client's.
#[derive(Clone)]
pub struct HttpTransport(reqwest::Client);

impl HttpTransport {
    /// A transport with a pool of its own.
    ///
    /// # Errors
    /// When the TLS library cannot be set up. A machine without certificates is no error: `http://` works there, `https://` fails
    /// when it connects.
    pub fn new() -> Result<Self> {
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls()?)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(Duration::from_secs(10))
            .build()
            .map_err(|error| Error::setup(format!("the HTTP client cannot start: {error}")))?;
        Ok(Self(client))
    }
}

/// rustls with ring, without touching the provider the process may have installed for itself.
fn tls() -> Result<ClientConfig> {
    let builder = || {
        ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::setup(format!("the TLS library offers no protocol version: {error}")))
    };
    let mut config = match builder()?.with_platform_verifier() {
        Ok(builder) => builder.with_no_client_auth(),
        Err(error) => {
            tracing::warn!(%error, "no certificates on this machine, so https:// calls will fail; install ca-certificates");
            builder()?
                .with_root_certificates(RootCertStore::empty())
                .with_no_client_auth()
        }
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

impl Transport for HttpTransport {
    fn send(&self, call: Outgoing) -> BoxFuture<'_, Result<http::Response<Bytes>, TransportError>> {
        Box::pin(async move {
            let url = reqwest::Url::parse(&call.url).map_err(TransportError::other)?;
            let mut request = reqwest::Request::new(call.method.into(), url);
            *request.headers_mut() = call.headers;
            if !call.body.is_empty() {
                *request.body_mut() = Some(call.body.into());
            } else if !matches!(call.method, Method::Get | Method::Delete) {
                // Some gateways refuse a POST that does not say how long it is.
                request
                    .headers_mut()
                    .insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
            }
            let mut response = self.0.execute(request).await.map_err(broken)?;
            let body = read(&mut response, call.body_limit).await?;
            let mut whole = http::Response::new(body);
            *whole.status_mut() = response.status();
            std::mem::swap(whole.headers_mut(), response.headers_mut());
            Ok(whole)
        })
    }
}

/// Reads the body, giving up as soon as it is too large.
async fn read(response: &mut reqwest::Response, limit: usize) -> Result<Bytes, TransportError> {
    if response.content_length().is_some_and(|length| length > limit as u64) {
        return Err(TransportError::body_too_large(limit));
    }
    // Most bodies come in one piece, which is then handed on as it is.
    let mut whole = Bytes::new();
    let mut pieces = BytesMut::new();
    while let Some(piece) = response.chunk().await.map_err(broken)? {
        if whole.len() + pieces.len() + piece.len() > limit {
            return Err(TransportError::body_too_large(limit));
        }
        if whole.is_empty() && pieces.is_empty() {
            whole = piece;
        } else {
            pieces.extend_from_slice(&std::mem::take(&mut whole));
            pieces.extend_from_slice(&piece);
        }
    }
    Ok(if pieces.is_empty() { whole } else { pieces.freeze() })
}

/// What reqwest reports, without the URL: its query may hold a secret.
fn broken(error: reqwest::Error) -> TransportError {
    let error = error.without_url();
    if error.is_connect() {
        TransportError::connect(error)
    } else if error.is_timeout() {
        TransportError::timeout(error)
    } else {
        TransportError::other(error)
    }
}
