//! Parameters held against the catalog.

use serde_json::{Value, json};

use crate::bench::{SEND, call, raw, sandbox, tenant_token};

const ALL: &str = "/open-apis/test/v1/all/7";
const SEARCH: &str = "/open-apis/im/v1/messages/search";

/// Every case: a member of `all`, and the violation it gives, if any.
#[tokio::test]
async fn body_members_are_held_against_their_types() {
    let sandbox = sandbox();
    let token = tenant_token(&sandbox).await;
    let cases: &[(Value, Option<(&str, &str)>)] = &[
        (json!({}), None),
        (json!({"name": null}), Some(("all.name", "is required"))),
        (json!({"name": 5}), Some(("all.name", "must be a string, not a number"))),
        (
            json!({"name": "x"}),
            Some(("all.name", "has 1 characters; it needs at least 2")),
        ),
        (json!({"name": "飞飞飞飞"}), None),
        (
            json!({"name": "飞飞飞飞飞"}),
            Some(("all.name", "has 5 characters; it may have 4 at most")),
        ),
        (json!({"count": 0}), Some(("all.count", "must be 1 or more"))),
        (json!({"count": 11}), Some(("all.count", "must be 10 or less"))),
        (
            json!({"count": 1.5}),
            Some(("all.count", "must be a whole number of 64 bits, not a number")),
        ),
        (
            json!({"count": "3"}),
            Some(("all.count", "must be a whole number of 64 bits, not a string")),
        ),
        (
            json!({"count": 18446744073709551615_u64}),
            Some(("all.count", "must be 10 or less")),
        ),
        (json!({"count": null}), None),
        (json!({"ratio": 0.25}), Some(("all.ratio", "must be 0.5 or more"))),
        (json!({"ratio": 1}), None),
        (
            json!({"open": "true"}),
            Some(("all.open", "must be a boolean, not a string")),
        ),
        (json!({"at": "1615380573411"}), None),
        (json!({"at": 1615380573411_i64}), None),
        (
            json!({"at": "soon"}),
            Some(("all.at", "must be a time stamp in decimal digits, not a string")),
        ),
        (
            json!({"at_int": "1"}),
            Some(("all.at_int", "must be a whole number of 64 bits, not a string")),
        ),
        (json!({"labels": {"a": "b"}}), None),
        (
            json!({"labels": {"a": 1}}),
            Some(("all.labels.a", "must be a string, not a number")),
        ),
        (
            json!({"labels": []}),
            Some(("all.labels", "must be an object, not a list")),
        ),
        (json!({"mentions": [{"id": "x"}]}), None),
        (json!({"mentions": [{}]}), Some(("all.mentions[0].id", "is required"))),
        (
            json!({"mentions": [null]}),
            Some(("all.mentions[0]", "must be an object, not null")),
        ),
        (
            json!({"mentions": []}),
            Some(("all.mentions", "has 0 items; it needs at least 1")),
        ),
        (
            json!({"mentions": [{"id": ""}, {"id": ""}, {"id": ""}]}),
            Some(("all.mentions", "has 3 items; it may have 2 at most")),
        ),
        (
            json!({"mentions": {}}),
            Some(("all.mentions", "must be a list, not an object")),
        ),
        (json!({"status": 2}), None),
        (
            json!({"status": 4}),
            Some(("all.status", "must be one of `1`, `2`, `3`")),
        ),
        (
            json!({"status": "2"}),
            Some(("all.status", "must be one of `1`, `2`, `3`")),
        ),
        (json!({"free": [1, {"x": null}]}), None),
        (json!({"rules": "[1,2]"}), None),
        (
            json!({"rules": "[1,\"2\"]"}),
            Some(("all.rules[1]", "must be a whole number of 64 bits, not a string")),
        ),
        (
            json!({"rules": [1]}),
            Some(("all.rules", "must be a string, not a list")),
        ),
        (json!({"node": {"tag": "hr"}}), None),
        (json!({"node": {"tag": "text", "text": "x"}}), None),
        (json!({"node": {"tag": "text"}}), Some(("all.node.text", "is required"))),
        (
            json!({"node": {"tag": "new"}}),
            Some(("all.node.tag", "must be one of `text`, `at`, `a`, `md`, `hr`")),
        ),
        (
            json!({"node": {}}),
            Some(("all.node.tag", "must be one of `text`, `at`, `a`, `md`, `hr`")),
        ),
        (
            json!({"node": "hr"}),
            Some(("all.node", "must be an object, not a string")),
        ),
        (
            json!({"card": {"type": "template", "data": {"template_id": "A"}}}),
            None,
        ),
        (
            json!({"card": {"type": "template", "data": {}}}),
            Some(("all.card.data.template_id", "is required")),
        ),
        (
            json!({"card": {"type": "template"}}),
            Some(("all.card.data", "is required")),
        ),
        (json!({"card": {"schema": "2.0"}}), None),
        (json!({"chat_id": "oc_1"}), None),
        (
            json!({"email": 1}),
            Some(("all.email", "must be a string, not a number")),
        ),
        // The first key in order counts; the others are not looked at.
        (json!({"email": 1, "chat_id": "oc_1"}), None),
    ];
    for (members, wanted) in cases {
        let mut all = json!({"name": "ok"});
        all.as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        let reply = call(&sandbox, "PUT", ALL, Some(&token), json!({"all": all})).await;
        // The operation's own table gives another status than the gateway's usual 400.
        let (status, code) = if wanted.is_some() { (422, 99992402) } else { (200, 0) };
        assert_eq!(
            (reply.status.as_u16(), reply.code()),
            (status, code),
            "{members}: {reply:?}"
        );
        let wanted: Vec<_> = wanted
            .iter()
            .map(|(field, why)| (field.to_string(), why.to_string()))
            .collect();
        assert_eq!(reply.violations(), wanted, "{members}");
    }
}

