//! The frames of a long connection, and their protobuf form (protocol: message `pbbp2.Frame`, proto2).
//!
//! Written by hand: nine fields do not earn the five seconds that prost and its derive take to build, and a reader of our own
//! bounds what it allocates.

use bytes::{BufMut, Bytes, BytesMut};

/// A frame with more headers is no frame of the platform's.
const MOST_HEADERS: usize = 64;

/// What a frame is for.
pub(crate) mod method {
    /// Pings and pongs.
    pub(crate) const CONTROL: i32 = 0;
    /// Events and callbacks.
    pub(crate) const DATA: i32 = 1;
}

/// One frame. The first four fields are required, and travel even when they are 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) seq_id: u64,
    pub(crate) log_id: u64,
    pub(crate) service: i32,
    pub(crate) method: i32,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) payload_encoding: Option<String>,
    pub(crate) payload_type: Option<String>,
    pub(crate) payload: Option<Bytes>,
    pub(crate) log_id_new: Option<String>,
}

/// Why some bytes are no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) &'static str);

impl Frame {
    /// A control frame of this type.
    pub(crate) fn control(service: i32, kind: &str) -> Self {
        Self {
            service,
            method: method::CONTROL,
            headers: vec![("type".to_owned(), kind.to_owned())],
            ..Self::default()
        }
    }

    /// The value of a header; empty when there is none.
    pub(crate) fn header(&self, key: &str) -> &str {
        let header = self.headers.iter().find(|(name, _)| name == key);
        header.map_or("", |(_, value)| value)
    }

    /// The number in a header; 0 when there is none.
    pub(crate) fn number(&self, key: &str) -> i64 {
        self.header(key).trim().parse().unwrap_or_default()
    }

    pub(crate) fn decode(message: &Bytes) -> Result<Self, Malformed> {
        let mut frame = Self::default();
        let mut fields = Fields(message.clone());
        while let Some((number, value)) = fields.next()? {
            match (number, value) {
                (1, Value::Number(value)) => frame.seq_id = value,
                (2, Value::Number(value)) => frame.log_id = value,
                // An int32 travels as 64 bits; what is beyond 32 is cut off, as protobuf has it.
                (3, Value::Number(value)) => frame.service = value as i32,
                (4, Value::Number(value)) => frame.method = value as i32,
                (5, Value::Bytes(_)) if frame.headers.len() == MOST_HEADERS => {
                    return Err(Malformed("it has too many headers"));
                }
                (5, Value::Bytes(value)) => frame.headers.push(header(value)?),
                (6, Value::Bytes(value)) => frame.payload_encoding = Some(text(&value)?),
                (7, Value::Bytes(value)) => frame.payload_type = Some(text(&value)?),
                (8, Value::Bytes(value)) => frame.payload = Some(value),
                (9, Value::Bytes(value)) => frame.log_id_new = Some(text(&value)?),
                (1..=9, _) => return Err(Malformed("a field has another type than documented")),
                _ => {}
            }
        }
        Ok(frame)
    }

    pub(crate) fn encode(&self) -> Bytes {
        let mut out = BytesMut::with_capacity(256 + self.payload.as_ref().map_or(0, Bytes::len));
        put_number(&mut out, 1, self.seq_id);
        put_number(&mut out, 2, self.log_id);
        put_number(&mut out, 3, i64::from(self.service) as u64);
        put_number(&mut out, 4, i64::from(self.method) as u64);
        let mut header = BytesMut::new();
        for (key, value) in &self.headers {
            header.clear();
            put_bytes(&mut header, 1, key.as_bytes());
            put_bytes(&mut header, 2, value.as_bytes());
            put_bytes(&mut out, 5, &header);
        }
        let texts = [(6, &self.payload_encoding), (7, &self.payload_type)];
        for (number, text) in texts {
            if let Some(text) = text {
                put_bytes(&mut out, number, text.as_bytes());
            }
        }
        if let Some(payload) = &self.payload {
            put_bytes(&mut out, 8, payload);
        }
        if let Some(text) = &self.log_id_new {
            put_bytes(&mut out, 9, text.as_bytes());
        }
        out.freeze()
    }
}

fn header(bytes: Bytes) -> Result<(String, String), Malformed> {
    let mut header = (String::new(), String::new());
    let mut fields = Fields(bytes);
    while let Some((number, value)) = fields.next()? {
        match (number, value) {
            (1, Value::Bytes(value)) => header.0 = text(&value)?,
            (2, Value::Bytes(value)) => header.1 = text(&value)?,
            (1 | 2, Value::Number(_) | Value::Other) => return Err(Malformed("a header is no text")),
            _ => {}
        }
    }
    Ok(header)
}

fn text(bytes: &[u8]) -> Result<String, Malformed> {
    let text = std::str::from_utf8(bytes).map_err(|_| Malformed("a text is not UTF-8"))?;
    Ok(text.to_owned())
}

/// The fields of a protobuf message, one after the other.
struct Fields(Bytes);

enum Value {
    Number(u64),
    Bytes(Bytes),
    /// Four or eight bytes, which no known field has.
    Other,
}

impl Fields {
    fn next(&mut self) -> Result<Option<(u64, Value)>, Malformed> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let key = self.varint()?;
        let value = match key & 7 {
            0 => Value::Number(self.varint()?),
            1 => self.take(8).map(|_| Value::Other)?,
            2 => {
                let length = self.varint()?;
                Value::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Value::Other)?,
            _ => return Err(Malformed("a field has a wire type that proto2 messages no longer use")),
        };
        match key >> 3 {
            0 => Err(Malformed("a field has the number 0")),
            number => Ok(Some((number, value))),
        }
    }

    fn varint(&mut self) -> Result<u64, Malformed> {
        let mut number = 0;
        for (at, byte) in self.0.iter().take(10).enumerate() {
            number |= u64::from(byte & 0x7f) << (7 * at);
            if byte & 0x80 == 0 {
                drop(self.0.split_to(at + 1));
                return Ok(number);
            }
        }
        Err(Malformed("a number has no end"))
    }

    fn take(&mut self, length: u64) -> Result<Bytes, Malformed> {
        match usize::try_from(length) {
            Ok(length) if length <= self.0.len() => Ok(self.0.split_to(length)),
            _ => Err(Malformed("it ends within a field")),
        }
    }
}

fn put_number(out: &mut BytesMut, number: u64, value: u64) {
    put_varint(out, number << 3);
    put_varint(out, value);
}

fn put_bytes(out: &mut BytesMut, number: u64, value: &[u8]) {
    put_varint(out, number << 3 | 2);
    put_varint(out, value.len() as u64);
    out.put_slice(value);
}

fn put_varint(out: &mut BytesMut, mut value: u64) {
    while value >= 0x80 {
        out.put_u8(value as u8 | 0x80);
        value >>= 7;
    }
    out.put_u8(value as u8);
}
