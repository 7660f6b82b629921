//! A description: what its labels say of example, default, values, limits and permissions.

use serde_json::Value;

use crate::{
    facts::{Around, Field, Kind, Leaf},
    markup::Node,
};

/// A line of a description, or what stands between the lines.
enum Piece {
    Line(String),
    Value(String, String),
    Scope(String),
}

/// What a label introduces.
#[derive(Clone, Debug, PartialEq)]
enum Part {
    Prose,
    Example,
    Default,
    Values,
    Limits,
    Scopes,
    ValueScopes(String),
    Other,
}

/// Reads a description into its field, whose type is known already.
pub(super) fn describe(field: &mut Field, nodes: &[Node]) {
    let mut pieces = Vec::new();
    gather(nodes, &mut pieces);
    field.says_default = pieces.iter().any(|piece| match piece {
        Piece::Line(text) | Piece::Value(_, text) => text.contains("默认"),
        Piece::Scope(_) => false,
    });
    let mut part = Part::Prose;
    let (mut prose, mut example, mut default) = (String::new(), String::new(), String::new());
    let mut bullets = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Value(key, meaning) => field.values.push((key, meaning)),
            Piece::Scope(scope) => match &part {
                Part::ValueScopes(value) => match field.value_scopes.iter_mut().find(|(known, _)| known == value) {
                    Some((_, scopes)) => scopes.push(scope),
                    None => field.value_scopes.push((value.clone(), vec![scope])),
                },
                _ => field.scopes.push(scope),
            },
            Piece::Line(line) => {
                let rest = match label(&line) {
                    Some((next, rest)) => {
                        part = next;
                        rest
                    }
                    None => line.trim().to_owned(),
                };
                let rest = rest.as_str();
                let target = match &part {
                    Part::Prose => &mut prose,
                    Part::Example => &mut example,
                    Part::Default => &mut default,
                    Part::Values => {
                        bullets.push(rest.to_owned());
                        continue;
                    }
                    Part::Limits => {
                        limit(field, rest);
                        continue;
                    }
                    _ => continue,
                };
                if !rest.is_empty() {
                    if !target.is_empty() {
                        target.push('\n');
                    }
                    target.push_str(rest);
                }
            }
        }
    }
    if field.values.is_empty() {
        field.values = listed(&bullets);
    }
    // `- false（默认值）：…`
    if default.is_empty()
        && let Some(line) = bullets
            .iter()
            .find(|line| line.contains("（默认值）") || line.contains("（默认）"))
    {
        let value = line
            .trim_start_matches(['-', '*', ' '])
            .split('（')
            .next()
            .unwrap_or_default();
        let value = value.trim_matches(['`', '"', ' ']);
        if value
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
        {
            value.clone_into(&mut default);
        }
    }
    field.prose = prose;
    let kind = field.kind();
    field.example = given(&example, &kind);
    field.default = given(&default, &kind);
    if kind.leaf == Leaf::Bool || kind.leaf == Leaf::Float {
        field.values.clear();
    }
}

fn gather(nodes: &[Node], pieces: &mut Vec<Piece>) {
    for node in nodes {
        match node {
            Node::Text(text) => pieces.extend(text.lines().map(|line| Piece::Line(line.to_owned()))),
            Node::Element(element) => match element.name.as_str() {
                "md-enum-item" => {
                    let key = element.attribute("key").unwrap_or_default().trim().to_owned();
                    pieces.push(Piece::Value(key, element.text().trim().to_owned()));
                }
                "md-perm" => pieces.push(Piece::Scope(
                    element.attribute("name").unwrap_or_default().trim().to_owned(),
                )),
                _ => gather(&element.children, pieces),
            },
        }
    }
}

