//! Reading what a message says: every row of protocol §7.5, and the mentions of §7.6.
//!
//! The samples are those of the page im-v1/message/message-content-description/message_content, with other words in place of the
//! Chinese ones.

use flybook::im::v1::message::{
    EventMessage, Message, MessageContent, Received, ReceivedContent, ReceivedPostNode, SimplifiedCardNode, TextStyle,
};
use serde_json::{Value, json};

/// A message as `get` and `list` give it, with this text as its content.
fn message(kind: &str, text: &str) -> Message {
    serde_json::from_value(json!({"msg_type": kind, "body": {"content": text}})).unwrap()
}

fn content(kind: &str, content: &Value) -> ReceivedContent {
    message(kind, &content.to_string()).content()
}

/// The content of a row, typed; what is encoded again is what came.
fn whole(kind: &str, sample: Value) -> ReceivedContent {
    let read = content(kind, &sample);
    assert!(!matches!(read, ReceivedContent::Unknown(..)), "{kind}: {read:?}");
    assert_eq!(serde_json::to_value(&read).unwrap(), sample, "{kind}");
    read
}

macro_rules! read {
    ($kind:literal, $variant:ident, $sample:expr) => {
        match whole($kind, $sample) {
            ReceivedContent::$variant(content) => content,
            other => panic!("{other:?}"),
        }
    };
}

#[test]
fn texts_posts_and_cards() {
    let text = read!("text", Text, json!({"text": "@_user_1 text message"}));
    assert_eq!(text.text, "@_user_1 text message");

    // No language around it, also in the reply to sending; `md` came back as other nodes.
    let post = read!(
        "post",
        Post,
        json!({"title": "A title", "content": [
            [
                {"tag": "text", "text": "First line :", "style": ["bold", "underline"]},
                {"tag": "a", "href": "http://www.feishu.cn", "text": "link", "style": ["bold", "italic"]},
                {"tag": "at", "user_id": "@_user_1", "user_name": "", "style": []},
            ],
            [{"tag": "img", "image_key": "img_47354fbc-a159-40ed-86ab-2ad0f1acb42g"}],
            [{"tag": "text", "text": "Second line:", "style": ["bold", "underline"]}, {"tag": "text", "text": "a text", "style": []}],
            [{"tag": "media", "file_key": "file_v2_0dcdd7d9-fib0-4432-a519-41d25aca542j", "image_key": "img_7ea74629-9191-4176-998c-2e603c9c5e8g"}],
            [{"tag": "emotion", "emoji_type": "SMILE"}],
            [{"tag": "hr"}],
            [{"tag": "code_block", "language": "GO", "text": "func main() int64 {\n    return 0\n}"}],
        ]})
    );
    assert_eq!((post.title.as_str(), post.content.len()), ("A title", 7));
    let (ReceivedPostNode::Text(text), ReceivedPostNode::At(at)) = (&post.content[0][0], &post.content[0][2]) else {
        panic!("{:?}", post.content[0]);
    };
    assert_eq!(
        text.style.as_deref(),
        Some([TextStyle::Bold, TextStyle::Underline].as_slice())
    );
    assert_eq!(at.user_id, "@_user_1");

    let card = read!(
        "interactive",
        Interactive,
        json!({"title": "Card title", "elements": [
            [{"tag": "button", "text": "Primary", "type": "primary"}, {"tag": "button", "text": "Danger", "type": "danger"}],
            [
                {"tag": "a", "href": "https://www.feishu.cn", "text": "Feishu"},
                {"tag": "text", "text": "brings it together"},
                {"tag": "at", "user_id": "@_user_1", "user_name": "", "style": []},
            ],
            [{"tag": "hr"}],
            [{"tag": "img", "image_key": "img_acd8a194-3e63-49ca-bcf6-224624457a3g"}],
            [{"tag": "note", "elements": [{"tag": "img", "image_key": "img_1"}, {"tag": "text", "text": "A note"}]}],
            [{"tag": "select_static", "options": ["Option 1", "Option 2"], "placeholder": "Select"}],
            [{"tag": "overflow", "options": ["Open the website"]}],
            [{"tag": "date_picker", "placeholder": "Select a date", "initial_date": "2021-1-1"}],
        ]})
    );
    assert!(matches!(&card.elements[4][0], SimplifiedCardNode::Note(note) if note.elements.len() == 2));
}

