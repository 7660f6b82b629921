//! Type expressions: `string`, `list(Mention)`, `json(MessageContent by msg_type)`.

/// A type as it is written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum TypeExpr {
    Leaf(Leaf),
    List(Box<TypeExpr>),
    Map(Box<TypeExpr>),
    Json(Box<TypeExpr>),
    Boxed(Box<TypeExpr>),
    /// `T?`: absence means something.
    Optional(Box<TypeExpr>),
    Named(TypeName),
    /// `T by field`: a union whose tag is another field.
    By(TypeName, String),
}

/// The types that need no definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Leaf {
    String,
    Bool,
    Int,
    Float,
    Any,
    Secret,
    File,
    Millis,
    Seconds,
    IntMillis,
    IntSeconds,
}

/// A reference to a named type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum TypeName {
    Local(String),
    Common(String),
    Elsewhere {
        service: String,
        version: String,
        resource: String,
        name: String,
    },
}

pub(crate) const LEAVES: &[(&str, Leaf)] = &[
    ("string", Leaf::String),
    ("bool", Leaf::Bool),
    ("int", Leaf::Int),
    ("float", Leaf::Float),
    ("any", Leaf::Any),
    ("secret", Leaf::Secret),
    ("file", Leaf::File),
    ("millis", Leaf::Millis),
    ("seconds", Leaf::Seconds),
    ("millis(int)", Leaf::IntMillis),
    ("seconds(int)", Leaf::IntSeconds),
];

/// No page nests deeper; a mistyped line may.
const MAX_DEPTH: usize = 8;

const CONSTRUCTORS: &[&str] = &["list", "map", "json", "box"];

impl Leaf {
    /// Its Rust name, and whether that is one of the runtime's.
    pub(crate) fn rust(self) -> (&'static str, bool) {
        match self {
            Self::String => ("String", false),
            Self::Bool => ("bool", false),
            Self::Int => ("i64", false),
            Self::Float => ("f64", false),
            Self::Any => ("Value", true),
            Self::Secret => ("Secret", true),
            Self::File => ("File", true),
            Self::Millis => ("Millis", true),
            Self::Seconds => ("Seconds", true),
            Self::IntMillis => ("IntMillis", true),
            Self::IntSeconds => ("IntSeconds", true),
        }
    }

    /// How the spec spells it.
    pub(crate) fn word(self) -> &'static str {
        LEAVES
            .iter()
            .find(|(_, leaf)| *leaf == self)
            .map_or("any", |(word, _)| word)
    }
}

impl TypeExpr {
    /// Reads a type expression. The error says what is wrong and how to mend it.
    pub(crate) fn parse(text: &str) -> Result<Self, (String, String)> {
        let text = text.trim();
        if text.matches('(').count() > MAX_DEPTH {
            return Err((
                "this type is nested too deeply".to_owned(),
                "give the inner part a name under `types`".to_owned(),
            ));
        }
        if let Some((_, leaf)) = LEAVES.iter().find(|(word, _)| *word == text) {
            return Ok(Self::Leaf(*leaf));
        }
        if let Some(inner) = text.strip_suffix('?') {
            return Ok(Self::Optional(Box::new(Self::parse(inner)?)));
        }
        if let Some((constructor, rest)) = text.split_once('(') {
            let Some(inner) = rest.strip_suffix(')') else {
                return Err((
                    format!("`{text}` lacks its closing `)`"),
                    "write it as `list(string)`".to_owned(),
                ));
            };
            let inner = Self::parse(inner)?;
            return Ok(match constructor {
                "list" => Self::List(Box::new(inner)),
                "map" => Self::Map(Box::new(inner)),
                "json" => Self::Json(Box::new(inner)),
                "box" => Self::Boxed(Box::new(inner)),
                _ => {
                    let help = crate::diagnostic::did_you_mean(constructor, CONSTRUCTORS.iter().copied());
                    return Err((format!("unknown type constructor `{constructor}`"), help));
                }
            });
        }
        match text.split_whitespace().collect::<Vec<_>>().as_slice() {
            [name] => Ok(Self::Named(TypeName::parse(name)?)),
            [name, "by", field] => Ok(Self::By(TypeName::parse(name)?, (*field).to_owned())),
            _ => Err((
                format!("`{text}` is not a type"),
                "one of the types that spec/README.md lists, such as `string`, `list(T)` or `Message`".to_owned(),
            )),
        }
    }

    /// The leaf at its core, when that is no named type.
    pub(crate) fn leaf(&self) -> Option<Leaf> {
        match self {
            Self::Leaf(leaf) => Some(*leaf),
            Self::List(inner) | Self::Map(inner) | Self::Json(inner) | Self::Boxed(inner) | Self::Optional(inner) => {
                inner.leaf()
            }
            Self::Named(_) | Self::By(..) => None,
        }
    }

    /// The named types it mentions.
    pub(crate) fn names(&self) -> Vec<&TypeName> {
        match self {
            Self::Leaf(_) => Vec::new(),
            Self::List(inner) | Self::Map(inner) | Self::Json(inner) | Self::Boxed(inner) | Self::Optional(inner) => {
                inner.names()
            }
            Self::Named(name) | Self::By(name, _) => vec![name],
        }
    }

    /// The union and the tag field, when it is `T by field`, bare or inside `json(…)`.
    pub(crate) fn by(&self) -> Option<(&TypeName, &str)> {
        match self {
            Self::By(name, field) => Some((name, field)),
            Self::Json(inner) => inner.by(),
            _ => None,
        }
    }
}

impl TypeName {
    fn parse(text: &str) -> Result<Self, (String, String)> {
        let (home, name) = match text.rsplit_once('.') {
            Some((home, name)) => (Some(home), name),
            None => (None, text),
        };
        if !name.starts_with(|first: char| first.is_ascii_uppercase())
            || !name.chars().all(|c| c.is_ascii_alphanumeric())
        {
            let known = LEAVES.iter().map(|(word, _)| *word).chain(CONSTRUCTORS.iter().copied());
            return Err((
                format!("unknown type `{text}`"),
                crate::diagnostic::did_you_mean(text, known),
            ));
        }
        let name = name.to_owned();
        match home {
            None => Ok(Self::Local(name)),
            Some("common") => Ok(Self::Common(name)),
            Some(home) => match home.splitn(3, '/').collect::<Vec<_>>().as_slice() {
                [service, version, resource] => Ok(Self::Elsewhere {
                    service: (*service).to_owned(),
                    version: (*version).to_owned(),
                    resource: (*resource).to_owned(),
                    name,
                }),
                _ => Err((
                    format!("`{home}` is not the home of a type"),
                    "write `common.Name` or `service/version/resource.Name`".to_owned(),
                )),
            },
        }
    }

    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Local(name) | Self::Common(name) | Self::Elsewhere { name, .. } => name,
        }
    }
}
