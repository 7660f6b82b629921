//! How errors read: one line, bounded, with what helps.

use flybook_runtime::{Error, Map, Method, Outgoing, TransportError, decode};

use crate::support::{Create, Fetch, Message, always, builder, platform, request, response};

#[derive(Clone, Debug, Default)]
pub(crate) struct Odd {
    map: Map<i64>,
    list: Vec<i64>,
    object: Message,
    tree: Option<Box<Odd>>,
}
decode!(Odd, map, list, object; tree);

request!(GetOdd {} -> Odd, { id: "m", path: "/open-apis/m" }, |self, call| { let _ = call; });

fn check(error: &Error) {
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(
            !text.contains(|letter: char| letter.is_control() || letter == '\u{2028}'),
            "{text:?}"
        );
        assert!(text.chars().count() <= 640, "{} {text}", text.chars().count());
    }
}

#[tokio::test]
async fn no_text_is_long_or_broken() {
    let big = "x".repeat(1_000_000);
    let violation = r#"{"field":"f","description":"D."}"#;
    let bodies = [
        format!(r#"{{"code":0,"data":"{big}"}}"#),
        format!(r#"{{"code":0,"data":{{"object":"{big}"}}}}"#),
        format!(r#"{{"code":0,"data":{{"list":"{big}"}}}}"#),
        format!(r#"{{"code":0,"data":{{"map":{{"{big}":{{}}}}}}}}"#),
        r#"{"code":0,"data":{"map":{"a\nERROR forged\u001b[31m\u2028":{}}}}"#.to_owned(),
        r#"{"code":0,"data":{"map":{"a\nERROR forged":"b\nc"}}}"#.to_owned(),
        format!(
            r#"{{"code":0,"data":{}1{}}}"#,
            r#"{"tree":"#.repeat(100),
            "}".repeat(100)
        ),
        format!(
            r#"{{"code":0,"data":{}{}}}"#,
            r#"{"tree":"#.repeat(20_000),
            "}".repeat(20_000)
        ),
        r#"{"code":99991672,"error":{"permission_violations":[{"subject":"a\nERROR forged"}]}}"#.to_owned(),
        format!(
            r#"{{"code":99991672,"error":{{"permission_violations":[{}{{"subject":"{big}"}}]}}}}"#,
            r#"{"subject":"a\n"},"#.repeat(20_000)
        ),
        format!(
            r#"{{"code":1,"msg":"x","error":{{"log_id":"{big}","field_violations":[{}{violation}]}}}}"#,
            format!("{violation},").repeat(20_000)
        ),
        format!(r#"{{"code":1,"error":{{"field_violations":[{{"field":"{big}","description":"{big}"}}]}}}}"#),
        format!(r#"{{"code":1,"msg":"{big}"}}"#),
        format!(r#"{{"code":99992402,"msg":"{big}\n"}}"#),
        big,
    ];
    for body in bodies {
        for status in [200, 400] {
            let body = body.clone();
            let (builder, _) = platform(move |_| response(status, body.clone()));
            let client = builder.build().unwrap();
            check(&client.send(GetOdd {}).await.unwrap_err());
            let path = format!("/open-apis/{}", "x".repeat(1000));
            check(
                &client
                    .raw(Method::Get, &path)
                    .header("\n".repeat(999), "")
                    .await
                    .unwrap_err(),
            );
        }
    }
    let client = builder()
        .transport(|_: Outgoing| async { Err(TransportError::other("a\nb ".repeat(99_999))) })
        .build()
        .unwrap();
    check(&client.send(Create::default()).await.unwrap_err());
    check(&builder().base_url("x".repeat(9999)).build().unwrap_err());
}

#[tokio::test]
async fn violations_are_counted() {
    let violation = r#"{"field":"f","description":"D."}"#;
    let body = format!(
        r#"{{"code":1,"msg":"x","error":{{"field_violations":[{}{violation}]}}}}"#,
        format!("{violation},").repeat(6)
    );
    let error = always(400, body.leak()).send(Create::default()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "im.v1.message.create failed: 1, x; `f`: d; `f`: d; `f`: d; `f`: d; `f`: d; and 2 more"
    );
    assert_eq!(error.field_violations().len(), 7);
}

#[tokio::test]
async fn what_the_message_says_of_a_field_is_said_once() {
    let body = r#"{"code":99992402,"msg":"`f` is empty","error":{"field_violations":[
        {"field":"f","description":"is empty"},{"field":"g","description":"is empty"}]}}"#;
    let error = always(400, body).send(Create::default()).await.unwrap_err();
    assert!(error.to_string().ends_with(": `f` is empty; `g`: is empty"), "{error}");
}

/// A cause that points to the message brings it along; any other stands for itself.
#[tokio::test]
async fn the_message_where_the_cause_points_to_it() {
    let of =
        |body: &'static str| async move { always(400, body).send(Create::default()).await.unwrap_err().to_string() };
    assert_eq!(
        of(r#"{"code":99992402,"msg":" field validation failed\nat content "}"#).await,
        "im.v1.message.create failed: 99992402, a parameter is missing or wrong; the message and `field_violations` name it: \
         field validation failed at content"
    );
    assert_eq!(
        of(r#"{"code":230001,"msg":"receive_id is not valid"}"#).await,
        "im.v1.message.create failed: 230001, a parameter is wrong"
    );
}

#[tokio::test]
async fn links_are_whole_or_left_out() {
    for (count, shown) in [(3, true), (20, false)] {
        let link = format!(
            "https://open.feishu.cn/app/cli_a/auth?q={}&op_from=openapi&token_type=tenant",
            vec!["contact:user.base:readonly"; count].join(",")
        );
        let body = format!(
            r#"{{"code":99991672,"error":{{"permission_violations":[{{"subject":"a:b"}}],"helps":[{{"url":"{link}"}}]}}}}"#
        );
        let error = always(400, body.leak()).send(Create::default()).await.unwrap_err();
        assert_eq!(error.help_url(), Some(link.as_str()));
        let text = error.to_string();
        assert_eq!(
            (text.ends_with(&format!(": {link}")), text.contains("https")),
            (shown, shown),
            "{text}"
        );
    }
}

/// protocol §1.6: a status has many codes; where there is one, it decides.
#[tokio::test]
async fn a_code_decides_over_the_status() {
    let error = |status, body| async move { always(status, body).send(Create::default()).await.unwrap_err() };
    let denied = error(403, r#"{"code":1254608,"msg":"Same client_token, different payload"}"#).await;
    assert!(!denied.is_permission_denied());
    assert!(error(403, "Forbidden").await.is_permission_denied());
    assert!(error(200, r#"{"code":99991679}"#).await.is_permission_denied());
}

#[tokio::test]
async fn what_may_have_run() {
    for (status, body, ran) in [
        (400, r#"{"code":1}"#, false),
        (200, r#"{"code":1}"#, false),
        (429, "slow down", false),
        (404, "", false),
        (500, r#"{"code":1}"#, true),
        (502, "<html>", true),
        (200, "<html>", true),
    ] {
        let error = always(status, body).send(Fetch {}).await;
        let error = match error {
            Ok(_) => always(status, body).send(Create::default()).await.unwrap_err(),
            Err(error) => error,
        };
        assert_eq!(error.may_have_run(), ran, "{error}");
    }
    for (failure, ran) in [
        (TransportError::connect as fn(&'static str) -> TransportError, false),
        (TransportError::timeout, true),
        (TransportError::other, true),
    ] {
        let client = builder()
            .transport(move |_: Outgoing| async move { Err(failure("x")) })
            .build()
            .unwrap();
        let error = client.send(Create::default()).token("t-1").await.unwrap_err();
        assert_eq!(error.may_have_run(), ran, "{error}");
        let error = client.send(Create::default()).await.unwrap_err();
        assert!(!error.may_have_run(), "the token's call is not the call");
    }
    let error = always(200, "").send(Create::default()).token("").await.unwrap_err();
    assert!(!error.may_have_run());
}

/// protocol §1.4: `error` in the shape of its table, and in the shape of the examples and the official client.
#[tokio::test]
async fn both_shapes_of_the_error_object() {
    let of_table = r#"{"code":99991672,"msg":"Access denied","error":{
        "logid":"2024A","message":"m","troubleshooter":"see https://open.feishu.cn/search?a=1 for more",
        "field_violations":[{"field":"content","value":"planted-7f3a","description":"Too long."}],
        "permission_violations":[{"scope":"im:message","url":"https://open.feishu.cn/app/grant"}],
        "helps":[{"url":"https://open.feishu.cn/help","description":"d"}]}}"#;
    let of_examples = r#"{"code":99991679,"msg":"Unauthorized","error":{
        "log_id":"2024A","troubleshooter":"see https://open.feishu.cn/search?a=1 for more",
        "permission_violations":[{"type":"action_privilege_required","subject":"im:message","description":"d"}],
        "details":[{"key":"tenant","value":"planted-7f3a"},{"key":"reason","value":7}]}}"#;
    for (body, link, details) in [
        (of_table, "https://open.feishu.cn/help", 0),
        (of_examples, "https://open.feishu.cn/search?a=1", 2),
    ] {
        let error = always(400, body).send(Create::default()).await.unwrap_err();
        assert_eq!(error.log_id(), Some("2024A"));
        assert_eq!(error.missing_scopes(), ["im:message"]);
        assert_eq!(error.help_url(), Some(link));
        assert_eq!(error.details().len(), details);
        assert_eq!(error.field_violations().len(), 1 - details / 2);
        assert!(error.is_permission_denied() && !error.is_rate_limited());
        let shown = format!("{error} {error:?} {:?} {:?}", error.details(), error.field_violations());
        assert!(!shown.contains("planted"), "{shown}");
        check(&error);
    }
    let error = always(400, of_examples).send(Create::default()).await.unwrap_err();
    let details: Vec<(&str, &str)> = error
        .details()
        .iter()
        .map(|each| (each.key.as_str(), each.value.as_str()))
        .collect();
    assert_eq!(details, [("tenant", "planted-7f3a"), ("reason", "7")]);
}
