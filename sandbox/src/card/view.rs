//! A card as a reader sees it, in plain text.

use serde_json::Value;

/// A card as a reader sees it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Card {
    /// The card's own JSON, as it is now.
    pub json: Value,
}

impl Card {
    /// What the header reads; empty without one.
    pub fn title(&self) -> &str {
        text_in(&self.json, "/header/title/content")
    }

    /// Every element in a line of its own, in the order in which a card is read: texts as they are, a button as `[Approve]`, what
    /// cannot be text by its tag, as `[img]`.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(template) = self.json.pointer("/data/template_id").and_then(Value::as_str) {
            lines.push(format!("[template: {template}]"));
        }
        let lists = [
            "/elements",
            "/body/elements",
            "/i18n_elements/zh_cn",
            "/i18n_elements/en_us",
        ];
        if let Some(elements) = lists.iter().find_map(|list| self.json.pointer(list)?.as_array()) {
            elements.iter().for_each(|element| read(element, &mut lines));
        }
        lines
    }

    /// What is written on its buttons.
    pub fn buttons(&self) -> Vec<String> {
        crate::push::buttons(&self.json)
            .into_iter()
            .map(|button| button.text)
            .collect()
    }

    pub(crate) fn rendered(&self) -> String {
        let head = match self.title() {
            "" => "[card]".to_owned(),
            title => format!("[card: {title}]"),
        };
        let lines = self.lines();
        std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n")
    }
}

fn text_in<'c>(part: &'c Value, pointer: &str) -> &'c str {
    part.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn read(element: &Value, lines: &mut Vec<String>) {
    let tag = text_in(element, "/tag");
    match tag {
        "hr" => lines.push("---".to_owned()),
        "button" => lines.push(format!("[{}]", text_in(element, "/text/content"))),
        _ => {
            let before = lines.len();
            let texts = ["/header/title/content", "/content", "/text/content"];
            let texts = texts.iter().map(|pointer| text_in(element, pointer));
            lines.extend(texts.filter(|text| !text.is_empty()).map(str::to_owned));
            for list in ["fields", "elements", "columns", "actions"] {
                let inner = element.get(list).and_then(Value::as_array);
                // A table's columns are no elements.
                if tag != "table" {
                    inner.into_iter().flatten().for_each(|inner| read(inner, lines));
                }
            }
            let holds = [
                "column_set",
                "column",
                "form",
                "interactive_container",
                "collapsible_panel",
                "action",
                "note",
            ];
            if lines.len() == before && !tag.is_empty() && !holds.contains(&tag) {
                let what = ["/placeholder/content", "/label/content", "/alt/content"];
                let what = what
                    .iter()
                    .map(|pointer| text_in(element, pointer))
                    .find(|text| !text.is_empty());
                lines.push(what.map_or_else(|| format!("[{tag}]"), |what| format!("[{tag}: {what}]")));
            }
        }
    }
}
