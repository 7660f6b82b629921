//! The one door for Rust names.

use heck::{ToPascalCase, ToSnakeCase};

/// `user_id` for a field, method or module; a Rust keyword gets an underscore.
pub(crate) fn snake(wire: &str) -> String {
    let snake = match is_snake(wire) {
        true => wire.to_owned(),
        false => wire.to_snake_case(),
    };
    if KEYWORDS.contains(&snake.as_str()) {
        format!("{snake}_")
    } else {
        snake
    }
}

/// Whether a name is what its conversion would give, as most names on the wire are.
fn is_snake(wire: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    wire.bytes().all(plain) && !wire.starts_with('_') && !wire.ends_with('_') && !wire.contains("__")
}

/// `UserId` for a type or a variant.
pub(crate) fn pascal(wire: &str) -> String {
    let pascal = wire.to_pascal_case();
    if pascal == "Self" { "Self_".to_owned() } else { pascal }
}

/// Whether Rust takes the name as an identifier.
pub(crate) fn is_identifier(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Names that a type in a generated module cannot bear: what generated files spell without a path.
pub(crate) fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}

/// A link to a type of the same file, for documentation: where a derive of the prelude has the same name, it says that the type is meant.
pub(crate) fn link(name: &str) -> String {
    match DERIVES.contains(&name) {
        true => format!("[`{name}`](struct@{name})"),
        false => format!("[`{name}`]"),
    }
}

const DERIVES: &[&str] = &["Clone", "Copy", "Debug", "Eq", "Hash", "Ord", "PartialEq", "PartialOrd"];

const RESERVED: &[&str] = &[
    "Box",
    "Default",
    "From",
    "Into",
    "IntoIterator",
    "Methods",
    "None",
    "Option",
    "Self",
    "Some",
    "String",
    "Vec",
];

const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
    "move", "mut", "new", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super", "trait",
    "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];
