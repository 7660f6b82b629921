//! Files: what is uploaded, and what a download brings.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use tokio::io::AsyncRead;

use crate::upload::Reader;

/// A file to upload: name, kind and content.
///
/// Bytes and paths can be sent any number of times. A reader is read once: a second call with it, or with a clone, is refused.
#[derive(Clone, Default)]
pub struct File {
    name: String,
    content_type: Option<String>,
    content: Content,
    report: Option<Report>,
}

#[derive(Clone)]
pub(crate) enum Content {
    Bytes(Bytes),
    Path {
        path: PathBuf,
        length: u64,
    },
    Reader {
        reader: Arc<Mutex<Option<Reader>>>,
        length: u64,
    },
}

pub(crate) type Report = Arc<dyn Fn(u64, u64) + Send + Sync>;

impl File {
    /// A file from bytes at hand. The name is what users will see; an empty one is sent as `file`.
    pub fn from_bytes(name: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        Self::new(name.into(), Content::Bytes(bytes.into()))
    }

    /// A file read from the disk, named as it is there.
    ///
    /// # Errors
    /// What [`std::fs::read`] reports. It blocks, as that does; [`from_path`](Self::from_path) does not.
    pub fn read(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref();
        Ok(Self::from_bytes(name(path), std::fs::read(path)?))
    }

    /// A file on the disk, named as it is there, and read while it is sent, so that it is never in memory as a whole.
    ///
    /// It must not change until then: what it grows is not sent, and a shorter one breaks the call off.
    ///
    /// # Errors
    /// There is no such file, or it is none.
    pub async fn from_path(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref();
        let metadata = tokio::fs::metadata(path).await?;
        if !metadata.is_file() {
            let problem = format!("`{}` is no file", path.display());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
        }
        let content = Content::Path {
            path: path.to_owned(),
            length: metadata.len(),
        };
        Ok(Self::new(name(path), content))
    }

    /// A file from a reader, read while it is sent. It must bring `length` bytes: more are not read, and fewer break the call off.
    pub fn from_reader(name: impl Into<String>, reader: impl AsyncRead + Send + Unpin + 'static, length: u64) -> Self {
        let reader: Reader = Box::new(reader);
        let reader = Arc::new(Mutex::new(Some(reader)));
        Self::new(name.into(), Content::Reader { reader, length })
    }

    fn new(name: String, content: Content) -> Self {
        Self {
            name,
            content_type: None,
            content,
            report: None,
        }
    }

    /// Sets the content type, `application/octet-stream` unless given: `image/png`.
    pub fn content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = Some(content_type.into());
        self
    }

    /// Calls `report` whenever a piece of it has been handed to the connection: how many bytes in all, and of how many.
    ///
    /// When the call is sent again, because its token was refused, it begins again too.
    pub fn progress(mut self, report: impl Fn(u64, u64) + Send + Sync + 'static) -> Self {
        self.report = Some(Arc::new(report));
        self
    }

    /// The name.
    pub fn name(&self) -> &str {
        if self.name.is_empty() { "file" } else { &self.name }
    }

    /// The content, if it is at hand; that of a path or a reader is not.
    pub fn bytes(&self) -> Option<&Bytes> {
        match &self.content {
            Content::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// How many bytes it has.
    pub fn length(&self) -> u64 {
        match &self.content {
            Content::Bytes(bytes) => bytes.len() as u64,
            Content::Path { length, .. } | Content::Reader { length, .. } => *length,
        }
    }

    /// The same, as requests announce it in their `size`.
    pub fn size(&self) -> i64 {
        i64::try_from(self.length()).unwrap_or(i64::MAX)
    }

    /// The content that goes into a body as it is; what is read later, or watched on its way, does not.
    pub(crate) fn at_hand(&self) -> Option<&Bytes> {
        self.bytes().filter(|_| self.report.is_none())
    }

    pub(crate) fn content(&self) -> &Content {
        &self.content
    }

    pub(crate) fn report(&self) -> Option<&Report> {
        self.report.as_ref()
    }

    /// Whether it is a reader that was read.
    pub(crate) fn is_spent(&self) -> bool {
        match &self.content {
            Content::Reader { reader, .. } => reader.lock().unwrap_or_else(PoisonError::into_inner).is_none(),
            _ => false,
        }
    }

    pub(crate) fn take_reader(&self) -> Option<Reader> {
        match &self.content {
            Content::Reader { reader, .. } => reader.lock().unwrap_or_else(PoisonError::into_inner).take(),
            _ => None,
        }
    }

    /// The content type, as far as it can stand in a header.
    pub(crate) fn mime(&self) -> &str {
        match &self.content_type {
            Some(mime) if !mime.is_empty() && mime.bytes().all(|byte| (b' '..=b'~').contains(&byte)) => mime,
            _ => "application/octet-stream",
        }
    }
}

fn name(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_default()
}

impl Default for Content {
    fn default() -> Self {
        Self::Bytes(Bytes::new())
    }
}

/// A reader equals its clones only.
impl PartialEq for Content {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Bytes(one), Self::Bytes(other)) => one == other,
            (
                Self::Path { path, length },
                Self::Path {
                    path: other,
                    length: size,
                },
            ) => path == other && length == size,
            (Self::Reader { reader, .. }, Self::Reader { reader: other, .. }) => Arc::ptr_eq(reader, other),
            _ => false,
        }
    }
}

/// Files are equal when the same is sent; who is told about it does not matter.
impl PartialEq for File {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.content_type == other.content_type && self.content == other.content
    }
}

impl Eq for File {}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File")
            .field("name", &self.name)
            .field("content_type", &self.content_type)
            .field("len", &self.length())
            .finish()
    }
}

/// A downloaded file.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Download {
    /// The content.
    pub bytes: Bytes,
    /// The name the server gave it. Do not use it as a path unchecked: it is whatever the server says.
    pub file_name: Option<String>,
    /// The content type the server gave it.
    pub content_type: Option<String>,
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("len", &self.bytes.len())
            .field("file_name", &self.file_name)
            .field("content_type", &self.content_type)
            .finish()
    }
}
