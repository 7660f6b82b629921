//! Secrets that come back: no text, no `Debug` and no log line repeats them.

use flybook_runtime::{Bytes, Method, Outgoing, Param, Secret, TransportError};

use crate::support::{Create, SECRET, always, authorization, builder, ok, platform, request, response};

request!(Marked { token: Secret } -> (), {
    id: "marked", method: Method::Post, path: "/open-apis/x/:token", sensitive: true
}, |self, call| {
    call.header("X-Desk-Token", &self.token);
    call.header_opt("X-Other", &Some(&self.token));
    call.path("token", &self.token);
    call.query("token", &self.token);
    call.put("token", &self.token);
});

fn shown(error: &flybook_runtime::Error) -> String {
    format!("{error} {error:?} {}", error.message())
}

/// Whatever a token endpoint answers: its bodies hold tokens, and its complaints may hold what it was sent.
#[tokio::test]
async fn token_endpoints_are_never_quoted() {
    for (status, body, text) in [
        (
            200,
            "{\"code\":0,\"msg\":\"ok\",\"tenant_access_token\":\"t-planted-7f3a\",\"expi",
            "the reply has another shape than documented at line 1 column {len} (HTTP 200)",
        ),
        (
            500,
            "\"t-planted-7f3a\"",
            "the reply is no JSON object but a string, {len} bytes long (HTTP 500)",
        ),
        (
            200,
            "[{\"code\":0,\"tenant_access_token\":\"t-planted-7f3a\",\"expire\":7200}]",
            "the reply is no JSON object but a list, {len} bytes long (HTTP 200)",
        ),
        (
            200,
            "callback({\"code\":0,\"tenant_access_token\":\"t-planted-7f3a\"})",
            "the reply is no JSON object but something else, {len} bytes long (HTTP 200)",
        ),
        (
            200,
            "{\"code\":0,\"tenant_access_token\":{\"planted-7f3a\":1}}",
            "the reply has another shape than documented at line 1 column 33 (HTTP 200)",
        ),
        (
            400,
            "{\"code\":10003,\"msg\":\"bad request: {app_secret: planted-7f3a}\"}",
            "10003, bad request: {app_secret: ***}",
        ),
        (
            400,
            "{\"code\":1,\"error\":{\"log_id\":\"planted-7f3a\",\"troubleshooter\":\"https://x/planted-7f3a\",\
              \"permission_violations\":[{\"subject\":\"planted-7f3a\"}],\
              \"field_violations\":[{\"field\":\"planted-7f3a\",\"description\":\"not planted-7f3a\"}]}}",
            "1, the app lacks a scope; add one of *** to it in the developer console: https://x/***; `***`: not *** (log id ***)",
        ),
        (
            502,
            "<html>POST /x {\"app_secret\":\"planted-7f3a\"}</html>",
            "the reply is no JSON object but HTML or XML, {len} bytes long (HTTP 502)",
        ),
    ] {
        let client = builder()
            .transport(move |_: Outgoing| async move { Ok(response(status, body)) })
            .build()
            .unwrap();
        let error = client.send(Create::default()).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "auth.v3.tenant_access_token.internal failed: {}",
                text.replace("{len}", &body.len().to_string())
            )
        );
        assert!(!shown(&error).contains(SECRET), "{}", shown(&error));
        assert!(!error.may_have_run(), "a call that got no token never ran");
    }
}

