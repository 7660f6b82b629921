//! The transport that comes with the crate, against a real socket.

use std::{sync::Arc, time::Duration};

use futures_util::{SinkExt, StreamExt};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    runtime::Handle,
    sync::Notify,
    task::yield_now,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, handshake::derive_accept_key, protocol::Role},
};

use super::{
    super::{LongConnection, frame::Frame},
    stage::{builder, desk, desk_with, event},
};
use crate::{BoxFuture, event::Answer};

/// The head of the next request.
async fn head(socket: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

/// One connection that asks where to connect, as the platform answers it; the socket's own address is `url`.
async fn discovery(listener: &TcpListener, url: &str) {
    let (mut socket, _) = listener.accept().await.unwrap();
    let head = head(&mut socket).await.to_lowercase();
    assert!(head.starts_with("post /callback/ws/endpoint http/1.1\r\n"), "{head}");
    let length = head
        .split("content-length: ")
        .nth(1)
        .unwrap()
        .split("\r\n")
        .next()
        .unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    socket.read_exact(&mut body).await.unwrap();
    let body = format!(r#"{{"code":0,"msg":"","data":{{"URL":"{url}/ws/v2?service_id=42&ticket=planted-7f3a"}}}}"#);
    let head = "HTTP/1.1 200 OK\r\nConnection: close\r\n";
    socket
        .write_all(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes())
        .await
        .unwrap();
}

/// Answers a handshake (RFC 6455 §4.2.2).
async fn open<S: AsyncRead + AsyncWrite + Unpin>(mut socket: S) -> WebSocketStream<S> {
    let request = head(&mut socket).await;
    assert!(
        request.starts_with("GET /ws/v2?service_id=42&ticket=planted-7f3a HTTP/1.1\r\n"),
        "{request}"
    );
    let field = |name: &str| {
        let mut fields = request.lines().filter_map(|line| line.split_once(": "));
        fields.find(|(key, _)| key.eq_ignore_ascii_case(name)).unwrap().1
    };
    assert_eq!((field("upgrade"), field("sec-websocket-version")), ("websocket", "13"));
    assert!(field("connection").eq_ignore_ascii_case("upgrade"));
    assert!(!field("host").is_empty());
    let accept = derive_accept_key(field("sec-websocket-key").as_bytes());
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    socket.write_all(answer.as_bytes()).await.unwrap();
    WebSocketStream::from_raw_socket(socket, Role::Server, None).await
}

/// RFC 6455 §4, protocol §6.2 and §6.6: refused once, it comes back, is let in, acknowledges, and says farewell.
#[tokio::test]
async fn over_a_real_socket() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let client = builder().base_url(format!("http://{address}")).build().unwrap();
    let connection = LongConnection::over(&client, desk(Answer::Done(None)));
    let mut health = connection.health();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(connection.run(stopped));

    discovery(&listener, &format!("ws://{address}")).await;
    let (socket, _) = listener.accept().await.unwrap();
    let mut socket = open(socket).await;
    let ping = socket.next().await.unwrap().unwrap();
    assert_eq!(ping, Message::Binary(Frame::control(42, "ping").encode()));
    socket
        .send(Message::Binary(event("m-1", 1, 0, "{}").encode()))
        .await
        .unwrap();
    let ack = socket.next().await.unwrap().unwrap().into_data();
    assert_eq!(Frame::decode(&ack).unwrap().header("message_id"), "m-1");
    assert!(health.borrow_and_update().is_up());
    stop.send(()).unwrap();
    assert!(socket.next().await.unwrap().unwrap().is_close());
    assert!(socket.next().await.is_none());
    drop(socket);
    running.await.unwrap().unwrap();
}

/// protocol §6.2, through hyper: the platform's reason is read from the head of its refusal.
#[tokio::test]
async fn refused_over_a_real_socket() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let client = builder().base_url(format!("http://{address}")).build().unwrap();
    let connection = LongConnection::over(&client, desk(Answer::Done(None)));
    let running = tokio::spawn(connection.run(std::future::pending::<()>()));
    discovery(&listener, &format!("ws://{address}")).await;
    let (mut socket, _) = listener.accept().await.unwrap();
    head(&mut socket).await;
    let answer = "HTTP/1.1 403 Forbidden\r\nHandshake-Status: 403\r\nHandshake-Msg: not planted-7f3a\r\nContent-Length: 0\r\n\r\n";
    socket.write_all(answer.as_bytes()).await.unwrap();
    let error = running.await.unwrap().unwrap_err();
    assert!(
        error.to_string().ends_with(": the message says more: not ***"),
        "{error}"
    );
}

