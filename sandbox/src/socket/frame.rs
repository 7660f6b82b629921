//! The frames of the long connection: protobuf of one message, written from its table of fields.

use bytes::Bytes;

/// Frames about the connection itself.
pub(crate) const CONTROL: i32 = 0;
/// Frames that carry events.
pub(crate) const DATA: i32 = 1;

/// One frame.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Frame {
    pub(crate) seq: u64,
    pub(crate) log: u64,
    pub(crate) service: i32,
    pub(crate) method: i32,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) payload: Option<Bytes>,
}

impl Frame {
    pub(crate) fn header(&self, key: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(name, _)| name == key);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (field, value) in [(1, self.seq), (2, self.log)] {
            varint(&mut out, field << 3);
            varint(&mut out, value);
        }
        for (field, value) in [(3, self.service), (4, self.method)] {
            varint(&mut out, field << 3);
            // A negative number is ten bytes long, as protobuf has it.
            varint(&mut out, i64::from(value) as u64);
        }
        for (key, value) in &self.headers {
            let mut header = Vec::new();
            bytes(&mut header, 1, key.as_bytes());
            bytes(&mut header, 2, value.as_bytes());
            bytes(&mut out, 5, &header);
        }
        if let Some(payload) = &self.payload {
            bytes(&mut out, 8, payload);
        }
        out
    }

    /// None for bytes that are no frame: cut short, or without a required field. Unknown fields are passed over.
    pub(crate) fn decode(text: &[u8]) -> Option<Self> {
        let mut frame = Self::default();
        let mut required = [false; 4];
        let mut rest = text;
        while !rest.is_empty() {
            let (field, value) = field(&mut rest)?;
            if let Some(seen) = usize::try_from(field)
                .ok()
                .and_then(|at| required.get_mut(at.wrapping_sub(1)))
            {
                *seen = true;
            }
            match (field, value) {
                (1, Value::Number(value)) => frame.seq = value,
                (2, Value::Number(value)) => frame.log = value,
                (3, Value::Number(value)) => frame.service = value as i32,
                (4, Value::Number(value)) => frame.method = value as i32,
                (5, Value::Bytes(value)) => frame.headers.push(header(value)?),
                (8, Value::Bytes(value)) => frame.payload = Some(Bytes::copy_from_slice(value)),
                (1..=5 | 8, _) => return None,
                _ => {}
            }
        }
        required.iter().all(|seen| *seen).then_some(frame)
    }
}

fn header(mut rest: &[u8]) -> Option<(String, String)> {
    let (mut key, mut text) = (None, None);
    while !rest.is_empty() {
        match field(&mut rest)? {
            (1, Value::Bytes(value)) => key = String::from_utf8(value.to_vec()).ok(),
            (2, Value::Bytes(value)) => text = String::from_utf8(value.to_vec()).ok(),
            _ => {}
        }
    }
    Some((key?, text?))
}

enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Fixed,
}

fn field<'a>(rest: &mut &'a [u8]) -> Option<(u64, Value<'a>)> {
    let tag = read_varint(rest)?;
    let value = match tag & 7 {
        0 => Value::Number(read_varint(rest)?),
        1 => take(rest, 8).map(|_| Value::Fixed)?,
        2 => {
            let long = usize::try_from(read_varint(rest)?).ok()?;
            Value::Bytes(take(rest, long)?)
        }
        5 => take(rest, 4).map(|_| Value::Fixed)?,
        _ => return None,
    };
    Some((tag >> 3, value))
}

fn take<'a>(rest: &mut &'a [u8], many: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(many)?;
    *rest = left;
    Some(taken)
}

fn read_varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, left) = rest.split_first()?;
        *rest = left;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn bytes(out: &mut Vec<u8>, field: u64, value: &[u8]) {
    varint(out, field << 3 | 2);
    varint(out, value.len() as u64);
    out.extend_from_slice(value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base64::hex;

    fn frame(seq: u64, log: u64, method: i32, headers: &[(&str, &str)], payload: Option<&'static str>) -> Frame {
        let headers = headers
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        Frame {
            seq,
            log,
            service: 42,
            method,
            headers: headers.collect(),
            payload: payload.map(|payload| Bytes::from_static(payload.as_bytes())),
        }
    }

    #[test]
    fn the_documented_vectors_go_both_ways() {
        // protocol.md §6.9
        let event = [
            ("type", "event"),
            ("message_id", "m-1"),
            ("sum", "1"),
            ("seq", "0"),
            ("trace_id", "t-1"),
        ];
        let ack = [&event[..], &[("biz_rt", "5")]].concat();
        for (frame, text) in [
            (
                frame(0, 0, CONTROL, &[("type", "ping")], None),
                "08001000182a20002a0c0a0474797065120470696e67",
            ),
            (
                frame(
                    0,
                    0,
                    CONTROL,
                    &[("type", "pong")],
                    Some(r#"{"ReconnectCount":-1,"ReconnectInterval":120,"ReconnectNonce":30,"PingInterval":120}"#),
                ),
                "08001000182a20002a0c0a04747970651204706f6e6742547b225265636f6e6e656374436f756e74223a2d312c225265636f6e6e656374496e74657276616c223a3132302c225265636f6e6e6563744e6f6e6365223a33302c2250696e67496e74657276616c223a3132307d",
            ),
            (
                frame(7, 11, DATA, &event, Some(r#"{"schema":"2.0"}"#)),
                "0807100b182a20012a0d0a047479706512056576656e742a110a0a6d6573736167655f696412036d2d312a080a0373756d1201312a080a037365711201302a0f0a0874726163655f69641203742d3142107b22736368656d61223a22322e30227d",
            ),
            (
                frame(7, 11, DATA, &ack, Some(r#"{"code":200,"headers":null,"data":null}"#)),
                "0807100b182a20012a0d0a047479706512056576656e742a110a0a6d6573736167655f696412036d2d312a080a0373756d1201312a080a037365711201302a0f0a0874726163655f69641203742d312a0b0a0662697a5f727412013542277b22636f6465223a3230302c2268656164657273223a6e756c6c2c2264617461223a6e756c6c7d",
            ),
        ] {
            let bytes = frame.encode();
            assert_eq!(hex(&bytes), text);
            assert_eq!(Frame::decode(&bytes), Some(frame));
            for short in 0..bytes.len() {
                // Whatever the cut, there is an answer and no panic.
                _ = Frame::decode(&bytes[..short]);
            }
        }
        assert_eq!(Frame::decode(&[0x08]), None);
        assert_eq!(Frame::decode(&[]), None);
    }
}
