//! Events pushed to a request URL: challenge, envelope, and the schedule.

use std::{
    future,
    sync::{Arc, Mutex},
    time::{Duration, UNIX_EPOCH},
};

use bytes::Bytes;
use flybook_sandbox::{App, Builder, Sandbox, Webhook};
use http::{Request, Response, StatusCode};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::bench::call;

const TOKEN: &str = "v-token-0001";

/// An app's server: what came, and what it answers.
#[derive(Clone, Default)]
pub(crate) struct Server {
    pub(crate) came: Arc<Mutex<Vec<Request<Bytes>>>>,
    answers: Arc<Mutex<Vec<(u16, &'static str)>>>,
}

impl Server {
    /// Answers these in turn, and 200 from then on; challenges it always answers as it should.
    pub(crate) fn answering(answers: &[(u16, &'static str)]) -> Self {
        let server = Self::default();
        server.answers.lock().unwrap().extend(answers.iter().rev());
        server
    }

    pub(crate) fn webhook(&self) -> Webhook {
        let server = self.clone();
        Webhook::function(move |request| future::ready(server.answer(request)), TOKEN)
    }

    fn answer(&self, request: Request<Bytes>) -> Response<Bytes> {
        let body: Value = serde_json::from_slice(request.body()).unwrap();
        if body["type"] == "url_verification" {
            return Response::new(json!({"challenge": body["challenge"]}).to_string().into());
        }
        self.came.lock().unwrap().push(request);
        let (status, body) = self.answers.lock().unwrap().pop().unwrap_or((200, "{}"));
        let mut response = Response::new(Bytes::from_static(body.as_bytes()));
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        response
    }

    pub(crate) fn bodies(&self) -> Vec<Value> {
        let came = self.came.lock().unwrap();
        came.iter()
            .map(|request| serde_json::from_slice(request.body()).unwrap())
            .collect()
    }
}

// The real catalog, for it knows the envelopes; the clock stands still.
pub(crate) fn still() -> Builder {
    Sandbox::builder()
        .start_at(UNIX_EPOCH + Duration::from_secs(1_700_000_000))
        // On a clock that stands still every limit would be reached for good.
        .unlimited()
}

async fn subscribed(server: &Server) -> Sandbox {
    let sandbox = still().build();
    sandbox.set_webhook(sandbox.app_id(), server.webhook()).await.unwrap();
    sandbox
}

#[tokio::test]
async fn the_url_is_the_apps_own_once_the_challenge_came_back() {
    // protocol.md §5.2: the body of a challenge, and that it is answered within 1 s
    let sandbox = still().build();
    let app = sandbox.app_id().to_owned();
    let seen = Arc::new(Mutex::new(Value::Null));
    let note = seen.clone();
    let echo = Webhook::function(
        move |request: Request<Bytes>| {
            let body: Value = serde_json::from_slice(request.body()).unwrap();
            assert!(!request.headers().contains_key("x-lark-signature"));
            *note.lock().unwrap() = body.clone();
            future::ready(Response::new(
                json!({"challenge": body["challenge"]}).to_string().into(),
            ))
        },
        TOKEN,
    );
    sandbox.set_webhook(&app, echo).await.unwrap();
    let seen = seen.lock().unwrap().clone();
    assert_eq!(
        (&seen["token"], &seen["type"]),
        (&json!(TOKEN), &json!("url_verification"))
    );
    assert_eq!(seen.as_object().unwrap().len(), 3);

    let wrong = Webhook::function(
        |_| future::ready(Response::new(Bytes::from_static(b"{\"challenge\":\"no\"}"))),
        TOKEN,
    );
    assert_eq!(sandbox.set_webhook(&app, wrong).await.unwrap_err().code, 200_672);
    let asked = Arc::new(Notify::new());
    let asking = asked.clone();
    let silent = Webhook::function(
        move |_| {
            asking.notify_one();
            future::pending()
        },
        TOKEN,
    );
    let late = async {
        asked.notified().await;
        sandbox.advance(Duration::from_secs(1));
    };
    let (set, ()) = tokio::join!(sandbox.set_webhook(&app, silent), late);
    assert_eq!(set.unwrap_err().code, 200_341);
    for (url, token) in [
        ("ftp://127.0.0.1", TOKEN),
        ("https://127.0.0.1", TOKEN),
        ("http://127.0.0.1", ""),
        ("nothing", TOKEN),
        // An address that documents are written with (RFC 5737).
        ("http://192.0.2.1/", TOKEN),
        ("http://127.0.0.1/", "a token of more than thirty-two characters"),
    ] {
        let refused = sandbox.set_webhook(&app, Webhook::new(url, token)).await.unwrap_err();
        assert_eq!(refused.code, 200_340, "{refused}");
    }
}

#[tokio::test]
async fn an_event_is_sent_again_on_the_schedule_and_stays_the_same() {
    // protocol.md §5.5: 15 s, 5 min, 1 h, 6 h; ids stable
    let server = Server::answering(&[(500, ""), (302, ""), (201, "{}"), (404, ""), (500, "")]);
    let sandbox = subscribed(&server).await;
    let delivery = sandbox
        .push(sandbox.app_id(), "im.chat.disbanded_v1", json!({"chat_id": "oc_1"}))
        .unwrap();
    let mut expected = 1_700_000_000_000;
    for (times, wait) in [(1, 0), (2, 15), (3, 300), (4, 3600), (5, 6 * 3600)] {
        if wait > 0 {
            sandbox.advance(Duration::from_secs(wait) - Duration::from_millis(1));
            tokio::task::yield_now().await;
            assert_eq!(delivery.attempts().len(), times - 1);
            sandbox.advance(Duration::from_millis(1));
        }
        expected += wait * 1000;
        let attempts = delivery.attempted(times).await;
        assert_eq!(attempts.len(), times);
        assert_eq!(attempts[times - 1].time, expected);
        assert_eq!(attempts[times - 1].failure.as_ref().unwrap().code, 200_671);
    }
    assert!(!delivery.done().await);
    let bodies = server.bodies();
    assert_eq!(bodies.len(), 5);
    assert!(bodies.iter().all(|body| *body == bodies[0]));
    assert_eq!(bodies[0]["header"]["event_id"], delivery.event_id());
    assert_eq!(bodies[0]["header"]["token"], TOKEN);
    assert_eq!(bodies[0]["header"]["event_type"], "im.chat.disbanded_v1");
}

#[tokio::test]
async fn an_app_that_is_slow_gets_it_again_until_it_takes_it() {
    // protocol.md §5.5: 3 s
    let asked = Arc::new(Notify::new());
    let slow = Arc::new(Mutex::new(true));
    let (asking, first) = (asked.clone(), slow.clone());
    let sandbox = still().build();
    let webhook = Webhook::function(
        move |request: Request<Bytes>| {
            let body: Value = serde_json::from_slice(request.body()).unwrap();
            let (hang, asking) = (
                *first.lock().unwrap() && body["type"] != "url_verification",
                asking.clone(),
            );
            async move {
                if hang {
                    asking.notify_one();
                    future::pending::<()>().await;
                }
                Response::new(json!({"challenge": body["challenge"]}).to_string().into())
            }
        },
        TOKEN,
    );
    sandbox.set_webhook(sandbox.app_id(), webhook).await.unwrap();
    let delivery = sandbox.push(sandbox.app_id(), "nobody.knows_v9", json!({})).unwrap();
    asked.notified().await;
    *slow.lock().unwrap() = false;
    sandbox.advance(Duration::from_secs(3));
    assert_eq!(delivery.attempted(1).await[0].failure.as_ref().unwrap().code, 200_341);
    sandbox.advance(Duration::from_secs(15));
    assert!(delivery.done().await);
    assert_eq!(delivery.attempts().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_fast_clock_brings_the_retries_sooner() {
    // protocol.md §5.5: 15 s; a thousand times as fast it is 15 ms
    let server = Server::answering(&[(500, "")]);
    let sandbox = Sandbox::builder().time_scale(1000.0).build();
    sandbox.set_webhook(sandbox.app_id(), server.webhook()).await.unwrap();
    let start = tokio::time::Instant::now();
    let delivery = sandbox.push(sandbox.app_id(), "x", json!({})).unwrap();
    assert!(delivery.done().await);
    let took = start.elapsed();
    assert!(
        took >= Duration::from_millis(15) && took < Duration::from_millis(30),
        "{took:?}"
    );
}

#[tokio::test]
async fn old_events_and_tickets_come_in_the_old_envelope() {
    // protocol.md §5.1: v1
    let server = Server::default();
    let sandbox = still()
        .app(App::custom("cli_a", "s"))
        .app(App::store("cli_store", "s"))
        .build();
    sandbox.set_webhook("cli_a", server.webhook()).await.unwrap();
    let delivery = sandbox
        .push("cli_a", "p2p_chat_create", json!({"chat_id": "oc_1"}))
        .unwrap();
    assert!(delivery.done().await);
    let body = &server.bodies()[0];
    assert_eq!(body["type"], "event_callback");
    assert_eq!(body["uuid"], delivery.event_id());
    assert_eq!(body["ts"], "1700000000.0000000");
    assert_eq!(
        body["event"],
        json!({"type": "p2p_chat_create", "app_id": "cli_a", "tenant_key": sandbox.tenant_key(), "chat_id": "oc_1"})
    );

    let store = Server::default();
    sandbox.set_webhook("cli_store", store.webhook()).await.unwrap();
    assert!(sandbox.push_app_ticket("cli_store").unwrap().done().await);
    let body = json!({"app_id": "cli_store", "app_secret": "s"});
    let asked = call(&sandbox, "POST", "/open-apis/auth/v3/app_ticket/resend", None, body).await;
    assert_eq!(asked.code(), 0);
    while store.bodies().len() < 3 {
        tokio::task::yield_now().await;
    }
    let ticket = sandbox.app_ticket("cli_store").unwrap();
    let event = json!({"type": "app_ticket", "app_id": "cli_store", "app_ticket": ticket});
    // Because the URL was set, because the test wanted it, and because the app asked.
    assert_eq!(store.bodies().len(), 3);
    assert!(store.bodies().iter().all(|body| body["event"] == event));
    assert!(sandbox.push_app_ticket("cli_a").is_err() && sandbox.push("cli_none", "x", json!({})).is_err());
}

#[tokio::test]
async fn pushes_end_with_the_sandbox() {
    let sandbox = still().build();
    let delivery = sandbox.push(sandbox.app_id(), "x", json!({})).unwrap();
    assert_eq!(delivery.attempted(1).await[0].failure.as_ref().unwrap().code, 200_340);
    drop(sandbox);
    assert!(!delivery.done().await);
}

#[tokio::test]
async fn a_url_is_reached_over_http() {
    // protocol.md §5.4 and §5.7: the headers, and the codes of apps that cannot be reached
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, mut came) = tokio::sync::mpsc::unbounded_channel();
    let router = axum::Router::new().fallback(move |headers: http::HeaderMap, body: String| {
        let sender = sender.clone();
        async move {
            let body: Value = serde_json::from_str(&body).unwrap();
            let challenge = json!({"challenge": body["challenge"]}).to_string();
            sender.send((headers, body)).unwrap();
            challenge
        }
    });
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });
    let sandbox = Sandbox::new();
    let url = format!("http://{address}/events?x=1");
    sandbox
        .set_webhook(sandbox.app_id(), Webhook::new(&url, TOKEN))
        .await
        .unwrap();
    assert!(came.recv().await.unwrap().1["challenge"].is_string());
    assert!(sandbox.push(sandbox.app_id(), "x", json!({})).unwrap().done().await);
    let (headers, body) = came.recv().await.unwrap();
    assert_eq!(headers["content-type"], "application/json; charset=utf-8");
    assert_eq!(headers["host"], address.to_string());
    assert_eq!(body["header"]["event_type"], "x");
    serving.abort();
    _ = serving.await;
    let failed = sandbox.call_back(sandbox.app_id(), "x", json!({})).await.unwrap_err();
    assert_eq!(failed.code, 200_342, "{failed}");
}
