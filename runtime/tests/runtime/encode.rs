//! What a request looks like when it leaves.

use flybook_runtime::{File, Method, Param, Reply};
use serde_json::json;

use crate::support::{Create, Delete, Desk, Fetch, Get, SECRET, Upload, body, ok, platform, request, response};

request!(Query { users: Vec<String>, ranges: Option<Vec<String>>, token: Option<String>, biz: String } -> (), {
    id: "query", path: "/open-apis/a/:id/b/:id_type"
}, |self, call| {
    call.query_each("user_ids", &self.users);
    call.query_joined_opt("ranges", &self.ranges);
    call.query_opt("page_token", &self.token);
    call.header("X-Aily-BizUserID", &self.biz);
    call.header_opt("X-None", &None::<String>);
    call.path("id_type", "type:1");
    call.path("id", &7);
});

request!(Content {} -> (), {
    id: "content", method: Method::Post, path: "/open-apis/content"
}, |self, call| {
    call.put_json("content", &json!({"text": "a \"b\""}));
    call.put("n", &[1, 2]);
    call.put_opt("none", &None::<String>);
    call.put_json_opt("card", &Some(json!({})));
});

request!(Optional {} -> (), {
    id: "optional", method: Method::Post, path: "/open-apis/optional"
}, |self, call| { call.put_opt("none", &None::<String>); });

request!(Incomplete {} -> (), { id: "incomplete", path: "/open-apis/:a/:b" }, |self, call| { call.path("a", "1"); });
request!(Mixed {} -> (), { id: "mixed", path: "/open-apis/x" }, |self, call| { call.put("a", "1"); call.part("b", "2"); });

/// protocol §7.1 (send): query, JSON body, headers of §1.2.
#[tokio::test]
async fn a_message_on_the_wire() {
    let (builder, seen) = platform(ok);
    let client = builder.build().unwrap();
    let create = Create {
        receive_id_type: "chat_id".into(),
        content: "你好".into(),
        uuid: Some("u".into()),
    };
    assert_eq!(client.send(create).await.unwrap().message_id, "om_1");
    let call = seen.last();
    assert_eq!(call.method, Method::Post);
    assert_eq!(
        call.url,
        "https://open.feishu.cn/open-apis/im/v1/messages?receive_id_type=chat_id"
    );
    assert_eq!(body(&call), r#"{"content":"你好","uuid":"u"}"#);
    assert_eq!(call.headers["content-type"], "application/json; charset=utf-8");
    assert_eq!(call.headers["authorization"], "Bearer t-1");
    assert!(call.headers["authorization"].is_sensitive());
    assert!(call.headers["user-agent"].to_str().unwrap().starts_with("flybook/"));

    let request = call.into_http();
    assert_eq!(
        (request.method(), request.uri().path()),
        (&http::Method::POST, "/open-apis/im/v1/messages")
    );
    client.send(Delete {}).await.unwrap();
    assert!(seen.last().body.is_empty() && !seen.last().headers.contains_key("content-type"));
}

/// RFC 3986 §2.3: what is not unreserved is encoded, so that a value stays one segment.
#[tokio::test]
async fn path_parameters_stay_one_segment() {
    let (builder, seen) = platform(ok);
    let client = builder.build().unwrap();
    for (value, segment) in [
        ("a/b", "a%2Fb"),
        ("a?b#c%d", "a%3Fb%23c%25d"),
        ("a b", "a%20b"),
        ("消息", "%E6%B6%88%E6%81%AF"),
        ("%2e%2e", "%252e%252e"),
        ("...", "..."),
        (":x\\", "%3Ax%5C"),
        ("om_-~.", "om_-~."),
    ] {
        client
            .send(Get {
                message_id: value.into(),
            })
            .await
            .unwrap();
        assert_eq!(
            seen.last().url,
            format!("https://open.feishu.cn/open-apis/im/v1/messages/{segment}")
        );
    }
    let (calls, tokens) = (seen.calls().len(), seen.tokens());
    for value in ["", ".", ".."] {
        let error = client
            .send(Get {
                message_id: value.into(),
            })
            .await
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("im.v1.message.get was not sent: the path parameter `message_id` is"),
            "{error}"
        );
    }
    assert_eq!((seen.calls().len(), seen.tokens()), (calls, tokens), "nothing was sent");
}

#[tokio::test]
async fn a_refused_path_asks_for_no_token() {
    let (builder, seen) = platform(ok);
    builder.build().unwrap().send(Get::default()).await.unwrap_err();
    assert_eq!((seen.calls().len(), seen.tokens()), (0, 0));
}

#[tokio::test]
async fn queries_repeat_and_join() {
    let (builder, seen) = platform(ok);
    let client = builder.build().unwrap();
    let query = Query {
        users: vec!["a&b".into(), "c".into()],
        ranges: Some(vec!["A1:B2".into(), "C".into()]),
        token: Some("t=".into()),
        biz: "u1".into(),
    };
    client.send(query).await.unwrap();
    let call = seen.last();
    let (path, query) = call.url.split_once('?').unwrap();
    assert_eq!(path, "https://open.feishu.cn/open-apis/a/7/b/type%3A1");
    assert_eq!(query, "user_ids=a%26b&user_ids=c&ranges=A1%3AB2,C&page_token=t%3D");
    assert_eq!(call.headers["x-aily-bizuserid"], "u1");
    assert!(!call.headers.contains_key("x-none"));

    let error = client
        .send(Query {
            biz: "a\nb".into(),
            ..Query::default()
        })
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("`X-Aily-BizUserID` holds characters"),
        "{error}"
    );
}

