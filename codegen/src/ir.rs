//! What will be emitted, with every decision made: names, order, direction, constructors. Emitters only print it.

use std::collections::HashMap;

use crate::{
    expr::Leaf,
    form::Form,
    index::TypeId,
    spec::{ErrorRow, Platform, Rate, Reply, UploadRole},
};

pub(crate) struct Api {
    pub(crate) platform: Platform,
    /// The operation that the crate's first page shows.
    pub(crate) showcase: Option<String>,
    pub(crate) common: Option<Module>,
    pub(crate) services: Vec<Service>,
    /// Where each type is.
    pub(crate) places: HashMap<TypeId, TypePlace>,
}

/// Service, version and module of a type, none for a common one; and which of the module's types it is.
pub(crate) type TypePlace = (Option<(usize, usize, usize)>, usize);

pub(crate) struct Service {
    /// The module's name, as in `im`.
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) doc: String,
    pub(crate) feature: String,
    /// Features of the services whose types this one mentions.
    pub(crate) needs: Vec<String>,
    pub(crate) versions: Vec<Version>,
}

pub(crate) struct Version {
    pub(crate) name: String,
    pub(crate) modules: Vec<Module>,
}

/// One generated file with types.
pub(crate) struct Module {
    /// The spec file, relative to `spec/`.
    pub(crate) source: String,
    pub(crate) home: Home,
    pub(crate) doc: String,
    pub(crate) operations: Vec<Operation>,
    pub(crate) events: Vec<Event>,
    pub(crate) types: Vec<TypeDef>,
}

/// Rust path of a module below the crate: `["im", "v1", "message"]`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Home(pub(crate) Vec<String>);

pub(crate) struct Operation {
    /// `im.v1.message.create`.
    pub(crate) id: String,
    /// The request's type, `Create`.
    pub(crate) name: String,
    /// The method of the named door, `create`.
    pub(crate) method_name: String,
    pub(crate) doc: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) page: String,
    pub(crate) tokens: Vec<String>,
    pub(crate) apps: Vec<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) field_scopes: Vec<String>,
    pub(crate) rate: Vec<Rate>,
    pub(crate) paced: Option<Paced>,
    /// The field that makes a repeated call safe, and whether it stands in the query.
    pub(crate) dedupe: Option<(String, bool)>,
    pub(crate) batch: Option<Batch>,
    pub(crate) helpdesk: bool,
    /// Whether a request or its reply holds a secret.
    pub(crate) sensitive: bool,
    pub(crate) host: String,
    pub(crate) reply: Reply,
    pub(crate) errors: Vec<ErrorRow>,
    pub(crate) deprecated: Option<String>,
    pub(crate) arguments: Vec<Argument>,
    pub(crate) payload: Option<Ty>,
    pub(crate) paging: Option<Paging>,
    pub(crate) upload: Option<Upload>,
}

/// A list that several calls may share.
pub(crate) struct Batch {
    /// The Rust name of the list.
    pub(crate) field: String,
    pub(crate) item: Ty,
    /// How many items one call takes.
    pub(crate) most: u64,
    /// The Rust name of the field with the key against repeats.
    pub(crate) key: Option<String>,
}

/// The limit of each receiver.
pub(crate) struct Paced {
    /// The Rust name of the field that names the receiver.
    pub(crate) field: String,
    pub(crate) by: String,
    pub(crate) rate: Rate,
    /// The operation whose receivers share the limit, this one unless said otherwise.
    pub(crate) with: String,
}

/// A field of a request, and what it writes.
pub(crate) struct Argument {
    pub(crate) field: Field,
    pub(crate) puts: Vec<Put>,
}

/// One thing that an argument writes into a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Put {
    Path(String),
    Query(String),
    QueryEach(String),
    QueryJoined(String),
    Header(String),
    Member(String),
    /// The union's tag, as this member.
    Tag(String),
    /// The union's content as JSON text, as this member.
    JsonText(String),
    /// The union chooses the member's name.
    Key,
    Part(String),
    File(String),
}

