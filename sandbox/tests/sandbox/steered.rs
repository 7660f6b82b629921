//! Faults over a socket, and the routes by which other programs set them.

use std::time::{Duration, Instant};

use bytes::Bytes;
use flybook_sandbox::{Fault, Sandbox};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::bench::{Reply, TENANT, builder, call, send, tenant_token};

const CREATE: &str = "im.v1.message.create";
const GET: &str = "/open-apis/im/v1/messages/om_1";

async fn codes(sandbox: &Sandbox, count: usize) -> Vec<i64> {
    let mut codes = Vec::new();
    for _ in 0..count {
        codes.push(send(sandbox, "text", json!({"text": "hi"})).await.code());
    }
    codes
}

async fn over_a_socket(address: &str, request: &str) -> (std::io::Result<usize>, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut reply = Vec::new();
    let end = stream.read_to_end(&mut reply).await;
    (end, String::from_utf8(reply).unwrap())
}

#[tokio::test]
async fn on_a_socket_the_connection_breaks() {
    let sandbox = builder().start().await.unwrap();
    let url = sandbox.url();
    let address = url.strip_prefix("http://").unwrap();
    let body = json!({"app_id": sandbox.app_id(), "app_secret": sandbox.app_secret()}).to_string();
    let request = format!(
        "POST {TENANT} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let (_, whole) = over_a_socket(address, &request).await;
    let length = |text: &str| {
        let head = text.to_ascii_lowercase();
        let rest = head.split("content-length: ").nth(1).unwrap();
        rest.split("\r\n").next().unwrap().parse::<usize>().unwrap()
    };

    let fault = sandbox.fault(Fault::any().dropped()).unwrap();
    let (end, text) = over_a_socket(address, &request).await;
    assert_eq!((end.unwrap(), text.as_str()), (0, ""));
    fault.remove();

    let fault = sandbox.fault(Fault::any().reset().carried_out()).unwrap();
    let (end, text) = over_a_socket(address, &request).await;
    assert_eq!(end.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(text, "");
    fault.remove();

    let fault = sandbox.fault(Fault::any().truncated()).unwrap();
    let (_, text) = over_a_socket(address, &request).await;
    let (head, rest) = text.split_once("\r\n\r\n").unwrap();
    assert_eq!(rest.len(), length(head) / 2);
    fault.remove();

    let fault = sandbox.fault(Fault::any().slow(Duration::from_millis(100))).unwrap();
    let start = Instant::now();
    let (_, text) = over_a_socket(address, &request).await;
    assert!(start.elapsed() >= Duration::from_millis(100));
    let (head, rest) = text.split_once("\r\n\r\n").unwrap();
    assert_eq!((rest.len(), length(&whole)), (length(head), length(head)));
    fault.remove();
    sandbox.shutdown().await;
}

/// A call to a route of the sandbox's own.
async fn steer(url: &str, method: &str, path: &str, body: &str) -> Reply {
    let address = url.strip_prefix("http://").unwrap();
    let request = format!(
        "{method} /_sandbox/{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let (_, text) = over_a_socket(address, &request).await;
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    Reply {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        headers: http::HeaderMap::new(),
        body: Bytes::copy_from_slice(body.as_bytes()),
    }
}

#[tokio::test]
async fn other_programs_set_faults_and_move_the_clock() {
    let sandbox = builder().start().await.unwrap();
    let url = sandbox.url();
    let rule =
        json!({"when": {"operation": CREATE, "calls": "2..3"}, "do": {"code": 99991663}, "times": 9, "for": "1s"});
    let added = steer(
        &url,
        "POST",
        "faults",
        &json!([rule, {"do": "truncate", "when": {"path": "/x"}}]).to_string(),
    )
    .await;
    assert_eq!((added.status.as_u16(), added.json()), (201, json!({"ids": [1, 2]})));
    assert_eq!(codes(&sandbox, 3).await, [0, 99991663, 99991663]);
    let listed = steer(&url, "GET", "faults", "").await.json();
    let expected = json!({
        "id": 1, "when": {"operation": CREATE, "calls": "2..3"}, "do": {"code": 99991663}, "times": 9, "for": "1000ms",
        "seen": 3, "hits": 2,
    });
    assert_eq!(listed["faults"][0], expected);
    assert_eq!(steer(&url, "DELETE", "faults/1", "").await.status, 204);
    assert_eq!(steer(&url, "DELETE", "faults/1", "").await.status, 404);
    assert_eq!(steer(&url, "DELETE", "faults", "").await.status, 204);
    assert_eq!(steer(&url, "GET", "faults", "").await.json(), json!({"faults": []}));

    let wrong = "{\"when\": {\"operatoin\": \"x\"},\n \"do\": \"explode\"}";
    let refused = steer(&url, "POST", "faults", wrong).await;
    assert_eq!(refused.status, 400);
    let mistakes = refused.json()["mistakes"].clone();
    assert_eq!((&mistakes[0]["line"], &mistakes[0]["column"]), (&json!(1), &json!(11)));
    assert!(
        mistakes[0]["message"]
            .as_str()
            .unwrap()
            .contains("did you mean `operation`?"),
        "{mistakes}"
    );
    assert_eq!((&mistakes[1]["line"], &mistakes[1]["column"]), (&json!(2), &json!(8)));
    for (path, body) in [
        ("faults", ""),
        ("faults", "[]"),
        ("faults", "{}"),
        ("clock", "{\"scale\": -1}"),
        ("tokens", ""),
    ] {
        assert_eq!(steer(&url, "POST", path, body).await.status, 400, "{path} {body}");
    }

    let token = tenant_token(&sandbox).await;
    let now = steer(&url, "GET", "clock", "").await.json()["now"].as_u64().unwrap();
    let moved = steer(&url, "POST", "clock", "{\"advance\": \"2h\"}").await.json();
    assert_eq!(
        (moved["now"].as_u64().unwrap(), &moved["scale"]),
        (now + 7_200_000, &json!(0.0))
    );
    let reply = call(&sandbox, "GET", GET, Some(&token), Value::Null).await;
    assert_eq!(reply.code(), 99991663);
    let token = tenant_token(&sandbox).await;
    assert_eq!(steer(&url, "POST", "tokens", "{\"do\": \"revoke\"}").await.status, 204);
    assert_eq!(
        call(&sandbox, "GET", GET, Some(&token), Value::Null).await.code(),
        99991663
    );
    assert_eq!(
        steer(&url, "POST", "clock", "{\"scale\": 2}").await.json()["scale"],
        json!(2.0)
    );
}