#[tokio::test]
async fn all_violations_come_in_one_reply() {
    let sandbox = sandbox();
    let token = tenant_token(&sandbox).await;
    let body = json!({"uuid": "x".repeat(51), "msg_type": "text"});
    let reply = call(&sandbox, "POST", "/open-apis/im/v1/messages", Some(&token), body).await;
    assert_eq!((reply.status.as_u16(), reply.code()), (400, 99992402));
    let fields: Vec<String> = reply.violations().into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["receive_id_type", "receive_id", "content", "uuid"]);
    let message = reply.json()["msg"].as_str().unwrap().to_owned();
    assert!(
        message.contains("`receive_id` is required") && message.contains("`uuid` has 51 characters"),
        "{message}"
    );
    assert_eq!(reply.json()["error"]["field_violations"][3]["value"], "x".repeat(51));
}

#[tokio::test]
async fn queries_paths_and_headers_are_turned_into_their_types() {
    let sandbox = sandbox();
    let token = tenant_token(&sandbox).await;
    let cases: &[(&str, &[(&str, &str)])] = &[
        ("ids=1&ids=-2&ids=9223372036854775807", &[]),
        ("", &[("ids", "is required")]),
        (
            "ids=1&ids=x",
            &[("ids[1]", "must be a whole number of 64 bits, not a string")],
        ),
        (
            "ids=1&ids=2&ids=3&ids=4",
            &[("ids", "has 4 items; it may have 3 at most")],
        ),
        // What goes out as one value is one value.
        (
            "ids=1%2C2",
            &[("ids[0]", "must be a whole number of 64 bits, not a string")],
        ),
        ("ids=1&ranges=a,b", &[]),
        (
            "ids=1&ranges=a,b,c",
            &[("ranges", "has 3 items; it may have 2 at most")],
        ),
        ("ids=1&page_size=0", &[("page_size", "must be 1 or more")]),
        ("ids=1&page_size=51", &[("page_size", "must be 50 or less")]),
        (
            "ids=1&page_size=1&page_size=2",
            &[("page_size", "is sent 2 times; it takes one value")],
        ),
        (
            "ids=1&page_size=99999999999999999999",
            &[("page_size", "must be a whole number of 64 bits, not a string")],
        ),
        ("ids=1&recent=yes", &[("recent", "must be a boolean, not a string")]),
        ("ids=1&recent=true&weight=1e3&start=1700000000&status=2", &[]),
        ("ids=1&weight=NaN", &[("weight", "must be a number, not a string")]),
        ("ids=1&status=x", &[("status", "must be one of `1`, `2`, `3`")]),
        (
            "ids=1&start=%FF",
            &[("start", "is not UTF-8 text; percent-encode its UTF-8 bytes")],
        ),
    ];
    for (query, wanted) in cases {
        let path = format!("{SEARCH}?{query}");
        let reply = call(&sandbox, "GET", &path, Some(&token), Value::Null).await;
        let wanted: Vec<_> = wanted
            .iter()
            .map(|(field, why)| (field.to_string(), why.to_string()))
            .collect();
        assert_eq!(reply.violations(), wanted, "{query}");
        assert_eq!(reply.code(), if wanted.is_empty() { 0 } else { 99992402 }, "{query}");
    }
    let headers = [
        ("authorization", format!("Bearer {token}")),
        ("x-trace", "long".to_owned()),
    ];
    let reply = raw(&sandbox, "GET", &format!("{SEARCH}?ids=1"), &headers, "").await;
    assert_eq!(reply.violations()[0].0, "X-Trace");
    for (path, why) in [("x", "whole number"), ("%FF", "UTF-8")] {
        let path = format!("/open-apis/test/v1/all/{path}/tree");
        let reply = call(&sandbox, "GET", &path, Some(&token), Value::Null).await;
        assert_eq!(reply.violations()[0].0, "id");
        assert!(reply.violations()[0].1.contains(why));
    }
}