#[test]
fn keys_of_files() {
    read!(
        "image",
        Image,
        json!({"image_key": "img_4adb3cc3-902b-4187-b0f1-842f67fd017g"})
    );
    let key = "75235e0c-4f92-430a-a99b-8446610223cg";
    assert_eq!(
        read!("file", File, json!({"file_key": key, "file_name": "test.txt"})).file_name,
        "test.txt"
    );
    assert_eq!(
        read!("folder", Folder, json!({"file_key": key, "file_name": "folder"})).file_key,
        key
    );
    assert_eq!(
        read!("audio", Audio, json!({"file_key": key, "duration": 2000})).duration,
        2000
    );
    let media = json!({"file_key": key, "image_key": "img_xxxxxx", "file_name": "video.mp4", "duration": 2000});
    assert_eq!(read!("media", Media, media).image_key, "img_xxxxxx");
    assert_eq!(read!("sticker", Sticker, json!({"file_key": key})).file_key, key);
}

#[test]
fn shares_and_notices() {
    assert_eq!(
        read!("hongbao", Hongbao, json!({"text": "[Red packet]"})).text,
        "[Red packet]"
    );
    let event = json!({"summary": "Weekly meeting", "start_time": "1608265395000", "end_time": "1608267015000"});
    assert_eq!(
        read!("share_calendar_event", ShareCalendarEvent, event.clone())
            .start_time
            .0,
        1608265395000
    );
    assert_eq!(read!("calendar", Calendar, event.clone()).summary, "Weekly meeting");
    assert_eq!(
        read!("general_calendar", GeneralCalendar, event).end_time.0,
        1608267015000
    );
    read!(
        "share_chat",
        ShareChat,
        json!({"chat_id": "oc_0dd200d32fdaxxxxxxxx32f76"})
    );
    read!(
        "share_user",
        ShareUser,
        json!({"user_id": "ou_0dd200d32xxxxx6d2c2ef1ddb32f76"})
    );
    let place = json!({"name": "Haidian, Beijing", "longitude": "116.31", "latitude": "39.99"});
    assert_eq!(read!("location", Location, place).latitude, "39.99");
    let call = json!({"topic": "Video call", "start_time": "1623124523829"});
    assert_eq!(read!("video_chat", VideoChat, call).start_time.0, 1623124523829);
    let todo = json!({"task_id": "acd096a5-a157-4b9d-80e2-5b317456f005", "due_time": "1623124318000",
        "summary": {"title": "", "content": [[{"tag": "text", "text": "Eat more fruit."}]]}});
    assert_eq!(read!("todo", Todo, todo).summary.content.len(), 1);
    assert_eq!(
        read!(
            "vote",
            Vote,
            json!({"topic": "Lunch", "options": ["Option 1", "Option 2"]})
        )
        .options
        .len(),
        2
    );
}

#[test]
fn system_messages_name_variables_of_their_own() {
    let invited = json!({"template": "{from_user} invited {to_chatters} to this chat.", "from_user": ["botName"],
        "to_chatters": ["Tom", "Ann", "Bob"]});
    assert_eq!(read!("system", System, invited).to_chatters, ["Tom", "Ann", "Bob"]);
    // Lower-case locales on reading, `zh_CN` on sending (protocol §11.29).
    let divider = json!({"template": "{divider_text}", "from_user": [], "to_chatters": [],
        "divider_text": {"text": "New", "i18n_text": {"zh_cn": "New", "en_us": "New Session"}}});
    let divider = read!("system", System, divider).divider_text.unwrap();
    assert_eq!(divider.i18n_text.unwrap()["en_us"], "New Session");
    let renamed = json!({"template": "{from_user} renamed the chat to {name}", "from_user": ["Tom"], "to_chatters": [], "name": ["Lunch"]});
    assert_eq!(read!("system", System, renamed).others["name"], json!(["Lunch"]));
}

/// The page shows an object; the sample of `thread.forward` has the bare text.
#[test]
fn merged_messages_are_known_by_their_type() {
    let object = json!({"content": "Merged and Forwarded Message"}).to_string();
    for text in [object.as_str(), "Merged and Forwarded Message", ""] {
        assert!(matches!(
            message("merge_forward", text).content(),
            ReceivedContent::MergeForward
        ));
    }
}

