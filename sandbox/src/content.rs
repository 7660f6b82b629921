//! From content as it is sent to content as it is received (protocol: mentions, styles, the language of a post, cards).

use serde_json::{Map, Value, json};

/// A user whom a message mentions.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Mention {
    /// What stands for the mention in the content: `@_user_1`, …
    pub key: String,
    /// The user's id, as the sender gave it.
    pub id: String,
    /// The user's name; the id when nobody gave a name.
    pub name: String,
}

impl Mention {
    /// The kind of `id`, by its prefix.
    pub(crate) fn id_type(&self) -> &'static str {
        match self.id.get(..3) {
            Some("ou_") => "open_id",
            Some("on_") => "union_id",
            _ => "user_id",
        }
    }
}

/// Content as it is received.
pub(crate) struct Received {
    pub(crate) content: Value,
    pub(crate) mentions: Vec<Mention>,
}

/// Rewrites content the way the platform does; `name_of` knows users by id.
pub(crate) fn receive(msg_type: &str, sent: &Value, name_of: &dyn Fn(&str) -> Option<String>) -> Received {
    let mut reader = Reader {
        mentions: Vec::new(),
        name_of,
    };
    let content = match (msg_type, sent.get("text")) {
        ("text", Some(Value::String(text))) => json!({"text": without_styles(&reader.text(text))}),
        ("post", _) => reader.post(sent),
        ("interactive", _) => reader.card(sent),
        _ => sent.clone(),
    };
    Received {
        content,
        mentions: reader.mentions,
    }
}

struct Reader<'a> {
    mentions: Vec<Mention>,
    name_of: &'a dyn Fn(&str) -> Option<String>,
}

impl Reader<'_> {
    // `<at user_id="ou_x">Tom</at>` becomes `@_user_1`; a tag that is not whole is text.
    fn text(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find("<at") {
            let (before, tag) = rest.split_at(start);
            out.push_str(before);
            match at_tag(tag) {
                Some((id, name, after)) => {
                    out.push_str(&self.mention(id, name));
                    rest = after;
                }
                None => {
                    let (literal, after) = tag.split_at("<at".len());
                    out.push_str(literal);
                    rest = after;
                }
            }
        }
        out.push_str(rest);
        out
    }

    // A user mentioned twice keeps the first key; everyone is not a user.
    fn mention(&mut self, id: &str, name: &str) -> String {
        if id == "all" {
            return "@_all".to_owned();
        }
        if let Some(known) = self.mentions.iter().find(|mention| mention.id == id) {
            return known.key.clone();
        }
        let key = format!("@_user_{}", self.mentions.len() + 1);
        let name = (self.name_of)(id).or_else(|| (!name.is_empty()).then(|| name.to_owned()));
        let name = name.unwrap_or_else(|| id.to_owned());
        self.mentions.push(Mention {
            key: key.clone(),
            id: id.to_owned(),
            name,
        });
        key
    }

    fn post(&mut self, sent: &Value) -> Value {
        // The helpdesk and the older senders wrap a post once more.
        let sent = sent.get("post").unwrap_or(sent);
        let preferred = ["zh_cn", "en_us", "ja_jp"].iter().find_map(|locale| sent.get(locale));
        let first = || sent.as_object()?.values().find(|post| post.get("content").is_some());
        let post = preferred.or_else(first).unwrap_or(sent);
        let title = post.get("title").cloned().unwrap_or_else(|| "".into());
        let lines = post
            .get("content")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let lines: Vec<Value> = lines
            .into_iter()
            .map(|line| match line {
                Value::Array(nodes) => nodes.into_iter().map(|node| self.node(node)).collect(),
                other => other,
            })
            .collect();
        json!({"title": title, "content": lines})
    }

    fn node(&mut self, mut node: Value) -> Value {
        let text = |node: &Value, name: &str| node.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        match text(&node, "tag").as_str() {
            "at" => {
                let id = text(&node, "user_id");
                let key = self.mention(&id, &text(&node, "user_name"));
                let name = self
                    .mentions
                    .iter()
                    .find(|mention| mention.key == key)
                    .map(|mention| mention.name.clone());
                if let Some(members) = node.as_object_mut() {
                    members.insert("user_id".to_owned(), key.into());
                    members.insert("user_name".to_owned(), name.unwrap_or_default().into());
                }
                node
            }
            // Markdown can only be sent; it reads back as other nodes.
            "md" => json!({"tag": "text", "text": self.text(&text(&node, "text")), "style": []}),
            _ => node,
        }
    }

    // A card reads back simplified: a title, and lines of nodes.
    fn card(&mut self, sent: &Value) -> Value {
        let title = sent.pointer("/header/title/content").and_then(Value::as_str);
        let lists = [
            "/elements",
            "/body/elements",
            "/i18n_elements/zh_cn",
            "/i18n_elements/en_us",
        ];
        let elements = lists.iter().find_map(|list| sent.pointer(list)?.as_array());
        let mut lines: Vec<Value> = Vec::new();
        for element in elements.into_iter().flatten() {
            match element.get("tag").and_then(Value::as_str) {
                Some("hr") => lines.push(json!([{"tag": "hr"}])),
                Some("img") => lines.push(json!([{"tag": "img", "image_key": element.get("img_key")}])),
                _ => {
                    let texts = ["/content", "/text/content"];
                    let text = texts
                        .iter()
                        .find_map(|text| element.pointer(text)?.as_str())
                        .unwrap_or_default();
                    if !text.is_empty() {
                        lines.push(json!([{"tag": "text", "text": text}]));
                    }
                }
            }
        }
        let mut card = Map::new();
        card.insert("title".to_owned(), title.map_or(Value::Null, Value::from));
        card.insert("elements".to_owned(), lines.into());
        card.into()
    }
}

// The id, the name between the tags, and what follows.
fn at_tag(text: &str) -> Option<(&str, &str, &str)> {
    let inside = text.strip_prefix("<at")?;
    if !inside.starts_with(char::is_whitespace) {
        return None;
    }
    let (attributes, rest) = inside.split_once('>')?;
    let (_, value) = attributes.split_once("user_id=")?;
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let (id, _) = value.get(1..)?.split_once(quote)?;
    let (name, after) = rest.split_once("</at>")?;
    (!id.is_empty() && !name.contains('<')).then_some((id, name, after))
}

fn without_styles(text: &str) -> String {
    let tags = ["<b>", "</b>", "<i>", "</i>", "<u>", "</u>", "<s>", "</s>"];
    tags.iter().fold(text.to_owned(), |text, tag| text.replace(tag, ""))
}