#[tokio::test]
async fn message_content_is_judged_behind_the_gateway() {
    // protocol.md §3.7: 230001 for bad JSON in content and for an unknown msg_type
    let sandbox = sandbox();
    let token = tenant_token(&sandbox).await;
    for (msg_type, content, field, code) in [
        ("text", json!("hello"), "content", 230001),
        ("text", json!("{\"text\":1}"), "content.text", 230001),
        ("text", json!("{}"), "content.text", 230001),
        (
            "post",
            json!("{\"zh_cn\":{\"content\":[[{\"tag\":\"a\",\"text\":\"x\"}]]}}"),
            "content.zh_cn.content[0][0].href",
            230001,
        ),
        ("song", json!("{}"), "msg_type", 230001),
        ("text", json!({"text": "an object"}), "content", 230001),
        // protocol.md §7.1: every content is an object, and says something
        ("text", json!(""), "content", 230001),
        ("text", json!("{\"text\":\"\"}"), "content.text", 230001),
        ("image", json!("{\"image_key\":\"\"}"), "content.image_key", 230001),
        ("interactive", json!("[]"), "content", 230001),
        ("interactive", json!("\"card\""), "content", 230001),
        ("interactive", json!("null"), "content", 230001),
        ("text", Value::Null, "content", 99992402),
    ] {
        let body = json!({"receive_id": sandbox.chat_id(), "msg_type": msg_type, "content": content});
        let reply = call(&sandbox, "POST", SEND, Some(&token), body).await;
        assert_eq!(
            (reply.code(), reply.status.as_u16()),
            (code, 400),
            "{msg_type} {content}: {reply:?}"
        );
        assert_eq!(reply.violations().len(), 1, "{reply:?}");
        assert_eq!(reply.violations()[0].0, field);
    }
    // Tags that are missing are told of once.
    let body = json!({"receive_id": sandbox.chat_id(), "content": "{\"text\":\"hi\"}"});
    let reply = call(&sandbox, "POST", SEND, Some(&token), body).await;
    assert_eq!(reply.violations(), [("msg_type".to_owned(), "is required".to_owned())]);
    assert!(sandbox.messages().is_empty());
}

#[tokio::test]
async fn a_flood_of_violations_is_cut_short() {
    let sandbox = sandbox();
    let token = tenant_token(&sandbox).await;
    let line = vec![json!({}); 50_000];
    let content = json!({"zh_cn": {"content": [line]}}).to_string();
    let body = json!({"receive_id": sandbox.chat_id(), "msg_type": "post", "content": content});
    let reply = call(&sandbox, "POST", SEND, Some(&token), body).await;
    assert_eq!((reply.code(), reply.violations().len()), (230001, 100));
}

