//! The app's keys: signatures, decryption, and the token.

use aes::{
    Aes256,
    cipher::{BlockModeDecrypt, KeyIvInit, block_padding::NoPadding},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq, ConstantTimeGreater};

use super::headers::Stamp;
use crate::Secret;

/// A block of AES, in bytes.
const BLOCK: usize = 16;

/// What the handler can check a request with.
pub(super) struct Keys {
    pub(super) encrypt: Option<EncryptKey>,
    pub(super) token: Option<Secret>,
}

/// The Encrypt Key, and the AES key that is made from it.
pub(super) struct EncryptKey {
    text: Secret,
    key: [u8; 32],
}

/// A signature that holds, by the key it was made with; its text tells requests apart.
pub(super) enum Signed {
    ByKey(String),
    ByToken(String),
}

impl Keys {
    /// Which key signed the request, if one did: the Encrypt Key (protocol §5.4), or the token as for old cards (§5.8).
    pub(super) fn signed(&self, stamp: &Stamp, body: &[u8]) -> Option<Signed> {
        if stamp.signature.is_empty() {
            return None;
        }
        let holds = |text: &String| bool::from(text.as_bytes().ct_eq(&stamp.signature));
        let by_key = |key: &EncryptKey| signature::<Sha256>(stamp, &key.text, body);
        let by_token = |token| signature::<Sha1>(stamp, token, body);
        let key = self.encrypt.as_ref().map(by_key).filter(holds).map(Signed::ByKey);
        key.or_else(|| {
            let token = self.token.as_ref().map(by_token).filter(holds);
            token.map(Signed::ByToken)
        })
    }

    /// Whether this is the app's token; any is where none was given.
    pub(super) fn is_token(&self, sent: &str) -> bool {
        let token = self.token.as_ref().map(Secret::expose);
        token.is_none_or(|token| token.as_bytes().ct_eq(sent.as_bytes()).into())
    }
}

/// The digest of timestamp, nonce, secret and body in hexadecimal.
fn signature<D: Digest>(stamp: &Stamp, secret: &Secret, body: &[u8]) -> String {
    let digest = D::new()
        .chain_update(&stamp.timestamp)
        .chain_update(&stamp.nonce)
        .chain_update(secret.expose())
        .chain_update(body)
        .finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl EncryptKey {
    pub(super) fn new(text: Secret) -> Self {
        let key = Sha256::digest(text.expose()).into();
        Self { text, key }
    }

    /// The JSON in an encrypted text (protocol §5.3). Whatever is wrong with it, the way there is the same, so that the time taken does
    /// not tell either.
    pub(super) fn open(&self, text: &str) -> Option<Value> {
        let plain = self.decrypt(text)?;
        let value = serde_json::from_slice(plain.bytes.get(..plain.length)?);
        if plain.sound.into() { value.ok() } else { None }
    }

    /// `None` says of the text what everybody sees: that it is no Base64, or of a length that no ciphertext has.
    pub(super) fn decrypt(&self, text: &str) -> Option<Plain> {
        let mut bytes = STANDARD.decode(text).ok()?;
        if bytes.len() < 2 * BLOCK || bytes.len() % BLOCK != 0 {
            return None;
        }
        let mut bytes_after = bytes.split_off(BLOCK);
        let cipher = cbc::Decryptor::<Aes256>::new_from_slices(&self.key, &bytes).ok()?;
        cipher.decrypt_padded::<NoPadding>(&mut bytes_after).ok()?;
        Some(Plain::new(bytes_after))
    }
}

/// What decryption gave, right or wrong.
pub(super) struct Plain {
    pub(super) bytes: Vec<u8>,
    /// How many of the bytes come before the padding; all of them where it is wrong.
    pub(super) length: usize,
    /// Whether the padding is as PKCS#7 has it.
    pub(super) sound: Choice,
}

impl Plain {
    /// `bytes` are whole blocks.
    fn new(bytes: Vec<u8>) -> Self {
        let count = bytes.last().copied().unwrap_or_default();
        let mut sound = !count.ct_eq(&0) & !count.ct_gt(&(BLOCK as u8));
        for (place, byte) in (0u8..).zip(bytes.iter().rev().take(BLOCK)) {
            sound &= !count.ct_gt(&place) | byte.ct_eq(&count);
        }
        let padding = u8::conditional_select(&0, &count, sound);
        let length = bytes.len().saturating_sub(padding.into());
        Self { bytes, length, sound }
    }
}
