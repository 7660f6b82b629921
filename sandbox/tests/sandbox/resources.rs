//! Files and images in messages: whose they are, how they come back, and batches.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    bench::{Reply, call, raw},
    bot::{Bot, two_apps, two_bots},
};

async fn downloads(bot: &Bot<'_>, path: &str, range: Option<&str>) -> Reply {
    let mut headers = vec![("authorization", format!("Bearer {}", bot.token))];
    headers.extend(range.map(|range| ("range", range.to_owned())));
    raw(bot.sandbox, "GET", &format!("/open-apis/im/v1{path}"), &headers, "").await
}

#[tokio::test]
async fn messages_name_what_their_app_has_uploaded_as_what_they_are() {
    // im-v1/message/create.md and reply.md: 230017 and 230055; im-v1/file/create.md and image/create.md: 234006 and 234010
    let sandbox = two_apps().user("ou_ada", "Ada").build();
    let (bot, other) = two_bots(&sandbox).await;
    let image = bot.key("image", "", b"pixels").await;
    let (video, voice, paper) = (
        bot.key("file", "mp4", b"video").await,
        bot.key("file", "opus", b"voice").await,
        bot.key("file", "pdf", b"paper").await,
    );
    let post = |image: &str| json!({"zh_cn": {"content": [[{"tag": "img", "image_key": image}]]}});
    for (bot, msg_type, content, code) in [
        (&bot, "image", json!({"image_key": image}), 0),
        (&bot, "post", post(&image), 0),
        (&bot, "media", json!({"file_key": video, "image_key": image}), 0),
        (&bot, "audio", json!({"file_key": voice}), 0),
        (&bot, "file", json!({"file_key": paper}), 0),
        (&bot, "sticker", json!({"file_key": "received"}), 0),
        (&bot, "image", json!({"image_key": "img_x"}), 230017),
        (&bot, "image", json!({"image_key": paper}), 230017),
        (&other, "image", json!({"image_key": image}), 230017),
        (&other, "post", post(&image), 230017),
        (&bot, "file", json!({"file_key": video}), 230055),
        (&bot, "media", json!({"file_key": paper}), 230055),
        (&bot, "audio", json!({"file_key": video}), 230055),
    ] {
        let body = json!({"receive_id": sandbox.chat_id(), "msg_type": msg_type, "content": content.to_string()});
        let reply = bot.call("POST", "/messages?receive_id_type=chat_id", body).await;
        assert_eq!(reply.code(), code, "{msg_type} {content}: {reply:?}");
    }
    assert_eq!(bot.uploads("image", "", b"").await.code(), 234010);
    let (image, file) = (vec![7; 10 * 1024 * 1024 + 1], vec![7; 30 * 1024 * 1024 + 1]);
    assert_eq!(bot.uploads("image", "", &image[1..]).await.code(), 0);
    assert_eq!(bot.uploads("image", "", &image).await.code(), 234006);
    assert_eq!(bot.uploads("file", "stream", &file[1..]).await.code(), 0);
    assert_eq!(bot.uploads("file", "stream", &file).await.code(), 234006);
}

#[tokio::test]
async fn parts_of_files_come_with_their_place() {
    // RFC 9110, sections 14.4, 15.3.7 and 15.5.17
    let sandbox = two_apps().user("ou_ada", "Ada").build();
    let bot = Bot::of(&sandbox, "cli_a", "a").await;
    let path = format!("/files/{}", bot.key("file", "pdf", b"0123456789").await);
    let whole = downloads(&bot, &path, None).await;
    assert_eq!((whole.status, &whole.body[..]), (StatusCode::OK, &b"0123456789"[..]));
    assert_eq!(whole.headers["accept-ranges"], "bytes");
    for (range, status, body, told) in [
        ("bytes=2-4", 206, "234", "bytes 2-4/10"),
        ("bytes=8-", 206, "89", "bytes 8-9/10"),
        ("bytes=-3", 206, "789", "bytes 7-9/10"),
        ("bytes=10-", 416, "", "bytes */10"),
    ] {
        let part = downloads(&bot, &path, Some(range)).await;
        assert_eq!(
            (part.status.as_u16(), &part.body[..]),
            (status, body.as_bytes()),
            "{range}"
        );
        assert_eq!(part.headers["content-range"], told);
    }
    let whole = downloads(&bot, &path, Some("bytes=0-1,3-4")).await;
    assert_eq!((whole.status, whole.body.len()), (StatusCode::OK, 10));
}

