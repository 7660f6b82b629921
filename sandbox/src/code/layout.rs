//! Rust expressions, and how they stand on the page: as rustfmt would have them.
//!
//! What would need more than one line inside another expression is given a name first, so few of rustfmt's rules are needed here.

use serde_json::Value;

/// The columns of a page, and the widest that calls, chains and lists are on one line (rustfmt's defaults).
const PAGE: usize = 100;
const SMALL: usize = 60;
/// The widest item of a list that stands beside others when the list takes several lines.
const SHORT: usize = 10;
/// The widest text, and the widest other expression, that stands inside another one.
const TEXT: usize = 56;
const INNER: usize = 40;

/// A Rust expression.
#[derive(Clone, Debug)]
pub(super) enum Expr {
    /// What has no parts: a literal, a path, a variable.
    Atom(String),
    /// `Create::new(…)`.
    Call(String, Vec<Expr>),
    /// `base.one(…).other(…)`; a method without parentheses is written as it is, as `await?`.
    Chain(Box<Expr>, Vec<(String, Option<Vec<Expr>>)>),
    /// `[…]` or `vec![…]`.
    List(&'static str, Vec<Expr>),
    /// `("key", value)`.
    Pair(Box<Expr>, Box<Expr>),
    /// `CreateRequired { … }`.
    Struct(String, Vec<(String, Expr)>),
    /// `json!(…)`.
    Json(Value),
}

/// The line that gives an expression its name.
pub(super) fn line(name: &str, expr: &Expr) -> String {
    statement(&format!("let {name} = "), expr)
}

/// An expression as a statement of a function's body, after what stands before it.
pub(super) fn statement(before: &str, expr: &Expr) -> String {
    let here = block(expr, 4, 4 + before.len());
    let below = block(expr, 8, 8);
    if !before.is_empty() && is_better(&here, 4 + before.len(), &below) {
        return format!("    {}\n        {below};\n", before.trim_end());
    }
    format!("    {before}{here};\n")
}

/// Whether an expression stands better on a line of its own than behind what gives it a name.
fn is_better(here: &str, at: usize, below: &str) -> bool {
    let opens = |text: &str| {
        text.split('\n')
            .next()
            .is_some_and(|line| line.ends_with(['(', '{', '[']))
    };
    let lines = |text: &str| text.matches('\n').count();
    let fits = |text: &str, at: usize| text.split('\n').next().is_some_and(|line| at + width(line) < PAGE);
    if lines(here) == 0 && fits(here, at) || !fits(below, 8) {
        return false;
    }
    lines(below) == 0 || lines(here) > lines(below) + 1 || opens(here) && !opens(below)
}

/// Whether the expression may stand inside another one.
pub(super) fn is_inner(expr: &Expr) -> bool {
    match expr {
        Expr::Atom(text) => width(text) <= TEXT,
        Expr::Struct(..) => false,
        Expr::Json(Value::Object(members)) if members.len() > 1 => false,
        _ => fits(expr, INNER),
    }
}

fn width(text: &str) -> usize {
    text.chars().map(columns).sum()
}

/// The columns of a letter: those of East Asia take two.
fn columns(letter: char) -> usize {
    match letter {
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1faff}' => 2,
        _ => 1,
    }
}

fn fits(expr: &Expr, wide: usize) -> bool {
    let flat = flat(expr);
    width(&flat) <= wide && calls_fit(expr)
}

/// Whether every call in it has arguments that may stand on one line.
fn calls_fit(expr: &Expr) -> bool {
    let small = |arguments: &[Expr]| width(&list(arguments)) <= SMALL && arguments.iter().all(calls_fit);
    match expr {
        Expr::Atom(_) => true,
        Expr::Json(value) => width(&compact(value)) <= SMALL,
        Expr::Call(_, arguments) | Expr::List(_, arguments) => small(arguments),
        Expr::Chain(base, calls) => {
            let small = calls
                .iter()
                .all(|(_, arguments)| arguments.as_ref().is_none_or(|arguments| small(arguments)));
            let alone = calls.len() == 1;
            small && calls_fit(base) && (alone || width(&flat(expr)) <= SMALL)
        }
        Expr::Pair(one, other) => calls_fit(one) && calls_fit(other),
        Expr::Struct(..) => false,
    }
}

/// On one line.
fn flat(expr: &Expr) -> String {
    match expr {
        Expr::Atom(text) => text.clone(),
        Expr::Call(head, arguments) => format!("{head}({})", list(arguments)),
        Expr::Chain(base, calls) => {
            let mut text = flat(base);
            for (name, arguments) in calls {
                text.push_str(&method(name, arguments.as_ref().map(|arguments| list(arguments))));
            }
            text
        }
        Expr::List(open, items) => format!("{open}{}]", list(items)),
        Expr::Pair(one, other) => format!("({}, {})", flat(one), flat(other)),
        Expr::Struct(path, members) => {
            let members: Vec<String> = members.iter().map(|(name, value)| member(name, &flat(value))).collect();
            format!("{path} {{ {} }}", members.join(", "))
        }
        Expr::Json(value) => format!("json!({})", compact(value)),
    }
}

