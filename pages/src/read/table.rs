//! Tables of fields: rows with a depth, made a tree.

use crate::{
    facts::Field,
    markup::{self, Element, Node, TABLES, elements},
    read::cell,
};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Name,
    Type,
    Required,
    Description,
    Other,
}

/// All tables of a section, HTML or Markdown, as rows of cells; the first row has the titles.
pub(super) fn tables(section: &str) -> Vec<Vec<Row>> {
    let nodes = markup::parse(section);
    let mut found: Vec<Vec<Row>> = Vec::new();
    for element in elements(&nodes) {
        let tables = match TABLES.contains(&element.name.as_str()) {
            true => vec![element],
            false => element.all(TABLES),
        };
        found.extend(tables.into_iter().map(rows));
    }
    if found.is_empty() {
        found = piped(section);
    }
    found
}

/// A row of a table.
#[derive(Clone, Debug)]
pub(super) struct Row {
    level: Option<usize>,
    pub(super) cells: Vec<Vec<Node>>,
}

impl Row {
    /// The text of a cell.
    pub(super) fn text(&self, at: usize) -> String {
        self.cells
            .get(at)
            .map(|cell| markup::text(cell))
            .unwrap_or_default()
            .trim()
            .to_owned()
    }
}

fn rows(table: &Element) -> Vec<Row> {
    let row = |row: &&Element| Row {
        level: row.attribute("level").and_then(|level| level.parse().ok()),
        cells: row.cells().into_iter().map(|cell| cell.children.clone()).collect(),
    };
    table
        .rows()
        .iter()
        .map(row)
        .filter(|row| !row.cells.is_empty())
        .collect()
}

/// Markdown tables: `| name | type |`, the first and last bar optional; a line of dashes follows the titles.
fn piped(section: &str) -> Vec<Vec<Row>> {
    let mut found: Vec<Vec<Row>> = Vec::new();
    let mut inside = false;
    let lines: Vec<&str> = section.lines().map(str::trim).collect();
    let dashes = |line: &str| line.contains('|') && line.chars().all(|c| matches!(c, '-' | ':' | '|' | ' '));
    for (at, line) in lines.iter().copied().enumerate() {
        let titles = line.contains('|') && lines.get(at + 1).is_some_and(|next| dashes(next));
        if !(line.starts_with('|') || titles || inside && line.contains('|')) {
            inside = false;
            continue;
        }
        let line = line.strip_prefix('|').unwrap_or(line);
        let cells: Vec<&str> = line.strip_suffix('|').unwrap_or(line).split('|').collect();
        if cells
            .iter()
            .all(|cell| cell.trim().chars().all(|c| matches!(c, '-' | ':')))
        {
            continue;
        }
        if !inside {
            found.push(Vec::new());
            inside = true;
        }
        let lines = |cell: &&str| markup::parse(&cell.replace("<br>", "\n").replace("<br/>", "\n"));
        let row = Row {
            level: None,
            cells: cells.iter().map(lines).collect(),
        };
        if let Some(table) = found.last_mut() {
            table.push(row);
        }
    }
    found
}

/// The fields of a section, as a tree; what cannot be read is noted.
pub(super) fn fields(section: &str, what: &str, unread: &mut Vec<String>) -> Vec<Field> {
    let mut all = Vec::new();
    for table in tables(section) {
        let Some(columns) = table.first().and_then(columns) else {
            continue;
        };
        let mut flat = Vec::new();
        for row in &table[1..] {
            match field(row, &columns) {
                Some(found) => flat.push(found),
                None => unread.push(format!("{what}: no field in the row `{}`", first_line(&row.text(0)))),
            }
        }
        // A second table of a section describes a member further; only the first is the body.
        if all.is_empty() {
            let mut rows = flat.into_iter().peekable();
            while let Some((depth, field)) = rows.next() {
                all.push(adopt(depth, field, &mut rows));
            }
        }
    }
    all
}

fn adopt(
    depth: usize,
    mut field: Field,
    rows: &mut std::iter::Peekable<impl Iterator<Item = (usize, Field)>>,
) -> Field {
    while let Some((below, child)) = rows.next_if(|(next, _)| *next > depth) {
        field.fields.push(adopt(below, child, rows));
    }
    field
}

fn columns(titles: &Row) -> Option<Vec<Column>> {
    let texts: Vec<String> = (0..titles.cells.len())
        .map(|at| titles.text(at).replace(['*', ' '], ""))
        .collect();
    let has_format = texts.iter().any(|text| text == "格式");
    let columns: Vec<Column> = texts
        .iter()
        .map(|text| match text.as_str() {
            "名称" | "参数" | "参数名称" | "字段" | "字段名" | "字段名称" | "参数名" | "Key" => {
                Column::Name
            }
            "格式" => Column::Type,
            "类型" | "参数类型" | "数据类型" | "字段类型" if !has_format => Column::Type,
            "必填" | "必须" | "是否必填" | "是否必须" | "必选" => Column::Required,
            "描述" | "说明" | "参数说明" | "字段说明" | "备注" => Column::Description,
            _ => Column::Other,
        })
        .collect();
    columns.contains(&Column::Name).then_some(columns)
}

fn field(row: &Row, columns: &[Column]) -> Option<(usize, Field)> {
    let cell = |column| {
        let at = columns.iter().position(|known| *known == column)?;
        row.cells.get(at)
    };
    let written = named(cell(Column::Name)?, "field-name");
    let depth = row.level.unwrap_or_else(|| match written.contains('∟') {
        true => {
            let count = |wanted: &[char]| written.chars().filter(|c| wanted.contains(c)).count();
            count(&['∟']).max(count(&['\u{2003}']))
        }
        false => 0,
    });
    let name = tagless(&written).replace(['∟', '`', '*', '"'], "");
    let name = name.trim().trim_start_matches(['└', '-', '>', ' ']).trim();
    let well_formed = !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '$' | '@'));
    if !well_formed {
        return None;
    }
    let mut field = Field {
        name: name.to_owned(),
        ty: cell(Column::Type)
            .map(|cell| named(cell, "field-type").trim().to_owned())
            .unwrap_or_default(),
        required: cell(Column::Required).map(|cell| markup::text(cell).trim().starts_with('是')),
        ..Field::default()
    };
    if let Some(description) = cell(Column::Description) {
        cell::describe(&mut field, description);
    }
    Some((depth, field))
}

/// The text of a cell, or of the `md-text` of this type inside it, with what stands before it.
fn named(cell: &[Node], kind: &str) -> String {
    let marks = cell.iter().filter_map(|node| match node {
        Node::Text(text) if text.contains('∟') => Some(text.as_str()),
        _ => None,
    });
    let marks: String = marks.collect();
    let inside = elements(cell).find(|element| element.name == "md-text" && element.attribute("type") == Some(kind));
    match inside {
        Some(element) => marks + &element.text(),
        None => markup::text(cell),
    }
}

/// A text without the tags that are no elements here, as `<span …>`.
fn tagless(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        plain.push_str(before);
        match after.split_once('>') {
            Some((_, after)) => rest = after,
            None => {
                rest = after;
                break;
            }
        }
    }
    plain + rest
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(40).collect()
}
