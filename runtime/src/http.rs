//! The transport that comes with the crate: reqwest over rustls.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use futures_core::Stream;
use http::{HeaderValue, header::CONTENT_LENGTH};
use http_body::{Body as _, Frame, SizeHint};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use rustls_platform_verifier::BuilderVerifierExt;

#[cfg(feature = "socket")]
use crate::Upgraded;
use crate::{Body, BoxFuture, Error, Method, Outgoing, Result, Transport, TransportError, body::gathered};

/// Carries calls over HTTP/1.1, with pooled connections and the platform's certificates, and opens sockets in the same way.
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
            // For each retry that reqwest might make it copies every request, and over HTTP/1.1 it makes none; the client has its own.
            .retry(reqwest::retry::never().max_retries_per_request(0))
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

impl HttpTransport {
    /// Hands the call to reqwest at once, so that no future keeps a copy of it.
    fn begin(
        &self,
        call: Outgoing,
    ) -> Result<impl Future<Output = reqwest::Result<reqwest::Response>> + use<>, TransportError> {
        Ok(self.0.execute(request(call)?))
    }
}

fn request(mut call: Outgoing) -> Result<reqwest::Request, TransportError> {
    let upload = call.take_upload();
    let url = reqwest::Url::parse(&call.url).map_err(TransportError::other)?;
    let mut request = reqwest::Request::new(call.method.into(), url);
    *request.headers_mut() = call.headers;
    if let Some((body, length)) = upload {
        *request.body_mut() = Some(reqwest::Body::wrap(Announced {
            body: Mutex::new(body),
            left: length,
        }));
    } else if !call.body.is_empty() {
        *request.body_mut() = Some(call.body.into());
    } else if !matches!(call.method, Method::Get | Method::Delete) {
        // Some gateways refuse a POST that does not say how long it is.
        request
            .headers_mut()
            .insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    Ok(request)
}

impl Transport for HttpTransport {
    fn send(&self, call: Outgoing) -> BoxFuture<'_, Result<http::Response<Bytes>, TransportError>> {
        let limit = call.body_limit;
        let response = self.begin(call);
        Box::pin(async move {
            let mut response = begun(response?.await)?;
            if response
                .body()
                .0
                .size_hint()
                .exact()
                .is_some_and(|length| length > limit as u64)
            {
                return Err(TransportError::body_too_large(limit));
            }
            let body = gathered(response.body_mut(), limit).await?;
            Ok(response.map(|_| body))
        })
    }

    fn open(&self, call: Outgoing) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        let response = self.begin(call);
        Box::pin(async move { Ok(begun(response?.await)?.map(Body::new)) })
    }

    #[cfg(feature = "socket")]
    fn upgrade(&self, mut call: Outgoing) -> BoxFuture<'_, Result<http::Response<Option<Upgraded>>, TransportError>> {
        // A handshake is an HTTP call, and so is its URL: `wss` becomes `https`.
        if call.url.starts_with("ws") {
            call.url.replace_range(..2, "http");
        }
        let response = self.begin(call);
        Box::pin(async move {
            let mut response = response?.await.map_err(broken)?;
            let mut head = http::Response::new(());
            *head.status_mut() = response.status();
            std::mem::swap(head.headers_mut(), response.headers_mut());
            let connection = match head.status() {
                http::StatusCode::SWITCHING_PROTOCOLS => Some(Upgraded::new(response.upgrade().await.map_err(broken)?)),
                _ => None,
            };
            Ok(head.map(|()| connection))
        })
    }
}

/// The body of a request; its length is known, so that it is announced. The lock, never taken, makes it shareable, as reqwest wants it.
struct Announced {
    body: Mutex<Body>,
    left: u64,
}

impl http_body::Body for Announced {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        let body = self.body.get_mut().unwrap_or_else(PoisonError::into_inner);
        let chunk = ready!(Pin::new(body).poll_next(context));
        if let Some(Ok(chunk)) = &chunk {
            self.left = self.left.saturating_sub(chunk.len() as u64);
        }
        Poll::Ready(chunk.map(|chunk| chunk.map(Frame::data)))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// The body of a response.
struct Incoming(reqwest::Body);

impl Stream for Incoming {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let frame = ready!(Pin::new(&mut self.0).poll_frame(context));
            // What is no data are trailers, which nobody asked for.
            match frame.map(|frame| frame.map(Frame::into_data)) {
                Some(Ok(Ok(chunk))) => return Poll::Ready(Some(Ok(chunk))),
                Some(Ok(Err(_))) => {}
                Some(Err(error)) => return Poll::Ready(Some(Err(broken(error)))),
                None => return Poll::Ready(None),
            }
        }
    }
}

/// A response whose body is still to come.
fn begun(response: reqwest::Result<reqwest::Response>) -> Result<http::Response<Incoming>, TransportError> {
    let response = response.map_err(broken)?;
    Ok(http::Response::<reqwest::Body>::from(response).map(Incoming))
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
