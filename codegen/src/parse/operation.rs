//! Operations: method and path, rate, reply, error table.

use super::{Parser, json, needed, string, strings, text, text_of, texts, whole};
use crate::{
    spec::*,
    words,
    yaml::{self, Node},
};

impl Parser<'_> {
    pub(super) fn operation(&mut self, name: Text, node: &Node) -> Operation {
        let (method, path) = self.http(node);
        let mut fields = Vec::new();
        for (word, section) in [
            ("path", Section::Path),
            ("query", Section::Query),
            ("headers", Section::Header),
            ("body", Section::Body),
            ("form", Section::Form),
        ] {
            if let Some(node) = node.get(word) {
                fields.extend(self.fields(node).into_iter().map(|field| (section, field)));
            }
        }
        Operation {
            name,
            rename: text(node, "as"),
            doc: needed(node, "doc"),
            method,
            path,
            page: needed(node, "page"),
            updated: whole(node, "updated").unwrap_or_default(),
            tokens: strings(node, "tokens", &[]),
            apps: strings(node, "apps", words::APPS),
            scopes: texts(node, "scopes"),
            field_scopes: texts(node, "field_scopes"),
            rate: self.rate(node),
            rate_text: text(node, "rate"),
            paced: node.get("paced").and_then(|paced| self.paced(paced)),
            dedupe: text(node, "dedupe"),
            batch: text(node, "batch"),
            helpdesk: node.get("auth").is_some(),
            host: node.get("host").and_then(Node::text).unwrap_or("open").to_owned(),
            fields,
            form: node.get("form").map(|form| form.place.clone()),
            data: node.get("data").and_then(|data| self.payload(data)),
            reply: self.reply(node),
            paged: node.get("paged").map(|paged| Spanned {
                place: paged.place.clone(),
                value: Paged {
                    items: text(paged, "items"),
                    next: text(paged, "next"),
                    more: text(paged, "more"),
                    token: text(paged, "token"),
                    page: text(paged, "page"),
                    total: text(paged, "total"),
                    offset: text(paged, "offset"),
                    limit: text(paged, "limit"),
                },
            }),
            upload: node.get("upload").map(upload),
            errors: self.errors(node),
            deprecated: node.get("deprecated").map(|deprecated| Deprecated {
                place: deprecated.place.clone(),
                successor: text(deprecated, "use"),
                doc: text(deprecated, "doc").map(|doc| doc.value),
            }),
            simulate: json(node, "simulate"),
        }
    }

    fn http(&mut self, node: &Node) -> (String, Text) {
        let http = needed(node, "http");
        let known = ["GET", "POST", "PUT", "PATCH", "DELETE"];
        match http.value.split_once(' ') {
            Some((method, path)) if known.contains(&method) && path.trim().starts_with('/') => (
                method.to_owned(),
                Spanned {
                    place: http.place,
                    value: path.trim().to_owned(),
                },
            ),
            _ => {
                if !http.value.is_empty() {
                    let message = format!("`{}` is not a method and a path", http.value);
                    self.diagnostics.push(
                        &http.place,
                        message,
                        "write `POST /open-apis/im/v1/messages`; the methods are GET, POST, PUT, PATCH, DELETE",
                    );
                }
                (
                    "GET".to_owned(),
                    Spanned {
                        place: http.place,
                        value: String::new(),
                    },
                )
            }
        }
    }

    /// `1000/min 50/s`: each window is a count and `s` or `min`.
    fn rate(&mut self, node: &Node) -> Vec<Rate> {
        let Some(rate) = text(node, "rate").filter(|rate| rate.value != "special") else {
            return Vec::new();
        };
        let windows: Option<Vec<Rate>> = rate
            .value
            .split_whitespace()
            .map(|window| {
                let (requests, unit) = window.split_once('/')?;
                let seconds = match unit {
                    "s" => 1,
                    "min" => 60,
                    _ => return None,
                };
                Some(Rate {
                    requests: requests.parse().ok().filter(|requests| *requests > 0)?,
                    seconds,
                })
            })
            .collect();
        match windows {
            Some(windows) if (1..=2).contains(&windows.len()) => windows,
            _ => {
                let message = format!("`{}` is not a rate", rate.value);
                self.diagnostics.push(
                    &rate.place,
                    message,
                    "write `100/min`, `5/s`, `1000/min 50/s` or `special`",
                );
                Vec::new()
            }
        }
    }

    fn paced(&mut self, node: &Node) -> Option<Paced> {
        let windows = self.rate(node);
        let written = text(node, "rate")?;
        if windows.len() > 1 || written.value == "special" {
            let message = format!("`{}` is not the rate of a receiver", written.value);
            self.diagnostics
                .push(&written.place, message, "write one window, as `5/s`");
        }
        Some(Paced {
            by: needed(node, "by"),
            rate: *windows.first()?,
            with: text(node, "with"),
            code: node.get("code").and_then(|code| {
                Some(Spanned {
                    value: code.json().as_i64()?,
                    place: code.place.clone(),
                })
            }),
        })
    }

    fn reply(&mut self, node: &Node) -> Reply {
        let Some(reply) = node.get("reply") else {
            return Reply::Data;
        };
        match (reply.text(), reply.get("key")) {
            (Some("flat"), _) => Reply::Flat,
            (Some("bytes"), _) => Reply::Bytes,
            (None, Some(key)) => Reply::Key(text_of(key).value),
            _ => Reply::Data,
        }
    }

    pub(super) fn errors(&mut self, node: &Node) -> Vec<ErrorRow> {
        let rows = node.get("errors").map(Node::entries).unwrap_or_default();
        rows.iter()
            .filter_map(|(key, row)| {
                let inner = row.get("inner").map(Node::entries).unwrap_or_default();
                Some(ErrorRow {
                    code: self.code(key)?,
                    place: key.place.clone(),
                    status: whole(row, "status")
                        .and_then(|status| status.try_into().ok())
                        .unwrap_or(400),
                    doc: row
                        .text()
                        .map_or_else(|| string(row, "doc"), |doc| doc.trim().to_owned()),
                    inner: inner
                        .iter()
                        .filter_map(|(key, doc)| Some((self.code(key)?, doc.text()?.trim().to_owned())))
                        .collect(),
                })
            })
            .collect()
    }

    fn code(&mut self, key: &yaml::Key) -> Option<i64> {
        let code = key.text.parse().ok();
        if code.is_none() {
            self.diagnostics.push(
                &key.place,
                format!("`{}` is not an error code", key.text),
                "a code is a whole number, as `230002`",
            );
        }
        code
    }
}

