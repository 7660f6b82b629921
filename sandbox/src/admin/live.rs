//! News for whoever looks on: `GET /_sandbox/live` says, as server-sent events, whenever there is something new to see.

use std::{convert::Infallible, time::Duration};

use axum::{
    Extension, Router,
    extract::State,
    response::sse::{Event, KeepAlive, Sse},
    routing::get,
};
use futures_util::stream::{self, Stream};
use tokio::sync::watch;

use crate::sandbox::Sandbox;

/// However much happens, it is told no more often than this.
const PACE: Duration = Duration::from_millis(100);

/// As long as the other end of this is there, the server serves; streams that never end by themselves end with it.
pub(crate) type Open = watch::Receiver<()>;

pub(crate) fn routes() -> Router<Sandbox> {
    Router::new().route("/live", get(live))
}

struct Watched {
    changes: watch::Receiver<u64>,
    messages: watch::Receiver<usize>,
    open: Open,
    told: bool,
}

async fn live(
    State(sandbox): State<Sandbox>,
    Extension(open): Extension<Open>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let watched = {
        let state = sandbox.0.state();
        Watched {
            changes: state.changes.subscribe(),
            messages: state.sent.subscribe(),
            open,
            told: false,
        }
    };
    Sse::new(stream::unfold(watched, next)).keep_alive(KeepAlive::default())
}

async fn next(mut watched: Watched) -> Option<(Result<Event, Infallible>, Watched)> {
    if watched.told {
        tokio::time::sleep(PACE).await;
        let changed = tokio::select! {
            changed = watched.changes.changed() => changed.is_ok(),
            changed = watched.messages.changed() => changed.is_ok(),
            // Only its end counts: nothing is ever sent.
            _ = watched.open.changed() => false,
        };
        if !changed {
            return None;
        }
    }
    watched.told = true;
    let version = *watched.changes.borrow_and_update();
    let messages = *watched.messages.borrow_and_update();
    let news = format!("{{\"version\":{version},\"messages\":{messages}}}");
    Some((Ok(Event::default().event("change").data(news)), watched))
}
