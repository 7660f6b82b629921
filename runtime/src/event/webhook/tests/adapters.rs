//! The handler in servers.

use std::convert::Infallible;

use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use tower_service::Service;

use super::*;

fn request(method: Method, body: &str) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::from(body.to_owned()));
    *request.method_mut() = method;
    for (name, value) in signed(body) {
        let name = http::HeaderName::try_from(name).unwrap();
        request.headers_mut().insert(name, value.try_into().unwrap());
    }
    request
}

#[tokio::test]
async fn it_is_a_service() {
    let heard = Heard::default();
    let mut handler = with_both(heard.router()).body_limit(600).build().unwrap();
    let body = sealed(EVENT);
    let Ok::<_, Infallible>(response) = handler.call(request(Method::POST, &body)).await;
    assert_eq!(response.status(), 200);
    let said = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(said, r#"{"toast":{"content":"done"}}"#);
    let Ok(response) = handler.call(request(Method::GET, &body)).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["allow"]),
        (405, &"POST".parse().unwrap())
    );
    let Ok(response) = handler.call(request(Method::POST, &" ".repeat(601))).await;
    assert_eq!(response.status(), 413);
    assert_eq!(heard.count(), 1);
}

/// Over a socket, as the platform comes.
#[cfg(feature = "axum")]
#[tokio::test]
async fn it_is_a_handler_of_axum() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let heard = Heard::default();
    let handler = with_both(heard.router()).body_limit(600).build().unwrap();
    let app = axum::Router::new().route("/feishu", axum::routing::post(handler));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    let (event, time) = (sealed(EVENT), now());
    for (method, body, status, said) in [
        ("POST", event.as_str(), "200 OK", r#"{"toast":{"content":"done"}}"#),
        ("POST", event.as_str(), "200 OK", r#"{"msg":"it came before"}"#),
        ("POST", CHALLENGE, "200 OK", r#"{"challenge":"ajls384kdjx98XX"}"#),
        (
            "POST",
            &" ".repeat(601),
            "413 Payload Too Large",
            r#"{"msg":"the body is larger than the handler takes"}"#,
        ),
        ("GET", "", "405 Method Not Allowed", ""),
    ] {
        let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
        let mut head = format!("{method} /feishu HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n");
        for (name, value) in signed_at(time, body) {
            head += &format!("{name}: {value}\r\n");
        }
        head += &format!("content-length: {}\r\n\r\n{body}", body.len());
        socket.write_all(head.as_bytes()).await.unwrap();
        let mut response = String::new();
        socket.read_to_string(&mut response).await.unwrap();
        assert!(response.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{response}");
        assert!(response.ends_with(&format!("\r\n\r\n{said}")), "{response}");
    }
    assert_eq!(heard.count(), 1);
    server.abort();
}
