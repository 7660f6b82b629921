//! What the platform refuses about a card, as far as the card itself shows it (the table of the page `im/v1/message/create`).

use std::collections::HashSet;

use serde_json::Value;

use super::{MOST_BYTES, tree};

/// The most components and elements of a card.
const MOST_ELEMENTS: usize = 200;

/// The most levels of a card: far more than the platform shows.
const DEEPEST: usize = 64;

/// The components of JSON 2.0, and the parts of components that have tags of their own.
const TAGS: [&str; 34] = [
    "audio",
    "button",
    "chart",
    "checker",
    "collapsible_panel",
    "column",
    "column_set",
    "custom_icon",
    "date_picker",
    "div",
    "form",
    "hr",
    "img",
    "img_combination",
    "input",
    "interactive_container",
    "lark_md",
    "markdown",
    "multi_select_person",
    "multi_select_static",
    "option",
    "overflow",
    "person",
    "person_list",
    "picker_datetime",
    "picker_time",
    "plain_text",
    "repeat",
    "select_img",
    "select_person",
    "select_static",
    "standard_icon",
    "table",
    "text_tag",
];
/// Components of JSON 1.0 that 2.0 has dropped.
const DROPPED: [&str; 2] = ["action", "note"];

/// Why a card is refused.
#[derive(Clone, Debug)]
pub(crate) enum Wrong {
    Empty,
    /// It is not of JSON 2.0.
    Older,
    /// `update_multi` is off.
    Private,
    Large(usize),
    Twice(String),
    Many(usize),
    /// It cannot be built: the code within, and why.
    Built(i64, String),
}

impl Wrong {
    /// The code that messages give within their own, and what is said beside it.
    pub(crate) fn inner(&self) -> (i64, String) {
        match self {
            Self::Built(code, why) => (*code, why.clone()),
            Self::Many(_) => (11310, format!("ErrMsg: element exceeds the limit; ErrorValue: {self}")),
            Self::Twice(_) => (300_301, format!("ErrMsg: {self}")),
            _ => (
                200_621,
                format!(
                    "ErrMsg: parse card json err, please check whether the card json is correct; ErrorValue: {self}"
                ),
            ),
        }
    }

    /// The code of card entities (protocol.md §7.4).
    pub(crate) fn code(&self) -> i64 {
        match self {
            Self::Empty => 300_307,
            Self::Older => 300_303,
            Self::Private => 300_302,
            Self::Large(_) => 200_860,
            Self::Twice(_) => 300_301,
            Self::Many(_) => 300_305,
            Self::Built(..) => 200_220,
        }
    }
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Empty => out.write_str("the card is empty"),
            Self::Older => out.write_str("only schema 2.0 is supported; set `schema` to `2.0`"),
            Self::Private => out.write_str("`config.update_multi` is false, and a card entity cannot be"),
            Self::Large(bytes) => write!(out, "the card has {bytes} bytes, and may have {MOST_BYTES}"),
            Self::Twice(id) => write!(out, "two elements have the element_id `{}`", id.escape_debug()),
            Self::Many(count) => write!(
                out,
                "the card has {count} components and elements, and may have {MOST_ELEMENTS}"
            ),
            Self::Built(_, why) => out.write_str(why),
        }
    }
}

/// Checks a card entity: of JSON 2.0, shared, and not too large.
pub(crate) fn check_new(card: &Value) -> Result<(), Wrong> {
    if card.as_object().is_none_or(serde_json::Map::is_empty) {
        return Err(Wrong::Empty);
    }
    if card.get("schema").and_then(Value::as_str) != Some("2.0") {
        return Err(Wrong::Older);
    }
    if card.pointer("/config/update_multi") == Some(&Value::Bool(false)) {
        return Err(Wrong::Private);
    }
    // Elements are put into elements: what goes too deep could not be read again.
    if depth(card) > DEEPEST {
        return Err(malformed("ROOT", &format!("it goes deeper than {DEEPEST} levels")));
    }
    let bytes = card.to_string().len();
    if bytes > MOST_BYTES {
        return Err(Wrong::Large(bytes));
    }
    check(card)
}

/// Checks a card of either kind.
pub(crate) fn check(card: &Value) -> Result<(), Wrong> {
    let newer = card.get("schema").and_then(Value::as_str) == Some("2.0");
    let list = if newer { "/body/elements" } else { "/elements" };
    if let Some(body) = card.get("body").filter(|body| newer && !body.is_object()) {
        return Err(malformed("ROOT -> body", &format!("{} is no object", short(body))));
    }
    match card.pointer(list) {
        None => {}
        Some(Value::Array(list)) => elements(list, &path(newer), newer)?,
        Some(other) => return Err(malformed(&path(newer), &format!("{} is no list", short(other)))),
    }
    if !newer {
        return Ok(());
    }
    let mut seen = HashSet::new();
    if let Some(id) = tree::ids(card).into_iter().find(|id| !seen.insert(*id)) {
        return Err(Wrong::Twice(id.to_owned()));
    }
    let mut count = 0;
    tree::walk(card, &mut |_| count += 1);
    if count > MOST_ELEMENTS {
        return Err(Wrong::Many(count));
    }
    sounds(card)
}

