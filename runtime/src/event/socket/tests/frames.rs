//! Frames against the vectors of protocol §6.9.

use bytes::Bytes;

use super::super::{
    answer::Receipt,
    frame::{Frame, Malformed},
};
use crate::event::Answer;

const PING: &str = "08001000182a20002a0c0a0474797065120470696e67";
const PONG: &str = "08001000182a20002a0c0a04747970651204706f6e6742547b225265636f6e6e656374436f756e74223a2d312c225265636f6e6e656374496e74\
                    657276616c223a3132302c225265636f6e6e6563744e6f6e6365223a33302c2250696e67496e74657276616c223a3132307d";
const EVENT: &str = "0807100b182a20012a0d0a047479706512056576656e742a110a0a6d6573736167655f696412036d2d312a080a0373756d1201312a080a037365\
                     711201302a0f0a0874726163655f69641203742d3142107b22736368656d61223a22322e30227d";
const ACK: &str = "0807100b182a20012a0d0a047479706512056576656e742a110a0a6d6573736167655f696412036d2d312a080a0373756d1201312a080a037365\
                   711201302a0f0a0874726163655f69641203742d312a0b0a0662697a5f727412013542277b22636f6465223a3230302c2268656164657273223a\
                   6e756c6c2c2264617461223a6e756c6c7d";

pub(super) fn bytes(hex: &str) -> Bytes {
    let digits: Vec<u32> = hex.chars().map(|digit| digit.to_digit(16).unwrap()).collect();
    digits.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect()
}

#[test]
fn vectors() {
    assert_eq!(Frame::control(42, "ping").encode(), bytes(PING));
    let pong = Frame::decode(&bytes(PONG)).unwrap();
    assert_eq!((pong.service, pong.method, pong.header("type")), (42, 0, "pong"));
    assert_eq!(
        pong.payload.as_deref().unwrap(),
        br#"{"ReconnectCount":-1,"ReconnectInterval":120,"ReconnectNonce":30,"PingInterval":120}"#
    );
    let event = Frame::decode(&bytes(EVENT)).unwrap();
    assert_eq!(event, super::stage::event("m-1", 1, 0, r#"{"schema":"2.0"}"#));
    for vector in [PING, PONG, EVENT, ACK] {
        assert_eq!(Frame::decode(&bytes(vector)).unwrap().encode(), bytes(vector));
    }
}

/// protocol §6.9: `biz_rt` is 5 there; §6.6: the reply of a callback, in base64.
#[tokio::test(start_paused = true)]
async fn acknowledgements() {
    let since = tokio::time::Instant::now();
    let now = since + std::time::Duration::from_millis(5);
    let ack = |answer: &Answer| Receipt::new(Frame::decode(&bytes(EVENT)).unwrap(), since).ack(answer, now);
    assert_eq!(ack(&Answer::Done(None)), bytes(ACK));
    let payload = |answer| Frame::decode(&ack(&answer)).unwrap().payload.unwrap();
    let toast = Bytes::from_static(br#"{"toast":{"type":"info","content":"ok"}}"#);
    for (answer, expected) in [
        (
            Answer::Done(Some(toast)),
            r#"{"code":200,"headers":null,"data":"eyJ0b2FzdCI6eyJ0eXBlIjoiaW5mbyIsImNvbnRlbnQiOiJvayJ9fQ=="}"#,
        ),
        (Answer::Unhandled, r#"{"code":200,"headers":null,"data":null}"#),
        (Answer::Failed, r#"{"code":500,"headers":null,"data":null}"#),
        (Answer::Busy, r#"{"code":500,"headers":null,"data":null}"#),
    ] {
        assert_eq!(payload(answer), expected);
    }
}

/// protocol §6.3: every field, and numbers that protobuf writes in ten bytes.
#[test]
fn nothing_is_lost() {
    let frame = Frame {
        seq_id: u64::MAX,
        log_id: 1 << 63,
        service: -1,
        method: i32::MIN,
        headers: vec![(String::new(), "值".to_owned()), ("a".repeat(300), String::new())],
        payload_encoding: Some("gzip".to_owned()),
        payload_type: Some(String::new()),
        payload: Some(Bytes::new()),
        log_id_new: Some("x".to_owned()),
    };
    assert_eq!(Frame::decode(&frame.encode()).unwrap(), frame);
    // Fields of the future are passed over: 10 is a number, 11 has eight bytes, 12 four, 13 is text.
    let future = [&bytes(PING)[..], &bytes("500159000000000000000065000000006a0161")[..]].concat();
    assert_eq!(Frame::decode(&future.into()).unwrap(), Frame::control(42, "ping"));
}

#[test]
fn what_is_no_frame_is_refused() {
    for (hex, why) in [
        ("08", "a number has no end"),
        ("08ffffffffffffffffffffff01", "a number has no end"),
        ("0a00", "a field has another type than documented"),
        ("2800", "a field has another type than documented"),
        ("2a050a0161", "it ends within a field"),
        ("2a020800", "a header is no text"),
        ("42ffffffffffffffffff01", "it ends within a field"),
        ("3201ff", "a text is not UTF-8"),
        ("2a030a01ff", "a text is not UTF-8"),
        ("5b", "a field has a wire type that proto2 messages no longer use"),
        ("0001", "a field has the number 0"),
        ("51", "it ends within a field"),
    ] {
        assert_eq!(Frame::decode(&bytes(hex)), Err(Malformed(why)), "{hex}");
    }
    let flood = Bytes::from(bytes("2a00").repeat(65));
    assert_eq!(Frame::decode(&flood), Err(Malformed("it has too many headers")));
    assert!(Frame::decode(&flood.slice(2..)).is_ok());
}

/// Every vector cut at every place, and with every bit turned: an answer, never a panic.
#[test]
fn any_bytes_will_do() {
    for vector in [PING, PONG, EVENT, ACK].map(bytes) {
        for at in 0..vector.len() {
            let _ = Frame::decode(&vector.slice(..at));
            let _ = Frame::decode(&vector.slice(at..));
            for bit in 0..8 {
                let mut turned = vector.to_vec();
                turned[at] ^= 1 << bit;
                if let Ok(frame) = Frame::decode(&turned.into()) {
                    assert_eq!(Frame::decode(&frame.encode()).unwrap(), frame);
                }
            }
        }
    }
}
