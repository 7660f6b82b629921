//! What comes back, and what it is taken for.

use std::time::Duration;

use flybook_runtime::{Bytes, Client, Outgoing, Result};

use crate::support::{Create, Delete, Fetch, Flat, Message, Open, SECRET, always, builder, platform, response};

async fn create(client: &Client) -> Result<Message> {
    client.send(Create::default()).await
}

/// protocol §1.4, §1.5: the envelope, its members in any order, and what comes without one.
#[tokio::test]
async fn payloads() {
    for reply in [
        r#"{"code":0,"msg":"success","data":{"message_id":"om_1"}}"#,
        r#"{"data":{"x":[{}],"message_id":"om_1"},"msg":"","code":0}"#,
        r#"{"code":"0","data":{"message_id":"om_1"}}"#,
        r#"{"code":null,"data":{"message_id":"om_1"},"error":null}"#,
        r#"{"data":{"message_id":"om_1"}}"#,
        r#"{"message_id":"om_1"}"#,
    ] {
        assert_eq!(create(&always(200, reply)).await.unwrap().message_id, "om_1", "{reply}");
    }
    for reply in [
        r#"{"code":0}"#,
        r#"{"code":0,"data":null}"#,
        r#"{"code":0,"data":{}}"#,
        "{}",
    ] {
        assert_eq!(create(&always(201, reply)).await.unwrap().message_id, "", "{reply}");
    }
    let bot = always(200, r#"{"code":0,"msg":"ok","bot":{"message_id":"b"},"data":[]}"#);
    assert_eq!(bot.send(Open {}).await.unwrap().message_id, "b");
    let flat = always(200, r#"{"code":0,"msg":"ok","message_id":"f"}"#);
    assert_eq!(flat.send(Flat {}).await.unwrap().message_id, "f");
}

/// An empty body says success only where there is no payload to miss.
#[tokio::test]
async fn empty_bodies() {
    always(204, "").send(Delete {}).await.unwrap();
    always(200, r#"{"code":0,"data":"anything"}"#)
        .send(Delete {})
        .await
        .unwrap();
    let error = create(&always(200, "")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "im.v1.message.create failed: the reply is empty where JSON belongs (HTTP 200)"
    );
    assert_eq!(
        always(500, "").send(Delete {}).await.unwrap_err().status().unwrap(),
        500
    );
    assert_eq!(
        always(200, r#"{"code":7}"#).send(Delete {}).await.unwrap_err().code(),
        Some(7)
    );
    assert_eq!(
        always(200, r#"{"code":7}"#).send(Flat {}).await.unwrap_err().code(),
        Some(7)
    );
}

/// protocol §1.6: a code other than 0 fails, whatever the status; the payload of a failure may have any shape.
#[tokio::test]
async fn codes_decide() {
    for (status, reply) in [
        (200, r#"{"code":230002,"msg":"Bot is NOT in the chat"}"#),
        (200, r#"{"code":"230002","msg":"Bot is NOT in the chat"}"#),
        (
            200,
            r#"{"data":[[{"a":1}]],"code":230002,"msg":"Bot is NOT in the chat"}"#,
        ),
        (
            200,
            r#"{"data":{"message_id":{}},"code":230002,"msg":"Bot is NOT in the chat"}"#,
        ),
        (202, r#"{"code":230002,"data":"x","message":"Bot is NOT in the chat"}"#),
        (
            400,
            r#"{"code":230002,"data":{},"msg":"","error_description":"Bot is NOT in the chat"}"#,
        ),
        (
            400,
            r#"{"code":230002,"error":{"message":"Bot is NOT in the chat","log_id":null}}"#,
        ),
    ] {
        let error = create(&always(status, reply)).await.unwrap_err();
        assert_eq!((error.code(), error.status().unwrap().as_u16()), (Some(230002), status));
        assert_eq!(error.message(), "Bot is NOT in the chat");
        assert_eq!(error.cause(), Some("The bot is not in the chat; add it first."));
        assert_eq!(error.endpoint().unwrap().id, "im.v1.message.create");
    }
}

/// protocol §1.4 (both shapes of `error`), §1.3 (the log id's headers).
#[tokio::test]
async fn what_an_error_tells() {
    let client = always(
        400,
        r#"{"code":230002,"msg":"no","error":{"log_id":"2024","troubleshooter":"see: https://open.feishu.cn/search?x=1 now",
            "field_violations":[{"field":"content","value":"planted-7f3a","description":"Is too long."}]}}"#,
    );
    let error = create(&client).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "im.v1.message.create failed: 230002, the bot is not in the chat; add it first; `content`: is too long (log id 2024)"
    );
    assert_eq!(error.help_url(), Some("https://open.feishu.cn/search?x=1"));
    assert!(error.troubleshooter().unwrap().starts_with("see: "));
    assert_eq!(
        (
            error.field_violations()[0].field.as_str(),
            error.field_violations()[0].value.as_str()
        ),
        ("content", SECRET)
    );
    assert!(!format!("{error:?} {:?}", error.field_violations()).contains(SECRET));

    let (builder, _) = platform(|_| {
        let mut response = response(400, r#"{"code":1,"error":{"logid":"in body"}}"#);
        response
            .headers_mut()
            .insert("x-tt-logid", http::HeaderValue::from_static("in header"));
        response
    });
    assert_eq!(
        create(&builder.build().unwrap()).await.unwrap_err().log_id(),
        Some("in body")
    );
}

/// protocol §1.4 and §2.7: scopes in either shape, or none named at all.
#[tokio::test]
async fn missing_scopes() {
    let both = [
        r#"{"code":99991672,"msg":"Access denied","error":{"permission_violations":[{"scope":"a:b","url":"https://x/auth"}]}}"#,
        r#"{"code":99991672,"msg":"Access denied","error":{"helps":[{"url":"https://x/auth"}],"permission_violations":
            [{"type":"action_privilege_required","subject":"a:b","description":""}]}}"#,
    ];
    for reply in both {
        let error = create(&always(400, reply)).await.unwrap_err();
        assert_eq!(error.missing_scopes(), ["a:b"]);
        assert!(error.is_permission_denied());
        let text =
            "99991672, the app lacks a scope; add one of a:b to it in the developer console: https://x/auth (HTTP 400)";
        assert_eq!(
            error.to_string(),
            format!("im.v1.message.create failed: {text}").replace(" (HTTP 400)", "")
        );
    }
    let error = create(&always(400, r#"{"code":99991679,"msg":"Unauthorized"}"#))
        .await
        .unwrap_err();
    assert_eq!(error.missing_scopes(), ["im:message", "im:message:send_as_bot"]);
    assert!(
        error
            .to_string()
            .contains("have the user authorize again with one of im:message, im:message:send_as_bot"),
        "{error}"
    );
}

/// Old services put a second code into the text; the endpoint's row for it is the more precise one.
#[tokio::test]
async fn the_more_precise_cause_wins() {
    let error = create(&always(400, r#"{"code":230001,"msg":"fail, ErrCode: 11232; x"}"#))
        .await
        .unwrap_err();
    assert_eq!(error.cause(), Some("The message is sent too often; slow down."));
    let error = create(&always(400, r#"{"code":230001,"msg":"fail, ErrCode: 999"}"#))
        .await
        .unwrap_err();
    assert_eq!(error.cause(), Some("A parameter is wrong."));
}

/// protocol §3.4: 429, or the code with another status; seconds to wait in the header.
#[tokio::test]
async fn rate_limits() {
    for status in [429, 400, 200] {
        let (builder, _) = platform(move |_| {
            let mut response = response(status, r#"{"code":99991400,"msg":"request trigger frequency limit"}"#);
            response
                .headers_mut()
                .insert("x-ogw-ratelimit-reset", http::HeaderValue::from_static("52"));
            response
        });
        let error = create(&builder.build().unwrap()).await.unwrap_err();
        assert!(error.is_rate_limited() && !error.is_permission_denied());
        assert_eq!(error.retry_after(), Some(Duration::from_secs(52)));
        assert!(
            error.cause().unwrap().starts_with("Too many requests"),
            "the platform's table"
        );
    }
    assert!(create(&always(429, "slow down")).await.unwrap_err().is_rate_limited());
    let (builder, _) = platform(|_| {
        let mut response = response(429, "");
        response.headers_mut().insert("retry-after", u64::MAX.into());
        response
    });
    let error = create(&builder.build().unwrap()).await.unwrap_err();
    assert_eq!(
        error.retry_after(),
        Some(Duration::from_secs(86_400)),
        "no clock overflows"
    );
}

#[tokio::test]
async fn what_is_no_json() {
    let error = create(&always(502, "<html>\r\n<h1>502\u{7} Bad Gateway</h1>"))
        .await
        .unwrap_err();
    let text = "im.v1.message.create failed: the reply is no JSON object; it begins \"<html>  <h1>502  Bad Gateway</h1>\" (HTTP 502)";
    assert_eq!(
        (error.to_string().as_str(), error.code(), error.cause()),
        (text, None, None)
    );

    let long: &'static str = Box::leak("飞".repeat(5000).into_boxed_str());
    for status in [200, 500] {
        let error = create(&always(status, long)).await.unwrap_err();
        assert_eq!(
            error.message().matches('飞').count(),
            256,
            "bounded, and whole characters"
        );
    }
    let (builder, _) = platform(|_| response(200, Bytes::from_static(b"\xff\xfe{\0")));
    create(&builder.build().unwrap()).await.unwrap_err();
    for odd in [
        "[]",
        "1",
        "null",
        "\"x\"",
        "{",
        "{\"code\":0,\"data\":{\"message_id\":\"a\"",
        "nul",
        "{\"code\":[]}",
    ] {
        create(&always(200, odd)).await.unwrap_err();
        create(&always(400, odd)).await.unwrap_err();
    }
    let error = create(&always(
        401,
        r#"{"error":"invalid_grant","error_description":"expired"}"#,
    ))
    .await
    .unwrap_err();
    assert_eq!(
        (error.code(), error.message()),
        (None, "expired"),
        "protocol §1.5, OAuth"
    );
}

#[tokio::test]
async fn a_wrong_shape_says_where() {
    let error = create(&always(200, r#"{"code":0,"data":{"message_id":{}}}"#))
        .await
        .unwrap_err();
    let text =
        "the reply has another shape than documented: `message_id`: invalid type: map, expected a string at line 1";
    assert!(error.to_string().contains(text), "{error}");
}

/// protocol §10.2: raw bytes on success, JSON only on failure.
#[tokio::test]
async fn downloads() {
    let with = |kind: &'static str, disposition: &'static str, body: &'static [u8]| {
        let (builder, _) = platform(move |_| {
            let mut response = response(200, body);
            response
                .headers_mut()
                .insert("content-type", http::HeaderValue::from_static(kind));
            if !disposition.is_empty() {
                response
                    .headers_mut()
                    .insert("content-disposition", http::HeaderValue::from_static(disposition));
            }
            response
        });
        builder.build().unwrap()
    };
    let file = with("application/pdf", "attachment; filename=\"a b.pdf\"", b"\0\xff")
        .send(Fetch {})
        .await
        .unwrap();
    assert_eq!(
        (&file.bytes[..], file.file_name.as_deref()),
        (&b"\0\xff"[..], Some("a b.pdf"))
    );
    assert_eq!(file.content_type.as_deref(), Some("application/pdf"));

    let error = with("application/json; charset=utf-8", "", br#"{"code":234003,"msg":"no"}"#)
        .send(Fetch {})
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some(234003));
    let json = with("application/json", "", br#"{"a":1}"#)
        .send(Fetch {})
        .await
        .unwrap();
    assert_eq!(&json.bytes[..], br#"{"a":1}"#, "a JSON file is a file");
    let refusal = br#"{"code":404,"name":"my file"}"#;
    let named = with("application/json", "attachment; filename=\"report.json\"", refusal);
    assert_eq!(
        &named.send(Fetch {}).await.unwrap().bytes[..],
        refusal,
        "a named file is a file"
    );
    for kind in ["text/plain", "application/octet-stream"] {
        let error = with(kind, "", refusal).send(Fetch {}).await.unwrap_err();
        assert_eq!(error.code(), Some(404), "a refusal under another name");
    }
    for other in [
        &br#"{"code":0}"#[..],
        br#"{"code":"404"}"#,
        br#"{"code":404} {"code":404}"#,
        br#"{"code":404"#,
        br#"[{"code":404}]"#,
        format!(r#"{{"code":404,"x":"{}"}}"#, "x".repeat(64 << 10))
            .leak()
            .as_bytes(),
    ] {
        assert!(with("text/plain", "", other).send(Fetch {}).await.is_ok());
    }
    assert_eq!(
        always(404, r#"{"code":5}"#).send(Fetch {}).await.unwrap_err().code(),
        Some(5)
    );
}

#[tokio::test]
async fn bodies_have_a_limit() {
    let (builder, seen) = platform(|_| response(200, r#"{"code":0,"data":{"message_id":"0123456789"}}"#));
    let error = create(&builder.body_limit(130).build().unwrap()).await;
    assert!(error.is_ok());
    assert_eq!(seen.last().body_limit, 130);
    let (builder, _) = platform(|_| response(200, vec![b' '; 200]));
    let error = create(&builder.body_limit(130).build().unwrap()).await.unwrap_err();
    assert!(
        error.to_string().contains("more than 130 bytes; raise the limit"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn time_is_limited() {
    let client = builder()
        .transport(|_: Outgoing| std::future::pending())
        .timeout(Duration::from_secs(3))
        .build()
        .unwrap();
    let error = client.send(Create::default()).token("t-1").await.unwrap_err();
    assert!(error.is_timeout() && !error.is_connect() && error.may_have_run());
    assert_eq!(error.to_string(), "im.v1.message.create failed: no reply within 3s");
    let start = tokio::time::Instant::now();
    client
        .send(Create::default())
        .timeout(Duration::from_secs(7))
        .await
        .unwrap_err();
    assert_eq!(start.elapsed().as_secs(), 7);
}
