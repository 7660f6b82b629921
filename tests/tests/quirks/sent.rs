//! What goes out.

use flybook::{
    File, Method, Millis,
    cardkit::v1::{
        card::{self, CardData},
        card_element,
    },
    common,
    docx::v1::chat_announcement_block_children,
    helpdesk::v1::{faq, ticket, ticket_customized_field, ticket_message},
    im::{
        v1::{
            chat, chat_members, chat_menu_tree, chat_tab, file,
            message::{self, ContainerIdType, MessageContent, ReceiveIdType},
            message_resource,
        },
        v2::app_feed_card_batch,
    },
    jssdk,
    message::v4::message as legacy,
};
use serde_json::{Value, json};

use crate::{json_of, read, sent, target};

#[tokio::test]
async fn row_11_3_a_boolean_that_is_typed_as_a_string_goes_out_as_a_word() {
    assert!(
        target(faq::Search::new("5Lit").base64("true"))
            .await
            .ends_with("?query=5Lit&base64=true")
    );
}

#[tokio::test]
async fn row_11_9_a_delete_keeps_its_body() {
    let bodies = [
        json_of(card_element::Delete::new("1", "e", 3)).await,
        json_of(chat_members::Delete::new("oc_1").id_list(["ou_1"])).await,
        json_of(chat_tab::DeleteTabs::new("oc_1", ["7"])).await,
        json_of(chat_menu_tree::Delete::new("oc_1", ["8"])).await,
        json_of(app_feed_card_batch::Delete::new()).await,
        json_of(chat_announcement_block_children::BatchDelete::new("oc_1", "b", 0, 1)).await,
    ];
    let wanted = [
        json!({"sequence": 3}),
        json!({"id_list": ["ou_1"]}),
        json!({"tab_ids": ["7"]}),
        json!({"chat_menu_top_level_ids": ["8"]}),
        json!({}),
        json!({"start_index": 0, "end_index": 1}),
    ];
    for ((method, body), wanted) in bodies.into_iter().zip(wanted) {
        assert_eq!((method, body), (Method::Delete, wanted));
    }
}