/// How a list goes on.
pub(crate) struct Paging {
    pub(crate) item: Ty,
    /// The reply's list.
    pub(crate) items: String,
    pub(crate) way: Way,
}

/// What leads from one page to the next.
pub(crate) enum Way {
    Token {
        /// The request's field that takes the next page's token.
        token: At,
        next: At,
        more: Option<At>,
    },
    Number {
        /// The request's field that takes the page's number, and the number of the first page.
        page: At,
        first: i64,
        total: At,
    },
    Offset {
        /// The request's field that says how many items are passed over, and how many are when it is left out.
        offset: At,
        first: i64,
        more: Option<At>,
        total: Option<At>,
        /// The request's field that says how many come, and how many do when it is left out.
        limit: Option<(At, Option<i64>)>,
    },
}

/// A field of a request or a reply, perhaps within others.
#[derive(Clone)]
pub(crate) struct At {
    /// The Rust names from the outside in, each with whether it is an `Option`.
    pub(crate) path: Vec<(String, bool)>,
    pub(crate) leaf: Leaf,
}

impl At {
    /// Whether it is an `Option` itself.
    pub(crate) fn is_optional(&self) -> bool {
        self.path.last().is_some_and(|(_, optional)| *optional)
    }
}

/// How an upload goes on that the operation begins.
pub(crate) struct Upload {
    /// The request's field that announces the size.
    pub(crate) size: String,
    /// Fields of the reply.
    pub(crate) id: At,
    pub(crate) block_size: At,
    pub(crate) blocks: At,
    pub(crate) part: UploadCall,
    pub(crate) finish: UploadCall,
    pub(crate) first: i64,
}

/// A call of an upload: its type, and all its fields with what they hold.
pub(crate) struct UploadCall {
    pub(crate) name: String,
    pub(crate) fields: Vec<(Field, Option<UploadRole>)>,
}

pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) event_type: String,
    pub(crate) doc: String,
    pub(crate) page: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) field_scopes: Vec<String>,
    /// The members of the body; a named type gives its own to each event.
    pub(crate) fields: Vec<Field>,
    /// Where in the body that stands by which repeats are told.
    pub(crate) dedupe: Vec<String>,
    /// Where in the body that stands whose events are handled in order.
    pub(crate) order: Vec<String>,
    /// What a callback is answered with.
    pub(crate) reply: Option<Ty>,
    /// The JSON with which a callback is answered in haste.
    pub(crate) late: Option<String>,
}

/// A field of a struct.
#[derive(Clone)]
pub(crate) struct Field {
    pub(crate) wire: String,
    /// The Rust name.
    pub(crate) name: String,
    pub(crate) ty: Ty,
    /// Whether it is an `Option`.
    pub(crate) optional: bool,
    pub(crate) doc: String,
    pub(crate) example: Option<serde_json::Value>,
    pub(crate) deprecated: Option<String>,
    /// The method that adds one item to the list.
    pub(crate) each: Option<String>,
    /// Whether it holds the members that no field is for.
    pub(crate) rest: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ty {
    Leaf(Leaf),
    List(Box<Ty>),
    Map(Box<Ty>),
    Json(Box<Ty>),
    Boxed(Box<Ty>),
    Named(TypeId),
}

pub(crate) struct TypeDef {
    pub(crate) id: TypeId,
    pub(crate) name: String,
    pub(crate) doc: String,
    pub(crate) sent: bool,
    pub(crate) received: bool,
    pub(crate) kind: Kind,
    pub(crate) parsed: Vec<Parsed>,
    pub(crate) keyed: Vec<Keyed>,
    /// Whether a callback is answered with it.
    pub(crate) answers: bool,
}

/// A method that finds the item of a list by its key, or puts a member of each item in place of its key.
pub(crate) struct Keyed {
    pub(crate) name: String,
    pub(crate) list: String,
    pub(crate) item: Ty,
    pub(crate) by: String,
    pub(crate) put: Option<String>,
    pub(crate) doc: String,
}

/// A method that reads a text member typed.
pub(crate) struct Parsed {
    pub(crate) name: String,
    pub(crate) ty: Ty,
    /// The fields that lead to the text.
    pub(crate) from: Vec<String>,
    /// The field that holds the tag.
    pub(crate) by: String,
    pub(crate) doc: String,
}

pub(crate) enum Kind {
    Object(Vec<Field>),
    Enum {
        integer: bool,
        values: Vec<Value>,
    },
    Union {
        variants: Vec<Variant>,
        tagging: Tagging,
        otherwise: bool,
    },
    Keys(Vec<Variant>),
    Shapes(Vec<(Variant, Look)>),
}

/// How a value of a shape looks as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) form: Form,
    /// Members that must be there, and members that must not.
    pub(crate) has: Vec<String>,
    pub(crate) lacks: Vec<String>,
}

