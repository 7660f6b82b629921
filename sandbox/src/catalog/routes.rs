//! From a method and a path to the operation that serves them.

use std::collections::HashMap;

use percent_encoding::percent_decode_str;

use super::Operation;

/// Where a method and a path lead.
#[derive(Debug)]
pub enum Route<'c> {
    /// To this operation.
    Operation(&'c Operation, Vec<PathValue>),
    /// To operations that want one of these methods.
    WrongMethod(Vec<&'c str>),
    /// Nowhere.
    Unknown,
}

/// One path parameter and what was sent for it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PathValue {
    /// The parameter's name.
    pub name: String,
    /// The decoded segment; none when it is not UTF-8.
    pub value: Option<String>,
}

/// The paths of all operations, by segment.
#[derive(Debug, Default)]
pub(super) struct Routes(Node);

#[derive(Debug, Default)]
struct Node {
    literals: HashMap<String, Node>,
    parameter: Option<Box<Node>>,
    operations: Vec<usize>,
}

impl Routes {
    pub(super) fn new(operations: &[Operation]) -> Self {
        let mut root = Node::default();
        for (index, operation) in operations.iter().enumerate() {
            let mut node = &mut root;
            for segment in operation.path.split('/') {
                node = if segment.starts_with(':') {
                    node.parameter.get_or_insert_default()
                } else {
                    node.literals.entry(segment.to_owned()).or_default()
                };
            }
            node.operations.push(index);
        }
        Self(root)
    }

    pub(super) fn find<'c>(&self, operations: &'c [Operation], method: &str, path: &str) -> Route<'c> {
        let segments: Vec<Option<String>> = path.split('/').map(decode).collect();
        let mut search = Search {
            operations,
            method,
            segments: &segments,
            others: Vec::new(),
        };
        if let Some(operation) = search.descend(&self.0, 0) {
            let names = operation.path.split('/').zip(&segments);
            let values = names
                .filter_map(|(name, value)| {
                    Some(PathValue {
                        name: name.strip_prefix(':')?.to_owned(),
                        value: value.clone(),
                    })
                })
                .collect();
            return Route::Operation(operation, values);
        }
        if search.others.is_empty() {
            Route::Unknown
        } else {
            Route::WrongMethod(search.others)
        }
    }
}

struct Search<'s, 'c> {
    operations: &'c [Operation],
    method: &'s str,
    segments: &'s [Option<String>],
    others: Vec<&'c str>,
}

impl<'c> Search<'_, 'c> {
    // Literals first; a parameter is tried when they lead nowhere for this method. Never deeper than the catalog's paths.
    fn descend(&mut self, node: &Node, depth: usize) -> Option<&'c Operation> {
        let Some(segment) = self.segments.get(depth) else {
            return self.choose(node);
        };
        let literal = segment.as_deref().and_then(|segment| node.literals.get(segment));
        if let Some(found) = literal.and_then(|next| self.descend(next, depth + 1)) {
            return Some(found);
        }
        // An empty segment is a doubled or trailing slash, never a value.
        let next = node.parameter.as_deref().filter(|_| segment.as_deref() != Some(""))?;
        self.descend(next, depth + 1)
    }

    fn choose(&mut self, node: &Node) -> Option<&'c Operation> {
        let here = node.operations.iter().filter_map(|&index| self.operations.get(index));
        for operation in here {
            if operation.method == self.method {
                return Some(operation);
            }
            if !self.others.contains(&operation.method.as_str()) {
                self.others.push(&operation.method);
            }
        }
        None
    }
}

fn decode(segment: &str) -> Option<String> {
    percent_decode_str(segment)
        .decode_utf8()
        .ok()
        .map(|text| text.into_owned())
}