#[tokio::test]
async fn what_users_send_is_downloaded_by_message_and_key() {
    // im-v1/message/get-message-resource.md
    let sandbox = two_apps().user("ou_ada", "Ada").build();
    let bot = Bot::of(&sandbox, "cli_a", "a").await;
    let ada = sandbox.user("ou_ada");
    let chat = sandbox.chat_id();
    let image = ada.sends_image(chat, "pixels").unwrap().message;
    let file = ada.sends_file(chat, "notes.txt", "words").unwrap().message;
    let key = |content: &Value, name: &str| content[name].as_str().unwrap().to_owned();
    let (image_key, file_key) = (key(&image.content, "image_key"), key(&file.content, "file_key"));
    let path = |message: &str, key: &str, kind: &str| format!("/messages/{message}/resources/{key}?type={kind}");
    let got = downloads(&bot, &path(&image.message_id, &image_key, "image"), None).await;
    assert_eq!((got.status, &got.body[..]), (StatusCode::OK, &b"pixels"[..]));
    let part = downloads(&bot, &path(&file.message_id, &file_key, "file"), Some("bytes=1-")).await;
    assert_eq!(
        (part.status, &part.body[..]),
        (StatusCode::PARTIAL_CONTENT, &b"ords"[..])
    );
    let name = part.headers["content-disposition"].to_str().unwrap();
    assert!(name.contains("notes"), "{name}");
    let card = bot.sends(chat, "interactive", json!({"elements": []})).await;
    let alone = ada.sends_file("cli_b", "x", "y").unwrap().message;
    for (message, key, kind, code) in [
        (&image.message_id, file_key.as_str(), "file", 234003),
        (&image.message_id, image_key.as_str(), "file", 234003),
        (&file.message_id, image_key.as_str(), "image", 234003),
        (&card, image_key.as_str(), "image", 234043),
        (
            &alone.message_id,
            key(&alone.content, "file_key").as_str(),
            "file",
            234004,
        ),
    ] {
        let reply = downloads(&bot, &path(message, key, kind), None).await;
        assert_eq!(reply.code(), code, "{message} {key} {kind}");
    }
    // With the key alone, an app gets what it uploaded itself.
    let reply = downloads(&bot, &format!("/images/{image_key}"), None).await;
    assert_eq!(reply.code(), 234008);
}

#[tokio::test]
async fn a_batch_reaches_each_user_alone() {
    // im-v1/batch_message/ucDO1EjL3gTNx4yN4UTM.md, get_progress.md, read_user.md, delete.md
    let sandbox = two_apps().user("ou_ada", "Ada").user("ou_tom", "Tom").build();
    let (bot, other) = two_bots(&sandbox).await;
    let send = async |body: Value| {
        call(
            &sandbox,
            "POST",
            "/open-apis/message/v4/batch_send/",
            Some(&bot.token),
            body,
        )
        .await
    };
    let body = json!({
        "msg_type": "text", "content": {"text": "all hands"}, "open_ids": ["ou_ada", "ou_nobody"], "user_ids": ["tom", "ada", "x"],
    });
    let sent = send(body).await.json()["data"].clone();
    assert_eq!(
        (&sent["invalid_open_ids"], &sent["invalid_user_ids"]),
        (&json!(["ou_nobody"]), &json!(["x"]))
    );
    let id = sent["message_id"].as_str().unwrap();
    assert!(id.starts_with("bm-"));
    let messages = sandbox.messages();
    assert_eq!(messages.len(), 2);
    assert_ne!(messages[0].chat_id, messages[1].chat_id);
    assert!(messages.iter().all(|message| message.rendered() == "all hands"));
    sandbox.user("ou_tom").reads(&messages[1].message_id).unwrap();
    let path = format!("/batch_messages/{id}");
    let progress = bot.done("GET", &format!("{path}/get_progress"), Value::Null).await;
    let wanted = json!({"valid_user_ids_count": 2, "success_user_ids_count": 2, "read_user_ids_count": 1});
    assert_eq!(progress["batch_message_send_progress"], wanted);
    assert_eq!(
        progress["batch_message_recall_progress"],
        json!({"recall": false, "recall_count": 0})
    );
    let read = bot.done("GET", &format!("{path}/read_user"), Value::Null).await;
    assert_eq!(read["read_user"], json!({"read_count": "1", "total_count": "2"}));
    assert_eq!(
        bot.code("DELETE", &format!("/messages/{}", messages[0].message_id), Value::Null)
            .await,
        230026
    );
    assert_eq!(
        other.code("GET", &format!("{path}/get_progress"), Value::Null).await,
        230012
    );
    assert_eq!(other.code("DELETE", &path, Value::Null).await, 230026);
    bot.done("DELETE", &path, Value::Null).await;
    let progress = bot.done("GET", &format!("{path}/get_progress"), Value::Null).await;
    assert_eq!(
        progress["batch_message_recall_progress"],
        json!({"recall": true, "recall_count": 2})
    );
    assert!(sandbox.messages().iter().all(|message| message.recalled_by.is_some()));
    assert_eq!(
        bot.code("GET", "/batch_messages/bm-x/get_progress", Value::Null).await,
        230030
    );
    for (body, code) in [
        (json!({"msg_type": "text", "content": {"text": "x"}}), 10003),
        (
            json!({"msg_type": "interactive", "content": {"text": "x"}, "open_ids": ["ou_ada"]}),
            10003,
        ),
        (
            json!({"msg_type": "image", "content": {"image_key": "x"}, "open_ids": ["ou_ada"]}),
            11227,
        ),
    ] {
        assert_eq!(send(body.clone()).await.code(), code, "{body}");
    }
    sandbox.advance(Duration::from_secs(31 * 24 * 60 * 60));
    let bot = Bot::of(&sandbox, "cli_a", "a").await;
    assert_eq!(bot.code("GET", &format!("{path}/read_user"), Value::Null).await, 230030);
}
