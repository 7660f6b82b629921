//! Downloads chunk by chunk and into files, against a socket.

use std::{
    path::PathBuf,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};

use flybook_runtime::{Body, BoxFuture, Bytes, Client, Error, Outgoing, Transport, TransportError};
use futures_core::Stream;

use crate::{
    http::{reply, serve},
    support::{Fetch, always, builder, platform, response},
};

/// A directory that is gone with its owner.
pub(crate) struct Directory(PathBuf);

impl Directory {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("flybook-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The names in it.
    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const CHUNKED: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=\"a b.txt\"\r\n\
                       Transfer-Encoding: chunked\r\n\r\n";

async fn client(reply: impl Into<String>) -> Client {
    let (url, _server) = serve(vec![reply.into()]).await;
    builder().base_url(url).build().unwrap()
}

#[tokio::test]
async fn a_download_becomes_a_file() {
    let directory = Directory::new("saved");
    let path = directory.path("a.txt");
    std::fs::write(&path, "what was there before, and is longer").unwrap();
    let (url, server) = serve(vec![reply(
        "200 OK",
        "Content-Type: text/plain\r\nContent-Disposition: attachment; filename=\"a b.txt\"\r\n",
        "hello",
    )])
    .await;
    let client = builder().base_url(url).build().unwrap();
    let steps = Arc::new(Mutex::new(Vec::new()));
    let log = steps.clone();
    let saved = client
        .send(Fetch {})
        .to_file(&path)
        .progress(move |done, total| log.lock().unwrap().push((done, total)))
        .await
        .unwrap();
    assert_eq!(
        (saved.size, saved.file_name.as_deref(), saved.content_type.as_deref()),
        (5, Some("a b.txt"), Some("text/plain"))
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "hello");
    assert_eq!(directory.names(), ["a.txt"]);
    let steps = steps.lock().unwrap().clone();
    assert_eq!((steps[0], *steps.last().unwrap()), ((0, Some(5)), (5, Some(5))));
    let request = &server.await.unwrap()[0];
    assert!(!request.contains("range:"), "{request}");
}

#[tokio::test]
async fn without_a_length_there_is_no_total() {
    let directory = Directory::new("chunked");
    let client = client(format!("{CHUNKED}5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")).await;
    let steps = Arc::new(Mutex::new(Vec::new()));
    let log = steps.clone();
    let saving = client.send(Fetch {}).to_file(directory.path("b"));
    let saved = saving.progress(move |done, total| log.lock().unwrap().push((done, total)));
    assert_eq!(saved.await.unwrap().size, 11);
    assert_eq!(steps.lock().unwrap().last(), Some(&(11, None)));
    assert_eq!(std::fs::read_to_string(directory.path("b")).unwrap(), "hello world");
}

/// Neither half a file nor an error reply stays on the disk, and what was there before does.
#[tokio::test]
async fn a_failure_leaves_nothing() {
    let directory = Directory::new("broken");
    let path = directory.path("old");
    std::fs::write(&path, "old").unwrap();
    let refusal = r#"{"code":234037,"msg":"too large"}"#;
    let json = "Content-Type: application/json\r\n";
    for (reply, what) in [
        (format!("{CHUNKED}5\r\nhello\r\n6\r\n wo"), "the exchange broke off"),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello".to_owned(),
            "the exchange broke off",
        ),
        (reply("200 OK", json, refusal), "234037, too large"),
        (reply("400 Bad Request", json, refusal), "234037, too large"),
        (
            format!(
                "HTTP/1.1 200 OK\r\n{json}Transfer-Encoding: chunked\r\n\r\n9\r\n{{\"code\":1\r\n1\r\n}}\r\n0\r\n\r\n"
            ),
            "failed: 1, ",
        ),
        (reply("404 Not Found", "", "<html>"), "it begins \"<html>\" (HTTP 404)"),
    ] {
        let client = client(reply).await;
        let error = client.send(Fetch {}).to_file(&path).await.unwrap_err();
        assert!(error.to_string().contains(what), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(directory.names(), ["old"], "{error}");
    }
}

/// Begins a download, and then says nothing more.
struct Stalled;

impl Transport for Stalled {
    fn send(&self, _: Outgoing) -> BoxFuture<'_, Result<http::Response<Bytes>, TransportError>> {
        unreachable!("a download into a file is streamed")
    }

    fn open(&self, _: Outgoing) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        Box::pin(async { Ok(http::Response::new(Body::new(OneChunk(Some("hello"))))) })
    }
}

struct OneChunk(Option<&'static str>);

impl Stream for OneChunk {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0
            .take()
            .map_or(Poll::Pending, |chunk| Poll::Ready(Some(Ok(chunk.into()))))
    }
}

/// The wait for a chunk is limited, and a caller that gives up leaves nothing on the disk either.
#[tokio::test(start_paused = true)]
async fn a_download_that_stalls() {
    let directory = Directory::new("stalled");
    let client = builder().transport(Stalled).build().unwrap();
    let error = client.send(Fetch {}).to_file(directory.path("x")).await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    assert_eq!(
        error.to_string(),
        "im.v1.file.get failed: no reply in time: nothing more came for 30s after 5 bytes (HTTP 200)"
    );
    let saving = client.send(Fetch {}).to_file(directory.path("x"));
    assert!(tokio::time::timeout(Duration::from_secs(1), saving).await.is_err());
    assert!(directory.names().is_empty());
}

