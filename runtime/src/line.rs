//! One line of bounded length, whatever came in.

/// `text` as one line of at most `limit` characters: what breaks or turns a line becomes a space, and no link is cut in two.
pub(crate) fn flat(text: &str, limit: usize) -> String {
    let mut letters = text.chars().map(|letter| if upsets(letter) { ' ' } else { letter });
    let mut line: String = letters.by_ref().take(limit).collect();
    let Some(next) = letters.next() else { return line };
    if !next.is_whitespace()
        && let Some(at) = open_link(&line)
    {
        line.truncate(at);
    }
    line.truncate(line.trim_end().len());
    line.push('…');
    line
}

/// The first five of `all`, and how many more there are.
pub(crate) fn some_of(all: &[String]) -> String {
    let shown: Vec<String> = all.iter().take(5).map(|each| flat(each, 80)).collect();
    let shown = shown.join(", ");
    match all.len().saturating_sub(5) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Control characters, line separators, and marks that turn the direction of what follows.
fn upsets(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{feff}')
}

/// Where a link begins that reaches to the end.
fn open_link(line: &str) -> Option<usize> {
    let at = line.rfind("http")?;
    (!line[at..].contains(char::is_whitespace)).then_some(at)
}

/// A line written piece by piece, with room for so many characters.
pub(crate) struct Line {
    text: String,
    room: usize,
}

impl Line {
    pub(crate) fn new(room: usize) -> Self {
        Self {
            text: String::new(),
            room,
        }
    }

    /// Adds as much of `piece` as there is room for.
    pub(crate) fn add(&mut self, piece: &str) {
        let piece = flat(piece, self.room);
        self.room = self.room.saturating_sub(piece.chars().count());
        self.text.push_str(&piece);
    }

    /// Adds `piece` if it fits with `spare` characters to follow.
    pub(crate) fn add_whole(&mut self, piece: &str, spare: usize) -> bool {
        let fits = piece.chars().count() + spare <= self.room;
        if fits {
            self.add(piece);
        }
        fits
    }

    /// Whether the line says `words`.
    pub(crate) fn holds(&self, words: &str) -> bool {
        self.text.contains(words)
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::{flat, some_of};

    #[test]
    fn lines_are_cut_but_links_are_not() {
        for (text, limit, line) in [
            ("a\r\nb\u{1b}[31m\u{2028}c\u{202e}", 20, "a  b [31m c "),
            ("abc", 3, "abc"),
            ("abcd", 3, "abc…"),
            ("see https://a.b/c?d=e now", 17, "see…"),
            ("see https://a.b/c", 17, "see https://a.b/c"),
            ("see https://a.b/c now", 17, "see https://a.b/c…"),
            ("点击链接申请：https://a.b/c", 12, "点击链接申请：…"),
        ] {
            assert_eq!(flat(text, limit), line);
        }
    }

    #[test]
    fn lists_are_counted() {
        let all: Vec<String> = (0..7).map(|number| number.to_string()).collect();
        assert_eq!(some_of(&all), "0, 1, 2, 3, 4 and 2 more");
        assert_eq!(some_of(&all[..2]), "0, 1");
    }
}