/// Where a union's tag travels.
pub(crate) enum Tagging {
    /// In this member, among the variant's own.
    Inside(String),
    /// In this member, with the variant under the other.
    Beside(String, String),
    /// In another field of the object that holds the union.
    Sibling,
}

/// A value of an open enum.
pub(crate) struct Value {
    pub(crate) wire: serde_json::Value,
    pub(crate) name: String,
    pub(crate) doc: String,
    pub(crate) deprecated: Option<String>,
}

#[derive(Clone)]
pub(crate) struct Variant {
    pub(crate) wire: String,
    pub(crate) name: String,
    /// The constructor's name.
    pub(crate) constructor: String,
    pub(crate) ty: Option<Ty>,
    pub(crate) example: Option<serde_json::Value>,
    pub(crate) doc: String,
}

impl Service {
    /// Whether anything in it can be called.
    pub(crate) fn has_operations(&self) -> bool {
        self.versions.iter().any(Version::has_operations)
    }
}

impl Version {
    /// Whether anything in it can be called.
    pub(crate) fn has_operations(&self) -> bool {
        self.modules.iter().any(|module| !module.operations.is_empty())
    }
}

impl Operation {
    /// The arguments of `new`, in order.
    pub(crate) fn required(&self) -> Vec<&Field> {
        self.arguments
            .iter()
            .map(|argument| &argument.field)
            .filter(|field| !field.optional)
            .collect()
    }
}

impl Api {
    /// The operations whose lists come page by page.
    pub(crate) fn paged(&self) -> std::collections::HashSet<&str> {
        let operations = self.modules().flat_map(|module| &module.operations);
        let paged = operations.filter(|operation| operation.paging.is_some());
        paged.map(|operation| operation.id.as_str()).collect()
    }

    pub(crate) fn modules(&self) -> impl Iterator<Item = &Module> {
        self.common.iter().chain(
            self.services
                .iter()
                .flat_map(|service| &service.versions)
                .flat_map(|version| &version.modules),
        )
    }

    pub(crate) fn get(&self, id: &TypeId) -> Option<&TypeDef> {
        let (module, at) = self.places.get(id)?;
        let module = match module {
            Some((service, version, module)) => self
                .services
                .get(*service)?
                .versions
                .get(*version)?
                .modules
                .get(*module)?,
            None => self.common.as_ref()?,
        };
        module.types.get(*at)
    }
}

impl Field {
    /// Whether the constructor takes it.
    pub(crate) fn is_argument(&self) -> bool {
        !self.optional && self.each.is_none() && !self.rest
    }
}

impl Ty {
    /// The named types inside.
    pub(crate) fn named(&self) -> Option<&TypeId> {
        match self {
            Self::Named(id) => Some(id),
            Self::List(inner) | Self::Map(inner) | Self::Json(inner) | Self::Boxed(inner) => inner.named(),
            _ => None,
        }
    }
}
