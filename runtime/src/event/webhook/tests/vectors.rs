//! Every vector of protocol §5.6.

use std::time::Duration;

use super::*;
use crate::{
    Secret,
    event::webhook::keys::{EncryptKey, Plain},
};

const CIPHERTEXT: &str = "AAECAwQFBgcICQoLDA0OD6OfPsJRVRZ9h0UmbaHdlRvmKs4GRzcCfIiTGDGyq2ECqiPYykkktwqc9aHe9evxQpjWnqVGBmHv1SqE7HKXaOiEHFgRRHXIJY9Btf8ySOsQPZqdUQ9Gx1IMNT6qxLob+73OiFTRpWlgudBt/K+9TzsNrotuQdpkZbhmjGKZSDbENq8YU5mCs903Ex+g9hOuVZ4dbfyCr2phlvQUhtyHfZm7kJFsa9S9iZP7CgF820HfKYK3lpce8aa9mM/2rVkc8Pg8YzESRaM5rYRILehjGqRl/sQozQGz1D6YS2UcOTbu1+OPvHBlgY1uexBwgQbpj3Fv+8hnWOvxpDSPZefMofplJH8MEUiRLr7jG7L2pb97";
const SEALED_CHALLENGE: &str = "AAECAwQFBgcICQoLDA0OD9T1J7aaDOUcC2HyS54bX8mY3w8oAlagDHh4LA7yoWelCcYDCactL2kyrENSNWcY8fe1NlmTOUiFk4Lnant7V6fllNl+0yNiUCiRZqKmugt8VMhCsZcWX0Uy3yx8lQi8yA==";

/// Vectors 1 and 2.
#[test]
fn what_is_encrypted_comes_out() {
    for (key, sealed, expected) in [
        (
            "test key",
            "P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk=",
            "hello world",
        ),
        (
            KEY,
            "AAECAwQFBgcICQoLDA0OD2qZTSU/Tl+/48uukTVjJlHnPwadzggw7gPcntcBW1FT",
            "0123456789abcdef",
        ),
        (KEY, SEALED_CHALLENGE, CHALLENGE),
        (KEY, CIPHERTEXT, EVENT),
    ] {
        let Plain { bytes, length, sound } = EncryptKey::new(Secret::from(key)).decrypt(sealed).unwrap();
        assert!(bool::from(sound), "{expected}");
        assert_eq!(std::str::from_utf8(&bytes[..length]).unwrap(), expected);
    }
}

/// Vector 2, the challenge: answered in the clear, without a signature (protocol §5.2).
#[tokio::test]
async fn an_encrypted_challenge_is_answered() {
    let handler = with_both(Router::new()).build().unwrap();
    let body = format!(r#"{{"encrypt":"{SEALED_CHALLENGE}"}}"#);
    let response = handler.handle(&UNSIGNED, body).await;
    assert_eq!(seen(&response), (200, r#"{"challenge":"ajls384kdjx98XX"}"#));
    assert_eq!(response.headers()["content-type"], "application/json; charset=utf-8");
}

/// Vector 3: encrypted and signed.
#[tokio::test]
async fn a_signed_event_is_dispatched() {
    let heard = Heard::default();
    let handler = with_both(heard.router()).freshness(Duration::MAX).build().unwrap();
    let signature = "7a2b55489c7699b0802151e0f4848b4909720ab7989e501128fccad0a6c9d7bb";
    let body = format!(r#"{{"encrypt":"{CIPHERTEXT}"}}"#);
    let response = handler.handle(&headers(1700000000, signature.into()), body).await;
    assert_eq!(seen(&response).0, 200);
    assert_eq!(heard.count(), 1);
}

/// Vector 4: a card callback of the first generation; with an Encrypt Key too, for it is never encrypted (protocol §5.8).
#[tokio::test]
async fn an_old_card_callback_is_dispatched() {
    let signature = "857408beadb0998694ed438ab8166d04b14bfd22";
    for encrypted in [false, true] {
        let heard = Heard::default();
        let mut builder = Handler::builder(heard.router()).verification_token(TOKEN);
        if encrypted {
            builder = builder.encrypt_key(KEY);
        }
        let handler = builder.freshness(Duration::MAX).build().unwrap();
        let stamp = headers(1700000000, signature.into());
        let response = handler.handle(&stamp, CARD).await;
        assert_eq!(seen(&response), (200, r#"{"toast":{"content":"done"}}"#));
        assert_eq!(heard.count(), 1);
    }
}
