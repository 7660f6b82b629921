//! The spec as its authors wrote it: files, operations, types and events, each word with its place.

use serde_json::Value;

use crate::{diagnostic::Place, expr::TypeExpr};

/// A word of the spec and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Spanned<T> {
    pub(crate) place: Place,
    pub(crate) value: T,
}

pub(crate) type Text = Spanned<String>;

#[derive(Debug, Default)]
pub(crate) struct Spec {
    pub(crate) platform: Platform,
    pub(crate) services: Vec<Service>,
    /// `common.yaml` first, when there is one, then every resource in order of its path.
    pub(crate) modules: Vec<Module>,
    /// Files that are no YAML: what refers to them cannot be judged.
    pub(crate) unreadable: Vec<String>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Platform {
    /// The operation that the crate's first page shows.
    pub(crate) showcase: Option<Text>,
    /// The operation that gives a user's tokens.
    pub(crate) sign_in: Option<Text>,
    pub(crate) feishu: Hosts,
    pub(crate) lark: Hosts,
    pub(crate) errors: Vec<ErrorRow>,
    pub(crate) token_errors: TokenErrors,
    pub(crate) retry_errors: RetryErrors,
}

/// Codes that refuse a token, by its kind.
#[derive(Clone, Debug, Default)]
pub(crate) struct TokenErrors {
    pub(crate) tenant: Vec<i64>,
    pub(crate) app: Vec<i64>,
    pub(crate) user: Vec<i64>,
    pub(crate) malformed: Vec<i64>,
    pub(crate) ticket: Vec<i64>,
    pub(crate) sign_in: Vec<i64>,
}

/// Codes by whether a repeated call may fare better.
#[derive(Clone, Debug, Default)]
pub(crate) struct RetryErrors {
    pub(crate) limited: Vec<i64>,
    pub(crate) busy: Vec<i64>,
    pub(crate) last: Vec<i64>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Hosts {
    pub(crate) open: String,
    pub(crate) accounts: String,
    pub(crate) web: String,
}

#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) place: Place,
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) doc: String,
    pub(crate) feature: String,
}

/// A file that holds types: a resource, or `common.yaml`.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) path: ModulePath,
    pub(crate) place: Place,
    pub(crate) doc: Text,
    pub(crate) operations: Vec<Operation>,
    pub(crate) types: Vec<TypeDef>,
    pub(crate) events: Vec<Event>,
}

/// Where a module stands: `common`, or `im/v1/message`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum ModulePath {
    Common,
    Resource {
        service: String,
        version: String,
        resource: String,
    },
}

#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) name: Text,
    pub(crate) rename: Option<Text>,
    pub(crate) doc: Text,
    pub(crate) method: String,
    /// The path, with parameters as `:name`.
    pub(crate) path: Text,
    pub(crate) page: Text,
    pub(crate) updated: u64,
    pub(crate) tokens: Vec<String>,
    pub(crate) apps: Vec<String>,
    pub(crate) scopes: Vec<Text>,
    pub(crate) field_scopes: Vec<Text>,
    pub(crate) rate: Vec<Rate>,
    /// The rate as it is written, `special` included.
    pub(crate) rate_text: Option<Text>,
    pub(crate) paced: Option<Paced>,
    pub(crate) dedupe: Option<Text>,
    /// The list that several calls may share.
    pub(crate) batch: Option<Text>,
    pub(crate) helpdesk: bool,
    pub(crate) host: String,
    pub(crate) fields: Vec<(Section, Field)>,
    pub(crate) form: Option<Place>,
    pub(crate) data: Option<Payload>,
    pub(crate) reply: Reply,
    pub(crate) paged: Option<Spanned<Paged>>,
    pub(crate) upload: Option<Upload>,
    pub(crate) errors: Vec<ErrorRow>,
    pub(crate) deprecated: Option<Deprecated>,
    pub(crate) simulate: Option<Spanned<Value>>,
}

/// Where a field travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Path,
    Query,
    Header,
    Body,
    Form,
}

/// How many calls a window takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    pub(crate) requests: u32,
    pub(crate) seconds: u32,
}

/// A limit that each receiver has for itself.
#[derive(Clone, Debug)]
pub(crate) struct Paced {
    /// The field that names the receiver.
    pub(crate) by: Text,
    pub(crate) rate: Rate,
    /// The operation that the limit is shared with.
    pub(crate) with: Option<Text>,
    /// The operation's own code for too many, where it is not the gateway's.
    pub(crate) code: Option<Spanned<i64>>,
}