#[tokio::test]
async fn bodies() {
    let (builder, seen) = platform(ok);
    let client = builder.build().unwrap();
    client.send(Content {}).await.unwrap();
    assert_eq!(
        body(&seen.last()),
        r#"{"content":"{\"text\":\"a \\\"b\\\"\"}","n":[1,2],"card":"{}"}"#
    );
    client.send(Optional {}).await.unwrap();
    assert_eq!(body(&seen.last()), "{}");
}

#[tokio::test]
async fn what_cannot_be_sent_is_said_before() {
    let (builder, seen) = platform(ok);
    let client = builder.build().unwrap();
    let error = client.send(Incomplete {}).await.unwrap_err().to_string();
    assert_eq!(error, "incomplete was not sent: the path parameter `b` has no value");
    let error = client.send(Mixed {}).await.unwrap_err().to_string();
    assert_eq!(error, "mixed was not sent: a body is either JSON or a form, not both");
    let error = client
        .send(Delete {})
        .header("authorization", "Bearer x")
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("give a token with `.token(…)`"), "{error}");
    for (name, what) in [
        ("Content-Length", "belongs to the connection"),
        ("host", "belongs to the connection"),
        ("Transfer-Encoding", "belongs to the connection"),
        ("CONNECTION", "belongs to the connection"),
        ("X-Lark-Helpdesk-Authorization", "`Builder::helpdesk`"),
    ] {
        let error = client.send(Delete {}).header(name, "3").await.unwrap_err().to_string();
        let start = format!("im.v1.message.delete was not sent: the header `{name}` ");
        assert!(error.starts_with(&start) && error.contains(what), "{error}");
    }
    let long = client
        .raw(Method::Get, "/open-apis/x")
        .query("q", "planted".repeat(10_000));
    let error = long.await.unwrap_err().to_string();
    assert_eq!(
        error,
        "GET /open-apis/x was not sent: its URL has 70037 bytes, and more than 61440 do not travel; send fewer or shorter parameters"
    );
    assert!(seen.calls().is_empty());
    client.send(Delete {}).header("Prefer", "x").await.unwrap();
    assert_eq!(seen.last().headers["prefer"], "x");
}

/// protocol §10.1: text parts before file parts, always a file name; RFC 7578 for the form itself.
#[tokio::test]
async fn forms() {
    let (builder, seen) = platform(ok);
    let client = builder.build().unwrap();
    let upload = Upload {
        file: File::from_bytes("报\"告\r\n.pdf", &b"--flybook-\r\n\0\xff"[..]).content_type("application/pdf"),
        thumb: Some(File::from_bytes("", &b"x"[..]).content_type("bad\r\ntype")),
        name: "报告.pdf".into(),
        duration: Some(3000),
    };
    client.send(upload).await.unwrap();
    let call = seen.last();
    let boundary = call.headers["content-type"]
        .to_str()
        .unwrap()
        .strip_prefix("multipart/form-data; boundary=")
        .unwrap();
    let mut wanted = Vec::new();
    wanted.extend_from_slice(
        format!("--{boundary}\r\nContent-Disposition: form-data; name=\"file_name\"\r\n\r\n报告.pdf\r\n").as_bytes(),
    );
    wanted.extend_from_slice(
        format!("--{boundary}\r\nContent-Disposition: form-data; name=\"duration\"\r\n\r\n3000\r\n").as_bytes(),
    );
    wanted.extend_from_slice(format!("--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"报%22告%0D%0A.pdf\"\r\nContent-Type: application/pdf\r\n\r\n").as_bytes());
    wanted.extend_from_slice(b"--flybook-\r\n\0\xff\r\n");
    wanted.extend_from_slice(format!("--{boundary}\r\nContent-Disposition: form-data; name=\"thumb\"; filename=\"file\"\r\nContent-Type: application/octet-stream\r\n\r\nx\r\n--{boundary}--\r\n").as_bytes());
    assert_eq!(String::from_utf8_lossy(&call.body), String::from_utf8_lossy(&wanted));
    assert_eq!(call.body, wanted);
}

/// protocol §10.2: a download has a file name only if the request says JSON.
#[tokio::test]
async fn downloads_say_json() {
    let (builder, seen) = platform(|_| response(200, "x"));
    builder.build().unwrap().send(Fetch {}).await.unwrap();
    assert_eq!(seen.last().headers["content-type"], "application/json; charset=utf-8");
    assert_eq!(Fetch::ENDPOINT_REPLY, Reply::Bytes);
}

impl Fetch {
    const ENDPOINT_REPLY: Reply = <Self as flybook_runtime::Request>::ENDPOINT.reply;
}

/// protocol §9.5, its worked example.
#[tokio::test]
async fn the_help_desk_has_a_header_of_its_own() {
    let (builder, seen) = platform(ok);
    let client = builder.helpdesk("12345", "ht-sometoken").build().unwrap();
    client.send(Desk {}).await.unwrap();
    let header = &seen.last().headers["x-lark-helpdesk-authorization"];
    assert_eq!(header, "MTIzNDU6aHQtc29tZXRva2Vu");
    assert!(header.is_sensitive());
    let (builder, seen) = platform(ok);
    let error = builder.build().unwrap().send(Desk {}).await.unwrap_err().to_string();
    assert!(
        error.contains("was not sent") && error.contains("Builder::helpdesk"),
        "{error}"
    );
    assert_eq!((seen.calls().len(), seen.tokens()), (0, 0));
}

#[test]
fn parameters_as_text() {
    assert_eq!(
        (true.param(), (-3).param(), 1.5.param()),
        ("true".into(), "-3".into(), "1.5".into())
    );
    assert_eq!((json!("a").param(), json!([1]).param()), ("a".into(), "[1]".into()));
    assert_eq!(flybook_runtime::Json(json!({"a": 1})).param(), r#"{"a":1}"#);
    assert_eq!(flybook_runtime::Secret::from(SECRET).param(), SECRET);
}