/// Ordinary endpoints may be quoted, but not where they repeat what they were sent.
#[tokio::test]
async fn what_was_sent_is_masked() {
    for body in [
        r#"{"code":99991668,"msg":"Invalid access token: u-planted-7f3a"}"#,
        "<p>Authorization: Bearer u-planted-7f3a</p>",
        r#"{"code":0,"data":{"message_id":{}}, "x": "u-planted-7f3a"}"#,
    ] {
        let error = always(200, body)
            .send(Create::default())
            .as_user("u-planted-7f3a")
            .await
            .unwrap_err();
        assert!(!shown(&error).contains(SECRET), "{}", shown(&error));
    }
    let client = always(400, r#"{"code":1,"msg":"planted 7f3a/ is not planted%207f3a%2F"}"#);
    let secret = Secret::from("planted 7f3a/");
    for call in [
        client.raw(Method::Post, "/open-apis/x").query("q", &secret),
        client.raw(Method::Post, "/open-apis/x").json(&[&secret]),
        client.raw(Method::Post, "/open-apis/:x").path("x", &secret),
        client.raw(Method::Post, "/open-apis/x").part("x", &secret),
    ] {
        assert_eq!(call.await.unwrap_err().message(), "*** is not ***");
    }
    // Nothing else is.
    let other = client.raw(Method::Post, "/open-apis/x").query("q", "planted 7f3a/");
    assert_eq!(
        other.await.unwrap_err().message(),
        "planted 7f3a/ is not planted%207f3a%2F"
    );
}

/// What goes out in headers is masked as well, whoever put it there, and so is what stands behind a path where it does not belong.
#[tokio::test]
async fn what_was_sent_in_headers_is_masked() {
    // protocol §9.5: base64 of `12345:planted-7f3a`.
    let echo = r#"{"code":1,"msg":"no MTIzNDU6cGxhbnRlZC03ZjNh planted-7f3a session=7f3a9c"}"#;
    let (builder, _) = platform(move |_| response(400, echo));
    let client = builder.helpdesk("12345", SECRET).build().unwrap();
    let call = client.raw(Method::Get, "/open-apis/x").helpdesk();
    let error = call.header("Cookie", "session=7f3a9c").await.unwrap_err();
    assert_eq!(error.message(), "no *** *** ***");

    let call = client.raw(Method::Get, "/open-apis/x?token=planted-7f3a");
    assert_eq!(format!("{call:?}"), "RawCall { place: \"GET /open-apis/x?***\", .. }");
    let error = call.await.unwrap_err();
    assert!(!shown(&error).contains(SECRET), "{}", shown(&error));
    assert!(error.to_string().contains("`/open-apis/x?***` is no path"), "{error}");
}

#[tokio::test]
async fn calls_show_neither_headers_nor_parameters() {
    let (builder, seen) = platform(ok);
    let client = builder.build().unwrap();
    let marked = Marked { token: SECRET.into() };
    let call = client
        .send(marked)
        .token("t-planted-7f3a")
        .header("Cookie", "session=planted-7f3a");
    call.header("Proxy-Authorization", "Basic planted-7f3a").await.unwrap();
    let call = seen.last();
    for name in [
        "x-desk-token",
        "x-other",
        "cookie",
        "proxy-authorization",
        "authorization",
    ] {
        assert!(call.headers[name].is_sensitive(), "{name}");
    }
    let shown = format!("{call:?}");
    assert!(!shown.contains(SECRET), "{shown}");
    assert!(
        shown.contains("url: https://open.feishu.cn/open-apis/x/:token?***"),
        "{shown}"
    );
    client.raw(Method::Get, "/open-apis/planted-7f3a").await.unwrap();
    let shown = format!("{:?}", seen.last());
    assert!(shown.contains("url: https://open.feishu.cn/***,"), "{shown}");
    const { assert!(<&Box<Secret>>::SECRET && !<&String>::SECRET) };
}

/// protocol §2.2: `expire` is a number of seconds; whatever stands there instead, the token is good.
#[tokio::test]
async fn an_odd_life_does_not_cost_the_token() {
    for expire in [
        "1e30",
        "99999999999999999999",
        "\"7200\"",
        "7200.5",
        "null",
        "\"t-planted-7f3a\"",
        "[]",
        "\"NaN\"",
        "-1",
    ] {
        let transport = move |call: Outgoing| async move {
            Ok::<http::Response<Bytes>, TransportError>(match authorization(&call) {
                None => response(
                    200,
                    format!(r#"{{"code":0,"tenant_access_token":"t-1","expire":{expire}}}"#),
                ),
                Some(_) => ok(&call),
            })
        };
        let client = builder().transport(transport).build().unwrap();
        client.send(Create::default()).await.unwrap();
    }
}
