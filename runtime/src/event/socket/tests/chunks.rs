//! Messages in chunks (protocol §6.5).

use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::super::assembly::{Assembly, Place};

fn add(
    assembly: &mut Assembly,
    (message, sum, seq): (&str, i64, i64),
    payload: &'static str,
    now: Instant,
) -> Result<Option<Bytes>, &'static str> {
    assembly.add(Place { message, sum, seq }, Bytes::from_static(payload.as_bytes()), now)
}

#[test]
fn in_any_order_and_once() {
    let (mut assembly, now) = (Assembly::default(), Instant::now());
    assert_eq!(add(&mut assembly, ("m", 3, 2), "c", now), Ok(None));
    assert_eq!(add(&mut assembly, ("n", 2, 0), "x", now), Ok(None));
    assert_eq!(add(&mut assembly, ("m", 3, 0), "a", now), Ok(None));
    // A duplicate changes nothing.
    assert_eq!(add(&mut assembly, ("m", 3, 0), "z", now), Ok(None));
    assert_eq!(add(&mut assembly, ("m", 3, 1), "", now), Ok(Some("ac".into())));
    assert_eq!(add(&mut assembly, ("n", 2, 1), "y", now), Ok(Some("xy".into())));
    assert_eq!(assembly.held(), (0, 0));
    // What was whole may come again, whole.
    for (sum, seq) in [(1, 0), (0, 0), (-5, 9), (1, 7)] {
        assert_eq!(add(&mut assembly, ("m", sum, seq), "a", now), Ok(Some("a".into())));
    }
}

#[test]
fn after_five_seconds_it_is_forgotten() {
    let (mut assembly, start) = (Assembly::default(), Instant::now());
    let at = |seconds: f64| start + Duration::from_secs_f64(seconds);
    assert_eq!(assembly.end(), None);
    add(&mut assembly, ("m", 3, 0), "a", start).unwrap();
    // Each chunk gives it another five seconds.
    add(&mut assembly, ("m", 3, 1), "b", at(4.9)).unwrap();
    assert_eq!(assembly.end(), Some(at(9.9)));
    assert_eq!(
        add(&mut assembly, ("m", 3, 2), "c", at(9.9)),
        Ok(None),
        "the first two were forgotten"
    );
    assembly.expire(at(14.9));
    assert_eq!(assembly.held(), (0, 0));
}

#[test]
fn lies_are_dropped() {
    let (mut assembly, now) = (Assembly::default(), Instant::now());
    for (place, why) in [
        (("m", 2, 2), "its number is beyond the end of its message"),
        (("m", 2, -1), "its number is negative"),
        (("", 2, 0), "it does not say which message it belongs to"),
        (("m", 1025, 0), "its message has too many chunks"),
        (("m", i64::MAX, 0), "its message has too many chunks"),
    ] {
        assert_eq!(add(&mut assembly, place, "a", now), Err(why));
    }
    add(&mut assembly, ("m", 3, 0), "a", now).unwrap();
    let why = "its message has another number of chunks than before";
    assert_eq!(add(&mut assembly, ("m", 2, 1), "b", now), Err(why));
    assert_eq!(assembly.held(), (0, 0), "neither is believed");
}

#[test]
fn floods_are_held_off() {
    let (mut assembly, now) = (Assembly::default(), Instant::now());
    let mut refused = 0;
    for number in 0..10_000 {
        refused += usize::from(add(&mut assembly, (&format!("m{number}"), 1000, 0), "a", now).is_err());
    }
    let (open, bytes) = assembly.held();
    assert_eq!((open, refused), (128, 10_000 - 128));
    assert!(bytes <= 32 << 20, "{bytes}");

    let mut assembly = Assembly::default();
    let large = Bytes::from(vec![0; 4 << 20]);
    let place = |seq| Place {
        message: "m",
        sum: 1000,
        seq,
    };
    let taken = (0..20).filter(|seq| assembly.add(place(*seq), large.clone(), now).is_ok());
    assert_eq!(taken.count(), 7, "32 MiB, less what the message costs by itself");
    // Five seconds later there is room again.
    assembly.expire(now + Duration::from_secs(5));
    assert_eq!(assembly.held(), (0, 0));
}
