//! Reading JSON nobody vouches for: what a refusal says must not get lost because a gateway broke the rest of it.

use std::{borrow::Cow, fmt};

use serde::de::{Deserializer as _, Visitor};

use crate::Decode;

/// A piece of JSON text. Invalid UTF-8, lone surrogates, any depth, any number, and a missing end will do.
#[derive(Clone, Copy, Default)]
pub(crate) struct Scrap<'a>(&'a [u8]);

/// The members of an object, as far as they can be told apart; a key may come twice.
#[derive(Default)]
pub(crate) struct Members<'a>(Vec<Member<'a>>);

/// A key and its value.
type Member<'a> = (Cow<'a, [u8]>, Scrap<'a>);

impl<'a> Scrap<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self(without_mark(text).trim_ascii())
    }

    /// The members; `None` when this is no object.
    pub(crate) fn object(self) -> Option<Members<'a>> {
        let mut rest = self.0.strip_prefix(b"{")?;
        let mut members = Vec::new();
        while let Some((member, after)) = member(rest) {
            members.push(member);
            rest = after;
        }
        (!members.is_empty() || rest.trim_ascii_start().starts_with(b"}")).then_some(Members(members))
    }

    /// The items of a list; none when this is something else.
    pub(crate) fn items(self) -> Vec<Self> {
        let mut items = Vec::new();
        let mut rest = self.0.strip_prefix(b"[").unwrap_or_default();
        while let Some((item, after)) = value(rest) {
            items.push(Self(item));
            rest = next(after);
        }
        items
    }

    /// Whether this is one whole value, with nothing behind it.
    pub(crate) fn is_whole(self) -> bool {
        value(self.0).is_some_and(|(_, after)| after.is_empty())
    }

    pub(crate) fn is_text(self) -> bool {
        self.0.first() == Some(&b'"')
    }

    /// The text of a string, or of a number; `None` when there is none.
    pub(crate) fn text(self) -> Option<String> {
        let text = match self.0.first()? {
            b'"' => {
                let inner = || String::from_utf8_lossy(self.0).trim_matches('"').to_owned();
                let mut json = serde_json::Deserializer::from_slice(self.0);
                json.deserialize_bytes(Lossy).unwrap_or_else(|_| inner())
            }
            b'-' | b'0'..=b'9' => String::from_utf8_lossy(self.0).into_owned(),
            _ => String::new(),
        };
        Some(text).filter(|text| !text.is_empty())
    }

    /// The integer, in whatever form replies have it.
    pub(crate) fn integer(self) -> Option<i64> {
        Option::<i64>::decode(&mut serde_json::Deserializer::from_slice(self.0)).ok()?
    }
}

impl<'a> Members<'a> {
    /// The value of the first member of this name; an empty scrap when there is none.
    pub(crate) fn get(&self, key: &str) -> Scrap<'a> {
        self.all(key).next().unwrap_or_default()
    }

    /// The code: the first that is not 0.
    pub(crate) fn code(&self) -> Option<i64> {
        let codes = || self.all("code").filter_map(Scrap::integer);
        codes().find(|code| *code != 0).or_else(|| codes().next())
    }

    fn all(&self, key: &str) -> impl Iterator<Item = Scrap<'a>> {
        let same = move |(name, _): &&Member<'_>| **name == *key.as_bytes();
        self.0.iter().filter(same).map(|(_, value)| *value)
    }
}

/// A body without the byte order mark some gateways put in front.
pub(crate) fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

/// The member at the start of `text`, and what follows it.
fn member(text: &[u8]) -> Option<(Member<'_>, &[u8])> {
    let (key, after) = value(text).filter(|(key, _)| key.starts_with(b"\""))?;
    let (value, after) = value(after.trim_ascii_start().strip_prefix(b":")?)?;
    let name = match key.contains(&b'\\') {
        true => Cow::Owned(Scrap(key).text().unwrap_or_default().into_bytes()),
        false => Cow::Borrowed(&key[1..key.len() - 1]),
    };
    Some(((name, Scrap(value)), next(after)))
}

/// The value at the start of `text`, and what follows it; `None` when there is none, or no end to it.
fn value(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = text.trim_ascii_start();
    let (mut depth, mut at) = (0_usize, 0);
    loop {
        match text.get(at)? {
            b'"' => at = end_of_string(text, at)?,
            b'{' | b'[' => (depth, at) = (depth + 1, at + 1),
            b'}' | b']' => (depth, at) = (depth.checked_sub(1)?, at + 1),
            _ if depth > 0 => at += 1,
            _ => {
                let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']') || byte.is_ascii_whitespace();
                at += text[at..].iter().position(ends).filter(|length| *length > 0)?;
            }
        }
        if depth == 0 {
            return Some(text.split_at(at));
        }
    }
}

/// What follows the comma.
fn next(text: &[u8]) -> &[u8] {
    text.trim_ascii_start().strip_prefix(b",").unwrap_or_default()
}

/// Where the string that begins at `at` is over.
fn end_of_string(text: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += 1;
        match text.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 1,
            _ => {}
        }
    }
}

/// A string whose bytes need not be UTF-8.
struct Lossy;

impl Visitor<'_> for Lossy {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<String, E> {
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }
}
