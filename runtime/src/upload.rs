//! A form on its way out that is too large, or too slow, to be in memory as a whole.

use std::{
    collections::VecDeque,
    fmt, io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_core::Stream;
use tokio::io::{AsyncRead, ReadBuf};

use crate::{
    Body, File, TransportError,
    file::{Content, Report},
};

/// How much is read at once.
const CHUNK: usize = 64 << 10;

/// A body in pieces. It can be opened again, unless one of its files was a reader.
#[derive(Clone, Default)]
pub(crate) struct Upload {
    pieces: Vec<Piece>,
}

#[derive(Clone)]
enum Piece {
    Text(Bytes),
    File(File),
}

/// A piece that is being sent.
enum Open {
    Text(Bytes),
    File(Reading),
}

struct Reading {
    name: String,
    reader: Reader,
    report: Option<Report>,
    done: u64,
    length: u64,
}

pub(crate) type Reader = Box<dyn AsyncRead + Send + Unpin>;

impl Upload {
    pub(crate) fn text(&mut self, text: Bytes) {
        self.pieces.push(Piece::Text(text));
    }

    pub(crate) fn file(&mut self, file: &File) {
        self.pieces.push(Piece::File(file.clone()));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    pub(crate) fn length(&self) -> u64 {
        let lengths = self.pieces.iter().map(|piece| match piece {
            Piece::Text(text) => text.len() as u64,
            Piece::File(file) => file.length(),
        });
        lengths.fold(0, u64::saturating_add)
    }

    /// The name of a file that cannot be sent again.
    pub(crate) fn spent(&self) -> Option<&str> {
        self.pieces.iter().find_map(|piece| match piece {
            Piece::File(file) if file.is_spent() => Some(file.name()),
            _ => None,
        })
    }

    /// Opens every file. Readers are taken last, so that a file that cannot be opened costs none of them.
    pub(crate) async fn open(&self) -> Result<Outflow, String> {
        let mut open = VecDeque::new();
        for piece in &self.pieces {
            open.push_back(match piece {
                Piece::Text(text) => Some(Open::Text(text.clone())),
                Piece::File(file) => match file.content() {
                    Content::Bytes(bytes) => Some(reading(file, Box::new(io::Cursor::new(bytes.clone())))),
                    Content::Path { path, .. } => match tokio::fs::File::open(path).await {
                        Ok(opened) => Some(reading(file, Box::new(opened))),
                        Err(error) => return Err(format!("`{}` cannot be opened: {error}", path.display())),
                    },
                    Content::Reader { .. } => None,
                },
            });
        }
        let pieces = open.into_iter().zip(&self.pieces).map(|(open, piece)| match (open, piece) {
            (None, Piece::File(file)) => match file.take_reader() {
                Some(reader) => Ok(reading(file, reader)),
                None => Err(format!(
                    "the reader of the file `{}` was read by an earlier call; give a new one, or the file by path or bytes",
                    file.name()
                )),
            },
            (open, _) => Ok(open.unwrap_or_else(|| Open::Text(Bytes::new()))),
        });
        let stream = Outgo {
            pieces: pieces.collect::<Result<_, _>>()?,
            buffer: vec![0; CHUNK],
        };
        Ok(Outflow {
            body: Arc::new(Mutex::new(Some(Body::new(stream)))),
            length: self.length(),
        })
    }
}

fn reading(file: &File, reader: Reader) -> Open {
    Open::File(Reading {
        name: file.name().to_owned(),
        reader,
        report: file.report().cloned(),
        done: 0,
        length: file.length(),
    })
}

/// A body that can be taken once, among all clones.
#[derive(Clone)]
pub(crate) struct Outflow {
    body: Arc<Mutex<Option<Body>>>,
    length: u64,
}

impl Outflow {
    pub(crate) fn take(&self) -> Option<(Body, u64)> {
        let body = self.body.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        Some((body, self.length))
    }

    pub(crate) fn length(&self) -> u64 {
        self.length
    }
}

/// The chunks of the pieces.
struct Outgo {
    pieces: VecDeque<Open>,
    buffer: Vec<u8>,
}

impl Stream for Outgo {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { pieces, buffer } = self.get_mut();
        loop {
            let chunk = match pieces.front_mut() {
                None => return Poll::Ready(None),
                Some(Open::Text(text)) => std::mem::take(text),
                Some(Open::File(file)) => match ready!(file.poll_chunk(buffer, context)) {
                    Ok(chunk) => chunk,
                    Err(problem) => return Poll::Ready(Some(Err(TransportError::other(problem)))),
                },
            };
            if !chunk.is_empty() {
                return Poll::Ready(Some(Ok(chunk)));
            }
            pieces.pop_front();
        }
    }
}

impl Reading {
    /// The next chunk; an empty one when as much was read as was announced.
    fn poll_chunk(&mut self, buffer: &mut [u8], context: &mut Context<'_>) -> Poll<Result<Bytes, String>> {
        let Self { name, done, length, .. } = self;
        let left = usize::try_from(*length - *done).unwrap_or(usize::MAX);
        if left == 0 {
            return Poll::Ready(Ok(Bytes::new()));
        }
        let size = left.min(buffer.len());
        let mut buffer = ReadBuf::new(&mut buffer[..size]);
        if let Err(error) = ready!(Pin::new(&mut self.reader).poll_read(context, &mut buffer)) {
            return Poll::Ready(Err(format!("the file `{name}` cannot be read: {error}")));
        }
        let chunk = Bytes::copy_from_slice(buffer.filled());
        if chunk.is_empty() {
            let problem = format!("the file `{name}` ended after {done} of {length} bytes, so the call was broken off");
            return Poll::Ready(Err(problem));
        }
        *done += chunk.len() as u64;
        if let Some(report) = &self.report {
            report(*done, *length);
        }
        Poll::Ready(Ok(chunk))
    }
}

impl fmt::Debug for Outflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outflow")
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}
