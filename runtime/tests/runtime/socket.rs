//! A server that misbehaves on a raw socket, and counts what it was asked.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// What the server does with a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    /// Resets the connection before anything was read.
    ResetBefore,
    /// Resets it when the request was read.
    ResetAfter,
    /// Reads, and says nothing more.
    Silence,
    /// Says this, and nothing more.
    Stall(&'static str),
    /// Says this, and closes.
    Cut(&'static str),
    /// Refuses the name in the TLS handshake (RFC 6066 §3: alert `unrecognized_name`).
    WrongName,
    /// Sends a body without an announced length, this many MiB long.
    Flood(usize),
    /// Answers: status, headers, body.
    Answer(&'static str, &'static str, &'static str),
}

pub(crate) struct Server {
    pub(crate) port: u16,
    asked: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Server {
    /// Does what `script` says for request 1, 2, …. An unhelpful one closes after every answer, sends it in two pieces, and does not
    /// say what it is.
    pub(crate) async fn start(helpful: bool, script: impl Fn(usize) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (asked, script) = (Arc::<AtomicUsize>::default(), Arc::new(script));
        let count = asked.clone();
        let task = tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(socket, helpful, count.clone(), script.clone()));
            }
        });
        Self { port, asked, task }
    }

    /// Listens no more.
    pub(crate) async fn stop(&mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }

    /// How many requests came; of those that were not read, how many connections.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    mut socket: TcpStream,
    helpful: bool,
    count: Arc<AtomicUsize>,
    script: Arc<impl Fn(usize) -> Act>,
) -> Option<()> {
    socket.set_nodelay(true).ok()?;
    loop {
        // What happens before a request is read is decided by the requests so far.
        let next = count.load(Ordering::SeqCst) + 1;
        match script(next) {
            Act::ResetBefore => {
                count.fetch_add(1, Ordering::SeqCst);
                socket.set_zero_linger().ok()?;
                return None;
            }
            Act::WrongName => {
                socket.read_u8().await.ok()?;
                count.fetch_add(1, Ordering::SeqCst);
                socket.write_all(&[0x15, 3, 3, 0, 2, 2, 112]).await.ok()?;
                return None;
            }
            _ => {}
        }
        read(&mut socket).await?;
        match script(count.fetch_add(1, Ordering::SeqCst) + 1) {
            Act::ResetBefore | Act::ResetAfter | Act::WrongName => {
                socket.set_zero_linger().ok()?;
                return None;
            }
            Act::Silence => std::future::pending().await,
            Act::Stall(text) => {
                socket.write_all(text.as_bytes()).await.ok()?;
                std::future::pending().await
            }
            Act::Cut(text) => {
                socket.write_all(text.as_bytes()).await.ok()?;
                return None;
            }
            Act::Flood(size) => {
                let head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n";
                socket.write_all(head).await.ok()?;
                for _ in 0..size {
                    socket.write_all(&vec![b' '; 1 << 20]).await.ok()?;
                }
                return None;
            }
            Act::Answer(status, headers, body) => {
                let kind = if helpful {
                    "Content-Type: application/json\r\n"
                } else {
                    "Connection: close\r\n"
                };
                let length = body.len();
                let head = format!("HTTP/1.1 {status}\r\n{headers}{kind}Content-Length: {length}\r\n\r\n");
                socket.write_all(head.as_bytes()).await.ok()?;
                socket.flush().await.ok()?;
                socket.write_all(body.as_bytes()).await.ok()?;
                if !helpful {
                    return None;
                }
            }
        }
    }
}

/// Reads one request; `None` when there is none.
async fn read(socket: &mut TcpStream) -> Option<()> {
    let mut request = Vec::new();
    loop {
        let mut buffer = [0; 4096];
        let count = socket.read(&mut buffer).await.ok().filter(|count| *count > 0)?;
        request.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&request).to_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head.split("content-length: ").nth(1);
        let length = length.map_or(0, |rest| rest.split("\r\n").next().unwrap_or("0").parse().unwrap());
        if body.len() >= length {
            return Some(());
        }
    }
}
