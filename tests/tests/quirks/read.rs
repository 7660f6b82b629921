//! What comes back.

use flybook::{
    File, Millis,
    bot::v3::bot,
    helpdesk::v1::{agent_skill, ticket, ticket_customized_field, ticket_message},
    im::v1::{chat, file, message, message_resource},
};
use flybook_tests::recorder::Recorder;
use serde_json::{Value, json};

use crate::{EMPTY, client, read};

async fn ticket_of(ticket: Value) -> ticket::Ticket {
    read(ticket::Get::new("1"), json!({ "ticket": ticket })).await.ticket
}

#[tokio::test]
async fn row_11_1_bare_numbers_above_2_to_the_53_keep_their_digits() {
    let ticket =
        ticket_of(json!({"ticket_id": 6949088240624222236_i64, "comments": {"user_id": 6949088240624222237_i64}}))
            .await;
    assert_eq!(ticket.ticket_id, "6949088240624222236");
    assert_eq!(ticket.comments.unwrap().user_id, 6949088240624222237);
    let ticket = ticket_of(json!({"comments": {"user_id": "6949088240624222237"}})).await;
    assert_eq!(ticket.comments.unwrap().user_id, 6949088240624222237);
}

#[tokio::test]
async fn row_11_2_integers_may_come_as_strings() {
    let ticket = ticket_of(json!({"status": "50", "agent_resolution_time": "12", "created_at": "1616920429000"})).await;
    assert_eq!((ticket.status.as_i64(), ticket.agent_resolution_time), (50, 12));
    assert_eq!(ticket.created_at.0, 1616920429000);
    let recorder = Recorder::new(r#"{"code":"0","msg":"ok","bot":{"activate_status":"2","app_name":7}}"#);
    let bot = client(&recorder).send(bot::Get::new()).await.unwrap();
    assert_eq!((bot.activate_status.as_i64(), bot.app_name.as_str()), (2, "7"));
}

#[tokio::test]
async fn row_11_4_booleans_may_come_as_0_and_1() {
    for (given, more) in [
        (json!(1), true),
        (json!(0), false),
        (json!("1"), true),
        (json!("true"), true),
        (json!("false"), false),
        (json!(true), true),
        (json!(null), false),
    ] {
        let reply = read(chat::List::new(), json!({ "has_more": given })).await;
        assert_eq!(reply.has_more, more, "{given}");
    }
}

#[tokio::test]
async fn row_11_5_agents_are_objects_though_the_table_says_string() {
    let data = json!({"agent_skill": {"agents": [{"id": "ou_1", "name": "a"}]}});
    let reply = read(agent_skill::Get::new("1"), data).await;
    assert_eq!(reply.agent_skill.agents[0].id, "ou_1");
}

#[tokio::test]
async fn row_11_6_null_is_absent_everywhere() {
    let members = [
        "ticket_id",
        "guest",
        "comments",
        "status",
        "created_at",
        "agents",
        "agent_service_duration",
        "closed_by",
        "tags",
    ];
    let nulls: Value = members.iter().map(|name| ((*name).to_owned(), Value::Null)).collect();
    let (given, absent) = (ticket_of(nulls).await, ticket_of(json!({})).await);
    assert_eq!(format!("{given:?}"), format!("{absent:?}"));
    assert!(given.agents.is_empty() && given.comments.is_none() && given.ticket_id.is_empty());
    for data in [json!({"items": null}), json!({"items": []}), json!({}), json!(null)] {
        assert!(read(chat::List::new(), data).await.items.is_empty());
    }
}

#[tokio::test]
async fn row_11_7_success_may_have_nothing_in_it() {
    for reply in [
        EMPTY,
        r#"{"code":0,"msg":"ok"}"#,
        r#"{"code":0,"msg":"","data":null}"#,
        r#"{"code":0}"#,
    ] {
        let client = client(&Recorder::new(reply));
        client.send(message::Delete::new("om_1")).await.unwrap();
        assert!(client.send(chat::List::new()).await.unwrap().items.is_empty());
    }
}

#[tokio::test]
async fn row_11_8_the_code_decides_and_not_the_message() {
    for (reply, fails) in [
        (r#"{"code":0,"msg":"failed","data":{}}"#, false),
        (r#"{"msg":"SUCCESS","data":{}}"#, false),
        (r#"{"code":230001,"msg":"success","data":{}}"#, true),
        (r#"{"code":"230001","message":"no"}"#, true),
    ] {
        let outcome = client(&Recorder::new(reply)).send(message::Delete::new("om_1")).await;
        assert_eq!(outcome.is_err(), fails, "{reply}");
        assert_eq!(outcome.err().and_then(|error| error.code()), fails.then_some(230001));
    }
}

#[test]
fn row_11_15_the_time_of_an_event_has_13_or_16_digits() {
    for (text, wanted) in [
        (r#""1609073151345""#, 1_609_073_151_345),
        (r#""1609073151345000""#, 1_609_073_151_345_000),
    ] {
        assert_eq!(
            serde_json::from_str::<Millis>(text).unwrap().0,
            wanted,
            "no digit is lost"
        );
    }
}

#[tokio::test]
async fn row_11_19_a_refusal_may_come_with_http_200_and_success_decides_by_code() {
    for status in [200, 202, 400, 500] {
        let recorder = Recorder::new(r#"{"code":234010,"msg":"empty"}"#).status(status);
        let upload = file::Create::new("stream", "a", File::from_bytes("a", ""));
        assert_eq!(
            client(&recorder).send(upload).await.unwrap_err().code(),
            Some(234010),
            "{status}"
        );
    }
}

#[tokio::test]
async fn row_11_20_a_download_may_bring_json_and_a_call_html() {
    let refusal = r#"{"code":234003,"msg":"File not in msg."}"#;
    for status in [200, 400] {
        let error = client(&Recorder::new(refusal).status(status))
            .send(message_resource::Get::new("om_1", "k", "file"))
            .await
            .unwrap_err();
        assert_eq!(error.code(), Some(234003));
    }
    let html = "<html><head><title>502 Bad Gateway</title></head></html>";
    for status in [200, 404, 502, 504] {
        let gateway = client(&Recorder::new(html).status(status));
        let error = gateway.send(chat::List::new()).await.unwrap_err();
        assert_eq!(
            (error.code(), error.status().map(|status| status.as_u16())),
            (None, Some(status))
        );
        assert!(error.to_string().contains("502 Bad Gateway"), "{error}");
        let download = gateway.send(file::Get::new("k")).await;
        assert_eq!(
            download.is_ok(),
            status == 200,
            "an HTML file is a file, unless the status says no"
        );
    }
}

#[tokio::test]
async fn row_11_22_a_list_ends_by_has_more_alone() {
    let end = |data: Value| Recorder::new(json!({"code": 0, "data": data}).to_string());
    for data in [
        json!({"items": [{}], "has_more": false, "page_token": "left over"}),
        json!({"items": [{}], "has_more": 0, "page_token": "left over"}),
        json!({"items": [{}], "has_more": false}),
        json!({"items": [{}]}),
    ] {
        let recorder = end(data.clone());
        let mut chats = client(&recorder).pages(chat::List::new());
        assert_eq!(chats.try_next().await.unwrap().unwrap().len(), 1);
        assert!(chats.try_next().await.unwrap().is_none());
        assert_eq!((recorder.calls().len(), chats.cursor()), (1, None), "{data}");
    }
}

#[tokio::test]
async fn row_4_2_customized_fields_go_on_with_next_page_token() {
    let data = json!({"items": [{}], "has_more": true, "next_page_token": "n/1", "page_token": "not this"});
    let recorder = Recorder::new(json!({"code": 0, "data": data}).to_string());
    let mut fields = client(&recorder).pages(ticket_customized_field::List::new());
    fields.try_next().await.unwrap().unwrap();
    assert_eq!(fields.cursor().as_deref(), Some("n/1"));
    fields.try_next().await.unwrap_err();
    assert!(recorder.calls()[1].url.ends_with("?page_token=n%2F1"));
}

#[tokio::test]
async fn row_4_2_tickets_and_their_messages_are_counted() {
    let recorder = Recorder::new(r#"{"code":0,"data":{"total":"3","tickets":[{},{}]}}"#);
    let mut tickets = client(&recorder).items(ticket::List::new().page_size(2));
    let mut count = 0;
    while tickets.try_next().await.unwrap().is_some() {
        count += 1;
    }
    let queries: Vec<String> = recorder
        .calls()
        .iter()
        .filter_map(|call| Some(call.url.split_once('?')?.1.to_owned()))
        .collect();
    assert_eq!(
        (count, queries),
        (4, vec!["page_size=2".to_owned(), "page=2&page_size=2".to_owned()])
    );
    let recorder = Recorder::new(r#"{"code":0,"data":{"total":1,"messages":[{"id":6948728206392295444}]}}"#);
    let mut messages = client(&recorder).items(ticket_message::List::new("1"));
    assert_eq!(messages.try_next().await.unwrap().unwrap().id, "6948728206392295444");
    assert!(messages.try_next().await.unwrap().is_none());
}

#[tokio::test]
async fn row_11_29_a_bot_is_an_app_in_one_place_and_a_bot_in_another() {
    let data = json!({"items": [{"sender": {"sender_type": "app"}}, {"sender": {"sender_type": "bot"}}]});
    let reply = read(message::Get::new("om_1"), data).await;
    let types: Vec<&str> = reply
        .items
        .iter()
        .map(|item| item.sender.sender_type.as_str())
        .collect();
    assert_eq!(types, ["app", "bot"]);
}

#[tokio::test]
async fn row_1_4_violations_are_told() {
    let reply = json!({"code": 99992402, "msg": "field validation failed", "error": {"field_violations": [
        {"field": "receive_id", "value": "x", "description": "receive_id is required"},
    ]}});
    let recorder = Recorder::new(reply.to_string()).status(400);
    let error = client(&recorder).send(chat::List::new()).await.unwrap_err();
    let violations = error.field_violations();
    assert_eq!(
        (violations[0].field.as_str(), violations[0].description.as_str()),
        ("receive_id", "receive_id is required")
    );
    assert!(error.to_string().contains("receive_id"), "{error}");
}