/// Dropped in the middle of a handshake, or with an open socket: the server sees the end, and no task stays behind.
#[tokio::test]
async fn dropped_over_a_real_socket() {
    for is_open in [false, true] {
        let alive = Handle::current().metrics().num_alive_tasks();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let client = builder().base_url(format!("http://{address}")).build().unwrap();
        let mut run =
            Box::pin(LongConnection::over(&client, desk(Answer::Done(None))).run(std::future::pending::<()>()));
        let server = async {
            discovery(&listener, &format!("ws://{address}")).await;
            let (mut socket, _) = listener.accept().await.unwrap();
            if is_open {
                let mut socket = open(socket).await;
                socket.next().await.unwrap().unwrap();
                socket.into_inner()
            } else {
                head(&mut socket).await;
                socket
            }
        };
        let mut socket = tokio::select! {
            _ = &mut run => unreachable!("nobody stops it"),
            socket = server => socket,
        };
        drop(run);
        assert!(
            !matches!(socket.read(&mut [0]).await, Ok(1..)),
            "the server sees the end"
        );
        drop(client);
        // hyper's tasks end when they are polled next.
        while Handle::current().metrics().num_alive_tasks() > alive {
            yield_now().await;
        }
    }
}

/// The environment of a process is read once, so this part runs in a process of its own: it ends when an event was acknowledged.
#[tokio::test]
#[ignore = "the test below runs it"]
async fn behind_a_proxy() {
    let client = builder()
        .base_url(std::env::var("FLYBOOK_TEST_TARGET").unwrap())
        .build()
        .unwrap();
    let arrived = Arc::new(Notify::new());
    let desk = desk_with({
        let arrived = arrived.clone();
        move |_| {
            arrived.notify_one();
            let answer: BoxFuture<'static, Answer> = Box::pin(async { Answer::Done(None) });
            answer
        }
    });
    LongConnection::over(&client, desk)
        .run(arrived.notified())
        .await
        .unwrap();
}

/// As reqwest has it: `HTTPS_PROXY` is asked to tunnel to the socket, unless `NO_PROXY` lists the host (here that of discovery). Within
/// the tunnel there is TLS, with a certificate that only the environment vouches for.
#[tokio::test]
async fn the_proxy_of_the_environment() {
    // Other systems have other ways to vouch for a certificate.
    if cfg!(target_os = "linux") {
        timeout(Duration::from_secs(60), through_a_proxy()).await.unwrap();
    }
}

async fn through_a_proxy() {
    let platform = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let name = concat!(module_path!(), "::behind_a_proxy").split_once("::").unwrap().1;
    let mut child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--ignored"])
        .env(
            "FLYBOOK_TEST_TARGET",
            format!("http://{}", platform.local_addr().unwrap()),
        )
        .env("HTTPS_PROXY", format!("http://{}", proxy.local_addr().unwrap()))
        .env("NO_PROXY", "127.0.0.1")
        .env(
            "SSL_CERT_FILE",
            concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/src/event/socket/tests/tls/certificate.pem"
            ),
        )
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    discovery(&platform, "wss://socket.example").await;

    let (mut tunnel, _) = proxy.accept().await.unwrap();
    let request = head(&mut tunnel).await;
    assert!(
        request.starts_with("CONNECT socket.example:443 HTTP/1.1\r\n"),
        "{request}"
    );
    assert!(!request.contains("planted"), "{request}");
    tunnel.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
    let mut socket = open(tls().accept(tunnel).await.unwrap()).await;
    socket
        .send(Message::Binary(event("m-1", 1, 0, "{}").encode()))
        .await
        .unwrap();
    socket.next().await.unwrap().unwrap();
    let ack = socket.next().await.unwrap().unwrap().into_data();
    assert_eq!(Frame::decode(&ack).unwrap().header("message_id"), "m-1");
    assert!(socket.next().await.unwrap().unwrap().is_close());
    while socket.next().await.is_some() {}
    assert!(
        tokio::task::spawn_blocking(move || child.wait().unwrap().success())
            .await
            .unwrap()
    );
}

/// A server with the certificate of `socket.example`.
fn tls() -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("tls/certificate.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/key.pem")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    Arc::new(config).into()
}
