//! The transport that comes with the crate, against a socket.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use flybook_runtime::Method;

use crate::support::{Create, Delete, builder};

/// Answers one connection's requests in turn, each with the next of `replies`; gives back what it read.
pub(crate) async fn serve(replies: Vec<String>) -> (String, tokio::task::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut requests = Vec::new();
        for reply in replies {
            let mut request = Vec::new();
            loop {
                let mut buffer = [0; 4096];
                let count = socket.read(&mut buffer).await.unwrap();
                request.extend_from_slice(&buffer[..count]);
                let text = String::from_utf8_lossy(&request).to_lowercase();
                let Some((head, body)) = text.split_once("\r\n\r\n") else {
                    continue;
                };
                let length = head
                    .split("content-length: ")
                    .nth(1)
                    .map_or(0, |rest| rest.split("\r\n").next().unwrap().parse::<usize>().unwrap());
                if body.len() >= length {
                    break;
                }
            }
            requests.push(String::from_utf8(request).unwrap());
            socket.write_all(reply.as_bytes()).await.unwrap();
        }
        requests
    });
    (url, server)
}

pub(crate) fn reply(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test]
async fn calls_go_over_one_connection() {
    let (url, server) = serve(vec![
        reply("200 OK", "", r#"{"code":0,"data":{"message_id":"om_1"}}"#),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{\"code\":\r\n2\r\n0}\r\n0\r\n\r\n".to_owned(),
        reply("200 OK", "", r#"{"code":0}"#),
    ])
    .await;
    let client = builder().base_url(url).build().unwrap();
    let sent = client
        .send(Create {
            content: "hi".into(),
            ..Create::default()
        })
        .token("t-1")
        .await
        .unwrap();
    assert_eq!(sent.message_id, "om_1");
    client.send(Delete {}).token("t-1").await.unwrap();
    client.raw(Method::Post, "/open-apis/x").token("t-1").await.unwrap();
    let requests = server.await.unwrap();
    assert!(
        requests[0].starts_with("POST /open-apis/im/v1/messages?receive_id_type= HTTP/1.1\r\n"),
        "{}",
        requests[0]
    );
    assert!(requests[0].contains("authorization: Bearer t-1\r\n") && requests[0].ends_with("{\"content\":\"hi\"}"));
    assert!(requests[1].starts_with("DELETE /open-apis/im/v1/messages/1 HTTP/1.1\r\n"));
    assert!(requests[2].contains("content-length: 0\r\n"), "{}", requests[2]);
}

/// protocol §11.9 and §11.10: GET and DELETE with a body, which must not be lost on the way.
#[tokio::test]
async fn bodies_of_get_and_delete_travel() {
    for method in [Method::Get, Method::Delete] {
        let (url, server) = serve(vec![reply("200 OK", "", r#"{"code":0}"#)]).await;
        let client = builder().base_url(url).build().unwrap();
        let body = serde_json::json!({"visible": true});
        client
            .raw(method, "/open-apis/x")
            .json(&body)
            .token("t-1")
            .await
            .unwrap();
        let request = server.await.unwrap().remove(0);
        assert!(
            request.starts_with(&format!("{method} /open-apis/x HTTP/1.1\r\n")),
            "{request}"
        );
        assert!(request.contains("content-length: 16\r\n"), "{request}");
        assert!(request.ends_with("\r\n\r\n{\"visible\":true}"), "{request}");
    }
}

/// A redirect would carry the token to wherever the server says.
#[tokio::test]
async fn redirects_are_not_followed() {
    let (url, server) = serve(vec![reply(
        "302 Found",
        "Location: http://127.0.0.1:1/?planted\r\n",
        "",
    )])
    .await;
    let client = builder().base_url(url).build().unwrap();
    let error = client.send(Delete {}).token("t-1").await.unwrap_err();
    assert_eq!(error.status().unwrap(), 302);
    assert_eq!(
        error.to_string(),
        "im.v1.message.delete failed: the server redirects to the host `127.0.0.1`, and redirects are not followed, for the token \
         would travel along; check the base URL (HTTP 302)"
    );
    assert!(!error.may_have_run());
    assert_eq!(server.await.unwrap().len(), 1);
}

#[tokio::test]
async fn large_bodies_are_cut_off() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{\"code\":\r\n8\r\n       0\r\n";
    for reply in [reply("200 OK", "", &" ".repeat(100)), chunked.to_owned()] {
        let (url, _server) = serve(vec![reply]).await;
        let client = builder().base_url(url).body_limit(10).build().unwrap();
        let error = client.send(Delete {}).token("t-1").await.unwrap_err();
        assert!(error.to_string().contains("more than 10 bytes"), "{error}");
    }
}

#[tokio::test]
async fn no_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let client = builder()
        .base_url(url)
        .timeout(Duration::from_secs(20))
        .build()
        .unwrap();
    let error = client
        .raw(Method::Get, "/open-apis/x")
        .query("key", "planted-7f3a")
        .token("t-1")
        .await
        .unwrap_err();
    assert!(error.is_connect(), "{error:?}");
    assert!(
        error
            .to_string()
            .starts_with("GET /open-apis/x failed: no connection: "),
        "{error}"
    );
    assert!(!format!("{error} {error:?}").contains("planted"), "{error:?}");
}
