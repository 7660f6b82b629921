//! HTTP on the API's connections, with header names as the platform writes them.

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{pin, sync::mpsc, task::JoinSet};

use crate::accept::Wire;

/// Answers until `stopped` is over; calls under way are answered first.
pub(crate) async fn serve(mut connections: mpsc::Receiver<Wire>, router: Router, stopped: impl Future<Output = ()>) {
    pin!(stopped);
    let graceful = GracefulShutdown::new();
    // Dropped with this future, so that no connection outlives the server.
    let mut tasks = JoinSet::new();
    let mut http = http1::Builder::new();
    // `X-Tt-Logid`: the official Python SDK looks for names letter for letter.
    http.title_case_headers(true).timer(TokioTimer::new());
    loop {
        let wire = tokio::select! {
            wire = connections.recv() => wire,
            () = &mut stopped => None,
            Some(_) = tasks.join_next(), if !tasks.is_empty() => continue,
        };
        let Some(wire) = wire else { break };
        // What a fault breaks is the connection that its call came by.
        let service = TowerToHyperService::new(router.clone().layer(Extension(wire.line())));
        tasks.spawn(graceful.watch(http.serve_connection(TokioIo::new(wire), service)));
    }
    // From here on nothing is accepted.
    drop(connections);
    graceful.shutdown().await;
}
