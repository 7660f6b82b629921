//! The machine without a socket: pings, figures, deadlines (protocol §6.1, §6.4, §6.5).

use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::{
    super::{
        figures::{Figures, Told},
        frame::Frame,
        session::{Heard, Session},
    },
    stage::event,
};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn pong(payload: &'static str) -> Bytes {
    let frame = Frame::control(42, "pong");
    let payload = Some(payload.into());
    Frame { payload, ..frame }.encode()
}

#[test]
fn pings_at_once_and_by_the_interval() {
    let start = Instant::now();
    let mut session = Session::new(42, Figures::default(), start);
    assert_eq!(session.ping(start), Some(Frame::control(42, "ping").encode()));
    assert_eq!(session.ping(start), None);
    assert_eq!(session.wake(), start + seconds(120));
    assert_eq!(session.ping(start + seconds(119)), None);
    assert!(session.ping(start + seconds(120)).is_some());
    // A pong changes the interval, and the next ping keeps it already; what is not a proper time changes nothing.
    for (told, next) in [
        (r#"{"PingInterval":10}"#, 130),
        ("", 130),
        (r#"{"PingInterval":0,"ReconnectCount":3}"#, 130),
        (r#"{"PingInterval":-1}"#, 130),
        ("{", 130),
        (r#"{"PingInterval":"20"}"#, 140),
        (r#"{"PingInterval":9223372036854775807}"#, 120 + 3600),
    ] {
        assert!(matches!(
            session.hear(&pong(told), start + seconds(121)),
            Heard::Nothing
        ));
        assert_eq!(session.wake(), start + seconds(next), "{told}");
    }
    assert_eq!(session.figures().count, Some(3));
}

/// protocol §6.4: dead after 2.5 intervals without a frame.
#[test]
fn silence_is_death() {
    let start = Instant::now();
    let mut session = Session::new(42, Figures::default(), start);
    session.hear(&Bytes::from_static(b"\xff"), start + seconds(100));
    assert!(
        !session.is_dead(start + seconds(299)),
        "five minutes, by the default interval"
    );
    assert!(
        session.is_dead(start + seconds(300)),
        "what is no frame is no sign of life"
    );
    session.hear(&pong(r#"{"PingInterval":10}"#), start + seconds(299));
    assert!(!session.is_dead(start + seconds(323)));
    assert!(session.is_dead(start + seconds(324)), "the new interval counts at once");
}

#[test]
fn what_frames_ask_for() {
    let now = Instant::now();
    let mut session = Session::new(42, Figures::default(), now);
    let Heard::Reply(reply) = session.hear(&Frame::control(7, "ping").encode(), now) else {
        panic!("a ping wants a pong");
    };
    assert_eq!(reply, Frame::control(42, "pong").encode());
    let delivery = session.hear(&event("m-1", 1, 0, "{}").encode(), now);
    assert!(matches!(delivery, Heard::Delivery(_, payload) if payload == "{}"));
    // Missing numbers are 0: the message is whole.
    let mut bare = event("m-1", 1, 0, "{}");
    bare.headers.truncate(1);
    assert!(matches!(session.hear(&bare.encode(), now), Heard::Delivery(..)));
    // Other types are ignored, without an acknowledgement.
    let mut card = event("m-1", 1, 0, "{}");
    card.headers[0].1 = "card".to_owned();
    let unknown = Frame {
        method: 2,
        ..event("m-1", 1, 0, "{}")
    };
    for frame in [card, unknown, Frame::default(), Frame::control(42, "bye")] {
        assert!(matches!(session.hear(&frame.encode(), now), Heard::Nothing));
    }
    // Only the chunk that completes a message is acknowledged.
    assert!(matches!(
        session.hear(&event("m-2", 2, 1, "b").encode(), now),
        Heard::Nothing
    ));
    assert_eq!(session.wake(), now + seconds(5), "somebody has to forget it");
    let delivery = session.hear(&event("m-2", 2, 0, "a").encode(), now);
    assert!(matches!(delivery, Heard::Delivery(_, payload) if payload == "ab"));
}

/// protocol §6.1, §6.7.
#[test]
fn when_to_come_back() {
    let mut figures = Figures::default();
    let delay = |figures: &Figures, tries, chance| figures.delay(tries, chance);
    assert_eq!(delay(&figures, 0, 0.0), Some(seconds(0)));
    assert_eq!(delay(&figures, 0, 0.5), Some(seconds(15)));
    assert_eq!(delay(&figures, 0, 1.0), Some(seconds(30)));
    assert_eq!(delay(&figures, 1, 0.0), Some(seconds(120)));
    assert_eq!(
        delay(&figures, u64::MAX, 1.0),
        Some(seconds(150)),
        "for ever, by default"
    );
    let told = |text: &str| serde_json::from_str::<Told>(text).unwrap();
    figures.apply(&told(
        r#"{"ReconnectCount":2,"ReconnectInterval":10,"ReconnectNonce":0}"#,
    ));
    assert_eq!(delay(&figures, 0, 1.0), Some(seconds(30)), "a nonce of 0 is none");
    assert_eq!(delay(&figures, 1, 0.0), Some(seconds(10)));
    assert_eq!(delay(&figures, 2, 0.0), None);
    figures.apply(&told(r#"{"ReconnectCount":0}"#));
    assert_eq!(delay(&figures, 0, 0.0), None);
    figures.apply(&told("{}"));
    assert_eq!(figures.count, Some(0));
    figures.apply(&told(r#"{"ReconnectCount":-1}"#));
    assert_eq!(figures.count, None);
}
