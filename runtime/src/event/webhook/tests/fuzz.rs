//! Encrypted texts of any kind: nothing panics, and nothing wrong is taken for JSON that was encrypted.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::super::keys::EncryptKey;
use crate::fuzz::fuzz;

#[test]
fn fuzz_decrypt() {
    let key = EncryptKey::new("kudryavka-encrypt-key".into());
    let words: [&[u8]; 3] = [b"=", b"AAAAAAAAAAAAAAAAAAAAAA==", &[16; 16]];
    fuzz("decrypt", &words, |input| {
        if let Ok(text) = std::str::from_utf8(input) {
            drop(key.open(text));
        }
        // Past Base64 as well, which hardly any mutation survives.
        drop(key.open(&STANDARD.encode(input)));
        let bytes = STANDARD.decode(input).unwrap_or_default();
        if let Some(plain) = key.decrypt(&STANDARD.encode(bytes)) {
            assert!(plain.length <= plain.bytes.len());
        }
    });
}
