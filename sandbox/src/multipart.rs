//! Multipart forms: the parts of a body and their names.

use bytes::Bytes;

/// One part of a form.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) file_name: Option<String>,
    pub(crate) content: Bytes,
}

/// Takes a form apart; the error says what is wrong with it.
pub(crate) fn parse(content_type: &str, body: &Bytes) -> Result<Vec<Part>, String> {
    let boundary = boundary(content_type)?;
    let delimiter = format!("--{boundary}").into_bytes();
    let mut parts = Vec::new();
    let mut at = find(body, &delimiter, 0).ok_or("the body never shows the boundary that Content-Type announces")?;
    loop {
        at += delimiter.len();
        if starts(body, at, b"--") {
            return Ok(parts);
        }
        if !starts(body, at, b"\r\n") {
            return Err("a boundary must be followed by a line break or by `--`".to_owned());
        }
        let end = next_delimiter(body, &delimiter, at).ok_or("the last part has no closing boundary")?;
        parts.push(part(body, at + 2, end)?);
        at = end + 2;
    }
}

fn boundary(content_type: &str) -> Result<String, String> {
    let mut fields = content_type.split(';').map(str::trim);
    if !fields
        .next()
        .is_some_and(|kind| kind.eq_ignore_ascii_case("multipart/form-data"))
    {
        return Err(format!(
            "the body arrived as `{}`; this operation wants `multipart/form-data`",
            content_type.escape_debug()
        ));
    }
    let boundary = parameters(fields)
        .find(|(name, _)| name == "boundary")
        .map(|(_, value)| value);
    match boundary {
        Some(boundary) if !boundary.is_empty() => Ok(boundary),
        _ => Err("Content-Type names no boundary; let the HTTP library set it".to_owned()),
    }
}

// `start` points behind the line break after a boundary, `end` at the line break before the next one.
fn part(body: &Bytes, start: usize, end: usize) -> Result<Part, String> {
    let (head, content) = match find(body, b"\r\n\r\n", start) {
        Some(gap) if gap + 4 <= end => (body.slice(start..gap), body.slice(gap + 4..end)),
        _ => return Err("a part has no blank line after its headers".to_owned()),
    };
    let head = String::from_utf8_lossy(&head);
    let disposition = head
        .split("\r\n")
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("content-disposition"))
        .map(|(_, value)| value)
        .ok_or("a part has no Content-Disposition")?;
    let mut name = None;
    let mut file_name = None;
    for (key, value) in parameters(split_quoted(disposition).into_iter()) {
        match key.as_str() {
            "name" => name = Some(value),
            // The plain name wins: the extended one is only a hint on how to spell it.
            "filename" => file_name = Some(value),
            "filename*" => _ = file_name.get_or_insert(value),
            _ => {}
        }
    }
    let name = name.ok_or("a part's Content-Disposition has no name")?;
    Ok(Part {
        name,
        file_name,
        content,
    })
}

// Semicolons inside quotes belong to the value.
fn split_quoted(text: &str) -> Vec<&str> {
    let mut fields = Vec::new();
    let (mut start, mut quoted, mut escaped) = (0, false, false);
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ';' if !quoted => {
                fields.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    fields.push(text[start..].trim());
    fields
}

fn parameters<'a>(fields: impl Iterator<Item = &'a str>) -> impl Iterator<Item = (String, String)> {
    fields.filter_map(|field| field.split_once('=')).map(|(name, value)| {
        let value = value.trim();
        let plain = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        let value = plain.map_or_else(
            || value.to_owned(),
            |value| value.replace("\\\"", "\"").replace("%22", "\""),
        );
        (name.trim().to_ascii_lowercase(), value)
    })
}

fn next_delimiter(body: &[u8], delimiter: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let line = find(body, b"\r\n", at)?;
        if starts(body, line + 2, delimiter) {
            return Some(line);
        }
        at = line + 2;
    }
}

fn starts(body: &[u8], at: usize, with: &[u8]) -> bool {
    body.get(at..).is_some_and(|rest| rest.starts_with(with))
}

fn find(body: &[u8], needle: &[u8], from: usize) -> Option<usize> {
    let rest = body.get(from..)?;
    rest.windows(needle.len())
        .position(|window| window == needle)
        .map(|at| from + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: &str = "multipart/form-data; boundary=\"x\"";

    #[test]
    fn parts_keep_their_names_and_bytes() {
        let body = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n\r\n2\r\n--x\r\n\
                    content-disposition: form-data; name=f; filename=\"a;b \\\"c\\\".txt\"\r\nContent-Type: text/plain\r\n\r\n\r\n--x--\r\n";
        let parts = parse(KIND, &Bytes::from_static(body.as_bytes())).unwrap();
        assert_eq!(parts.len(), 2);
        assert_eq!((&*parts[0].name, &parts[0].content[..]), ("a", &b"1\r\n\r\n2"[..]));
        assert_eq!(parts[1].file_name.as_deref(), Some("a;b \"c\".txt"));
        assert!(parts[1].content.is_empty());
    }

    #[test]
    fn broken_forms_are_told_apart() {
        for (kind, body, part_of_why) in [
            ("application/json", "{}", "multipart/form-data"),
            ("multipart/form-data", "", "boundary"),
            (KIND, "", "never shows"),
            (KIND, "--x", "must be followed"),
            (KIND, "--x\r\nno end", "closing"),
            (KIND, "--x\r\n\r\n--x--", "blank line"),
            (
                KIND,
                "--x\r\nContent-Type: a/b\r\n\r\nz\r\n--x--",
                "Content-Disposition",
            ),
            (
                KIND,
                "--x\r\nContent-Disposition: form-data\r\n\r\nz\r\n--x--",
                "no name",
            ),
        ] {
            let why = parse(kind, &Bytes::copy_from_slice(body.as_bytes())).unwrap_err();
            assert!(why.contains(part_of_why), "{body:?}: {why}");
        }
    }
}
