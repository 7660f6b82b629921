//! A file, read block by block.

use std::io::{self, SeekFrom};

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use crate::{File, file::Content, upload::Reader};

/// Gives the blocks of a file in order. Of one that is not in memory, no more than a block ever is.
pub(crate) struct Source<'f> {
    file: &'f File,
    open: Open,
    /// How many bytes were read.
    done: u64,
}

enum Open {
    Bytes(Bytes),
    File(tokio::fs::File),
    Reader(Reader),
    /// A reader that is left where it is until a block is asked for: what fails before that has not cost it.
    Waiting,
}

impl<'f> Source<'f> {
    /// Opens the file, at this byte.
    pub(crate) async fn open(file: &'f File, at: u64) -> Result<Self, String> {
        let open = match file.content() {
            Content::Bytes(bytes) => Open::Bytes(bytes.clone()),
            Content::Path { path, length } => {
                let shown = path.display();
                let opened = async {
                    let mut opened = tokio::fs::File::open(path).await?;
                    let there = opened.metadata().await?.len();
                    opened.seek(SeekFrom::Start(at)).await?;
                    io::Result::Ok((opened, there))
                };
                let (opened, there) = opened
                    .await
                    .map_err(|error| format!("`{shown}` cannot be opened: {error}"))?;
                if there != *length {
                    return Err(format!(
                        "`{shown}` has {there} bytes, and had {length} when the upload was set up; set it up again"
                    ));
                }
                Open::File(opened)
            }
            Content::Reader { .. } if file.is_spent() => return Err(spent(file)),
            Content::Reader { .. } => Open::Waiting,
        };
        Ok(Self { file, open, done: at })
    }

    /// The next block, of so many bytes.
    pub(crate) async fn block(&mut self, length: u64) -> Result<Bytes, String> {
        let (file, start) = (self.file, self.done);
        let unread = |error: io::Error| format!("the file `{}` cannot be read: {error}", file.name());
        if let Open::Waiting = self.open {
            let mut reader = file.take_reader().ok_or_else(|| spent(file))?;
            // A reader begins at the beginning; what has been sent is passed over.
            let mut sent = (&mut reader).take(start);
            let passed = tokio::io::copy(&mut sent, &mut tokio::io::sink())
                .await
                .map_err(unread)?;
            if passed < start {
                return Err(short(file, passed));
            }
            self.open = Open::Reader(reader);
        }
        let block = match &mut self.open {
            Open::Bytes(bytes) => {
                let [from, to] = [start, start + length].map(|at| usize::try_from(at).unwrap_or(usize::MAX));
                let there = bytes.len();
                bytes.slice(from.min(there)..to.min(there))
            }
            Open::File(reader) => read(reader, length).await.map_err(unread)?,
            Open::Reader(reader) => read(reader, length).await.map_err(unread)?,
            Open::Waiting => Bytes::new(),
        };
        self.done += block.len() as u64;
        if (block.len() as u64) < length {
            return Err(short(file, self.done));
        }
        Ok(block)
    }
}

async fn read(reader: impl tokio::io::AsyncRead + Unpin, length: u64) -> io::Result<Bytes> {
    let mut block = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    reader.take(length).read_to_end(&mut block).await?;
    Ok(block.into())
}

fn short(file: &File, done: u64) -> String {
    let (name, length) = (file.name(), file.length());
    format!("the file `{name}` ended after {done} of {length} bytes; go on with one that has them all")
}

fn spent(file: &File) -> String {
    format!(
        "the reader of the file `{}` was read by an earlier call; give a new one, or the file by path or bytes",
        file.name()
    )
}
