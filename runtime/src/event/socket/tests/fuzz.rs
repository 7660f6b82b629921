//! Frames and chunks of any kind: nothing panics, nothing grows beyond its bounds, and what was read is written as it was.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::super::{
    assembly::{Assembly, Place},
    figures::Figures,
    frame::Frame,
    session::Session,
};
use crate::fuzz::fuzz;

#[test]
fn fuzz_frames() {
    let now = Instant::now();
    let words: [&[u8]; 6] = [
        b"\x2a\x0d\x0a\x04type\x12\x05event",
        b"\x0a\x03sum\x12\x012",
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        b"\x42\x02{}",
        b"pong",
        b"\x20\x01",
    ];
    fuzz("frames", &words, |input| {
        let input = Bytes::copy_from_slice(input);
        if let Ok(frame) = Frame::decode(&input) {
            assert_eq!(Frame::decode(&frame.encode()), Ok(frame));
        }
        let mut session = Session::new(42, Figures::default(), now);
        for _ in 0..2 {
            drop(session.hear(&input, now));
        }
        assert!(session.figures().ping <= Duration::from_secs(3600));
    });
}

#[test]
fn fuzz_reassembly() {
    let start = Instant::now();
    fuzz("reassembly", &[], |input| {
        let (mut assembly, mut now) = (Assembly::default(), start);
        // Each four bytes are a chunk: of which message, of how many, which one, and how much later and longer.
        for chunk in input.chunks_exact(4) {
            let [message, sum, seq, rest] = [chunk[0], chunk[1], chunk[2], chunk[3]];
            now += Duration::from_millis(u64::from(rest >> 4) * 400);
            let message = format!("m-{message}");
            let place = Place {
                message: if message == "m-0" { "" } else { &message },
                sum: if sum == 255 { i64::MAX } else { i64::from(sum as i8) },
                seq: if seq == 255 { i64::MIN } else { i64::from(seq as i8) },
            };
            let payload = Bytes::from(vec![seq; usize::from(rest & 15)]);
            if let Ok(Some(whole)) = assembly.add(place, payload, now)
                && place.sum > 1
            {
                assert!(whole.is_sorted(), "chunks in their order");
            }
            let (open, bytes) = assembly.held();
            assert!(open <= 128 && bytes <= 32 << 20);
        }
        assembly.expire(now + Duration::from_secs(5));
        assert_eq!(assembly.held(), (0, 0));
    });
}
