//! Moments as HTTP headers have them.

use std::time::{Duration, SystemTime};

use http::{
    HeaderMap,
    header::{DATE, RETRY_AFTER},
};

/// How long the platform asks to wait: its own header, else the one of HTTP, in seconds or as a date (RFC 9110 §10.2.3).
///
/// A date is held against the server's own clock where the reply tells it, for the one of this machine may be off.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    // Nobody means more than a day, and a moment that far off is too much for some clocks.
    let wait = |seconds: u64| Duration::from_secs(seconds.min(86_400));
    let seconds = |name| text(name)?.parse().ok().map(wait);
    let date = |name| moment(text(name)?);
    seconds("x-ogw-ratelimit-reset")
        .or_else(|| seconds(RETRY_AFTER.as_str()))
        .or_else(|| {
            let then = date(RETRY_AFTER.as_str())?;
            let now = date(DATE.as_str()).or_else(|| {
                let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?;
                Some(now.as_secs())
            });
            Some(wait(then.saturating_sub(now?)))
        })
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` in seconds since 1970; older forms are not sent any more.
fn moment(text: &str) -> Option<u64> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let (_, text) = text.split_once(", ")?;
    let parts: Vec<&str> = text.split([' ', ':']).collect();
    let [day, month, year, hour, minute, second, "GMT"] = parts[..] else {
        return None;
    };
    let month = MONTHS.iter().position(|name| *name == month)? as u64;
    let number = |text: &str, last: u64| text.parse::<u64>().ok().filter(|number| *number <= last);
    let (day, year) = (number(day, 31)?.checked_sub(1)?, number(year, 9999)?.checked_sub(1970)?);
    // Days since 1970 in years that begin in March, so that the odd day comes last.
    let (month, year) = if month < 2 {
        (month + 10, year + 1969)
    } else {
        (month - 2, year + 1970)
    };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day;
    let days = days.checked_sub(719_468)?;
    Some(((days * 24 + number(hour, 23)?) * 60 + number(minute, 59)?) * 60 + number(second, 60)?)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    /// RFC 9110 §5.6.7 has the first; the others by `date --utc +%s`.
    #[test]
    fn dates() {
        for (text, seconds) in [
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777)),
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Thu, 29 Feb 2024 23:59:59 GMT", Some(1_709_251_199)),
            ("Fri, 01 Mar 2024 00:00:00 GMT", Some(1_709_251_200)),
            ("Thu, 01 Mar 2001 00:00:00 GMT", Some(983_404_800)),
            ("Sun, 00 Nov 1994 08:49:37 GMT", None),
            ("Sun, 06 Nov 1994 08:49:37 CET", None),
            ("Sun, 06 Nov 1969 08:49:37 GMT", None),
            ("Sunday, 06-Nov-94 08:49:37 GMT", None),
            ("soon", None),
        ] {
            assert_eq!(moment(text), seconds, "{text}");
        }
    }

    /// protocol §3.4: the platform's header is in seconds.
    #[test]
    fn waits() {
        let of = |pairs: &[(&'static str, &'static str)]| {
            let headers = pairs.iter().map(|(name, value)| {
                let name = http::HeaderName::from_static(name);
                (name, HeaderValue::from_static(value))
            });
            retry_after(&headers.collect()).map(|wait| wait.as_secs())
        };
        assert_eq!(of(&[("x-ogw-ratelimit-reset", "52"), ("retry-after", "3")]), Some(52));
        assert_eq!(
            of(&[("x-ogw-ratelimit-reset", "soon"), ("retry-after", " 3 ")]),
            Some(3)
        );
        // Ten minutes off, and still right: both dates are the server's.
        let later = ("retry-after", "Sun, 06 Nov 1994 08:49:47 GMT");
        assert_eq!(of(&[later, ("date", "Sun, 06 Nov 1994 08:49:37 GMT")]), Some(10));
        assert_eq!(of(&[later]), Some(0), "it is past");
        assert_eq!(of(&[("retry-after", "-1")]), None);
        assert_eq!(of(&[]), None);
    }
}
