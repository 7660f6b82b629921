//! Whatever comes, nothing panics and nobody is let in.

use proptest::prelude::*;

use super::*;
use crate::{Secret, event::webhook::keys::EncryptKey};

fn status(handler: &Handler, stamp: &Signature, body: Vec<u8>) -> u16 {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(handler.handle(stamp, body)).status().as_u16()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_decrypted_or_not(text in ".*", bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let key = EncryptKey::new(Secret::from(KEY));
        for text in [text, STANDARD.encode(bytes)] {
            prop_assert!(key.open(&text).is_none());
            if let Some(plain) = key.decrypt(&text) {
                prop_assert!(plain.length <= plain.bytes.len() && plain.bytes.len() - plain.length <= 16);
            }
        }
    }

    #[test]
    fn what_was_encrypted_is_decrypted(text in ".{0,80}") {
        let body = sealed(&json!({ "text": text }).to_string());
        let outer: Value = serde_json::from_str(&body).unwrap();
        let opened = EncryptKey::new(Secret::from(KEY)).open(outer["encrypt"].as_str().unwrap());
        prop_assert_eq!(opened, Some(json!({ "text": text })));
    }

    #[test]
    fn any_request_is_refused(
        body in prop::collection::vec(any::<u8>(), 0..300),
        inner in ".*",
        timestamp in any::<u64>(),
        signature in "[0-9a-f]{0,64}",
    ) {
        let heard = Heard::default();
        let handler = with_both(heard.router()).build().unwrap();
        let stamp = headers(timestamp, signature);
        for body in [body.clone(), json!({ "encrypt": STANDARD.encode(&body) }).to_string().into(), inner.clone().into()] {
            prop_assert!(matches!(status(&handler, &stamp, body), 400 | 401));
        }
        // With a signature, whatever is inside.
        let body = sealed(&inner);
        prop_assert!(matches!(status(&handler, &signed(&body), body.into()), 401 | 500));
        prop_assert_eq!(heard.count(), 0);
    }

    #[test]
    fn any_change_is_refused(place in 12usize..400, change in 1u8..) {
        let heard = Heard::default();
        let handler = with_both(heard.router()).build().unwrap();
        let mut body = sealed(EVENT).into_bytes();
        let stamp = signed(&sealed(EVENT));
        let place = place % body.len();
        body[place] ^= change;
        prop_assert!(matches!(status(&handler, &stamp, body), 400 | 401));
        prop_assert_eq!(heard.count(), 0);
    }
}
