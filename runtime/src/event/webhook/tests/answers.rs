//! What the platform is told of what came in.

use super::*;
use crate::BoxFuture;

/// protocol §5.2: plain too, where the app has no Encrypt Key; with the token where one is known.
#[tokio::test]
async fn a_plain_challenge_is_answered() {
    let keyless = || Handler::builder(Router::new());
    for builder in [
        keyless().verification_token(TOKEN),
        keyless().unverified(),
        keyless().encrypt_key(KEY),
        with_both(Router::new()),
    ] {
        let response = builder.build().unwrap().handle(&UNSIGNED, CHALLENGE).await;
        assert_eq!(seen(&response), (200, r#"{"challenge":"ajls384kdjx98XX"}"#));
    }
}

/// Each end of a handler has its status; those that are not 200 make the platform send an event again (protocol §5.5).
#[tokio::test(start_paused = true)]
async fn each_answer_has_a_status() {
    type Made = Result<Value, std::fmt::Error>;
    type Work = fn(Event<Value>) -> BoxFuture<'static, Made>;
    let cases: [(Work, u16, &str); 4] = [
        (|_| Box::pin(async { Ok(json!({"toast": 1})) }), 200, r#"{"toast":1}"#),
        (
            |_| Box::pin(async { Err(std::fmt::Error) }),
            500,
            r#"{"msg":"it could not be handled"}"#,
        ),
        (
            |_| Box::pin(async { panic!("no") }),
            500,
            r#"{"msg":"it could not be handled"}"#,
        ),
        (|_| Box::pin(std::future::pending()), 503, r#"{"msg":"not now"}"#),
    ];
    let body = sealed(EVENT);
    for (work, status, said) in cases {
        let handler = with_both(Router::new().on_type(TYPE, work)).build().unwrap();
        let response = handler.handle(&signed(&body), body.clone()).await;
        assert_eq!(seen(&response), (status, said));
    }
    let handler = with_both(Router::new()).build().unwrap();
    let response = handler.handle(&signed(&body), body.clone()).await;
    assert_eq!(seen(&response), (200, r#"{"msg":"nobody handles it"}"#));
    // Whatever an old card callback is answered becomes the card, save for `{}` (protocol §5.8).
    let response = handler.handle(&signed_card(CARD), CARD).await;
    assert_eq!(seen(&response), (200, "{}"));
}

/// The headers of `http`, whose names are in small letters.
#[tokio::test]
async fn header_maps_are_headers() {
    let heard = Heard::default();
    let handler = with_both(heard.router()).build().unwrap();
    let body = sealed(EVENT);
    let mut map = http::HeaderMap::new();
    for (name, value) in signed(&body) {
        map.insert(http::HeaderName::try_from(name).unwrap(), value.try_into().unwrap());
    }
    assert_eq!(handler.handle(&map, body).await.status(), 200);
    assert_eq!(heard.count(), 1);
}

#[tokio::test]
async fn without_a_key_whatever_comes_is_taken_if_told_so() {
    let heard = Heard::default();
    let handler = Handler::builder(heard.router()).unverified().build().unwrap();
    for body in [EVENT, CARD] {
        assert_eq!(handler.handle(&UNSIGNED, body).await.status(), 200);
    }
    assert_eq!(heard.count(), 2);
}
