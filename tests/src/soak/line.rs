//! The client's end of a socket: it can be reset, and counts as open for as long as the client keeps it.

use std::{
    convert::Infallible,
    io,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf},
    sync::oneshot,
    time::Instant,
};

/// What the platform knows of a socket beside what travels over it.
#[derive(Default)]
pub(super) struct Link {
    is_reset: AtomicBool,
    reader: Mutex<Option<Waker>>,
    stuck: Mutex<Option<Instant>>,
}

impl Link {
    /// What is on the way is lost, and the client gets an error.
    pub(super) fn reset(&self) {
        self.is_reset.store(true, Ordering::SeqCst);
        if let Some(reader) = self.reader.lock().unwrap().take() {
            reader.wake();
        }
    }

    /// Since when the client cannot get rid of what it writes.
    pub(super) fn stuck(&self) -> Option<Instant> {
        *self.stuck.lock().unwrap()
    }
}

pub(super) struct Line {
    io: DuplexStream,
    link: Arc<Link>,
    held: Arc<AtomicUsize>,
    /// Tells the other end when the client lets go.
    _gone: oneshot::Sender<Infallible>,
}

impl Line {
    pub(super) fn new(
        io: DuplexStream,
        link: Arc<Link>,
        held: Arc<AtomicUsize>,
        gone: oneshot::Sender<Infallible>,
    ) -> Self {
        held.fetch_add(1, Ordering::SeqCst);
        Self {
            io,
            link,
            held,
            _gone: gone,
        }
    }

    fn alive(&self) -> io::Result<()> {
        match self.link.is_reset.load(Ordering::SeqCst) {
            true => Err(io::ErrorKind::ConnectionReset.into()),
            false => Ok(()),
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.held.fetch_sub(1, Ordering::SeqCst);
    }
}

impl AsyncRead for Line {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.alive()?;
        *self.link.reader.lock().unwrap() = Some(context.waker().clone());
        Pin::new(&mut self.io).poll_read(context, into)
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.alive()?;
        let written = Pin::new(&mut self.io).poll_write(context, bytes);
        let mut stuck = self.link.stuck.lock().unwrap();
        match written {
            Poll::Pending => _ = stuck.get_or_insert_with(Instant::now),
            Poll::Ready(_) => *stuck = None,
        }
        drop(stuck);
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.alive()?;
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}