fn path(newer: bool) -> String {
    if newer {
        "ROOT -> body -> elements"
    } else {
        "ROOT -> elements"
    }
    .to_owned()
}

fn depth(value: &Value) -> usize {
    let inner = match value {
        Value::Array(items) => items.iter().map(depth).max(),
        Value::Object(members) => members.values().map(depth).max(),
        _ => return 0,
    };
    inner.unwrap_or_default() + 1
}

fn malformed(path: &str, why: &str) -> Wrong {
    let why = format!(
        "ErrPath: {path}; ErrMsg: parse card json err, please check whether the card json is correct; ErrorValue: {why}"
    );
    Wrong::Built(200_621, why)
}

fn short(value: &Value) -> String {
    value.to_string().chars().take(60).collect()
}

fn elements(list: &[Value], path: &str, newer: bool) -> Result<(), Wrong> {
    for (at, element) in list.iter().enumerate() {
        let Some(tag) = element.get("tag").and_then(Value::as_str) else {
            return Err(malformed(
                &format!("{path} -> [{at}]"),
                &format!("{} has no tag", short(element)),
            ));
        };
        let here = format!("{path} -> [{at}](tag: {})", tag.escape_debug());
        if newer && DROPPED.contains(&tag) {
            let why = format!(
                "ErrPath: {here}; ErrMsg: cards of schema V2 no longer support this capability; ErrorValue: unsupported tag {tag}"
            );
            return Err(Wrong::Built(200_861, why));
        }
        if newer && !TAGS.contains(&tag) {
            return Err(malformed(
                &here,
                &format!("no component has the tag `{}`", tag.escape_debug()),
            ));
        }
        element_is_right(element, tag, &here)?;
        // The columns of a table are no components.
        let held: &[&str] = if tag == "table" { &[] } else { &["elements", "columns"] };
        for name in held {
            match element.get(*name) {
                Some(Value::Array(inner)) => elements(inner, &format!("{here} -> {name}"), newer)?,
                None | Some(Value::Null) => {}
                Some(other) => {
                    return Err(malformed(
                        &format!("{here} -> {name}"),
                        &format!("{} is no list", short(other)),
                    ));
                }
            }
        }
    }
    Ok(())
}

fn element_is_right(element: &Value, tag: &str, here: &str) -> Result<(), Wrong> {
    match tag {
        "chart" if !element.get("chart_spec").is_some_and(Value::is_object) => {
            let why = format!("ErrPath: {here}; ErrMsg: chart spec is invalid; ErrorValue: it must be an object");
            Err(Wrong::Built(200_550, why))
        }
        "table" => table(element, here),
        _ => Ok(()),
    }
}

fn table(table: &Value, here: &str) -> Result<(), Wrong> {
    let rows = match table.get("rows") {
        None => return Ok(()),
        Some(Value::Array(rows)) if rows.iter().all(Value::is_object) => rows,
        Some(_) => {
            return Err(Wrong::Built(
                200_914,
                format!("ErrPath: {here}; ErrMsg: table rows is invalid"),
            ));
        }
    };
    let columns = table.get("columns").and_then(Value::as_array);
    let names: Vec<&str> = columns
        .into_iter()
        .flatten()
        .filter_map(|column| column.get("name")?.as_str())
        .collect();
    let mut cells = rows.iter().filter_map(Value::as_object).flat_map(|row| row.keys());
    match cells.find(|name| !names.contains(&name.as_str())) {
        Some(name) => {
            let why = format!(
                "ErrPath: {here}; ErrMsg: table rows name is invalid; ErrorValue: no column has the name `{}`",
                name.escape_debug()
            );
            Err(Wrong::Built(200_915, why))
        }
        None => Ok(()),
    }
}

fn sounds(card: &Value) -> Result<(), Wrong> {
    let mut sounds = Vec::new();
    tree::walk(card, &mut |part| {
        if part.get("tag").and_then(Value::as_str) == Some("audio") {
            sounds.push(part.get("audio_id").and_then(Value::as_str));
        }
    });
    let mut seen = HashSet::new();
    if sounds.iter().flatten().any(|id| !seen.insert(*id)) {
        return Err(Wrong::Built(300_230, "ErrMsg: duplicate audio id".to_owned()));
    }
    if !sounds.is_empty() && card.pointer("/config/enable_forward") != Some(&Value::Bool(false)) {
        return Err(Wrong::Built(
            300_220,
            "ErrMsg: audio elem don't support forward".to_owned(),
        ));
    }
    Ok(())
}
