//! YAML trees to the spec: what is malformed is reported, the rest is read.

use serde_json::Value as Json;

use crate::{
    diagnostic::{Diagnostics, Place},
    expr::TypeExpr,
    source::Sources,
    spec::*,
    words::{self, Shape},
    yaml::{self, Node, Value},
};

/// Reads every file of the spec.
pub(crate) fn parse(sources: &Sources, diagnostics: &mut Diagnostics) -> Spec {
    let mut spec = Spec::default();
    let mut parser = Parser { diagnostics };
    for (file, text) in sources.iter() {
        let parts: Vec<&str> = file.strip_suffix(".yaml").unwrap_or_default().split('/').collect();
        let (shape, what) = match parts.as_slice() {
            ["platform"] => (words::PLATFORM, "platform.yaml"),
            ["common"] => (words::COMMON, "common.yaml"),
            [_, "service"] => (words::SERVICE, "service.yaml"),
            [_, _, _] => (words::RESOURCE, "a resource file"),
            _ => {
                let place = Place {
                    file: file.to_owned(),
                    line: 1,
                    column: 1,
                    width: 1,
                };
                let help = "the spec holds platform.yaml, common.yaml, <service>/service.yaml and <service>/<version>/<resource>.yaml";
                parser
                    .diagnostics
                    .push(&place, "this file has no place in the spec", help);
                continue;
            }
        };
        let Some(root) = yaml::read(file, text, parser.diagnostics) else {
            continue;
        };
        parser.check(&shape, &root, what);
        match parts.as_slice() {
            ["platform"] => spec.platform = parser.platform(&root),
            [service, "service"] => spec.services.push(Service {
                name: (*service).to_owned(),
                title: string(&root, "title"),
                doc: string(&root, "doc"),
                feature: root.get("feature").and_then(Node::text).unwrap_or(service).to_owned(),
            }),
            ["common"] => spec.modules.insert(0, parser.module(ModulePath::Common, &root)),
            [service, version, resource] => {
                let path = ModulePath::Resource {
                    service: (*service).to_owned(),
                    version: (*version).to_owned(),
                    resource: (*resource).to_owned(),
                };
                if let Some(name) = root.get("resource").filter(|name| name.text() != Some(resource)) {
                    let message = format!(
                        "the resource is called `{}`, its file `{resource}.yaml`",
                        name.text().unwrap_or_default()
                    );
                    parser
                        .diagnostics
                        .push(&name.place, message, "the file bears the resource's name");
                }
                spec.modules.push(parser.module(path, &root));
            }
            _ => {}
        }
    }
    spec
}

struct Parser<'a> {
    diagnostics: &'a mut Diagnostics,
}

fn string(node: &Node, word: &str) -> String {
    node.get(word)
        .and_then(Node::text)
        .unwrap_or_default()
        .trim()
        .to_owned()
}

fn text(node: &Node, word: &str) -> Option<Text> {
    node.get(word).map(text_of).filter(|text| !text.value.is_empty())
}

/// A word that the shape check already demanded; its absence has been reported.
fn needed(node: &Node, word: &str) -> Text {
    text(node, word).unwrap_or(Spanned {
        place: node.place.clone(),
        value: String::new(),
    })
}

fn text_of(node: &Node) -> Text {
    Spanned {
        place: node.place.clone(),
        value: node.text().unwrap_or_default().trim().to_owned(),
    }
}

fn texts(node: &Node, word: &str) -> Vec<Text> {
    node.get(word)
        .map(|list| list.items().iter().map(text_of).collect())
        .unwrap_or_default()
}

fn strings(node: &Node, word: &str, default: &[&str]) -> Vec<String> {
    match node.get(word) {
        Some(list) => list.items().iter().filter_map(Node::text).map(str::to_owned).collect(),
        None => default.iter().map(|word| (*word).to_owned()).collect(),
    }
}

fn json(node: &Node, word: &str) -> Option<Spanned<Json>> {
    node.get(word).map(|node| Spanned {
        place: node.place.clone(),
        value: node.json(),
    })
}

fn whole(node: &Node, word: &str) -> Option<u64> {
    node.get(word).and_then(|node| node.json().as_u64())
}

