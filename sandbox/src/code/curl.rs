//! The call as a line for a shell.

use serde_json::Value;

use super::{Given, secrets::Holes, wire};
use crate::catalog::{Place, Reply};

/// A `curl` command; tokens and secrets are left to variables of the shell.
pub(super) fn curl(given: &Given<'_>) -> String {
    let (catalog, operation, values) = (given.catalog, given.operation, given.values);
    let pieces = |place| wire::pieces(catalog, operation, place, values);
    let mut lines = vec![match operation.method.as_str() {
        "GET" => format!("curl {}", url(given)),
        method => format!("curl -X {method} {}", url(given)),
    }];
    if !operation.tokens.is_empty() {
        lines.push("-H \"Authorization: Bearer $TOKEN\"".to_owned());
    }
    if operation.auth.is_some() {
        let credentials = "$(printf %s \"$HELPDESK_ID:$HELPDESK_TOKEN\" | base64 | tr -d '\\n')";
        lines.push(format!("-H \"X-Lark-Helpdesk-Authorization: {credentials}\""));
    }
    for header in pieces(Place::Header) {
        lines.push(match header.is_secret() {
            true => format!("-H \"{}: ${}\"", header.name, wire::variable(&header.name)),
            false => format!("-H {}", quoted(&format!("{}: {}", header.name, header.text))),
        });
    }
    for part in pieces(Place::Form) {
        lines.push(if part.is_file() {
            format!("-F {}", quoted(&format!("{}=@{}", part.name, file_name(&part.text))))
        } else if part.is_secret() {
            format!("--form-string \"{}=${}\"", part.name, wire::variable(&part.name))
        } else if part.text.starts_with(['@', '<']) || part.text.contains(';') {
            format!("--form-string {}", quoted(&format!("{}={}", part.name, part.text)))
        } else {
            format!("-F {}", quoted(&format!("{}={}", part.name, part.text)))
        });
    }
    if operation.parameters_in(Place::Body).next().is_some() {
        let mut body = Value::from(wire::body(catalog, operation, values));
        let mut secrets = Holes::default();
        secrets.hide(catalog, operation.parameters_in(Place::Body), &mut body);
        if operation.method == "GET" {
            lines[0] = format!("curl -X GET {}", url(given));
        }
        lines.push("-H 'Content-Type: application/json; charset=utf-8'".to_owned());
        lines.push(format!("--data-raw {}", json(&body, &secrets)));
    }
    if operation.reply == Reply::Bytes {
        lines.push("--fail --output download".to_owned());
    }
    lines.join(" \\\n  ") + "\n"
}

fn url(given: &Given<'_>) -> String {
    let (catalog, operation, values) = (given.catalog, given.operation, given.values);
    let parts = wire::pieces(catalog, operation, Place::Path, values);
    let segment = |segment: &str| {
        let name = segment.strip_prefix(':');
        let part = parts.iter().find(|part| Some(part.name.as_str()) == name);
        part.map_or_else(|| segment.to_owned(), wire::Piece::encoded)
    };
    let path: Vec<String> = operation.path.split('/').map(segment).collect();
    let mut url = format!("{}{}", given.base(), path.join("/"));
    let mut secrets = Holes::default();
    for (at, piece) in wire::pieces(catalog, operation, Place::Query, values)
        .iter()
        .enumerate()
    {
        let text = match piece.is_secret() {
            true => secrets.hole(&piece.name),
            false => piece.encoded(),
        };
        url.push_str(&format!(
            "{}{}={text}",
            if at == 0 { '?' } else { '&' },
            wire::encoded(&piece.name)
        ));
    }
    secrets.filled(&quoted(&url), "", in_shell)
}

/// The body between quotes, on several lines where it is long.
fn json(body: &Value, secrets: &Holes) -> String {
    const LINE: usize = 80;
    let flat = body.to_string();
    let text = match flat.len() > LINE {
        true => serde_json::to_string_pretty(body).unwrap_or(flat),
        false => flat,
    };
    secrets.filled(&quoted(&text), "", in_shell)
}

/// Opens the quotes for the variable.
fn in_shell(variable: &str) -> String {
    format!("'\"${variable}\"'")
}

/// A word for the shell that stands for nothing but itself.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A file's name as `-F` reads it: between quotes where it holds what means something there.
fn file_name(path: &str) -> String {
    if path.contains([';', ',', '"', '\\']) {
        format!("\"{}\"", path.replace('\\', r"\\").replace('"', "\\\""))
    } else {
        path.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::{file_name, quoted};

    #[test]
    fn words_stand_for_themselves() {
        // POSIX shell command language, 2.2.2: nothing is special between single quotes but the quote itself
        assert_eq!(quoted("it's $HOME"), r"'it'\''s $HOME'");
        // curl(1), --form: a name with `;` or `,` stands between double quotes
        assert_eq!(file_name(r#"a;b"c"#), r#""a;b\"c""#);
    }
}
