//! A part of a file: what is asked for, and whether that is what came.

use std::ops::{Bound, RangeBounds};

use http::{HeaderMap, StatusCode, header::CONTENT_RANGE};

/// The bytes from `start` to before `end`.
#[derive(Clone, Copy)]
pub(crate) struct Span {
    start: u64,
    end: Option<u64>,
}

impl Span {
    pub(crate) fn new(range: impl RangeBounds<u64>) -> Self {
        let start = match range.start_bound() {
            Bound::Included(start) => *start,
            Bound::Excluded(before) => before.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(last) => last.checked_add(1),
            Bound::Excluded(end) => Some(*end),
            Bound::Unbounded => None,
        };
        Self { start, end }
    }

    /// The value of the `Range` header; `None` when there is nothing in it, which no header can say.
    pub(crate) fn header(self) -> Option<String> {
        let Self { start, end } = self;
        match end {
            None => Some(format!("bytes={start}-")),
            Some(end) => (start < end).then(|| format!("bytes={start}-{}", end - 1)),
        }
    }

    /// Why a success does not bring what was asked for.
    pub(crate) fn problem(self, status: StatusCode, headers: &HeaderMap) -> Option<String> {
        if status != StatusCode::PARTIAL_CONTENT {
            let whole = self.start == 0 && self.end.is_none();
            return (!whole).then(|| {
                "the server did not heed the range and sends the whole file; download it without `.range(…)`".to_owned()
            });
        }
        let came = headers.get(CONTENT_RANGE)?.to_str().ok()?.trim();
        let start = came.strip_prefix("bytes ")?.split('-').next()?.parse::<u64>().ok()?;
        (start != self.start).then(|| {
            format!(
                "asked for the bytes from {}, the server sends those from {start}",
                self.start
            )
        })
    }
}