#[tokio::test]
async fn where_no_file_can_be() {
    let directory = Directory::new("nowhere");
    let client = always(200, "x");
    for (path, what) in [
        (
            directory.path("none/x"),
            "im.v1.file.get was not sent: no file can be created beside",
        ),
        (directory.path(""), "is a directory"),
        (directory.path(".."), "is a directory"),
    ] {
        let error = client.send(Fetch {}).to_file(path).await.unwrap_err();
        assert!(error.to_string().contains(what), "{error}");
        assert!(!error.may_have_run());
    }
}

/// protocol §10.2: `Range` brings 206.
#[tokio::test]
async fn a_range_is_a_part_of_a_file() {
    let part = |range: &str| {
        reply(
            "206 Partial Content",
            &format!("Content-Range: bytes {range}/10\r\n"),
            "{\"code\":1}",
        )
    };
    let (url, server) = serve(vec![
        part("2-4"),
        part("2-4"),
        part("3-4"),
        reply("200 OK", "", "0123456789"),
        reply("200 OK", "", "{\"code\":1061004,\"msg\":\"forbidden\"}"),
        reply("200 OK", "", "0123456789"),
    ])
    .await;
    let client = builder().base_url(url).build().unwrap();
    let file = client.send(Fetch {}).range(2..5).await.unwrap();
    assert_eq!(&file.bytes[..], b"{\"code\":1}", "a part is never a refusal");
    let chunks = client.send(Fetch {}).range(2..=4).chunks().await.unwrap();
    assert_eq!((chunks.status().as_u16(), chunks.length()), (206, Some(10)));
    drain(chunks).await.unwrap();
    let directory = Directory::new("range");
    for what in [
        "the server sends those from 3",
        "the server did not heed the range",
        "1061004, forbidden",
    ] {
        let saving = client.send(Fetch {}).range(2..).to_file(directory.path("x"));
        let error = saving.await.unwrap_err();
        assert!(error.to_string().contains(what), "{error}");
        assert!(directory.names().is_empty());
    }
    let error = client.send(Fetch {}).range(5..5).await.unwrap_err();
    assert!(error.to_string().contains("its range is empty"), "{error}");
    client.send(Fetch {}).range(..).await.unwrap();
    let requests = server.await.unwrap();
    for (request, range) in requests.iter().zip(["2-4", "2-4", "2-", "2-", "2-", "0-"]) {
        assert!(request.contains(&format!("range: bytes={range}\r\n")), "{request}");
    }
}

async fn drain(mut chunks: flybook_runtime::Chunks) -> Result<Vec<Bytes>, Error> {
    let mut all = Vec::new();
    while let Some(chunk) = chunks.try_next().await? {
        all.push(chunk);
    }
    assert_eq!(chunks.try_next().await?, None);
    Ok(all)
}

#[tokio::test]
async fn chunks_come_one_by_one() {
    let client = client(format!("{CHUNKED}5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")).await;
    let chunks = client.send(Fetch {}).chunks().await.unwrap();
    assert_eq!(chunks.file_name().as_deref(), Some("a b.txt"));
    assert_eq!(chunks.content_type().as_deref(), Some("text/plain"));
    assert_eq!(chunks.length(), None);
    assert_eq!(drain(chunks).await.unwrap().concat(), b"hello world");
}

/// A transport that knows no streams gives the whole at once; a JSON file that is no refusal stays a file.
#[tokio::test]
async fn any_transport_will_do() {
    for body in [r#"{"code":0,"a":1}"#, "{", "{}", "", "plain"] {
        let chunks = always(200, body).send(Fetch {}).chunks().await.unwrap();
        assert_eq!(drain(chunks).await.unwrap().concat(), body.as_bytes());
    }
    let cut = platform(|_| {
        let mut response = response(200, "abc");
        response.headers_mut().insert("content-length", 9.into());
        response
    });
    let chunks = cut.0.build().unwrap().send(Fetch {}).chunks().await.unwrap();
    let error = drain(chunks).await.unwrap_err();
    assert!(
        error.to_string().contains("the body ended after 3 of 9 bytes"),
        "{error}"
    );
    assert!(error.may_have_run());
}

#[tokio::test]
async fn a_limit_that_was_set_holds_for_chunks() {
    for reply in [
        reply("200 OK", "", "0123456789a"),
        format!("{CHUNKED}b\r\n0123456789a\r\n0\r\n\r\n"),
    ] {
        let (url, _server) = serve(vec![reply]).await;
        let client = builder().base_url(url).body_limit(10).build().unwrap();
        let directory = Directory::new("limit");
        let error = client.send(Fetch {}).to_file(directory.path("x")).await.unwrap_err();
        assert!(error.to_string().contains("more than 10 bytes"), "{error}");
        assert!(directory.names().is_empty());
    }
}