/// A reply's payload or an event's body.
#[derive(Debug)]
pub(crate) enum Payload {
    Type(Spanned<TypeExpr>),
    Fields(Vec<Field>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Data,
    Flat,
    Bytes,
    Key(String),
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Paged {
    pub(crate) items: Option<Text>,
    pub(crate) next: Option<Text>,
    pub(crate) more: Option<Text>,
    pub(crate) token: Option<Text>,
    pub(crate) page: Option<Text>,
    pub(crate) total: Option<Text>,
    pub(crate) offset: Option<Text>,
    pub(crate) limit: Option<Text>,
}

impl Paged {
    /// The words that were said, each with the field that it names.
    pub(crate) fn said(&self) -> impl Iterator<Item = (&'static str, &Text)> {
        let words = [
            ("items", &self.items),
            ("next", &self.next),
            ("more", &self.more),
            ("token", &self.token),
            ("page", &self.page),
            ("total", &self.total),
            ("offset", &self.offset),
            ("limit", &self.limit),
        ];
        words
            .into_iter()
            .filter_map(|(word, named)| Some((word, named.as_ref()?)))
    }
}

/// The fields and calls of an upload in blocks, the usual names filled in.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    /// The call's field that announces the size.
    pub(crate) size: Text,
    /// Fields of the reply.
    pub(crate) id: Text,
    pub(crate) block_size: Text,
    pub(crate) blocks: Text,
    pub(crate) part: UploadCall,
    pub(crate) finish: UploadCall,
    /// The number of the first block.
    pub(crate) first: u64,
}

/// One call of an upload.
#[derive(Clone, Debug)]
pub(crate) struct UploadCall {
    /// Its operation, in the same file.
    pub(crate) call: Text,
    /// What its fields hold; of those that need not be there, only such as were named.
    pub(crate) roles: Vec<(UploadRole, Text)>,
}

/// What a field holds in a call of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UploadRole {
    Id,
    Seq,
    Size,
    Adler32,
    File,
    Blocks,
}

#[derive(Clone, Debug)]
pub(crate) struct ErrorRow {
    pub(crate) code: i64,
    pub(crate) place: Place,
    pub(crate) status: u16,
    pub(crate) doc: String,
    pub(crate) inner: Vec<(i64, String)>,
}

#[derive(Debug)]
pub(crate) struct Deprecated {
    pub(crate) place: Place,
    pub(crate) successor: Option<Text>,
    pub(crate) doc: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: Text,
    pub(crate) required: bool,
    pub(crate) ty: Spanned<TypeExpr>,
    pub(crate) doc: Text,
    pub(crate) rename: Option<Text>,
    pub(crate) example: Option<Spanned<Value>>,
    pub(crate) default: Option<Spanned<Value>>,
    /// `min_len`, `max_len`, `min`, `max`, `min_items`, `max_items`, in the order given.
    pub(crate) limits: Vec<(String, Spanned<Value>)>,
    pub(crate) scopes: Vec<Text>,
    pub(crate) joined: Option<Place>,
    pub(crate) since: Option<String>,
    pub(crate) deprecated: Option<String>,
    pub(crate) each: Option<Text>,
    pub(crate) rest: Option<Place>,
}

#[derive(Debug)]
pub(crate) struct TypeDef {
    pub(crate) name: Text,
    pub(crate) doc: Text,
    pub(crate) kind: TypeKind,
    pub(crate) parsed: Vec<Parsed>,
    pub(crate) keyed: Vec<Keyed>,
}

/// A list whose items text refers to by key.
#[derive(Debug)]
pub(crate) struct Keyed {
    pub(crate) name: Text,
    pub(crate) list: Text,
    pub(crate) by: Text,
    pub(crate) put: Option<Text>,
    pub(crate) doc: Text,
}

/// A text member that can be read typed.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) name: Text,
    pub(crate) ty: Spanned<TypeExpr>,
    pub(crate) from: Text,
    pub(crate) by: Text,
    pub(crate) doc: Text,
}

#[derive(Debug)]
pub(crate) enum TypeKind {
    Object(Vec<Field>),
    Enum(Vec<EnumValue>),
    Union {
        variants: Vec<Variant>,
        tag: Option<Text>,
        content: Option<Text>,
        otherwise: bool,
    },
    Keys(Vec<Variant>),
    Shapes(Vec<Variant>),
    /// None of the five words, or more than one: already reported.
    Broken,
}

#[derive(Debug)]
pub(crate) struct EnumValue {
    pub(crate) value: Value,
    pub(crate) place: Place,
    pub(crate) doc: String,
    pub(crate) rename: Option<Text>,
    /// Permissions without which the value cannot be asked for.
    pub(crate) scopes: Vec<Text>,
    pub(crate) deprecated: Option<String>,
}

impl EnumValue {
    /// The value as the key of an object.
    pub(crate) fn key(&self) -> String {
        self.value
            .as_str()
            .map_or_else(|| self.value.to_string(), str::to_owned)
    }
}

#[derive(Debug)]
pub(crate) struct Variant {
    pub(crate) value: Text,
    pub(crate) ty: Option<Spanned<TypeExpr>>,
    pub(crate) example: Option<Spanned<Value>>,
    pub(crate) doc: Option<String>,
    pub(crate) rename: Option<Text>,
    /// The members that an object must have to be of this shape, and those it must not have.
    pub(crate) has: Vec<Text>,
    pub(crate) lacks: Vec<Text>,
}

