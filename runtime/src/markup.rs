//! The markup of text messages: mentions, styles and links, built so that other people's words stay words.

use std::fmt;

/// Invisible; a tag or link with it inside is none, and the platform shows what is no tag as it stands.
const BREAK: char = '\u{200B}';

/// The `text` of a text message with mentions, styles and links; goes wherever such a `text` does.
///
/// The platform knows no escape for its markup. Plain text, names and anything else that is not [`raw`](Self::raw) therefore gets
/// an invisible zero width space where it would begin a tag or a link: a user who calls himself `<at user_id="all"></at>`
/// mentions nobody.
///
/// Mentions and links are the same in the Markdown of a post, styles are not. Custom bots and messages sent in a batch know
/// neither styles nor links.
///
/// ```
/// use flybook_runtime::Markup;
///
/// let text = Markup::new().at("ou_1", "Tom").text(" please ").bold("look").newline().link("here", "https://open.feishu.cn");
/// assert_eq!(
///     text.to_string(),
///     "<at user_id=\"ou_1\">Tom</at> please <b>look</b>\n[here](https://open.feishu.cn)",
/// );
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[must_use]
pub struct Markup(String);

impl Markup {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds words, which are shown as they are.
    pub fn text(mut self, text: impl AsRef<str>) -> Self {
        plain(&mut self.0, text.as_ref());
        self
    }

    /// Adds a mention of a user, by `open_id`, `union_id` or `user_id`; the platform shows the user's own name where it can. Angle
    /// brackets in the name become the wide ones, since a tag in it would leave the mention broken.
    pub fn at(mut self, user_id: impl AsRef<str>, name: impl AsRef<str>) -> Self {
        // No ID has other characters, and one that had could end the attribute.
        let id = user_id
            .as_ref()
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || "_-.@+".contains(*c));
        self.0.push_str("<at user_id=\"");
        self.0.extend(id);
        self.0.push_str("\">");
        plain(&mut self.0, &name.as_ref().replace('<', "＜").replace('>', "＞"));
        self.0.push_str("</at>");
        self
    }

    /// Adds a mention of everyone, which the chat's settings must allow.
    pub fn at_all(self) -> Self {
        self.at("all", "")
    }

    /// Adds bold text.
    pub fn bold(self, inner: impl Into<Self>) -> Self {
        self.styled("b", inner.into())
    }

    /// Adds italic text.
    pub fn italic(self, inner: impl Into<Self>) -> Self {
        self.styled("i", inner.into())
    }

    /// Adds underlined text.
    pub fn underline(self, inner: impl Into<Self>) -> Self {
        self.styled("u", inner.into())
    }

    /// Adds text that is struck through.
    pub fn strike(self, inner: impl Into<Self>) -> Self {
        self.styled("s", inner.into())
    }

    /// Adds a link. Brackets in its text become the wide ones, since a link's text holds none.
    pub fn link(mut self, text: impl AsRef<str>, url: impl AsRef<str>) -> Self {
        let text = text.as_ref().replace('[', "［").replace(']', "］");
        self.0.push('[');
        plain(&mut self.0, &text);
        self.0.push_str("](");
        for c in url.as_ref().trim().chars() {
            match c {
                '(' | ')' | '<' | '>' | '"' | '\\' => self.percent(c),
                c if c.is_whitespace() || c.is_control() => self.percent(c),
                c => self.0.push(c),
            }
        }
        self.0.push(')');
        self
    }

    /// Goes on in the next line.
    pub fn newline(mut self) -> Self {
        self.0.push('\n');
        self
    }

    /// Adds markup as it is written; never anybody else's words.
    pub fn raw(mut self, markup: impl AsRef<str>) -> Self {
        self.0.push_str(markup.as_ref());
        self
    }

    fn styled(mut self, tag: &str, inner: Self) -> Self {
        for part in ["<", tag, ">", &inner.0, "</", tag, ">"] {
            self.0.push_str(part);
        }
        self
    }

    fn percent(&mut self, c: char) {
        for byte in c.encode_utf8(&mut [0; 4]).bytes() {
            self.0.push_str(&format!("%{byte:02X}"));
        }
    }
}

/// Adds words, with a break wherever they could begin a tag or make a link, even together with what comes before or after.
fn plain(out: &mut String, text: &str) {
    for (at, c) in text.char_indices() {
        if c == '(' && out.ends_with(']') {
            out.push(BREAK);
        }
        out.push(c);
        if c == '<' {
            let rest = text[at + 1..].trim_start();
            if rest.is_empty() || rest.starts_with(|next: char| next == '/' || next.is_alphabetic()) {
                out.push(BREAK);
            }
        }
    }
}

/// Words, which are shown as they are.
impl From<&str> for Markup {
    fn from(text: &str) -> Self {
        Self::new().text(text)
    }
}

/// Words, which are shown as they are.
impl From<String> for Markup {
    fn from(text: String) -> Self {
        Self::new().text(text)
    }
}

impl From<Markup> for String {
    fn from(markup: Markup) -> Self {
        markup.0
    }
}

impl fmt::Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
