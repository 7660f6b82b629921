//! The webhook as the platform meets it; the vectors are those of protocol §5.6.

#[cfg(feature = "tower")]
mod adapters;
mod answers;
mod arbitrary;
mod fuzz;
mod refused;
mod replayed;
mod vectors;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use aes::cipher::{BlockModeEncrypt, KeyIvInit, block_padding::Pkcs7};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::{Builder, Handler};
use crate::{Event, Router};

const KEY: &str = "kudryavka-encrypt-key";
const TOKEN: &str = "v-token-0001";
const NONCE: &str = "4d2b1e0f";
const TYPE: &str = "contact.user_group.created_v3";
/// protocol §5.6, vector 2.
const EVENT: &str = r#"{"schema":"2.0","header":{"event_id":"f7984f25108f8137722bb63cee927e66","token":"v-token-0001","create_time":"1603977298000000","event_type":"contact.user_group.created_v3","tenant_key":"2ca1d211f64f6438","app_id":"cli_9f5343c580712544"},"event":{"name":"飞书"}}"#;
const CHALLENGE: &str = r#"{"challenge":"ajls384kdjx98XX","token":"v-token-0001","type":"url_verification"}"#;
/// protocol §5.6, vector 4.
const CARD: &str = r#"{"open_id":"ou_1","open_message_id":"om_1","action":{"tag":"button","value":{"k":"v"}}}"#;

/// What was dispatched.
#[derive(Clone, Default)]
struct Heard(Arc<AtomicUsize>);

impl Heard {
    fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// A router that hears everything, and for which every event is a new one.
    fn router(&self) -> Router {
        let (by_event, by_card) = (self.clone(), self.clone());
        Router::new()
            .on_type(TYPE, move |_: Event<Value>| by_event.hear())
            .on_type("card.action.trigger_v1", move |_: Event<Value>| by_card.hear())
    }

    fn hear(&self) -> std::future::Ready<Result<Value, std::fmt::Error>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        std::future::ready(Ok(json!({"toast": {"content": "done"}})))
    }
}

fn with_both(router: Router) -> Builder {
    Handler::builder(router).encrypt_key(KEY).verification_token(TOKEN)
}

/// `{"encrypt":"…"}` around a text, with the platform's key or another.
fn sealed_with(key: &str, plain: &str) -> String {
    let mut buffer = plain.as_bytes().to_vec();
    buffer.resize(plain.len() + 16, 0);
    let vector = [7; 16];
    let cipher = cbc::Encryptor::<aes::Aes256>::new(&Sha256::digest(key), &vector.into());
    let sealed = cipher.encrypt_padded::<Pkcs7>(&mut buffer, plain.len()).unwrap();
    let text = STANDARD.encode([&vector[..], sealed].concat());
    json!({ "encrypt": text }).to_string()
}

fn sealed(plain: &str) -> String {
    sealed_with(KEY, plain)
}

type Signature = [(&'static str, String); 3];

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn headers(timestamp: u64, signature: String) -> Signature {
    [
        ("X-Lark-Request-Timestamp", timestamp.to_string()),
        ("X-Lark-Request-Nonce", NONCE.to_owned()),
        ("X-Lark-Signature", signature),
    ]
}

fn digest<D: Digest>(timestamp: u64, secret: &str, body: &str) -> String {
    let digest = D::digest(format!("{timestamp}{NONCE}{secret}{body}"));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Signed with the Encrypt Key, as events and callbacks are.
fn signed_at(timestamp: u64, body: &str) -> Signature {
    headers(timestamp, digest::<Sha256>(timestamp, KEY, body))
}

fn signed(body: &str) -> Signature {
    signed_at(now(), body)
}

/// Signed with the token, as old card callbacks are.
fn signed_card(body: &str) -> Signature {
    let time = now();
    headers(time, digest::<Sha1>(time, TOKEN, body))
}

const UNSIGNED: [(&str, &str); 0] = [];

/// Status and body.
fn seen(response: &Response<Bytes>) -> (u16, &str) {
    let body = std::str::from_utf8(response.body()).unwrap();
    (response.status().as_u16(), body)
}