/// Row "recalled": a sentence that is no JSON (`list`), or nothing at all (`get`). Neither is an empty text or a picture without key.
#[test]
fn a_recalled_message_says_nothing() {
    for kind in ["text", "image", "post", "interactive"] {
        for text in ["This message was recalled", ""] {
            let ReceivedContent::Unknown(tag, value) = message(kind, text).content() else {
                panic!("{kind} {text}");
            };
            assert_eq!((tag.as_str(), value), (kind, json!(text)));
        }
    }
}

/// Row "interactive": with `card_msg_content_type=user_card_content` the card is what was sent (its forms: protocol §7.3, §7.1).
#[test]
fn an_original_card_is_kept_and_can_be_sent_on() {
    for card in [
        json!({"schema": "2.0", "config": {"update_multi": true}, "body": {"elements": [{"tag": "markdown", "content": "A lake."}]}}),
        json!({"config": {"wide_screen_mode": true}, "header": {"title": {"tag": "plain_text", "content": "T"}}, "elements": [{"tag": "hr"}]}),
        json!({"header": {"template": "blue"}, "i18n_elements": {"zh_cn": [{"tag": "hr"}]}}),
        json!({"type": "template", "data": {"template_id": "AAq1"}}),
        json!({"type": "card", "data": {"card_id": "7371713483664506900"}}),
    ] {
        let ReceivedContent::Unknown(tag, original) = content("interactive", &card) else {
            panic!("{card} was cut down");
        };
        assert_eq!((tag.as_str(), &original), ("interactive", &card));
        let again = serde_json::to_value(MessageContent::interactive(original)).unwrap();
        assert_eq!(again, card);
    }
}

#[test]
fn what_is_not_known_keeps_its_json() {
    let novel = json!({"deep": [{"x": 1}]});
    assert!(
        matches!(content("hologram", &novel), ReceivedContent::Unknown(tag, kept) if tag == "hologram" && kept == novel)
    );
    // A known type whose content has become another, and known content with a member more.
    assert!(
        matches!(content("location", &novel), ReceivedContent::Unknown(tag, kept) if tag == "location" && kept == novel)
    );
    let more = json!({"text": "hi", "text_without_at_bot": "hi"});
    assert!(matches!(content("text", &more), ReceivedContent::Text(text) if text.text == "hi"));
    let ReceivedContent::Post(post) = content("post", &json!({"content": [[{"tag": "hologram", "x": 1}]]})) else {
        panic!("one node cost the post");
    };
    assert!(matches!(&post.content[0][0], ReceivedPostNode::Unknown(node) if node["x"] == 1));
}

/// The tenth mention is not the first with a zero behind it, and a name is never read again.
#[test]
fn mentions_have_names() {
    let message: Message = serde_json::from_value(json!({
        "msg_type": "text", "body": {"content": r#"{"text":"@_user_1 and @_user_10, @_user_3"}"#},
        "mentions": [
            {"key": "@_user_1", "id": "ou_155184d1e73cbfb8973e5a9e698e74f2", "id_type": "open_id", "name": "Tom @_user_10"},
            {"key": "@_user_10", "id": "ou_2", "id_type": "open_id", "name": "Ann"},
        ],
    }))
    .unwrap();
    let ReceivedContent::Text(text) = message.content() else {
        panic!()
    };
    assert_eq!(message.with_names(&text.text), "@Tom @_user_10 and @Ann, @_user_3");
    assert_eq!(message.mention("@_user_10").unwrap().id, "ou_2");
    assert!(message.mention("@_user_2").is_none());
}

/// §7.6: in the event the type key, the sender's and the mentions' IDs are others.
#[test]
fn an_event_is_read_as_a_message_is() {
    let event: Received = serde_json::from_value(json!({
        "sender": {"sender_id": {"union_id": "on_1", "open_id": "ou_1"}, "sender_type": "bot", "tenant_key": "t"},
        "message": {
            "message_id": "om_1", "chat_type": "group", "message_type": "text", "create_time": "1609073151345",
            "content": r#"{"text":"@_user_1 hello"}"#,
            "mentions": [{"key": "@_user_1", "id": {"union_id": "on_2", "user_id": null, "open_id": "ou_2"}, "name": "Tom"}],
        },
    }))
    .unwrap();
    assert_eq!(event.sender.sender_type.as_str(), "bot");
    let message: &EventMessage = &event.message;
    let ReceivedContent::Text(text) = message.content() else {
        panic!()
    };
    assert_eq!(message.with_names(&text.text), "@Tom hello");
    assert_eq!(message.mention("@_user_1").unwrap().id.open_id, "ou_2");
    assert_eq!(message.create_time.0, 1609073151345);
}