fn list(items: &[Expr]) -> String {
    items.iter().map(flat).collect::<Vec<_>>().join(", ")
}

fn method(name: &str, arguments: Option<String>) -> String {
    match arguments {
        Some(arguments) => format!(".{name}({arguments})"),
        None => format!(".{name}"),
    }
}

fn member(name: &str, value: &str) -> String {
    if name == value {
        name.to_owned()
    } else {
        format!("{name}: {value}")
    }
}

/// On as many lines as it needs, the first beginning at the column `at`, the others indented by `indent` at least.
fn block(expr: &Expr, indent: usize, at: usize) -> String {
    if at < PAGE && fits(expr, PAGE - at - 1) {
        return flat(expr);
    }
    let margin = " ".repeat(indent);
    let lines = |items: Vec<String>| -> String { items.iter().map(|item| format!("{margin}    {item},\n")).collect() };
    match expr {
        Expr::Call(head, arguments) => match arguments.as_slice() {
            [only @ (Expr::Struct(..) | Expr::Json(_))] => {
                format!("{head}({})", block(only, indent, at + width(head) + 1))
            }
            _ => format!("{head}(\n{}{margin})", lines(arguments.iter().map(flat).collect())),
        },
        Expr::Chain(base, calls) => {
            let mut text = block(base, indent, at);
            // Calls follow the closing parenthesis of a base of several lines, and are indented below one of a single line.
            let margin = if text.contains('\n') {
                margin.clone()
            } else {
                format!("{margin}    ")
            };
            for (name, arguments) in calls {
                let arguments = arguments.as_ref().map(|arguments| list(arguments));
                text.push_str(&format!("\n{margin}{}", method(name, arguments)));
            }
            text
        }
        Expr::List(open, items) => format!(
            "{open}\n{}{margin}]",
            rows(&items.iter().map(flat).collect::<Vec<_>>(), indent + 4)
        ),
        Expr::Struct(path, members) => {
            let members = members.iter().map(|(name, value)| member(name, &flat(value)));
            format!("{path} {{\n{}{margin}}}", lines(members.collect()))
        }
        Expr::Json(value) => format!("json!({})", pretty(value, indent)),
        Expr::Atom(_) | Expr::Pair(..) => flat(expr),
    }
}

/// The items of a list: one a line, or as many as fit where all of them are short.
fn rows(items: &[String], indent: usize) -> String {
    let margin = " ".repeat(indent);
    let plain = |item: &String| width(item) <= SHORT && !item.contains('(') && !item.contains(':');
    if !items.iter().all(plain) {
        return items.iter().map(|item| format!("{margin}{item},\n")).collect();
    }
    let mut text = String::new();
    let mut row = String::new();
    for item in items {
        let wide = indent + width(&row) + width(item) + 2;
        if !row.is_empty() && wide > PAGE {
            text.push_str(&format!("{margin}{row}\n"));
            row.clear();
        }
        if !row.is_empty() {
            row.push(' ');
        }
        row.push_str(item);
        row.push(',');
    }
    format!("{text}{margin}{row}\n")
}

/// A string literal.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' | '\n' | '\r' | '\t' | '\0' => out.extend(letter.escape_default()),
            // What a reader cannot see, or what turns the direction of the text, is spelled out.
            _ if is_hidden(letter) => out.extend(letter.escape_unicode()),
            _ => out.push(letter),
        }
    }
    out.push('"');
    out
}

fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// JSON on one line, as `json!` takes it.
fn compact(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(items) => format!("[{}]", items.iter().map(compact).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(name, value)| format!("{}: {}", quoted(name), compact(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        // A literal alone is an `i32`.
        Value::Number(number) if number.as_i64().is_some_and(|number| i32::try_from(number).is_err()) => {
            format!("{number}_i64")
        }
        Value::Number(number) if number.is_u64() && !number.is_i64() => format!("{number}_u64"),
        other => other.to_string(),
    }
}

/// JSON on as many lines as it needs.
fn pretty(value: &Value, indent: usize) -> String {
    let flat = compact(value);
    if width(&flat) <= SMALL {
        return flat;
    }
    let margin = " ".repeat(indent);
    match value {
        // rustfmt reads a list without objects as Rust.
        Value::Array(items) if !items.iter().any(holds_object) => {
            let items: Vec<String> = items.iter().map(|item| pretty(item, indent + 4)).collect();
            format!("[\n{}{margin}]", rows(&items, indent + 4))
        }
        Value::Array(items) => {
            let items = items
                .iter()
                .map(|item| format!("{margin}    {}", pretty(item, indent + 4)));
            format!("[\n{}\n{margin}]", items.collect::<Vec<_>>().join(",\n"))
        }
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(name, value)| format!("{margin}    {}: {}", quoted(name), pretty(value, indent + 4)));
            format!("{{\n{}\n{margin}}}", members.collect::<Vec<_>>().join(",\n"))
        }
        _ => flat,
    }
}

fn holds_object(value: &Value) -> bool {
    match value {
        Value::Object(members) => !members.is_empty(),
        Value::Array(items) => items.iter().any(holds_object),
        _ => false,
    }
}
