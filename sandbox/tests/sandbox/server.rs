//! The sandbox on a real loopback socket.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::bench::{TENANT, sandbox};

async fn exchange(address: &str, request: String) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.unwrap();
    reply
}

#[tokio::test]
async fn calls_over_a_socket_reach_the_same_sandbox() {
    let sandbox = sandbox();
    let server = sandbox.serve(0).await.unwrap();
    let url = server.url();
    let address = url.strip_prefix("http://").unwrap();
    assert!(address.parse::<SocketAddr>().unwrap().ip().is_loopback());
    let body = json!({"app_id": sandbox.app_id(), "app_secret": sandbox.app_secret()}).to_string();
    let request = format!(
        "POST {TENANT} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let reply = exchange(address, request).await;
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    assert!(
        head.starts_with("HTTP/1.1 200") && head.to_ascii_lowercase().contains("x-tt-logid: "),
        "{head}"
    );
    let body: Value = serde_json::from_str(body).unwrap();
    assert!(body["tenant_access_token"].as_str().unwrap().starts_with("t-"));
    assert_eq!(sandbox.calls_to("auth.v3.tenant_access_token.internal"), 1);

    let request = format!(
        "POST {TENANT} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: 99999999999\r\n\r\n"
    );
    let reply = exchange(address, request).await;
    assert!(
        reply.starts_with("HTTP/1.1 413") && reply.contains("\"code\":9499"),
        "{reply}"
    );

    let taken = sandbox.serve(server.port()).await.unwrap_err();
    assert_eq!(taken.kind(), std::io::ErrorKind::AddrInUse);
    let port = server.port();
    server.shutdown().await;
    // The port is free again, and dropping a server stops it just so.
    drop(sandbox.serve(port).await.unwrap());
}
