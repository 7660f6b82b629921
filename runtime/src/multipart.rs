//! Forms with files: `multipart/form-data` (RFC 7578).

use std::{
    hash::{BuildHasher, RandomState},
    mem,
};

use bytes::Bytes;
use http::HeaderValue;

use crate::{File, upload::Upload};

/// A form under construction.
#[derive(Default)]
pub(crate) struct Form {
    texts: Vec<(String, String)>,
    files: Vec<(String, File)>,
}

impl Form {
    pub(crate) fn text(&mut self, name: &str, value: &str) {
        self.texts.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn file(&mut self, name: &str, file: &File) {
        self.files.push((name.to_owned(), file.clone()));
    }

    /// The text parts, as JSON strings.
    #[cfg(feature = "roundtrip")]
    pub(crate) fn texts(self) -> impl Iterator<Item = (String, crate::Value)> {
        self.texts.into_iter().map(|(name, value)| (name, value.into()))
    }

    /// The content type and the body. Text parts come first, and every file has a name: the platform insists on both.
    pub(crate) fn finish(self) -> (HeaderValue, Filled) {
        let (boundary, content_type) = loop {
            let boundary = format!("flybook-{:016x}{:016x}", random(), random());
            let header = HeaderValue::try_from(format!("multipart/form-data; boundary={boundary}"));
            if let Ok(content_type) = header
                && !self.contains(&boundary)
            {
                break (boundary, content_type);
            }
        };
        let content: usize = self.at_hand().map(Bytes::len).sum();
        let mut body = Vec::with_capacity(content + 256 * (self.texts.len() + self.files.len() + 1));
        let mut upload = Upload::default();
        for (name, value) in &self.texts {
            let head = format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n",
                quotable(name)
            );
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(value.as_bytes());
            body.extend_from_slice(b"\r\n");
        }
        for (name, file) in &self.files {
            let head = format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"{}\"\r\nContent-Type: {}\r\n\r\n",
                quotable(name),
                quotable(file.name()),
                file.mime(),
            );
            body.extend_from_slice(head.as_bytes());
            if let Some(bytes) = file.at_hand() {
                body.extend_from_slice(bytes);
            } else {
                upload.text(mem::take(&mut body).into());
                upload.file(file);
            }
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        if upload.is_empty() {
            return (content_type, Filled::Whole(body.into()));
        }
        upload.text(body.into());
        (content_type, Filled::Pieces(upload))
    }

    fn at_hand(&self) -> impl Iterator<Item = &Bytes> {
        self.files.iter().filter_map(|(_, file)| file.at_hand())
    }

    /// Whether a part holds the boundary. What is read later cannot be searched; there, chance will have to do, with 128 bits of it.
    fn contains(&self, boundary: &str) -> bool {
        let texts = self.texts.iter().map(|(_, value)| value.as_bytes());
        texts
            .chain(self.at_hand().map(|bytes| &bytes[..]))
            .any(|content| delimits(content, boundary))
    }
}

/// A form that is ready to be sent.
pub(crate) enum Filled {
    Whole(Bytes),
    Pieces(Upload),
}

/// Whether `content` holds the boundary where a reader looks for it: at the start of a line.
fn delimits(content: &[u8], boundary: &str) -> bool {
    content.split(|byte| *byte == b'\n').any(|line| {
        line.strip_prefix(b"--")
            .is_some_and(|line| line.starts_with(boundary.as_bytes()))
    })
}

/// A name as browsers write it: quotes and line breaks percent-encoded (HTML standard, multipart form data).
fn quotable(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

/// Unpredictable enough: the standard library seeds its hash maps with it.
pub(crate) fn random() -> u64 {
    RandomState::new().hash_one(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boundary_is_seen_at_the_start_of_a_line() {
        assert!(delimits(b"--b", "b"));
        assert!(delimits(b"x\r\n--b--", "b"));
        assert!(!delimits(b"x--b", "b"));
    }
}
