//! Secret, key and ticket are planted; neither errors nor `Debug` nor the log may show them.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use tokio_tungstenite::tungstenite::protocol::{CloseFrame, frame::coding::CloseCode};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

use super::{
    super::{LongConnection, health::Health},
    stage::{SECRET, Stage, accept, client, desk, found, headers},
};
use crate::{Error, Outgoing, TransportError, event::Answer};

/// Keeps every line of the log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Visit for Log {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.lock().unwrap().push_str(&format!("{field}={value:?} "));
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut self.clone());
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

fn quoted(call: &Outgoing) -> String {
    format!("{call:?}")
}

#[tokio::test(start_paused = true)]
async fn nothing_shows() {
    let log = Log::default();
    // With one subscriber alone, tracing asks the thread that first passes a line of code, which may be another test's, whether anybody
    // listens there; with two it asks them.
    let _second = tracing::Dispatch::new(Log::default());
    let _guard = tracing::subscriber::set_default(log.clone());
    let (mut stage, mut sockets) = Stage::new();
    let calls = stage.calls.clone();
    stage.refusal = Box::new({
        let calls = calls.clone();
        move |number| match number {
            0 => {
                // A transport of somebody's own that quotes the whole URL.
                let url = calls.lock().unwrap().last().unwrap().url.clone();
                Some(Err(TransportError::connect(format!("cannot reach {url}"))))
            }
            1 => {
                let mut refusal = http::Response::builder().status(400).body(()).unwrap();
                *refusal.headers_mut() = headers(&[
                    ("handshake-msg", "ticket planted-7f3a-ticket is over"),
                    ("x-tt-logid", "planted-7f3a-key"),
                ]);
                Some(Ok(refusal))
            }
            _ => None,
        }
    });
    stage.discovery = Box::new(|_| Ok(found("{\"ReconnectNonce\":1,\"ReconnectInterval\":1}")));
    let connection = LongConnection::over(&client(stage), desk(Answer::Done(None)));
    let mut shown = format!("{connection:?}");
    let mut health = connection.health();
    let watch = async {
        let mut errors: Vec<Error> = Vec::new();
        let mut server = loop {
            health.changed().await.unwrap();
            let now = health.borrow_and_update().clone();
            shown.push_str(&format!("{now:?}"));
            match now {
                Health::Down { last_error, .. } => errors.push(last_error),
                Health::Up { .. } => break accept(&mut sockets).await,
                _ => {}
            }
        };
        let farewell = CloseFrame {
            code: CloseCode::Policy,
            reason: "ticket planted-7f3a-ticket is over".into(),
        };
        server.socket.close(Some(farewell)).await.unwrap();
        let down = |health: &Health| matches!(health, Health::Down { .. });
        if let Health::Down { last_error, .. } = &*health.wait_for(down).await.unwrap() {
            errors.push(last_error.clone());
        }
        shown.push_str(&format!("{:?}", health.borrow()));
        errors
    };
    let (send, errors) = tokio::sync::oneshot::channel();
    connection.run(async { send.send(watch.await).unwrap() }).await.unwrap();
    let errors = errors.await.unwrap();
    assert_eq!(
        errors[0].to_string(),
        "callback.ws failed: no connection: cannot reach ***"
    );
    assert_eq!(
        errors[1].to_string(),
        "callback.ws failed: ticket *** is over (HTTP 400, log id ***)"
    );
    assert_eq!(
        errors[2].to_string(),
        "callback.ws failed: the exchange broke off: the server closed the connection (1008, `ticket *** is over`)"
    );
    for error in &errors {
        shown.push_str(&format!("{error} {error:?} {} {:?}", error.message(), error.log_id()));
    }
    for call in calls.lock().unwrap().iter() {
        shown.push_str(&quoted(call));
    }
    shown.push_str(&log.0.lock().unwrap());
    assert!(shown.contains("long connection open"), "the log was heard: {shown}");
    assert!(!shown.contains(SECRET), "{shown}");
}
