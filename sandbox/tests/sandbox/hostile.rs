//! Input of the worst sort: always an answer in the platform's shape.

use bytes::Bytes;
use serde_json::json;

use crate::bench::{SEND, raw, sandbox, tenant_token};

#[tokio::test]
async fn broken_bodies_are_told_apart() {
    let sandbox = sandbox();
    let token = tenant_token(&sandbox).await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep_object = "{\"a\":".repeat(100_000);
    for (body, code) in [
        (&b"{"[..], 9499),
        (b"[]", 9499),
        (b"null", 9499),
        (b"\"text\"", 9499),
        (b"{\"a\":1e999}", 9499),
        (b"\xff\xfe", 9499),
        (b"{\"receive_id\":\"\xff\"}", 9499),
        (b"{\"receive_id\":\"\\ud800\"}", 9499),
        (deep.as_bytes(), 9499),
        (deep_object.as_bytes(), 9499),
        (b"", 99992402),
        (b" \n", 99992402),
        (
            b"{\"receive_id\":{},\"msg_type\":[],\"content\":1e308,\"uuid\":false}",
            99992402,
        ),
        (
            b"{\"receive_id\":123456789012345678901234567890,\"msg_type\":null,\"content\":\"\"}",
            99992402,
        ),
    ] {
        let headers = [("authorization", format!("Bearer {token}"))];
        let reply = raw(&sandbox, "POST", SEND, &headers, Bytes::copy_from_slice(body)).await;
        let shown = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
        assert_eq!((reply.status.as_u16(), reply.code()), (400, code), "{shown}: {reply:?}");
    }
    let headers = [
        ("authorization", format!("Bearer {token}")),
        ("content-type", "application/x-www-form-urlencoded".to_owned()),
    ];
    let reply = raw(&sandbox, "POST", SEND, &headers, "receive_id=x").await;
    assert_eq!(reply.code(), 9499);
    assert!(reply.json()["msg"].as_str().unwrap().contains("application/json"));
}

#[tokio::test]
async fn odd_queries_headers_and_texts_do_no_harm() {
    let sandbox = sandbox();
    let token = tenant_token(&sandbox).await;
    let long = format!("/open-apis/im/v1/messages?{}", "&=&a=%&%=b&%FF=%FF&".repeat(500));
    let deep = format!("/open-apis{}", "/a".repeat(20_000));
    for path in [
        &long,
        &deep,
        "/open-apis/im/v1/messages?receive_id_type=%FF",
        "/%FF/%00/..",
        "/open-apis/im/v1/messages/%FF/reply",
    ] {
        for authorization in [
            format!("Bearer {token}"),
            "\u{7f}".replace('\u{7f}', "é"),
            "Bearer\u{a0}t-x".to_owned(),
            "x".repeat(20_000),
        ] {
            let reply = raw(&sandbox, "POST", path, &[("authorization", authorization)], "{}").await;
            assert_ne!(reply.code(), 0);
        }
    }
    for text in [
        "<at",
        "<at>",
        "<at user_id",
        "<at user_id=",
        "<at user_id=\"",
        "<at user_id=\"\">x</at>",
        "<at user_id=\"é\">飞</at>",
        "<at user_id=é>",
        "<atuser_id=\"a\"></at>",
        "@_",
        "@_user_",
        "@_user_99",
        "<at user_id=\"a\"><at user_id=\"b\"></at>",
        "<<<>>>",
    ] {
        let reply = crate::bench::send(&sandbox, "text", json!({"text": text})).await;
        assert_eq!(reply.code(), 0, "{text}");
    }
    assert!(sandbox.messages().iter().all(|message| !message.rendered().is_empty()));
    let nested = (0..12).fold(json!({"text": "x"}), |inner, _| json!({"text": inner.to_string()}));
    assert_eq!(crate::bench::send(&sandbox, "text", nested).await.code(), 0);
    let odd = json!({"zh_cn": {"content": [[], [{"tag": "md", "text": " "}]]}});
    assert_eq!(crate::bench::send(&sandbox, "post", odd).await.code(), 0);
}

/// A cheap fuzz: every prefix of good input, and every byte of it turned over, is answered.
#[tokio::test]
async fn damaged_input_is_always_answered() {
    let sandbox = sandbox();
    let token = tenant_token(&sandbox).await;
    let form = b"--b\r\nContent-Disposition: form-data; name=\"image_type\"\r\n\r\nmessage\r\n--b\r\nContent-Disposition: form-data; \
                 name=\"image\"; filename=\"a.png\"\r\n\r\nPNG\r\n--b--\r\n";
    let card = json!({"header": {"title": {"content": "x"}}, "elements": [{"tag": "hr"}]}).to_string();
    let message =
        json!({"receive_id": sandbox.chat_id(), "msg_type": "interactive", "content": card, "uuid": "1"}).to_string();
    for (path, kind, body) in [
        ("/open-apis/im/v1/images", "multipart/form-data; boundary=b", &form[..]),
        (SEND, "application/json", message.as_bytes()),
    ] {
        let headers = [
            ("authorization", format!("Bearer {token}")),
            ("content-type", kind.to_owned()),
        ];
        for at in 0..body.len() {
            raw(&sandbox, "POST", path, &headers, Bytes::copy_from_slice(&body[..at])).await;
            let mut damaged = body.to_vec();
            damaged[at] ^= 0x15;
            raw(&sandbox, "POST", path, &headers, damaged).await;
        }
    }
}
