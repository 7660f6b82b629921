//! A stretch of a download, as `Range` asks for it (RFC 9110, section 14).

use std::ops::Range;

use http::{HeaderMap, header};

/// What a call asks for of so many bytes.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Asked {
    /// All: nothing was asked for, or several stretches at once, or in words that nobody understands.
    All,
    /// These.
    Part(Range<usize>),
    /// None that there are.
    Beyond,
}

/// What the headers ask for.
pub(crate) fn asked(headers: &HeaderMap, length: usize) -> Asked {
    let value = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    let stretch = value.and_then(|value| value.trim().strip_prefix("bytes="));
    stretch
        .and_then(|stretch| read(stretch.trim(), length))
        .unwrap_or(Asked::All)
}

fn read(stretch: &str, length: usize) -> Option<Asked> {
    let (first, last) = stretch.split_once('-')?;
    let number = |text: &str| -> Option<usize> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // More digits than a number has are beyond any file.
        digits.then(|| text.parse().unwrap_or(usize::MAX))
    };
    let range = match (first, last) {
        ("", last) => length.saturating_sub(number(last)?)..length,
        (first, "") => number(first)?..length,
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            if last < first {
                return None;
            }
            first..last.saturating_add(1).min(length)
        }
    };
    Some(if range.start < range.end {
        Asked::Part(range)
    } else {
        Asked::Beyond
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_are_read_as_the_standard_has_them() {
        // RFC 9110, sections 14.1.2 and 14.2: the examples there are of 10000 bytes
        for (value, wanted) in [
            ("bytes=0-499", Asked::Part(0..500)),
            ("bytes=500-999", Asked::Part(500..1000)),
            ("bytes=-500", Asked::Part(9500..10_000)),
            ("bytes=9500-", Asked::Part(9500..10_000)),
            ("bytes=9999-20000", Asked::Part(9999..10_000)),
            ("bytes=-99999999999999999999999", Asked::Part(0..10_000)),
            ("bytes=10000-", Asked::Beyond),
            ("bytes=-0", Asked::Beyond),
            ("bytes=99999999999999999999999-", Asked::Beyond),
            ("bytes=5-4", Asked::All),
            ("bytes=0-0,-1", Asked::All),
            ("bytes=+1-2", Asked::All),
            ("bytes=-", Asked::All),
            ("lines=1-2", Asked::All),
        ] {
            let headers = HeaderMap::from_iter([(header::RANGE, value.parse().unwrap())]);
            assert_eq!(asked(&headers, 10_000), wanted, "{value}");
        }
        assert_eq!(asked(&HeaderMap::new(), 10), Asked::All);
    }
}
