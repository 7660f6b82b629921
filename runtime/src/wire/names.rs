//! Names in place of the keys that stand for them.

/// The text with the name of each key in its place; a key that begins with `@` leaves an `@` before the name. Of keys that begin
/// alike (`@_user_1`, `@_user_10`) the longest counts; a key without a name stays.
pub fn with_names<'a>(text: &str, names: impl Iterator<Item = (&'a str, &'a str)> + Clone) -> String {
    let mut named = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let fits = names
            .clone()
            .filter(|(key, _)| !key.is_empty() && rest.starts_with(key));
        let (taken, shown) = match fits.max_by_key(|(key, _)| key.len()) {
            Some((key, name)) if !name.is_empty() => {
                if first == '@' {
                    named.push('@');
                }
                (key.len(), name)
            }
            Some((key, _)) => (key.len(), key),
            None => (first.len_utf8(), &rest[..first.len_utf8()]),
        };
        named.push_str(shown);
        rest = &rest[taken..];
    }
    named
}

#[cfg(test)]
mod tests {
    use super::with_names;

    #[test]
    fn keys_become_names() {
        let names = [
            ("@_user_1", "Tom"),
            ("@_user_10", "Ann"),
            ("@_user_2", ""),
            ("", "nobody"),
            ("key", "@_user_1"),
        ];
        for (text, wanted) in [
            ("@_user_1 hi", "@Tom hi"),
            ("@_user_10@_user_1", "@Ann@Tom"),
            ("@_user_2 and @_user_3", "@_user_2 and @_user_3"),
            ("a key", "a @_user_1"),
            ("", ""),
            ("é@", "é@"),
        ] {
            assert_eq!(with_names(text, names.into_iter()), wanted);
        }
    }
}