impl Parser<'_> {
    fn check(&mut self, shape: &Shape, node: &Node, what: &str) {
        shape.check(node, what, self.diagnostics);
    }

    fn platform(&mut self, root: &Node) -> Platform {
        let hosts = |brand: &str| match root.get("hosts").and_then(|hosts| hosts.get(brand)) {
            Some(node) => Hosts {
                open: string(node, "open"),
                accounts: string(node, "accounts"),
                web: string(node, "web"),
            },
            None => Hosts::default(),
        };
        let codes = |kind: &str| {
            let codes = root
                .get("token_errors")
                .and_then(|codes| codes.get(kind))
                .map(Node::items)
                .unwrap_or_default();
            codes.iter().filter_map(|code| code.json().as_i64()).collect()
        };
        let token_errors = TokenErrors {
            tenant: codes("tenant"),
            app: codes("app"),
            user: codes("user"),
            malformed: codes("malformed"),
        };
        Platform {
            feishu: hosts("feishu"),
            lark: hosts("lark"),
            errors: self.errors(root),
            token_errors,
        }
    }

    fn module(&mut self, path: ModulePath, root: &Node) -> Module {
        let entries = |word: &str| root.get(word).map(Node::entries).unwrap_or_default();
        Module {
            path,
            place: root.place.clone(),
            doc: needed(root, "doc"),
            operations: entries("operations")
                .iter()
                .map(|(key, node)| self.operation(spanned(key), node))
                .collect(),
            types: entries("types")
                .iter()
                .map(|(key, node)| self.type_def(spanned(key), node))
                .collect(),
            events: entries("events")
                .iter()
                .map(|(key, node)| self.event(spanned(key), node))
                .collect(),
        }
    }

    fn operation(&mut self, name: Text, node: &Node) -> Operation {
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
            doc: needed(node, "doc"),
            method,
            path,
            page: string(node, "page"),
            updated: whole(node, "updated").unwrap_or_default(),
            tokens: strings(node, "tokens", &[]),
            apps: strings(node, "apps", words::APPS),
            scopes: texts(node, "scopes"),
            field_scopes: texts(node, "field_scopes"),
            rate: self.rate(node),
            dedupe: text(node, "dedupe"),
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
                },
            }),
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

    fn errors(&mut self, node: &Node) -> Vec<ErrorRow> {
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

    fn event(&mut self, name: Text, node: &Node) -> Event {
        Event {
            name,
            event_type: needed(node, "type"),
            doc: needed(node, "doc"),
            page: string(node, "page"),
            updated: whole(node, "updated").unwrap_or_default(),
            apps: strings(node, "apps", words::APPS),
            scopes: texts(node, "scopes"),
            field_scopes: texts(node, "field_scopes"),
            body: node
                .get("body")
                .and_then(|body| self.payload(body))
                .unwrap_or(Payload::Fields(Vec::new())),
        }
    }

    fn payload(&mut self, node: &Node) -> Option<Payload> {
        match node.value {
            Value::Map(_) => Some(Payload::Fields(self.fields(node))),
            _ => self.expr(node).map(Payload::Type),
        }
    }

    fn fields(&mut self, node: &Node) -> Vec<Field> {
        node.entries()
            .iter()
            .filter_map(|(key, node)| self.field(spanned(key), node))
            .collect()
    }

    fn field(&mut self, mut name: Text, node: &Node) -> Option<Field> {
        let required = name.value.ends_with('!');
        if required {
            name.value.pop();
        }
        let limits = ["min_len", "max_len", "min", "max", "min_items", "max_items"];
        Some(Field {
            name,
            required,
            ty: self.expr(node.get("type")?)?,
            doc: needed(node, "doc"),
            rename: text(node, "as"),
            example: json(node, "example"),
            default: json(node, "default"),
            limits: limits
                .iter()
                .filter_map(|word| Some(((*word).to_owned(), json(node, word)?)))
                .collect(),
            scopes: texts(node, "scopes"),
            joined: node.get("join").map(|join| join.place.clone()),
            since: text(node, "since").map(|since| since.value),
            deprecated: text(node, "deprecated").map(|doc| doc.value),
        })
    }

    fn expr(&mut self, node: &Node) -> Option<Spanned<TypeExpr>> {
        match TypeExpr::parse(node.text()?) {
            Ok(value) => Some(Spanned {
                place: node.place.clone(),
                value,
            }),
            Err((message, help)) => {
                self.diagnostics.push(&node.place, message, help);
                None
            }
        }
    }

    fn type_def(&mut self, name: Text, node: &Node) -> TypeDef {
        let forms = ["fields", "values", "variants", "keys"];
        let given: Vec<&str> = forms.iter().copied().filter(|form| node.get(form).is_some()).collect();
        let entries = |word: &str| node.get(word).map(Node::entries).unwrap_or_default();
        let kind = match given.as_slice() {
            ["fields"] => node
                .get("fields")
                .map_or(TypeKind::Broken, |fields| TypeKind::Object(self.fields(fields))),
            ["values"] => TypeKind::Enum(entries("values").iter().map(enum_value).collect()),
            ["variants"] => TypeKind::Union {
                variants: entries("variants")
                    .iter()
                    .map(|(key, node)| self.variant(spanned(key), node))
                    .collect(),
                tag: text(node, "tag"),
                content: text(node, "content"),
                otherwise: node.get("otherwise").is_some(),
            },
            ["keys"] => TypeKind::Keys(
                entries("keys")
                    .iter()
                    .map(|(key, node)| self.variant(spanned(key), node))
                    .collect(),
            ),
            given => {
                let message = match given.is_empty() {
                    true => format!("`{}` has no form", name.value),
                    false => format!("`{}` has {} forms", name.value, given.len()),
                };
                self.diagnostics.push(
                    &name.place,
                    message,
                    "give exactly one of `fields`, `values`, `variants` or `keys`",
                );
                TypeKind::Broken
            }
        };
        TypeDef {
            name,
            doc: needed(node, "doc"),
            kind,
        }
    }

    fn variant(&mut self, value: Text, node: &Node) -> Variant {
        let ty = if node.text().is_some() {
            Some(node)
        } else {
            node.get("type")
        };
        Variant {
            value,
            ty: ty.and_then(|ty| self.expr(ty)),
            doc: text(node, "doc").map(|doc| doc.value),
            rename: text(node, "as"),
        }
    }
}

fn spanned(key: &yaml::Key) -> Text {
    Spanned {
        place: key.place.clone(),
        value: key.text.clone(),
    }
}

fn enum_value((key, node): &(yaml::Key, Node)) -> EnumValue {
    let number = key.text.parse::<i64>().ok().filter(|_| key.plain);
    EnumValue {
        value: number.map_or_else(|| Json::from(key.text.as_str()), Json::from),
        place: key.place.clone(),
        doc: node
            .text()
            .map_or_else(|| string(node, "doc"), |doc| doc.trim().to_owned()),
        rename: text(node, "as"),
        deprecated: text(node, "deprecated").map(|doc| doc.value),
    }
}
