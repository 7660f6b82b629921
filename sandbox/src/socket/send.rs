//! One push over one of an app's connections, chosen by chance.

use bytes::Bytes;
use tokio::sync::oneshot;

use super::{
    Open, Out, Waiting,
    frame::{DATA, Frame},
};
use crate::{
    push::{Failure, Parcel, code},
    sandbox::Inner,
    state::State,
};

/// Sends it and waits for the acknowledgement; which connection it went over, and what the client answered.
pub(crate) async fn send(sandbox: &Inner, parcel: &Parcel) -> (Option<String>, Result<Option<Bytes>, Failure>) {
    let patience = sandbox.state().patience;
    let late = sandbox.patience(patience);
    let sent = hand_over(&mut sandbox.state(), parcel);
    let Some((id, seq, answer)) = sent else {
        let message = format!("`{}` has no long connection open and no request URL", parcel.app);
        return (None, Err(Failure::new(code::NO_URL, message)));
    };
    let answered = tokio::select! {
        answered = answer => answered.map_err(|_| {
            Failure::new(code::UNREACHABLE, "the long connection ended before the event was acknowledged")
        }),
        () = late => {
            if let Some(open) = sandbox.state().sockets.of(&id) {
                open.waiting.remove(&seq);
            }
            let message = format!("no acknowledgement came within {} ms", patience.as_millis());
            Err(Failure::new(code::TOO_LATE, message))
        }
    };
    let answered = answered.and_then(|(code, data)| match code {
        200 => Ok(data),
        other => {
            let message = format!("the app acknowledged with {other}; only 200 counts");
            Err(Failure::new(code::WRONG_STATUS, message))
        }
    });
    (Some(id), answered)
}

type Sent = (String, u64, oneshot::Receiver<(i64, Option<Bytes>)>);

fn hand_over(state: &mut State, parcel: &Parcel) -> Option<Sent> {
    let time = state.clock.now();
    let State { mint, sockets, .. } = state;
    let mut mine: Vec<&mut Open> = sockets
        .open
        .iter_mut()
        .filter(|open| open.about.app_id == parcel.app)
        .collect();
    if mine.is_empty() {
        return None;
    }
    let open = mine.swap_remove(mint.pick(mine.len()));
    sockets.sent += 1;
    let seq = sockets.sent;
    let (answer, answered) = oneshot::channel();
    let waiting = Waiting {
        event_id: parcel.event_id.clone(),
        answer,
    };
    open.waiting.insert(seq, waiting);
    let (message_id, trace_id) = (mint.id(""), mint.id(""));
    let payload = Bytes::from(parcel.payload.to_string());
    let chunks: Vec<Bytes> = match sockets.chunk {
        0 => vec![payload],
        most => (0..payload.len())
            .step_by(most)
            .map(|from| payload.slice(from..payload.len().min(from + most)))
            .collect(),
    };
    let sum = chunks.len().to_string();
    for (at, chunk) in chunks.into_iter().enumerate() {
        let headers = [
            ("type", "event"),
            ("message_id", &message_id),
            ("sum", &sum),
            ("seq", &at.to_string()),
            ("trace_id", &trace_id),
            ("timestamp", &time.to_string()),
        ];
        let frame = Frame {
            seq,
            log: seq,
            service: open.service,
            method: DATA,
            headers: headers.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
            payload: Some(chunk),
        };
        // A queue that is full is that of a client which does not read; its acknowledgement will be missed.
        _ = open.out.try_send(Out::Binary(frame.encode().into()));
    }
    Some((open.about.id.clone(), seq, answered))
}