/// A line that begins a part, and what follows the label on it.
fn label(line: &str) -> Option<(Part, String)> {
    let line = line.trim().trim_start_matches("- ").trim();
    let (label, rest) = line.strip_prefix("**")?.split_once("**")?;
    let rest = rest.trim().trim_start_matches(['：', ':']).trim().to_owned();
    let label = label.trim().trim_end_matches(['：', ':']).trim();
    let part = match label {
        "示例值" | "示例" => Part::Example,
        "默认值" => Part::Default,
        "可选值有" | "可能值有" | "可选值" | "可能值" | "枚举值有" | "取值范围" | "取值" | "枚举值" => {
            Part::Values
        }
        "数据校验规则" => Part::Limits,
        label if label.starts_with("字段权限要求") => Part::Scopes,
        label if label.starts_with("当值为") => {
            Part::ValueScopes(label.split('`').nth(1).unwrap_or_default().to_owned())
        }
        _ => Part::Other,
    };
    Some((part, rest))
}

/// `- 长度范围：`1` ～ `64` 字符`
fn limit(field: &mut Field, line: &str) {
    let line = line.trim_start_matches(['-', '*', ' ']).replace("**", "");
    let Some((rule, values)) = line.split_once(['：', ':']) else {
        return;
    };
    let numbers: Vec<Value> = values
        .split(|c: char| !(c.is_ascii_digit() || matches!(c, ',' | '.' | '-')))
        .map(|number| number.replace(',', ""))
        .filter_map(|number| number.trim_end_matches('.').parse().ok())
        .collect();
    let kind = field.kind();
    let many = !kind.is_one();
    let (low, high) = match (rule.trim(), many, kind.leaf) {
        ("长度范围" | "最大长度" | "最小长度", true, _) => ("min_items", "max_items"),
        ("长度范围" | "最大长度" | "最小长度", false, Leaf::Text) => ("min_len", "max_len"),
        ("取值范围" | "最大值" | "最小值", false, Leaf::Int | Leaf::Float) => ("min", "max"),
        _ => return,
    };
    let words = match rule.trim() {
        "长度范围" | "取值范围" => vec![low, high],
        "最小长度" | "最小值" => vec![low],
        _ => vec![high],
    };
    if words.len() == numbers.len() {
        // A length of at least nothing is no limit.
        let says = |(word, number): &(&str, Value)| !(matches!(*word, "min_len" | "min_items") && number == 0);
        field.limits.extend(words.into_iter().zip(numbers).filter(says));
    }
}

/// Values written as a list of `` - `value`：meaning ``.
fn listed(lines: &[String]) -> Vec<(String, String)> {
    let lines = lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty());
    let mut values = Vec::new();
    for line in lines {
        let Some(item) = line.strip_prefix(['-', '*']) else {
            // The item before goes on, or there is no list here.
            if values.is_empty() {
                return values;
            }
            continue;
        };
        let Some((key, meaning)) = item.split_once(['：', ':']) else {
            return Vec::new();
        };
        let key = key
            .split('（')
            .next()
            .unwrap_or_default()
            .trim()
            .trim_matches(['`', '"', '*', ' ']);
        let word = !key.is_empty()
            && key
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '+'));
        if !word {
            return Vec::new();
        }
        values.push((key.to_owned(), meaning.trim().to_owned()));
    }
    if values.len() > 1 { values } else { Vec::new() }
}

/// An example or a default, as the field's type has it; what does not fit the type is left out.
fn given(text: &str, kind: &Kind) -> Option<Value> {
    let text = text.trim().trim_matches('`').trim();
    if text.is_empty() {
        return None;
    }
    let json = || serde_json::from_str::<Value>(text).ok();
    match kind.around.first() {
        Some(Around::List) => return json().filter(Value::is_array),
        Some(Around::Map) => return json().filter(Value::is_object),
        None => {}
    }
    match kind.leaf {
        Leaf::Text => match json() {
            Some(Value::String(text)) => Some(text.into()),
            _ if text.starts_with("空") || text.starts_with('无') => None,
            _ => Some(text.trim_matches('"').into()),
        },
        Leaf::Int => text.trim_matches('"').parse::<i64>().ok().map(Value::from),
        Leaf::Float => text
            .trim_matches('"')
            .parse::<f64>()
            .ok()
            .map(|_| text.trim_matches('"'))
            .and_then(|text| serde_json::from_str(text).ok()),
        Leaf::Bool => text.trim_matches('"').parse::<bool>().ok().map(Value::from),
        Leaf::Object => json().filter(Value::is_object),
        Leaf::File => None,
    }
}
