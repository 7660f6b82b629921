//! The generated fixture service at work: what each feature of the format puts on the wire, and what it reads back.

use std::future::IntoFuture;

use flybook_runtime::{EventType, File, Json, Request, Value};
use flybook_tests::{
    client::Client,
    common::UserIdType,
    demo::v1::{
        access, callbacks, containers, enums, events, facts, form, leaves, many_required, names, old, paging, places,
        replies, shapes, shared, unions, uploads,
    },
    recorder::Recorder,
};
use serde_json::json;

fn client(recorder: &Recorder) -> Client {
    Client::builder("cli_demo", "secret")
        .base_url("https://open.example.com")
        .helpdesk("12345", "ht-sometoken")
        .retry(flybook::Retry::off())
        .transport(recorder.clone())
        .build()
        .unwrap()
}

/// The wire form of a call whose reply does not matter.
macro_rules! wire_form {
    ($name:literal, $client:ident => $call:expr) => {{
        let recorder = Recorder::new(r#"{"code":0,"msg":"success","data":{}}"#);
        let $client = client(&recorder);
        let _ = $call.into_future().await;
        insta::assert_snapshot!(concat!("wire_", $name), recorder.wire_form());
    }};
}

/// What a call reads from a reply.
async fn read<R: Request>(request: R, reply: Value) -> flybook_runtime::Result<R::Reply> {
    client(&Recorder::new(reply.to_string())).send(request).await
}

#[tokio::test]
#[allow(deprecated)]
async fn what_each_feature_sends() {
    wire_form!("leaves", client => client.send(
        leaves::Create::new("text", true).whole(-7).fraction(0.5).anything(json!({"free": []})).password("hidden").at_millis(1615380573411).at_seconds(1615380573)
            .at_int_millis(1615380573411).at_int_seconds(1615380573)
    ));
    wire_form!("leaves_required", client => client.send(leaves::Create::new("", false)));
    wire_form!("many_required", client => client.send(many_required::Create::new(many_required::CreateRequired {
        one: "1".into(), two: "2".into(), three: 3, four: vec!["4".into()], five: true,
    }).six("6")));
    wire_form!("containers", client => client.send(
        containers::Update::new(containers::Tree::new("root").left(containers::Tree::new("left")).children([containers::Tree::new("below")]).child(containers::Tree::new("beside")))
            .names(["a", "b"]).grid(vec![vec![1, 2], vec![]]).labels([("b", "2"), ("a", "1")]).counts([("b", 2), ("a", 1)]).flags([("a", vec![true])]).settings(containers::Settings::new("red \"bright\"").row([1, 2]).row(vec![]))
    ));
    wire_form!("enums", client => client.send(enums::Get::new("dark-blue").level(enums::Level::High).kinds([enums::Kind::First, "9".into()])));
    wire_form!("unions_json", client => client.send(
        unions::Send::new(unions::Target::chat("oc_1"), unions::Note::text("hi \"you\"")).reply(unions::Note::drawing([unions::Shape::circle(1.5), unions::Shape::Point]))
    ));
    wire_form!("unions_from", client => client.send(unions::Send::new(unions::Target::user("u"), unions::Drawing::new([unions::Shape::Point]).title("t"))));
    wire_form!("unions_other", client => client.send(unions::Send::new(unions::Target::user("u"), unions::Note::Unknown("sound".into(), json!({"hz": 440})))));
    wire_form!("places", client => client.send(
        places::Search::new("f/1", 2, ["A1:B2", "C 3"]).user_ids(["a", "b&c"]).exact(true).demo_user("me").other_folder("body")
    ));
    wire_form!("places_user", client => client.send(places::Search::new("f", 2, ["A1"])).as_user("u-1"));
    wire_form!("access_open", client => client.send(access::Open::new()));
    wire_form!("access_mine", client => client.send(access::Mine::new()).as_user("u-mine"));
    wire_form!("access_help", client => client.send(access::Help::new()));
    wire_form!("nothing", client => client.send(replies::Nothing::new()));
    wire_form!("old_slash", client => client.send(old::Send::new()));
    wire_form!("names", client => client.send(names::Move::new("a b", "t").self_("s").zh_cn("zh").value_render_option("x")));
    wire_form!("facts", client => client.send(facts::Create::new("ou_1").uuid("u").count(3).ids(Vec::<String>::new())));
    wire_form!("shared", client => client.send(shared::Get::new().user_id_type(UserIdType::UserId)));
    let cells: [(&str, shapes::Cell); 4] = [
        ("a", "text".into()),
        ("b", 7.into()),
        ("c", shapes::Cell::people([shapes::Person::new("ou_1")])),
        ("d", json!({"any": null}).into()),
    ];
    wire_form!("shapes", client => client.send(shapes::Write::new([shapes::Row::new(cells)]).client_token("t")));
    wire_form!("door", client => client.demo().v1().places().search(places::Search::new("f", 2, ["A1"])));
}

#[tokio::test]
async fn a_form_sends_text_first_and_files_with_names() {
    let recorder = Recorder::new(r#"{"code":0,"data":{"file_key":"file_1"}}"#);
    let upload = form::Upload::new("报告.pdf", File::from_bytes("a\"b.pdf", "%PDF"))
        .duration(3000)
        .cover(File::from_bytes("c.png", "PNG"));
    let reply = client(&recorder).send(upload).await.unwrap();
    assert_eq!(reply.file_key, "file_1");
    let form = recorder.wire_form();
    let (head, _) = form.split_once("\n\n").unwrap();
    let boundary = head.split_once("boundary=").unwrap().1.lines().next().unwrap();
    insta::assert_snapshot!("wire_form", form.replace(boundary, "BOUNDARY"));
}

#[tokio::test]
async fn what_each_kind_of_reply_gives() {
    let thing = || json!({"id": "1"});
    assert_eq!(
        read(replies::Named::new(), json!({"code": 0, "data": thing()}))
            .await
            .unwrap()
            .id,
        "1"
    );
    assert_eq!(
        read(replies::Listed::new(), json!({"code": 0, "data": [thing(), thing()]}))
            .await
            .unwrap()
            .len(),
        2
    );
    assert_eq!(
        read(replies::Flat::new(), json!({"code": 0, "id": "1"}))
            .await
            .unwrap()
            .id,
        "1"
    );
    assert_eq!(
        read(replies::Keyed::new(), json!({"code": 0, "bot": thing()}))
            .await
            .unwrap()
            .id,
        "1"
    );
    read(replies::Nothing::new(), json!({"code": 0, "msg": "success"}))
        .await
        .unwrap();
    let leaves = json!({"code": 0, "data": {
        "text": 7, "maybe": null, "yes": "true", "whole": "9007199254740993", "fraction": "0.5", "anything": [1], "password": "p",
        "at_millis": "1615380573411", "at_seconds": 1615380573, "at_int_millis": "1615380573411", "at_int_seconds": "", "new": {}
    }});
    let leaves = read(leaves::Create::new("", true), leaves).await.unwrap();
    assert_eq!(
        (
            leaves.text.as_str(),
            leaves.maybe.clone(),
            leaves.yes,
            leaves.whole,
            leaves.fraction
        ),
        ("7", None, true, 9007199254740993, 0.5)
    );
    assert_eq!(
        (
            leaves.at_millis.0,
            leaves.at_seconds.0,
            leaves.at_int_millis.0,
            leaves.at_int_seconds.0
        ),
        (1615380573411, 1615380573, 1615380573411, 0)
    );
    assert!(!format!("{leaves:?}").contains("\"p\""));

    let matched = read(
        enums::Get::new("red"),
        json!({"code": 0, "data": {"color": "violet", "level": "2", "kind": 1}}),
    )
    .await
    .unwrap();
    assert_eq!(matched.color, enums::Color::Unknown("violet".into()));
    assert_eq!((matched.level, matched.kind), (enums::Level::High, enums::Kind::First));

    let shapes = json!([{"radius": 2, "tag": "circle"}, {"tag": "point"}, {"tag": "cube", "side": 1}]);
    let kept = json!({"note_type": "text", "body": {"text": r#"{"text":"%a hi"}"#}, "people": [{"type": "%a", "name": "Ann"}], "mood": "good"});
    let reply = json!({"code": 0, "data": {"shapes": shapes, "card": {"type": "template", "data": {"template_id": "AAq"}}, "kept": kept}});
    let reply = read(
        unions::Send::new(unions::Target::chat("c"), unions::Note::text("")),
        reply,
    )
    .await
    .unwrap();
    match reply.shapes.as_slice() {
        [
            unions::Shape::Circle(circle),
            unions::Shape::Point,
            unions::Shape::Unknown(cube),
        ] => {
            assert_eq!(circle.radius, 2.0);
            assert_eq!(cube["side"], 1);
        }
        shapes => panic!("{shapes:?}"),
    }
    assert!(matches!(&reply.card, unions::Card::Template(template) if template.template_id == "AAq"));
    let unions::KeptNote::Text(note) = reply.kept.content() else {
        panic!()
    };
    assert_eq!(reply.kept.with_names(&note.text), "Ann hi");
    assert_eq!(reply.kept.person("%a").map(|person| person.name.as_str()), Some("Ann"));
    assert_eq!(reply.kept.others["mood"], "good");

    let tree =
        json!({"code": 0, "data": {"name": "root", "left": {"name": "left"}, "children": [{"name": "below"}, null]}});
    let tree = read(containers::Update::new(containers::Tree::new("")), tree)
        .await
        .unwrap();
    assert_eq!(tree.left.as_ref().map(|left| left.name.as_str()), Some("left"));
    assert_eq!(tree.children.unwrap().len(), 2);
}

#[tokio::test]
async fn bytes_are_a_download_and_an_error_is_not() {
    let recorder = Recorder::new(r#"{"code":234003,"msg":"File not in msg."}"#).status(400);
    let error = client(&recorder).send(replies::Bytes::new()).await.unwrap_err();
    assert_eq!(error.code(), Some(234003));
}

#[tokio::test]
async fn pages_follow_one_another() {
    let page =
        json!({"code": 0, "data": {"items": [{"id": "1"}, {"id": "2"}], "has_more": false, "page_token": "left over"}});
    let recorder = Recorder::new(page.to_string());
    let client_ = client(&recorder);
    let mut things = client_.items(paging::List::new().page_size(2));
    let mut ids = Vec::new();
    while let Some(thing) = things.try_next().await.unwrap() {
        ids.push(thing.id);
    }
    assert_eq!(ids, ["1", "2"]);
    assert_eq!(
        recorder.calls().len(),
        1,
        "has_more=false ends it, whatever the token (protocol §4.1)"
    );

    let recorder = Recorder::new(json!({"code": 0, "data": {"found": [], "next_token": "same"}}).to_string());
    let client = client(&recorder);
    let mut found = client.items(paging::Search::new());
    let error = loop {
        match found.try_next().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("ended without an error"),
            Err(error) => break error,
        }
    };
    assert!(error.to_string().contains("demo.v1.paging.search"), "{error}");
    assert_eq!(recorder.calls().len(), 2, "the token came back unchanged");
}

#[tokio::test]
async fn pages_are_counted_from_where_the_spec_says() {
    let reply = json!({"code": 0, "data": {"sum": 3, "total": 1, "things": [{}], "found": [{}], "hints": ["a", "b"]}});
    let recorder = Recorder::new(reply.to_string());
    let client = client(&recorder);
    let mut found = client.items(paging::CountFromZero::new());
    while found.try_next().await.unwrap().is_some() {}
    let bodies: Vec<_> = recorder.calls().into_iter().map(|call| call.body).collect();
    assert_eq!(bodies, ["{}", r#"{"page_index":1}"#, r#"{"page_index":2}"#]);
    let mut things = client.pages(paging::Count::new());
    assert_eq!(things.try_next().await.unwrap().unwrap().len(), 1);
    assert_eq!(
        (things.cursor(), things.try_next().await.unwrap().is_none()),
        (None, true)
    );
}

#[tokio::test]
async fn an_upload_is_made_of_the_calls_that_the_spec_names() {
    let reply = json!({"code": 0, "data": {
        "upload_id": "u", "block_size": 4, "block_num": 3, "token": "file",
        "chunk_upload": "c", "chunk_size": 8,
    }});
    let sent = |recorder: &Recorder| {
        let calls = recorder.calls().into_iter().map(|call| {
            let (_, path) = call.url.split_once("/v1").unwrap();
            // The parts of a form without what surrounds them, and with no boundary, which is random.
            let body = String::from_utf8_lossy(&call.body).replace('\r', "");
            let lines = body
                .lines()
                .filter(|line| !line.is_empty() && !line.starts_with("--flybook"));
            format!("{} {path}\n  {}", call.method, lines.collect::<Vec<_>>().join("\n  "))
        });
        calls.collect::<Vec<_>>().join("\n")
    };
    let recorder = Recorder::new(reply.to_string());
    let file = || File::from_bytes("digits", "0123456789");
    let done = client(&recorder)
        .upload(uploads::Prepare::new("digits", 10), file())
        .await;
    assert_eq!(done.unwrap().token, "file");
    insta::assert_snapshot!("wire_upload", sent(&recorder));

    // Counted from 1, without checksums; the platform leaves the number of blocks to be reckoned.
    let recorder = Recorder::new(reply.to_string());
    client(&recorder)
        .upload(uploads::Initialize::new(10), file())
        .await
        .unwrap();
    insta::assert_snapshot!("wire_upload_other_names", sent(&recorder));
}

#[tokio::test]
async fn shapes_are_told_by_the_json_and_lose_nothing() {
    let cells = json!({
        "text": "7", "whole": 7, "number": 0.5, "ticked": true, "names": ["a"], "files": [{"token": "t", "size": 1}],
        "people": [{"id": "ou_1"}], "one": {"id": "ou_1", "name": "Ann"}, "cells": [1, {"id": "ou_1"}], "other": {"novel": [null]},
    });
    let reply = json!({"code": 0, "data": {"rows": [{"cells": cells}]}});
    let reply = read(shapes::Write::new(Vec::<shapes::Row>::new()), reply)
        .await
        .unwrap();
    let row = &reply.rows[0];
    assert_eq!(serde_json::to_value(&row.cells).unwrap(), cells);
    let is = |name: &str, fits: fn(&shapes::Cell) -> bool| assert!(fits(&row.cells[name]), "{name}");
    is("text", |cell| matches!(cell, shapes::Cell::Text(_)));
    is("whole", |cell| matches!(cell, shapes::Cell::Whole(7)));
    is("number", |cell| matches!(cell, shapes::Cell::Number(_)));
    is("ticked", |cell| matches!(cell, shapes::Cell::Ticked(true)));
    is("names", |cell| matches!(cell, shapes::Cell::Names(_)));
    is("files", |cell| matches!(cell, shapes::Cell::Files(_)));
    is("people", |cell| matches!(cell, shapes::Cell::People(_)));
    is("one", |cell| matches!(cell, shapes::Cell::One(_)));
    is("cells", |cell| matches!(cell, shapes::Cell::Cells(_)));
    is("other", |cell| matches!(cell, shapes::Cell::Json(_)));
}

#[tokio::test]
async fn a_batch_is_split_by_the_list_s_limit() {
    let recorder = Recorder::new(r#"{"code":0,"data":{}}"#);
    let client = client(&recorder);
    let ids = ["a", "b", "c", "d"];
    assert_eq!(client.batch(shapes::Erase::new(ids)).await.unwrap().len(), 2);
    let bodies: Vec<_> = recorder.calls().into_iter().map(|call| call.body).collect();
    assert_eq!(bodies, [r#"{"ids":["a","b","c"]}"#, r#"{"ids":["d"]}"#]);
}

#[test]
fn events_know_their_type() {
    assert_eq!(events::Received::TYPE, "demo.thing.receive_v1");
    let received: events::Received =
        serde_json::from_value(json!({"thing": {"id": 5}, "at": "1700000000000"})).unwrap();
    assert_eq!((received.thing.id.as_str(), received.at.0), ("5", 1700000000000));
}

#[test]
fn callbacks_know_their_reply() {
    assert_eq!(
        callbacks::Press::LATE,
        Some(r#"{"notice":{"type":"calm","text":"Wait…"}}"#)
    );
    assert_eq!(callbacks::OldPress::LATE, Some("{}"));
    assert_eq!(callbacks::Moved::LATE, None);
    assert_eq!(callbacks::Moved::DEDUPE, ["thing", "id"]);
    assert_eq!(callbacks::Moved::ORDER, ["room"]);
    let loud = callbacks::Notice::loud("Stop").seconds(3);
    let answer: <callbacks::Press as EventType>::Reply = loud.into();
    let answer = serde_json::to_value(answer.colour("red")).unwrap();
    let expected = json!({"notice": {"type": "loud", "text": "Stop", "seconds": 3}, "colour": "red"});
    assert_eq!(answer, expected);
}

#[test]
fn json_travels_as_text() {
    let settings: Json<containers::Settings> = serde_json::from_value(json!("{\"color\":\"red\"}")).unwrap();
    assert_eq!(settings.color, "red");
    assert_eq!(
        serde_json::to_value(&settings).unwrap(),
        json!("{\"color\":\"red\",\"rows\":[]}")
    );
}

#[tokio::test]
async fn a_path_parameter_arrives_whole_or_not_at_all() {
    for (given, sent) in [
        ("a/b", "a%2Fb"),
        ("a?b", "a%3Fb"),
        ("a#b", "a%23b"),
        ("100%", "100%25"),
        ("a b", "a%20b"),
        ("..%2F", "..%252F"),
        ("%2e%2e", "%252e%252e"),
        ("飞书", "%E9%A3%9E%E4%B9%A6"),
        ("Q7PlXT!A2:B6", "Q7PlXT%21A2%3AB6"),
    ] {
        let recorder = Recorder::new(r#"{"code":0,"data":{}}"#);
        client(&recorder).send(names::Move::new(given, "t")).await.unwrap();
        let url = &recorder.calls()[0].url;
        let segment = url
            .strip_prefix("https://open.example.com/open-apis/demo/v1/names/")
            .unwrap();
        let decoded = percent_decode(segment);
        assert_eq!(decoded, given);
        assert!(!segment.contains(['/', '?', '#', ' ']), "{segment}");
        assert_eq!(
            segment.to_uppercase(),
            sent.to_uppercase(),
            "RFC 3986 leaves only unreserved characters as they are"
        );
    }
    for refused in ["", ".", ".."] {
        let recorder = Recorder::new("{}");
        let error = client(&recorder)
            .send(names::Move::new(refused, "t"))
            .await
            .unwrap_err();
        assert!(recorder.calls().is_empty());
        assert!(error.to_string().contains("thingId"), "{error}");
    }
}

fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).unwrap()
}
