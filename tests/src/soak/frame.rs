//! The platform's side of frames, as far as a soak needs it (protocol §6.3); not the client's code, so that both cannot err alike.

/// A frame.
#[derive(Default)]
pub(super) struct Frame {
    pub(super) seq: u64,
    pub(super) log: u64,
    pub(super) method: u64,
    pub(super) headers: Vec<(String, String)>,
    pub(super) payload: Vec<u8>,
}

impl Frame {
    pub(super) fn header(&self, key: &str) -> &str {
        let found = self.headers.iter().find(|(name, _)| name == key);
        found.map_or("", |(_, value)| value)
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(256 + self.payload.len());
        for (number, value) in [(1, self.seq), (2, self.log), (3, 42), (4, self.method)] {
            varint(&mut out, number << 3);
            varint(&mut out, value);
        }
        for (key, value) in &self.headers {
            let mut pair = Vec::new();
            blob(&mut pair, 1, key.as_bytes());
            blob(&mut pair, 2, value.as_bytes());
            blob(&mut out, 5, &pair);
        }
        blob(&mut out, 8, &self.payload);
        out
    }

    /// Panics at what is no frame: the client sent it.
    pub(super) fn decode(bytes: &[u8]) -> Self {
        let mut frame = Self::default();
        let mut rest = bytes;
        while !rest.is_empty() {
            match field(&mut rest) {
                (1, Field::Number(value)) => frame.seq = value,
                (2, Field::Number(value)) => frame.log = value,
                (4, Field::Number(value)) => frame.method = value,
                (5, Field::Blob(mut pair)) => {
                    let mut texts = [String::new(), String::new()];
                    while !pair.is_empty() {
                        if let (at @ 1..=2, Field::Blob(text)) = field(&mut pair) {
                            texts[at as usize - 1] = String::from_utf8(text.to_vec()).unwrap();
                        }
                    }
                    frame.headers.push(texts.into());
                }
                (8, Field::Blob(value)) => frame.payload = value.to_vec(),
                _ => {}
            }
        }
        frame
    }
}

enum Field<'a> {
    Number(u64),
    Blob(&'a [u8]),
}

fn field<'a>(rest: &mut &'a [u8]) -> (u64, Field<'a>) {
    let key = read(rest);
    let value = match key & 7 {
        0 => Field::Number(read(rest)),
        2 => {
            let length = read(rest) as usize;
            let (value, after) = rest.split_at(length);
            *rest = after;
            Field::Blob(value)
        }
        other => panic!("the client sent a field of wire type {other}"),
    };
    (key >> 3, value)
}

fn read(rest: &mut &[u8]) -> u64 {
    let mut number = 0;
    for (at, byte) in rest.iter().enumerate() {
        number |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            *rest = &rest[at + 1..];
            return number;
        }
    }
    panic!("the client sent a number without an end")
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn blob(out: &mut Vec<u8>, number: u64, value: &[u8]) {
    varint(out, number << 3 | 2);
    varint(out, value.len() as u64);
    out.extend_from_slice(value);
}