#[tokio::test]
async fn row_11_10_a_get_keeps_its_body() {
    let request = ticket_customized_field::List::new().page_size(10).visible(true);
    let call = sent(request).await;
    assert_eq!(
        (call.method, &call.body[..]),
        (Method::Get, &br#"{"visible":true}"#[..])
    );
    assert!(call.url.ends_with("/ticket_customized_fields?page_size=10"));
    assert_eq!(call.headers["content-type"], "application/json; charset=utf-8");
}

#[tokio::test]
async fn row_11_11_a_post_may_have_no_body() {
    let call = sent(jssdk::v1::ticket::Get::new()).await;
    assert_eq!((call.method, call.body.len()), (Method::Post, 0));
    let call = sent(chat_members::MeJoin::new("oc_1")).await;
    assert_eq!((call.method, call.body.len()), (Method::Patch, 0));
}

#[tokio::test]
async fn row_11_12_a_list_in_the_query_repeats_its_key() {
    let tickets = ticket::List::new().status_list([1, 50]).tags(["a&b", "c"]);
    assert_eq!(
        target(tickets).await,
        "/helpdesk/v1/tickets?status_list=1&status_list=50&tags=a%26b&tags=c"
    );
}

#[tokio::test]
async fn row_11_13_values_in_the_path_are_encoded() {
    let request = message_resource::Get::new("om:1", "a/b!?#", "image");
    assert_eq!(
        target(request).await,
        "/im/v1/messages/om%3A1/resources/a%2Fb%21%3F%23?type=image"
    );
}

#[tokio::test]
async fn row_11_14_languages_are_spelled_as_each_place_wants_them() {
    let names = common::I18nNames::new().zh_cn("x").en_us("y");
    let (_, body) = json_of(chat::Create::new().i18n_names(names)).await;
    assert_eq!(body["i18n_names"], json!({"zh_cn": "x", "en_us": "y"}));
    let divider = message::DividerText::new("x").i18n_text([("zh_CN", "x")]);
    assert_eq!(
        serde_json::to_value(divider).unwrap(),
        json!({"text": "x", "i18n_text": {"zh_CN": "x"}})
    );
}

#[tokio::test]
async fn row_11_15_seconds_go_out_where_milliseconds_come_back() {
    let moment = std::time::UNIX_EPOCH + std::time::Duration::from_millis(1_609_296_809_123);
    let request = message::List::new(ContainerIdType::Chat, "oc_1").start_time(moment);
    assert!(target(request).await.ends_with("&start_time=1609296809"));
    let request = ticket_message::List::new("1").time_start(moment);
    assert!(target(request).await.ends_with("?time_start=1609296809"));
    let request = ticket::List::new().create_time_start(moment);
    assert!(target(request).await.ends_with("?create_time_start=1609296809123"));
    let data = json!({"items": [{"create_time": "1609296809123", "update_time": 1609296809123_i64}]});
    let reply = read(message::List::new(ContainerIdType::Chat, "oc_1"), data).await;
    assert_eq!(reply.items[0].create_time.to_system_time(), moment);
    assert_eq!(reply.items[0].update_time, Millis(1_609_296_809_123));
}

#[tokio::test]
async fn row_11_16_json_inside_strings_and_objects_in_the_old_calls() {
    let (_, body) = json_of(message::Create::new(
        ReceiveIdType::ChatId,
        "oc_1",
        MessageContent::text("a \"b\""),
    ))
    .await;
    assert_eq!(body["content"], r#"{"text":"a \"b\""}"#);
    let (_, body) = json_of(card::Create::new(CardData::card(json!({"schema": "2.0"})))).await;
    assert_eq!(body, json!({"type": "card_json", "data": r#"{"schema":"2.0"}"#}));
    let (_, body) = json_of(card::Settings::new(
        "1",
        card::CardSettings::new().config(json!({"a": 1})),
        1,
    ))
    .await;
    assert_eq!(body["settings"], r#"{"config":{"a":1}}"#);
    let actions = vec![card::CardChange::delete_elements(["e"])];
    let (_, body) = json_of(card::BatchUpdate::new("1", 1, actions)).await;
    assert_eq!(
        body["actions"],
        r#"[{"action":"delete_elements","params":{"element_ids":["e"]}}]"#
    );
    let (_, body) = json_of(legacy::Send::new(
        legacy::Receiver::chat_id("oc_1"),
        legacy::MessageContent::text("hi"),
    ))
    .await;
    assert_eq!(body["content"], json!({"text": "hi"}), "an object, no text");
}

#[tokio::test]
async fn row_11_24_the_key_against_repeats_stands_where_each_call_wants_it() {
    let text = MessageContent::text("hi");
    let call = sent(message::Create::new(ReceiveIdType::ChatId, "oc_1", text).uuid("u")).await;
    let body: Value = serde_json::from_slice(&call.body).unwrap();
    assert!(body["uuid"] == "u" && !call.url.contains("uuid"));
    let call = sent(message::Forward::new("om_1", "chat_id", "oc_1").uuid("u")).await;
    assert!(call.url.ends_with("&uuid=u"));
    assert_eq!(&call.body[..], br#"{"receive_id":"oc_1"}"#);
    let (_, body) = json_of(card_element::Delete::new("1", "e", 3).uuid("u")).await;
    assert_eq!(body, json!({"sequence": 3, "uuid": "u"}));
}

#[tokio::test]
async fn row_11_26_what_is_not_set_is_not_sent() {
    let (_, body) = json_of(chat::Update::new("oc_1").name("n")).await;
    assert_eq!(body, json!({"name": "n"}));
    let (_, body) = json_of(ticket::Update::new("1")).await;
    assert_eq!(body, json!({}));
}

#[tokio::test]
async fn row_10_1_text_parts_come_first_numbers_as_text_and_files_have_names() {
    let upload = file::Create::new("opus", "a.opus", File::from_bytes("", "x")).duration(3000);
    let call = sent(upload).await;
    let form = String::from_utf8(call.body.to_vec()).unwrap();
    let at = |part: &str| form.find(part).unwrap_or_else(|| panic!("no {part} in {form}"));
    assert!(at("name=\"file_type\"") < at("name=\"file\"; filename=\"file\""));
    assert!(at("name=\"duration\"\r\n\r\n3000\r\n") < at("name=\"file\";"));
}

#[tokio::test]
async fn row_10_2_downloads_say_json_so_that_they_get_a_file_name() {
    let call = sent(file::Get::new("k")).await;
    assert_eq!(
        (call.body.len(), &call.headers["content-type"]),
        (0, &"application/json; charset=utf-8".parse().unwrap())
    );
    let call = sent(ticket::TicketImage::new("1", "2")).await;
    assert_eq!(call.headers["content-type"], "application/json; charset=utf-8");
}
