//! YAML trees to the spec: what is malformed is reported, the rest is read.

mod operation;

use serde_json::Value as Json;

use crate::{
    diagnostic::{Diagnostics, Place},
    differences,
    expr::TypeExpr,
    parallel,
    shape::Shape,
    source::Sources,
    spec::*,
    words,
    yaml::{self, Node, Value},
};

/// Reads every file of the spec.
pub(crate) fn parse(sources: &Sources, diagnostics: &mut Diagnostics) -> Spec {
    // What differs from the pages is of no concern to what is made of the spec.
    let files: Vec<(&str, &str)> = sources.iter().filter(|(file, _)| *file != differences::FILE).collect();
    let mut spec = Spec::default();
    for (read, found) in parallel::map(&files, |(file, text)| read(file, text)) {
        diagnostics.extend(found);
        match read {
            File::Platform(platform) => spec.platform = *platform,
            File::Common(module) => spec.modules.insert(0, *module),
            File::Service(service) => spec.services.push(service),
            File::Resource(module) => spec.modules.push(*module),
            File::Unreadable(file) => spec.unreadable.push(file),
            File::Stray => {}
        }
    }
    spec
}

/// What one file holds.
enum File {
    Platform(Box<Platform>),
    Common(Box<Module>),
    Service(Service),
    Resource(Box<Module>),
    Unreadable(String),
    /// It has no place in a spec.
    Stray,
}

/// Reads one file, and says what is wrong with it.
fn read(file: &str, text: &str) -> (File, Diagnostics) {
    let mut diagnostics = Diagnostics::default();
    let parts: Vec<&str> = file.strip_suffix(".yaml").unwrap_or_default().split('/').collect();
    let (shape, what) = match parts.as_slice() {
        ["platform"] => (words::PLATFORM, "platform.yaml"),
        ["common"] => (words::COMMON, "common.yaml"),
        [_, "service"] => (words::SERVICE, "service.yaml"),
        [_, _, _] => (words::RESOURCE, "a resource file"),
        _ => {
            let place = Place {
                file: file.into(),
                line: 1,
                column: 1,
                width: 1,
            };
            let help = "the spec holds platform.yaml, common.yaml, <service>/service.yaml and <service>/<version>/<resource>.yaml";
            diagnostics.push(&place, "this file has no place in the spec", help);
            return (File::Stray, diagnostics);
        }
    };
    let Some(root) = yaml::read(file, text, &mut diagnostics) else {
        return (File::Unreadable(file.to_owned()), diagnostics);
    };
    let mut parser = Parser {
        diagnostics: &mut diagnostics,
    };
    parser.check(&shape, &root, what);
    let read = match parts.as_slice() {
        ["platform"] => File::Platform(Box::new(parser.platform(&root))),
        ["common"] => File::Common(Box::new(parser.module(ModulePath::Common, &root))),
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
            File::Resource(Box::new(parser.module(path, &root)))
        }
        parts => {
            let service = parts.first().copied().unwrap_or_default();
            File::Service(Service {
                place: root.place.clone(),
                name: service.to_owned(),
                title: string(&root, "title"),
                doc: string(&root, "doc"),
                feature: root.get("feature").and_then(Node::text).unwrap_or(service).to_owned(),
            })
        }
    };
    (read, diagnostics)
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
        let codes = |word: &str, kind: &str| {
            let codes = root
                .get(word)
                .and_then(|codes| codes.get(kind))
                .map(Node::items)
                .unwrap_or_default();
            codes.iter().filter_map(|code| code.json().as_i64()).collect()
        };
        let token_errors = TokenErrors {
            tenant: codes("token_errors", "tenant"),
            app: codes("token_errors", "app"),
            user: codes("token_errors", "user"),
            malformed: codes("token_errors", "malformed"),
            ticket: codes("token_errors", "ticket"),
            sign_in: codes("token_errors", "sign_in"),
        };
        let retry_errors = RetryErrors {
            limited: codes("retry_errors", "limited"),
            busy: codes("retry_errors", "busy"),
            last: codes("retry_errors", "final"),
        };
        Platform {
            showcase: text(root, "showcase"),
            sign_in: text(root, "sign_in"),
            feishu: hosts("feishu"),
            lark: hosts("lark"),
            errors: self.errors(root),
            token_errors,
            retry_errors,
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

    fn event(&mut self, name: Text, node: &Node) -> Event {
        Event {
            name,
            rename: text(node, "as"),
            event_type: needed(node, "type"),
            doc: needed(node, "doc"),
            page: needed(node, "page"),
            updated: whole(node, "updated").unwrap_or_default(),
            apps: strings(node, "apps", words::APPS),
            scopes: texts(node, "scopes"),
            field_scopes: texts(node, "field_scopes"),
            schema: node.get("schema").and_then(Node::text).unwrap_or("2.0").to_owned(),
            body: node
                .get("body")
                .and_then(|body| self.payload(body))
                .unwrap_or(Payload::Fields(Vec::new())),
            dedupe: text(node, "dedupe"),
            order: text(node, "order"),
            reply: node.get("reply").and_then(|reply| self.expr(reply)),
            late: json(node, "late"),
            when: text(node, "when"),
            reach: node.get("reach").map_or_else(Vec::new, |reach| {
                let places = words::REACH.iter().map(|place| (*place, texts(reach, place)));
                places.filter(|(_, scopes)| !scopes.is_empty()).collect()
            }),
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
            each: text(node, "each"),
            rest: node.get("rest").map(|rest| rest.place.clone()),
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
        let forms = ["fields", "values", "variants", "keys", "shapes"];
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
            ["shapes"] => TypeKind::Shapes(
                entries("shapes")
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
                    "give exactly one of `fields`, `values`, `variants`, `keys` or `shapes`",
                );
                TypeKind::Broken
            }
        };
        TypeDef {
            name,
            doc: needed(node, "doc"),
            kind,
            parsed: entries("parsed")
                .iter()
                .filter_map(|(key, node)| self.parsed(spanned(key), node))
                .collect(),
            keyed: entries("keyed")
                .iter()
                .map(|(key, node)| Keyed {
                    name: spanned(key),
                    list: needed(node, "in"),
                    by: needed(node, "by"),
                    put: text(node, "put"),
                    doc: needed(node, "doc"),
                })
                .collect(),
        }
    }

    fn parsed(&mut self, name: Text, node: &Node) -> Option<Parsed> {
        Some(Parsed {
            name,
            ty: self.expr(node.get("type")?)?,
            from: needed(node, "from"),
            by: needed(node, "by"),
            doc: needed(node, "doc"),
        })
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
            example: json(node, "example"),
            doc: text(node, "doc").map(|doc| doc.value),
            rename: text(node, "as"),
            has: texts(node, "has"),
            lacks: texts(node, "lacks"),
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
        scopes: texts(node, "scopes"),
        deprecated: text(node, "deprecated").map(|doc| doc.value),
    }
}
