//! What does not come in: a clear status, nothing dispatched, and no hint for those who guess.

use std::time::Duration;

use super::*;

const FOREIGN: (u16, &str) = (401, r#"{"msg":"it is not of this app's keys"}"#);

/// `{"encrypt":"…"}` with its ciphertext changed.
fn bent(plain: &str, change: impl FnOnce(&mut Vec<u8>)) -> String {
    let outer: Value = serde_json::from_str(&sealed(plain)).unwrap();
    let mut bytes = STANDARD.decode(outer["encrypt"].as_str().unwrap()).unwrap();
    change(&mut bytes);
    json!({ "encrypt": STANDARD.encode(bytes) }).to_string()
}

/// All that has to do with keys is answered alike, whether it is signed or not: there is no oracle for signatures or paddings.
#[tokio::test]
async fn every_failure_of_a_key_looks_the_same() {
    let heard = Heard::default();
    let handler = with_both(heard.router()).build().unwrap();
    let last = |bytes: &mut Vec<u8>| bytes.len() - 17;
    for (what, body) in [
        ("another key", sealed_with("another-key", EVENT)),
        ("padding of 17 at least", bent("{}", |bytes| bytes[15] ^= 0x1f)),
        ("padding of 0", bent("{}", |bytes| bytes[15] ^= 14)),
        ("padding with holes", bent("{}", |bytes| bytes[8] ^= 1)),
        (
            "a changed last block",
            bent(EVENT, |bytes| {
                let place = last(bytes);
                bytes[place] ^= 1;
            }),
        ),
        ("half a block", bent(EVENT, |bytes| bytes.truncate(40))),
        ("no block", bent(EVENT, |bytes| bytes.truncate(16))),
        ("nothing", r#"{"encrypt":""}"#.to_owned()),
        ("no Base64", r#"{"encrypt":"!!!!"}"#.to_owned()),
        ("Base64 of another alphabet", sealed(EVENT).replace(['+', '/'], "_")),
        ("no JSON inside", sealed("hello world")),
        ("no object inside", sealed("[1]")),
        ("another token", sealed(&EVENT.replace(TOKEN, "v-token-0002"))),
        ("no token", sealed(&EVENT.replace(r#""token":"v-token-0001","#, ""))),
        (
            "a challenge with another token",
            sealed(&CHALLENGE.replace(TOKEN, "v-token-0002")),
        ),
        (
            "a challenge with noise",
            sealed(&CHALLENGE.replace("ajls", "\u{7f}\u{e000}")),
        ),
        (
            "a plain challenge with another token",
            CHALLENGE.replace(TOKEN, "v-token-0002"),
        ),
    ] {
        assert_eq!(
            seen(&handler.handle(&signed(&body), body.clone()).await),
            FOREIGN,
            "{what}, signed"
        );
        assert_eq!(
            seen(&handler.handle(&UNSIGNED, body).await),
            FOREIGN,
            "{what}, not signed"
        );
    }
    assert_eq!(heard.count(), 0);
}

#[tokio::test]
async fn what_is_not_signed_stays_out() {
    let heard = Heard::default();
    let handler = with_both(heard.router()).build().unwrap();
    let body = sealed(EVENT);
    let upper = signed(&body).map(|(name, value)| (name, value.to_uppercase()));
    let mut shorter = signed(&body);
    shorter[2].1.pop();
    for (what, stamp) in [
        ("the signature of another body", signed(&sealed(CHALLENGE))),
        ("the signature of an old card", signed_card(&body)),
        ("capitals", upper),
        ("a character less", shorter),
        ("nothing", headers(now(), String::new())),
    ] {
        assert_eq!(seen(&handler.handle(&stamp, body.clone()).await), FOREIGN, "{what}");
    }
    // In the clear, with the right token: whoever knows the token still lacks the key.
    assert_eq!(seen(&handler.handle(&UNSIGNED, EVENT).await), FOREIGN);
    assert_eq!(seen(&handler.handle(&signed_card(EVENT), EVENT).await), FOREIGN);
    assert_eq!(seen(&handler.handle(&UNSIGNED, CARD).await), FOREIGN);
    // Longer than any challenge: not even decrypted.
    let long = sealed(&CHALLENGE.replace("ajls", &"a".repeat(2048)));
    assert_eq!(seen(&handler.handle(&UNSIGNED, long).await), FOREIGN);
    // Without a token, an old card can only be signed with the Encrypt Key.
    let tokenless = Handler::builder(heard.router()).encrypt_key(KEY).build().unwrap();
    assert_eq!(seen(&tokenless.handle(&signed_card(CARD), CARD).await), FOREIGN);
    assert_eq!(heard.count(), 0);
}

#[tokio::test]
async fn what_is_no_event_is_said_to_be_none() {
    let heard = Heard::default();
    let handler = with_both(heard.router()).body_limit(4096).build().unwrap();
    let no_object = (400, r#"{"msg":"the body is no JSON object"}"#);
    for body in ["", "hello", "[]", "null", "{", "\u{feff}{}"] {
        assert_eq!(seen(&handler.handle(&UNSIGNED, body).await), no_object, "{body}");
    }
    let deep = "[".repeat(4000);
    assert_eq!(seen(&handler.handle(&UNSIGNED, deep).await), no_object);
    let large = (413, r#"{"msg":"the body is larger than the handler takes"}"#);
    let body = sealed(&EVENT.replace("飞书", &"书".repeat(4096)));
    assert_eq!(seen(&handler.handle(&signed(&body), body.clone()).await), large);
    assert_eq!(heard.count(), 0);
}

/// The platform's own, but no event: it shall send it again, and the router hears of it.
#[tokio::test]
async fn what_is_signed_and_no_event_fails() {
    let failures = Heard::default();
    let count = failures.clone();
    let router = Router::new().on_failure(move |_| drop(count.hear()));
    let handler = with_both(router).build().unwrap();
    let body = sealed(r#"{"schema":"2.0","header":{}}"#);
    let response = handler.handle(&signed(&body), body).await;
    assert_eq!((response.status().as_u16(), failures.count()), (500, 1));
    // Of a stranger's it does not hear.
    let handler = Handler::builder(Router::new())
        .verification_token(TOKEN)
        .build()
        .unwrap();
    let response = handler.handle(&UNSIGNED, r#"{"schema":"2.0","header":{}}"#).await;
    assert_eq!((response.status().as_u16(), failures.count()), (400, 1));
}

/// The last retry comes 7 hours and 5 minutes after the event (protocol §5.5), perhaps with the time of the first try.
#[tokio::test]
async fn the_last_retry_is_fresh_and_what_is_older_is_not() {
    let stale = (401, r#"{"msg":"its time is too far from the clock of this machine"}"#);
    let body = sealed(EVENT);
    for (window, offset, fresh) in [
        (None, -(7 * 3600 + 5 * 60 + 15), true),
        (None, -(8 * 3600 + 1), false),
        (None, 8 * 3600 + 60, false),
        (Some(60), -50, true),
        (Some(60), -61, false),
        (Some(60), 50, true),
        (Some(60), 90, false),
    ] {
        let heard = Heard::default();
        let mut builder = with_both(heard.router());
        if let Some(window) = window {
            builder = builder.freshness(Duration::from_secs(window));
        }
        let stamp = signed_at(now().saturating_add_signed(offset), &body);
        let response = builder.build().unwrap().handle(&stamp, body.clone()).await;
        assert_eq!(seen(&response) == stale, !fresh, "{window:?} {offset}");
        assert_eq!(heard.count(), usize::from(fresh));
    }
    // Times that are none.
    let handler = with_both(Router::new()).build().unwrap();
    for time in ["", "soon", "-1", "99999999999999999999", "18446744073709551615"] {
        let text = Sha256::digest(format!("{time}{NONCE}{KEY}{body}"));
        let mut stamp = headers(0, text.iter().map(|byte| format!("{byte:02x}")).collect());
        stamp[0].1 = time.to_owned();
        assert_eq!(seen(&handler.handle(&stamp, body.clone()).await), stale, "{time}");
    }
}

/// With a token alone, the token in the body decides; old cards bear none and are signed.
#[tokio::test]
async fn a_token_alone_is_checked() {
    let heard = Heard::default();
    let handler = Handler::builder(heard.router())
        .verification_token(TOKEN)
        .build()
        .unwrap();
    for token in ["", "v-token-0002", "v-token-00011", "v-token"] {
        let body = EVENT.replace(TOKEN, token);
        assert_eq!(seen(&handler.handle(&UNSIGNED, body).await), FOREIGN, "{token}");
    }
    assert_eq!(seen(&handler.handle(&UNSIGNED, CARD).await), FOREIGN);
    assert_eq!(seen(&handler.handle(&UNSIGNED, sealed(EVENT)).await), FOREIGN);
    assert_eq!(heard.count(), 0);
    assert_eq!(handler.handle(&UNSIGNED, EVENT).await.status(), 200);
    assert_eq!(handler.handle(&signed_card(CARD), CARD).await.status(), 200);
    assert_eq!(heard.count(), 2);
}

#[test]
fn a_handler_without_keys_is_not_built() {
    let without = || Handler::builder(Router::new());
    let said = |builder: Builder| builder.build().unwrap_err().to_string();
    assert!(said(without()).contains("`encrypt_key`"), "{}", said(without()));
    assert!(said(without().encrypt_key("")).contains("the Encrypt Key is empty"));
    assert!(said(without().verification_token("").unverified()).contains("the Verification Token is empty"));
    assert!(said(without().encrypt_key("key\n")).contains("white space"));
    assert!(without().unverified().build().is_ok());
}

#[test]
fn keys_are_not_shown() {
    let builder = with_both(Router::new());
    let mut shown = format!("{builder:?}");
    shown += &format!("{:?}", builder.build().unwrap());
    assert!(!shown.contains(KEY) && !shown.contains(TOKEN), "{shown}");
}
