//! The pages' markup as a tree: the tags that carry facts, and the text between them.

/// A piece of a page.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Text(String),
    Element(Element),
}

/// A tag, its attributes and what it holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Element {
    pub(crate) name: String,
    attributes: Vec<(String, String)>,
    pub(crate) children: Vec<Node>,
}

impl Element {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        let known = self.attributes.iter().find(|(known, _)| known == name);
        known.map(|(_, value)| value.as_str())
    }

    /// The elements directly inside that bear one of these names.
    fn named<'a>(&'a self, names: &'a [&'a str]) -> impl Iterator<Item = &'a Element> {
        elements(&self.children).filter(|element| names.contains(&element.name.as_str()))
    }

    /// The elements of a name at any depth, in order, without those inside another of them.
    pub(crate) fn all(&self, names: &[&str]) -> Vec<&Element> {
        let mut found = Vec::new();
        for element in elements(&self.children) {
            if names.contains(&element.name.as_str()) {
                found.push(element);
            } else {
                found.extend(element.all(names));
            }
        }
        found
    }

    /// All text inside, without the tags.
    pub(crate) fn text(&self) -> String {
        text(&self.children)
    }

    /// The rows of a table, in order; tables inside its cells keep theirs.
    pub(crate) fn rows(&self) -> Vec<&Element> {
        self.all(ROWS)
    }

    /// The cells of a row.
    pub(crate) fn cells(&self) -> Vec<&Element> {
        self.named(CELLS).collect()
    }
}

/// The elements among some nodes.
pub(crate) fn elements(nodes: &[Node]) -> impl Iterator<Item = &Element> {
    nodes.iter().filter_map(|node| match node {
        Node::Element(element) => Some(element),
        Node::Text(_) => None,
    })
}

/// All text among some nodes, without the tags.
pub(crate) fn text(nodes: &[Node]) -> String {
    let mut all = String::new();
    for node in nodes {
        match node {
            Node::Text(text) => all.push_str(text),
            Node::Element(element) => all.push_str(&element.text()),
        }
    }
    all
}

pub(crate) const TABLES: &[&str] = &["md-dt-table", "md-table", "table"];
const ROWS: &[&str] = &["md-dt-tr", "md-tr", "tr"];
const CELLS: &[&str] = &["md-dt-td", "md-td", "td", "md-dt-th", "md-th", "th"];

/// Whether a tag carries facts; all others are taken for text.
fn counts(name: &str) -> bool {
    name.starts_with("md-") || matches!(name, "table" | "thead" | "tbody" | "tr" | "td" | "th")
}

/// Reads a piece of a page. What is not closed ends with what holds it; what closes nothing is passed over.
pub(crate) fn parse(source: &str) -> Vec<Node> {
    let mut open = vec![Element::default()];
    let mut rest = source;
    while let Some(at) = rest.find('<') {
        say(&mut open, &rest[..at]);
        match tag(&rest[at..]) {
            Some((tag, length)) => {
                match tag {
                    Tag::Open(element) => begin(&mut open, element),
                    Tag::Close(name) => close(&mut open, &name),
                }
                rest = &rest[at + length..];
            }
            None => {
                say(&mut open, "<");
                rest = &rest[at + 1..];
            }
        }
    }
    say(&mut open, rest);
    while open.len() > 1 {
        end(&mut open);
    }
    open.pop().map(|root| root.children).unwrap_or_default()
}

enum Tag {
    Open(Element),
    Close(String),
}

/// The tag that a text begins with, when it is one that counts, and its length.
fn tag(text: &str) -> Option<(Tag, usize)> {
    let end = text.find('>')?;
    let inside = &text[1..end];
    let (closing, inside) = match inside.strip_prefix('/') {
        Some(inside) => (true, inside),
        None => (false, inside),
    };
    let width = inside
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .unwrap_or(inside.len());
    let (name, rest) = inside.split_at(width);
    if !counts(name) {
        return None;
    }
    let tag = match closing {
        true => Tag::Close(name.to_owned()),
        false => Tag::Open(Element {
            name: name.to_owned(),
            attributes: attributes(rest),
            children: Vec::new(),
        }),
    };
    Some((tag, end + 1))
}

fn attributes(mut rest: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    while let Some((name, after)) = rest.split_once('=') {
        let Some(quote @ ('"' | '\'')) = after.chars().next() else {
            break;
        };
        let Some((value, after)) = after[1..].split_once(quote) else {
            break;
        };
        all.push((name.trim().to_owned(), value.to_owned()));
        rest = after;
    }
    all
}

fn say(open: &mut [Element], text: &str) {
    if let Some(parent) = open.last_mut().filter(|_| !text.is_empty()) {
        match parent.children.last_mut() {
            Some(Node::Text(last)) => last.push_str(&unescaped(text)),
            _ => parent.children.push(Node::Text(unescaped(text))),
        }
    }
}

/// A row ends the row before it, a cell the cell before it, where somebody forgot to.
fn begin(open: &mut Vec<Element>, element: Element) {
    for (kind, holders) in [(ROWS, TABLES), (CELLS, ROWS)] {
        if kind.contains(&element.name.as_str()) {
            let above = open
                .iter()
                .rposition(|known| kind.contains(&known.name.as_str()) || holders.contains(&known.name.as_str()));
            if let Some(at) = above.filter(|at| kind.contains(&open[*at].name.as_str())) {
                while open.len() > at {
                    end(open);
                }
            }
        }
    }
    open.push(element);
}

fn close(open: &mut Vec<Element>, name: &str) {
    if let Some(at) = open.iter().skip(1).rposition(|element| element.name == name) {
        while open.len() > at + 1 {
            end(open);
        }
    }
}

fn end(open: &mut Vec<Element>) {
    if let (Some(done), Some(parent)) = (open.pop(), open.last_mut()) {
        parent.children.push(Node::Element(done));
    }
}

/// Markdown's backslashes and the entities that the pages use.
fn unescaped(text: &str) -> String {
    let mut plain = text.to_owned();
    for (written, meant) in [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&nbsp;", " "),
        ("&emsp;", "\u{2003}"),
        ("&amp;", "&"),
        ("\\[", "["),
        ("\\]", "]"),
        ("\\-", "-"),
        ("\\_", "_"),
    ] {
        if plain.contains(written) {
            plain = plain.replace(written, meant);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_is_not_closed_ends_where_the_next_begins() {
        let nodes = parse("<md-table><md-tr><md-td>a</md-td><md-tr><md-td>b</md-td></md-tr></md-table>");
        let table = elements(&nodes).next().unwrap();
        let rows: Vec<String> = table.rows().iter().map(|row| row.text()).collect();
        assert_eq!(rows, ["a", "b"]);
    }

    #[test]
    fn tags_that_carry_no_facts_are_text() {
        let nodes = parse("<md-td>hello <at user_id=\"1\"></at> &lt;b&gt;</md-td>");
        assert_eq!(text(&nodes), "hello <at user_id=\"1\"></at> <b>");
    }

    #[test]
    fn a_table_inside_a_cell_keeps_its_rows() {
        let nodes = parse(
            "<md-dt-table><md-dt-tr level=\"0\"><md-dt-td><md-table><md-tr><md-td>in</md-td></md-tr></md-table></md-dt-td></md-dt-tr></md-dt-table>",
        );
        let table = elements(&nodes).next().unwrap();
        assert_eq!(table.rows().len(), 1);
        assert_eq!(table.rows()[0].attribute("level"), Some("0"));
    }
}
