//! Where retries, pacing, tokens and uploads meet.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use flybook_runtime::{Attempt, File, Method, Observer, Pacing, Rate, Retry, SignIn, TokenKind};
use tokio::time::Instant;

use crate::support::{ok, platform, request, response};

request!(List {} -> (), {
    id: "im.v1.chat.list", path: "/open-apis/im/v1/chats", tokens: &[TokenKind::Tenant, TokenKind::User],
    // protocol §3.3, a special tier
    rate: &[Rate::per_second(1)]
}, |self, call| { let _ = call; });
impl flybook_runtime::AcceptsUser for List {}

request!(Put { file: File } -> (), {
    id: "im.v1.file.create", method: Method::Post, path: "/open-apis/im/v1/files", tokens: &[TokenKind::Tenant]
}, |self, call| { call.file("file", &self.file); });

/// A call that was sent once does not say that it was not.
#[tokio::test(start_paused = true)]
async fn a_retry_that_has_no_turn() {
    let retry = Retry::default().backoff(Duration::from_millis(1), Duration::from_millis(1));
    let client = platform(|_| response(500, "")).0.retry(retry).build().unwrap();
    let error = client.send(List {}).pacing(Pacing::Refuse).await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("im.v1.chat.list was not sent again: its calls are limited to 1/s; its turn comes in "),
        "{text}"
    );
    assert!(text.ends_with(", and pacing is set to refuse"), "{text}");
    assert!(error.may_have_run() && error.attempts() == 1);
}

#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Observer for Notes {
    fn attempt(&self, attempt: &Attempt<'_>) {
        let error = attempt.error.and_then(flybook_runtime::Error::code);
        let note = format!(
            "{} {:?} {error:?} {:?}",
            attempt.endpoint.id, attempt.code, attempt.retry_in
        );
        self.0.lock().unwrap().push(note);
    }
}

/// protocol §2.7: the platform said why, and whoever measures hears that, also where the client cannot send it again.
#[tokio::test]
async fn a_refusal_behind_a_spent_reader_is_reported() {
    let notes = Notes::default();
    let (builder, _) = platform(|_| response(400, r#"{"code":99991663,"msg":"invalid"}"#));
    let client = builder.observer(notes.clone()).build().unwrap();
    let file = File::from_reader("a", &b"abc"[..], 3);
    client.send(Put { file }).await.unwrap_err();
    let notes = notes.0.lock().unwrap();
    assert_eq!(notes[1..], ["im.v1.file.create Some(99991663) Some(99991663) None"]);
}

/// protocol §3.3: limits are those of a tenant and an app. Nobody knows the tenants of a store app's users, so none waits for another.
#[tokio::test(start_paused = true)]
async fn users_of_a_store_app_do_not_wait_for_each_other() {
    let (builder, _) = platform(|call| match call.endpoint.id {
        // protocol §2.4
        "authen.v2.oauth.token.create" => response(200, r#"{"code":0,"access_token":"u-1","expires_in":7200}"#),
        _ => ok(call),
    });
    let client = builder.store_app().build().unwrap();
    let start = Instant::now();
    for user in ["one", "two"] {
        let session = client.sign_in(user, SignIn::new(user)).await.unwrap();
        client.send(List {}).as_user(&session).await.unwrap();
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
    client.send(List {}).as_user(client.session("two")).await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 1);
}