#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) name: Text,
    pub(crate) rename: Option<Text>,
    pub(crate) event_type: Text,
    pub(crate) doc: Text,
    pub(crate) page: Text,
    pub(crate) updated: u64,
    pub(crate) apps: Vec<String>,
    pub(crate) scopes: Vec<Text>,
    pub(crate) field_scopes: Vec<Text>,
    /// `1.0`, `2.0` or `bare`: the envelope it comes in.
    pub(crate) schema: String,
    pub(crate) body: Payload,
    /// The member of the body that tells repeats.
    pub(crate) dedupe: Option<Text>,
    /// The member of the body whose events are handled in order.
    pub(crate) order: Option<Text>,
    /// What a callback is answered with.
    pub(crate) reply: Option<Spanned<TypeExpr>>,
    /// The reply of a callback whose handler is not done in time.
    pub(crate) late: Option<Spanned<Value>>,
    /// What in the sandbox sets it off.
    pub(crate) when: Option<Text>,
    /// How far the scopes reach: a kind of place, and the scopes that let through what happens there.
    pub(crate) reach: Vec<(&'static str, Vec<Text>)>,
}

impl ModulePath {
    /// `im.v1.message`, or `common`.
    pub(crate) fn dotted(&self) -> String {
        match self {
            Self::Common => "common".to_owned(),
            Self::Resource {
                service,
                version,
                resource,
            } => format!("{service}.{version}.{resource}"),
        }
    }

    /// The service the module belongs to.
    pub(crate) fn service(&self) -> Option<&str> {
        match self {
            Self::Common => None,
            Self::Resource { service, .. } => Some(service),
        }
    }

    /// The file, relative to `spec/`.
    pub(crate) fn file(&self) -> String {
        match self {
            Self::Common => "common.yaml".to_owned(),
            Self::Resource {
                service,
                version,
                resource,
            } => format!("{service}/{version}/{resource}.yaml"),
        }
    }
}

impl Field {
    /// The Rust name before conversion: `as`, or the wire name.
    pub(crate) fn spoken(&self) -> &Text {
        self.rename.as_ref().unwrap_or(&self.name)
    }
}

impl Variant {
    pub(crate) fn spoken(&self) -> &Text {
        self.rename.as_ref().unwrap_or(&self.value)
    }
}

impl Payload {
    /// The type expressions it mentions.
    pub(crate) fn exprs(&self) -> Vec<&TypeExpr> {
        match self {
            Self::Type(expr) => vec![&expr.value],
            Self::Fields(fields) => fields.iter().map(|field| &field.ty.value).collect(),
        }
    }
}

impl TypeDef {
    /// The type expressions it mentions.
    pub(crate) fn exprs(&self) -> Vec<&TypeExpr> {
        let parsed = self.parsed.iter().map(|parsed| &parsed.ty.value);
        let mut exprs: Vec<&TypeExpr> = match &self.kind {
            TypeKind::Object(fields) => fields.iter().map(|field| &field.ty.value).collect(),
            TypeKind::Union { variants, .. } | TypeKind::Keys(variants) | TypeKind::Shapes(variants) => variants
                .iter()
                .filter_map(|variant| variant.ty.as_ref())
                .map(|ty| &ty.value)
                .collect(),
            TypeKind::Enum(_) | TypeKind::Broken => Vec::new(),
        };
        exprs.extend(parsed);
        exprs
    }
}

impl Module {
    /// Every type expression of the file.
    pub(crate) fn exprs(&self) -> Vec<&TypeExpr> {
        let mut exprs: Vec<&TypeExpr> = self.operations.iter().flat_map(Operation::exprs).collect();
        exprs.extend(self.events.iter().flat_map(Event::exprs));
        exprs.extend(self.types.iter().flat_map(TypeDef::exprs));
        exprs
    }
}

impl Event {
    /// The type expressions it mentions.
    pub(crate) fn exprs(&self) -> Vec<&TypeExpr> {
        let mut exprs = self.body.exprs();
        exprs.extend(self.reply.as_ref().map(|reply| &reply.value));
        exprs
    }

    /// The Rust name before conversion: `as`, or the event's own.
    pub(crate) fn spoken(&self) -> &Text {
        self.rename.as_ref().unwrap_or(&self.name)
    }
}

impl Operation {
    /// The Rust name before conversion: `as`, or the operation's own.
    pub(crate) fn spoken(&self) -> &Text {
        self.rename.as_ref().unwrap_or(&self.name)
    }

    /// How many arguments the request must have.
    pub(crate) fn required(&self) -> usize {
        let folded = self.folded();
        let kept = self
            .fields
            .iter()
            .filter(|(section, field)| !folded.contains(&(*section, &field.name.value)));
        kept.filter(|(_, field)| field.required).count()
    }

    /// The type expressions it mentions.
    pub(crate) fn exprs(&self) -> Vec<&TypeExpr> {
        let sent = self.fields.iter().map(|(_, field)| &field.ty.value);
        sent.chain(self.data.iter().flat_map(Payload::exprs)).collect()
    }

    /// The sections and names of fields that a union beside them takes in.
    pub(crate) fn folded(&self) -> Vec<(Section, &str)> {
        self.fields
            .iter()
            .filter_map(|(section, field)| Some((*section, field.ty.value.by()?.1)))
            .collect()
    }
}
