//! The sandbox on a socket: loopback only.

use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use axum::{
    Extension,
    body::{Body, HttpBody},
    extract::{ConnectInfo, Request},
};
use http::{Response, StatusCode};
use tokio::{
    net::TcpListener,
    sync::{oneshot, watch},
    task::JoinHandle,
};

use crate::{
    accept::{self, Api, Line},
    admin, console,
    faults::{self, Answered, Lost, Way},
    sandbox::Sandbox,
    trickle,
};

/// More than the largest upload the sandbox is tried with; a test that needs more does not need a sandbox.
const BODY_LIMIT: usize = 64 * 1024 * 1024;
/// How long calls under way may take once the server is told to stop.
const GRACE: Duration = Duration::from_secs(5);

/// A sandbox that listens on loopback. It stops when this is dropped.
pub struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<io::Result<()>>>,
}

impl Server {
    pub(crate) async fn start(sandbox: Sandbox, port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        // A port of its own, as the platform has a host of its own: a pooled connection to the API cannot be reused for an upgrade.
        let sockets = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        sandbox.0.state().sockets.address = Some(sockets.local_addr()?);
        let accepting = sandbox.clone();
        let (stop, stopped) = oneshot::channel::<()>();
        // Streams that go on until the server stops hold the other end.
        let (open, until) = watch::channel(());
        let admin = admin::router(sandbox.clone()).layer(Extension::<admin::Open>(until));
        let router = console::router()
            .nest(admin::ROOT, admin)
            .fallback(move |request: Request| {
                let sandbox = sandbox.clone();
                async move { respond(sandbox, request).await }
            });
        let (sender, api) = Api::new(address);
        let connecting = accept::accept(sockets, accepting.clone(), sender.clone());
        let accepting = accept::accept(listener, accepting, sender);
        let service = router.into_make_service_with_connect_info::<Line>();
        let serving = axum::serve(api, service).with_graceful_shutdown(async move {
            // Dropping the sender stops the server too.
            _ = stopped.await;
            drop(open);
        });
        // Accepting ends by itself once the API takes no more; calls under way are answered all the same.
        let serving = tokio::spawn(async move { tokio::join!(serving.into_future(), accepting, connecting).0 });
        Ok(Self {
            address,
            stop: Some(stop),
            serving: Some(serving),
        })
    }

    /// Where it listens: `http://127.0.0.1:PORT`, without a trailing slash.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Takes no more calls, and returns when those under way are answered, or after five seconds.
    pub async fn shutdown(mut self) {
        drop(self.stop.take());
        if let Some(mut serving) = self.serving.take()
            && tokio::time::timeout(GRACE, &mut serving).await.is_err()
        {
            serving.abort();
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Server")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

async fn respond(sandbox: Sandbox, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    // A length that is announced is believed, so that nobody waits for a body that will be refused.
    let announced = body.size_hint().lower() > BODY_LIMIT as u64;
    let body = if announced {
        None
    } else {
        axum::body::to_bytes(body, BODY_LIMIT).await.ok()
    };
    let Some(body) = body else {
        let why = "the body broke off, or is larger than the 64 MiB that the sandbox takes";
        return sandbox.reject(StatusCode::PAYLOAD_TOO_LARGE, why).map(Body::from);
    };
    let line = parts.extensions.get::<ConnectInfo<Line>>().map(|info| info.0.clone());
    let Answered { response, way } = faults::answer(&sandbox, Request::from_parts(parts, body)).await;
    match way {
        Way::Whole => response.map(Body::from),
        Way::Slow(time) => trickle::slow(response, time),
        Way::Lost(Lost::Truncated) => trickle::half(response),
        Way::Lost(lost) => {
            if let Some(line) = line {
                line.lose(lost);
            }
            response.map(Body::from)
        }
    }
}
