//! Pushes every event, and again until it is acknowledged, by the platform's schedule.

use std::{cmp::Reverse, collections::BinaryHeap, sync::Arc};

use serde_json::json;
use tokio::time::{Duration, Instant, sleep_until};

use super::{frame::Frame, platform::Platform, socket::Order};

/// protocol §5.5: after how long what was not acknowledged is sent again.
const AGAIN: [u64; 4] = [15, 300, 3600, 6 * 3600];

/// Pushes so many events, evenly over `horizon`; ends when each is acknowledged or given up.
pub(super) async fn push(platform: Arc<Platform>, events: usize, horizon: Duration) {
    let start = Instant::now();
    let mut later = BinaryHeap::new();
    let mut next = 0;
    loop {
        let fresh = (next < events).then(|| start + horizon.mul_f64(next as f64 / events as f64));
        let again = later.peek().map(|Reverse((due, _, _))| *due);
        let Some(due) = fresh.into_iter().chain(again).min() else {
            return;
        };
        sleep_until(due).await;
        let (event, attempt) = match later.pop() {
            Some(Reverse((at, event, attempt))) if at == due => (event, attempt),
            other => {
                later.extend(other);
                next += 1;
                (next - 1, 0)
            }
        };
        if platform.ledger.lock().unwrap().is_acknowledged(event) {
            continue;
        }
        let wait = match AGAIN.get(attempt as usize) {
            _ if attempt as usize > AGAIN.len() => {
                platform.ledger.lock().unwrap().given_up += 1;
                continue;
            }
            Some(wait) => *wait,
            // The last one has its time to be acknowledged as well.
            None => 4,
        };
        let (wait, attempt) = match send(&platform, event, attempt) {
            true => (wait, attempt + 1),
            // Without any connection nothing was attempted.
            false => (1, attempt),
        };
        later.push(Reverse((Instant::now() + Duration::from_secs(wait), event, attempt)));
    }
}

/// Over one of the connections, by chance (protocol §6: one of them gets it); `false` when there is none.
fn send(platform: &Platform, event: usize, attempt: u64) -> bool {
    let mut chance = platform.chance.lock().unwrap();
    let open = platform.open.lock().unwrap();
    if open.is_empty() {
        return false;
    }
    let connection = &open[chance.below(open.len() as u64) as usize];
    platform.ledger.lock().unwrap().pushed(event, attempt, Instant::now());
    let payload = payload(event);
    // One of 20 comes in chunks, one of 100 twice.
    let sum = if event % 20 == 7 { 3 } else { 1 };
    let times = if event % 100 == 3 { 2 } else { 1 };
    for _ in 0..times {
        for (at, chunk) in payload.chunks(payload.len().div_ceil(sum)).enumerate() {
            let seq = event as u64 + 1;
            let headers = [
                ("type", "event".to_owned()),
                ("message_id", format!("m-{seq}-{attempt}")),
                ("sum", sum.to_string()),
                ("seq", at.to_string()),
                ("trace_id", format!("t-{seq}")),
            ];
            let frame = Frame {
                seq,
                log: attempt,
                method: 1,
                headers: headers.map(|(key, value)| (key.to_owned(), value)).into(),
                payload: chunk.to_vec(),
            };
            // A connection that just ended takes nothing any more; the event comes again.
            _ = connection.orders.send(Order::Send(frame.encode()));
        }
    }
    true
}

/// protocol §5.2: a message that a user sent, one of 50 chats' after the other.
fn payload(event: usize) -> Vec<u8> {
    let chat = format!("oc_{}", event % 50);
    let envelope = json!({
        "schema": "2.0",
        "header": {
            "event_id": format!("ev_{event}"), "event_type": "im.message.receive_v1", "create_time": "1608725989000",
            "token": "v-token", "app_id": "cli_soak", "tenant_key": "tenant-1",
        },
        "event": {
            "sender": {"sender_id": {"open_id": "ou_1"}, "sender_type": "user", "tenant_key": "tenant-1"},
            "message": {
                "message_id": format!("om_{event}"), "create_time": "1608725989000", "chat_id": chat, "chat_type": "group",
                "message_type": "text", "content": "{\"text\":\"hi\"}",
            },
        },
    });
    envelope.to_string().into_bytes()
}
