//! Deliveries of any kind: nothing panics, and what an envelope gives is of bounded length.

use super::Delivered;
use crate::fuzz::fuzz;

#[test]
fn fuzz_envelopes() {
    let words: [&[u8]; 12] = [
        b"\"schema\":\"2.0\"",
        b"\"header\":",
        b"\"event\":{}",
        b"\"uuid\":",
        b"\"ts\":\"1.1e308\"",
        b"\"create_time\":\"99999999999999999999\"",
        b"null",
        b"-1",
        b"1e400",
        b"\"\\ud800\"",
        b"[[[[[[[[",
        b"\"action\":{}",
    ];
    fuzz("envelopes", &words, |input| match Delivered::parse(input) {
        Ok(delivered) => {
            let envelope = &delivered.envelope;
            assert!(envelope.event_id.len() <= 256 && envelope.event_type.len() <= 256);
            assert!(delivered.raw.is_object());
        }
        Err(why) => assert!(!why.is_empty() && why.len() < 1000, "{why}"),
    });
}