#[tokio::test]
async fn one_key_of_several_is_enough_and_the_first_in_order_counts() {
    let sandbox = sandbox();
    let token = tenant_token(&sandbox).await;
    let send = async |receiver: Value| {
        let mut body = json!({"msg_type": "text", "content": {"text": "hi"}});
        body.as_object_mut()
            .unwrap()
            .extend(receiver.as_object().unwrap().clone());
        call(&sandbox, "POST", "/open-apis/message/v4/send/", Some(&token), body).await
    };
    let none = send(json!({})).await;
    assert_eq!(none.code(), 99992402);
    assert_eq!(
        none.violations()[0].1,
        "one of `chat_id`, `open_id`, `user_id`, `email` is required"
    );
    assert_eq!(
        send(json!({"email": "ada@example.com", "chat_id": sandbox.chat_id()}))
            .await
            .code(),
        0
    );
    assert_eq!(sandbox.messages()[0].receive_id, sandbox.chat_id());
    assert_eq!(send(json!({"email": "ada@example.com"})).await.code(), 0);
    let wrong = send(json!({"open_id": "on_1"})).await;
    assert_eq!((wrong.code(), wrong.violations()[0].0.as_str()), (99992402, "open_id"));
    assert!(sandbox.calls().iter().all(|call| call.unknown.is_empty()));
}

#[tokio::test]
async fn multipart_parts_are_looked_for_by_name() {
    let sandbox = sandbox();
    let token = tenant_token(&sandbox).await;
    let image = ("image\"; filename=\"a.png", "PNG");
    for (parts, violated) in [
        (vec![("image_type", "message"), image], None),
        (vec![("image_type", "message"), image, ("size", "7")], None),
        (vec![("image_type", "message"), image, ("size", "70")], Some("size")),
        (vec![("image_type", "poster"), image], Some("image_type")),
        (vec![image], Some("image_type")),
        (
            vec![("image_type", "message"), ("file\"; filename=\"a.png", "PNG")],
            Some("image"),
        ),
        // The page of im.v1.image.create: its Python sample names no file.
        (vec![("image_type", "message"), ("image", "PNG")], None),
        // What lark-oapi 1.7.5 sends for a member that is not set.
        (vec![("image_type", "message"), image, ("size", "")], None),
        (vec![("image_type", ""), image], Some("image_type")),
        (
            vec![("image_type", "message"), ("image\"; filename=\"a.png", "")],
            Some("image"),
        ),
        (vec![("image_type", "message"), image, image], Some("image")),
    ] {
        let body: String = parts
            .iter()
            .map(|(name, content)| {
                format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{content}\r\n")
            })
            .collect();
        let kind = "multipart/form-data; boundary=b".to_owned();
        let headers = [("authorization", format!("Bearer {token}")), ("content-type", kind)];
        let reply = raw(
            &sandbox,
            "POST",
            "/open-apis/im/v1/images",
            &headers,
            format!("{body}--b--\r\n"),
        )
        .await;
        let fields: Vec<String> = reply.violations().into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields.first().map(String::as_str), violated, "{parts:?}: {reply:?}");
        assert_eq!(reply.code(), if violated.is_some() { 99992402 } else { 0 });
    }
    let json = call(&sandbox, "POST", "/open-apis/im/v1/images", Some(&token), json!({})).await;
    assert_eq!((json.status.as_u16(), json.code()), (400, 9499));
}

#[tokio::test]
async fn a_parameter_and_a_member_of_one_name_are_two() {
    // uIzNzUjLyczM14iM3MTN/permission-member/create.md: `type` in the query is the document's, in the body the collaborator's
    let sandbox = sandbox();
    let token = tenant_token(&sandbox).await;
    let share = "/open-apis/test/v1/shares?type=avatar";
    for (body, violations) in [(json!({}), 0), (json!({"type": 2}), 0), (json!({"type": "avatar"}), 1)] {
        let reply = call(&sandbox, "POST", share, Some(&token), body.clone()).await;
        assert_eq!(reply.violations().len(), violations, "{body}: {reply:?}");
    }
}

#[tokio::test]
async fn a_form_that_may_be_empty_may_be_absent() {
    // ai/document_ai-v1/tw_mainland_travel_permit/recognize.md: the only part of the form is not required
    let sandbox = sandbox();
    let token = tenant_token(&sandbox).await;
    let headers = [("authorization", format!("Bearer {token}"))];
    for (path, code) in [("test/v1/imports", 0), ("im/v1/images", 9499)] {
        let reply = raw(&sandbox, "POST", &format!("/open-apis/{path}"), &headers, "").await;
        assert_eq!(reply.code(), code, "{reply:?}");
    }
}
