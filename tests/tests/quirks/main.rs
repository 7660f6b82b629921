//! What the platform does in other ways than it says, a test for each row of protocol §7, §10 and §11 that touches the curated domains.
//!
//! Rows that hold for any endpoint are tested beside the code, on the wire and in both directions: `runtime/src/wire/tests.rs` and
//! `runtime/tests/runtime/`. Here are the endpoints that the rows name.
#![allow(deprecated)]

mod messages;
mod read;
mod sent;

use flybook::{Client, Method, Outgoing, Request, Retry};
use flybook_tests::recorder::Recorder;
use serde_json::{Value, json};

const EMPTY: &str = r#"{"code":0,"msg":"success","data":{}}"#;

fn client(recorder: &Recorder) -> Client {
    Client::builder("cli_1", "secret")
        .base_url("https://open.example.com")
        .helpdesk("12345", "ht-sometoken")
        .retry(Retry::off())
        .transport(recorder.clone())
        .build()
        .unwrap()
}

/// What goes out.
async fn sent<R: Request>(request: R) -> Outgoing {
    let recorder = Recorder::new(EMPTY);
    // A reply that does not fit does not matter here.
    let _ = client(&recorder).send(request).token("u-1").await;
    recorder.calls().remove(0)
}

/// The JSON body that goes out.
async fn json_of<R: Request>(request: R) -> (Method, Value) {
    let call = sent(request).await;
    assert_eq!(call.headers["content-type"], "application/json; charset=utf-8");
    (call.method, serde_json::from_slice(&call.body).unwrap())
}

/// Path and query that go out.
async fn target<R: Request>(request: R) -> String {
    sent(request)
        .await
        .url
        .replace("https://open.example.com/open-apis", "")
}

/// What a reply with this payload is read as.
async fn read<R: Request>(request: R, data: Value) -> R::Reply {
    let reply = json!({"code": 0, "msg": "success", "data": data}).to_string();
    client(&Recorder::new(reply)).send(request).await.unwrap()
}