fn upload(node: &Node) -> Upload {
    let call = |word: &str, roles: &[(UploadRole, &str, Option<&str>)]| {
        let node = node.get(word).unwrap_or(node);
        let roles = roles.iter().filter_map(|(role, word, usual)| {
            let named = text(node, word).or_else(|| Some(spoken(node, usual.as_ref()?)));
            Some((*role, named?))
        });
        UploadCall {
            call: needed(node, "call"),
            roles: roles.collect(),
        }
    };
    let named = |word: &str, usual: &str| text(node, word).unwrap_or_else(|| spoken(node, usual));
    Upload {
        size: named("size", "size"),
        id: named("id", "upload_id"),
        block_size: named("block_size", "block_size"),
        blocks: named("blocks", "block_num"),
        first: node
            .get("part")
            .and_then(|part| whole(part, "first"))
            .unwrap_or_default(),
        part: call(
            "part",
            &[
                (UploadRole::Id, "id", Some("upload_id")),
                (UploadRole::Seq, "seq", Some("seq")),
                (UploadRole::Size, "size", Some("size")),
                (UploadRole::Adler32, "adler32", None),
                (UploadRole::File, "file", Some("file")),
            ],
        ),
        finish: call(
            "finish",
            &[
                (UploadRole::Id, "id", Some("upload_id")),
                (UploadRole::Blocks, "blocks", Some("block_num")),
            ],
        ),
    }
}

/// A name that goes without saying.
fn spoken(node: &Node, name: &str) -> Text {
    Spanned {
        place: node.place.clone(),
        value: name.to_owned(),
    }
}
