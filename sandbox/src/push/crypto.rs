//! What protects a pushed body: AES-256-CBC and signatures, from the platform's description alone.

use aes::{
    Aes256,
    cipher::{BlockModeEncrypt, KeyIvInit, block_padding::Pkcs7},
};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::base64;

/// `{"encrypt":"…"}`: the vector in front of the ciphertext, both in base64.
pub(crate) fn encrypted(key: &str, vector: [u8; 16], plain: &str) -> String {
    format!("{{\"encrypt\":\"{}\"}}", ciphertext(key, vector, plain))
}

fn ciphertext(key: &str, vector: [u8; 16], plain: &str) -> String {
    let key: [u8; 32] = Sha256::digest(key).into();
    let cipher = cbc::Encryptor::<Aes256>::new(&key.into(), &vector.into());
    let mut bytes = vector.to_vec();
    bytes.extend(cipher.encrypt_padded_vec::<Pkcs7>(plain.as_bytes()));
    base64::encode(&bytes)
}

/// The signature over the body exactly as it travels.
pub(crate) fn signature(timestamp: &str, nonce: &str, key: &str, body: &[u8]) -> String {
    let digest = Sha256::new()
        .chain_update(timestamp)
        .chain_update(nonce)
        .chain_update(key)
        .chain_update(body);
    base64::hex(&digest.finalize())
}

/// The signature of callbacks without an envelope: older, and made with the verification token.
pub(crate) fn old_signature(timestamp: &str, nonce: &str, token: &str, body: &[u8]) -> String {
    let digest = Sha1::new()
        .chain_update(timestamp)
        .chain_update(nonce)
        .chain_update(token)
        .chain_update(body);
    base64::hex(&digest.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "kudryavka-encrypt-key";
    const VECTOR: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
    // protocol.md §5.6, vector 2: with a character beyond ASCII.
    const EVENT: &str = r#"{"schema":"2.0","header":{"event_id":"f7984f25108f8137722bb63cee927e66","token":"v-token-0001","create_time":"1603977298000000","event_type":"contact.user_group.created_v3","tenant_key":"2ca1d211f64f6438","app_id":"cli_9f5343c580712544"},"event":{"name":"飞书"}}"#;
    const CIPHERTEXT: &str = "AAECAwQFBgcICQoLDA0OD6OfPsJRVRZ9h0UmbaHdlRvmKs4GRzcCfIiTGDGyq2ECqiPYykkktwqc9aHe9evxQpjWnqVGBmHv1SqE7HKXaOiEHFgRRHXIJY9Btf8ySOsQPZqdUQ9Gx1IMNT6qxLob+73OiFTRpWlgudBt/K+9TzsNrotuQdpkZbhmjGKZSDbENq8YU5mCs903Ex+g9hOuVZ4dbfyCr2phlvQUhtyHfZm7kJFsa9S9iZP7CgF820HfKYK3lpce8aa9mM/2rVkc8Pg8YzESRaM5rYRILehjGqRl/sQozQGz1D6YS2UcOTbu1+OPvHBlgY1uexBwgQbpj3Fv+8hnWOvxpDSPZefMofplJH8MEUiRLr7jG7L2pb97";

    #[test]
    fn the_documented_vectors_come_out() {
        // protocol.md §5.6, vectors 1 and 2
        let iv: [u8; 16] = base64::decode(b"P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk=").unwrap()[..16]
            .try_into()
            .unwrap();
        assert_eq!(base64::hex(&iv), "3f7ef0f9564898d80f10ed5106127a46");
        for (key, vector, plain, cipher) in [
            (
                "test key",
                iv,
                "hello world",
                "P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk=",
            ),
            (
                KEY,
                VECTOR,
                "0123456789abcdef",
                "AAECAwQFBgcICQoLDA0OD2qZTSU/Tl+/48uukTVjJlHnPwadzggw7gPcntcBW1FT",
            ),
            (
                KEY,
                VECTOR,
                r#"{"challenge":"ajls384kdjx98XX","token":"v-token-0001","type":"url_verification"}"#,
                "AAECAwQFBgcICQoLDA0OD9T1J7aaDOUcC2HyS54bX8mY3w8oAlagDHh4LA7yoWelCcYDCactL2kyrENSNWcY8fe1NlmTOUiFk4Lnant7V6fllNl+0yNiUCiRZqKmugt8VMhCsZcWX0Uy3yx8lQi8yA==",
            ),
            (KEY, VECTOR, EVENT, CIPHERTEXT),
        ] {
            assert_eq!(ciphertext(key, vector, plain), cipher);
        }
    }

    #[test]
    fn the_signature_covers_the_body_as_it_travels() {
        // protocol.md §5.6, vector 3
        let body = encrypted(KEY, VECTOR, EVENT);
        assert_eq!(
            signature("1700000000", "4d2b1e0f", KEY, body.as_bytes()),
            "7a2b55489c7699b0802151e0f4848b4909720ab7989e501128fccad0a6c9d7bb"
        );
    }

    #[test]
    fn the_older_signature_is_made_with_the_verification_token() {
        // protocol.md §5.6, vector 4
        let body = br#"{"open_id":"ou_1","open_message_id":"om_1","action":{"tag":"button","value":{"k":"v"}}}"#;
        assert_eq!(
            old_signature("1700000000", "4d2b1e0f", "v-token-0001", body),
            "857408beadb0998694ed438ab8166d04b14bfd22"
        );
    }
}
