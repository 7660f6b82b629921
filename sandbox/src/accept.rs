//! New connections: those that want the long connection's endpoint, and all others.

use std::{
    io,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
    time::Duration,
};

use bytes::{Buf, Bytes, BytesMut};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinSet,
};

use crate::{faults::Lost, sandbox::Sandbox, socket};

/// How long nothing is accepted after accepting failed, as when no file descriptors are left.
const PAUSE: Duration = Duration::from_secs(1);

/// A connection whose first bytes were read already.
#[derive(Debug)]
pub(crate) struct Wire {
    head: Bytes,
    stream: TcpStream,
    line: Line,
}

/// How a call breaks the connection that it came by.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line(Arc<OnceLock<Lost>>);

impl Line {
    /// Instead of the next bytes the end comes.
    pub(crate) fn lose(&self, how: Lost) {
        // Whatever came first is the end.
        _ = self.0.set(how);
    }
}

impl Wire {
    /// The end that calls break it by.
    pub(crate) fn line(&self) -> Line {
        self.line.clone()
    }

    /// Drops the connection with a reset: the other side gets an error and no end.
    pub(crate) fn reset(self) {
        // A socket that cannot be set up so is dropped all the same.
        _ = self.stream.set_zero_linger();
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.head.is_empty() {
            let many = self.head.len().min(out.remaining());
            out.put_slice(&self.head[..many]);
            self.head.advance(many);
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_read(context, out)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if let Some(lost) = self.line.0.get() {
            if *lost == Lost::Reset {
                // A socket that cannot be set up so is closed all the same.
                _ = self.stream.set_zero_linger();
            }
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Accepts until the API takes no more; then the long connections end too.
pub(crate) async fn accept(listener: TcpListener, sandbox: Sandbox, api: mpsc::Sender<Wire>) {
    let mut tasks = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = api.closed() => return,
            Some(_) = tasks.join_next(), if !tasks.is_empty() => continue,
        };
        match accepted {
            Ok((stream, _)) => {
                // Frames are small, and whoever waits for one shall have it.
                _ = stream.set_nodelay(true);
                tasks.spawn(sort(sandbox.clone(), stream, api.clone()));
            }
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

async fn sort(sandbox: Sandbox, mut stream: TcpStream, api: mpsc::Sender<Wire>) {
    let wanted = socket::REQUEST.as_bytes();
    let mut head = BytesMut::new();
    while head.len() < wanted.len() && wanted.starts_with(&head) {
        match stream.read_buf(&mut head).await {
            Ok(read) if read > 0 => {}
            _ => return,
        }
    }
    let mine = head.starts_with(wanted);
    let wire = Wire {
        head: head.freeze(),
        stream,
        line: Line::default(),
    };
    if mine {
        socket::serve(&sandbox.0, wire).await;
    } else {
        // An error means that the server stops.
        _ = api.send(wire).await;
    }
}
