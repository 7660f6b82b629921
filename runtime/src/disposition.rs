//! The file name a server gives, as HTTP headers write it.

/// The file name in a `Content-Disposition` header, which may come as `filename*=UTF-8''…` (RFC 5987) or `filename=…`.
pub(crate) fn file_name(disposition: &[u8]) -> Option<String> {
    let mut plain = None;
    for part in parameters(disposition) {
        let Some(at) = part.iter().position(|byte| *byte == b'=') else {
            continue;
        };
        let (key, value) = (part[..at].trim_ascii(), part[at + 1..].trim_ascii());
        if key.eq_ignore_ascii_case(b"filename*") {
            // charset'language'text; UTF-8 is the only charset anyone sends.
            if let Some(text) = value.splitn(3, |byte| *byte == b'\'').nth(2) {
                return Some(percent_decoded(text)).filter(|name| !name.is_empty());
            }
        } else if key.eq_ignore_ascii_case(b"filename") {
            plain = Some(unquoted(value)).filter(|name| !name.is_empty());
        }
    }
    plain
}

/// Splits at the semicolons outside quotes.
fn parameters(header: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (mut quoted, mut escaped) = (false, false);
    header.split(move |byte| {
        let separates = *byte == b';' && !quoted;
        quoted ^= *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && quoted && !escaped;
        separates
    })
}

fn unquoted(value: &[u8]) -> String {
    let Some(inner) = value.strip_prefix(b"\"") else {
        return String::from_utf8_lossy(value).into_owned();
    };
    let mut text = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => break,
            b'\\' => text.extend(bytes.next()),
            _ => text.push(byte),
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}

fn percent_decoded(text: &[u8]) -> String {
    let hex = |byte: &u8| char::from(*byte).to_digit(16);
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        let decoded = match tail {
            [high, low, ..] if *first == b'%' => hex(high).zip(hex(low)).map(|(high, low)| (high * 16 + low) as u8),
            _ => None,
        };
        bytes.push(decoded.unwrap_or(*first));
        rest = if decoded.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::file_name;

    /// RFC 6266 §5 (examples), RFC 5987 §3.2.2.
    #[test]
    fn names_from_content_disposition() {
        for (header, name) in [
            ("attachment; filename=example.html", Some("example.html")),
            ("Attachment; FILENAME = \"an example.html\"", Some("an example.html")),
            (
                "attachment; filename=\"a;b \\\"c\\\".txt\"; size=1",
                Some("a;b \"c\".txt"),
            ),
            (
                "attachment; filename=\"EURO rates\"; filename*=utf-8''%e2%82%ac%20rates",
                Some("€ rates"),
            ),
            (
                "attachment; filename*=UTF-8''%E4%BD%A0%E5%A5%BD.pdf; filename=x",
                Some("你好.pdf"),
            ),
            ("attachment; filename=\"你好.pdf\"", Some("你好.pdf")),
            ("attachment; filename*=UTF-8''50%", Some("50%")),
            ("attachment; filename=\"\"", None),
            ("attachment; filename*=broken", None),
            ("inline", None),
            ("", None),
        ] {
            assert_eq!(file_name(header.as_bytes()).as_deref(), name, "{header}");
        }
    }
}
