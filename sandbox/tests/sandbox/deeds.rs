//! The sandbox's own routes, over a real socket: calls from the form, what users do, and news of it.

use std::time::Duration;

use flybook_sandbox::Sandbox;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::house::{CREATE, House};

#[tokio::test]
async fn a_call_from_the_form_is_a_call_like_any_other() {
    let house = House::new(Sandbox::new()).await;
    let sent = house.says("from the form").await;
    assert_eq!((&sent["status"], &sent["code"]), (&json!(200), &json!(0)));
    assert_eq!(sent["reply"]["data"]["chat_id"], house.sandbox.chat_id());
    assert_eq!(house.sandbox.messages()[0].rendered(), "from the form");
    assert_eq!(
        sent["request"]["path"],
        "/open-apis/im/v1/messages?receive_id_type=chat_id"
    );
    let chats = house.get("/_sandbox/chats").await.json();
    assert_eq!(chats["chats"][0]["last"]["text"], "from the form");
    let path = format!("/_sandbox/chats/{}/messages", house.sandbox.chat_id());
    let messages = house.get(&path).await.json();
    assert_eq!(messages["messages"][0]["sender"]["type"], "app");
    // The first operation's code for a chat that the bot is not in, with the sentence of the spec.
    let values =
        json!({"receive_id_type": "chat_id", "receive_id": "oc_0", "msg_type": "text", "content": {"text": "x"}});
    let refused = house
        .post("/_sandbox/send", json!({"operation": CREATE, "values": values}))
        .await
        .json();
    assert_eq!(refused["code"], 230_002);
    assert_eq!(refused["advice"]["doc"], "The bot is not in the chat; add it first.");
    let wrong = house
        .post("/_sandbox/send", json!({"operation": "im.v1.message.made_up"}))
        .await;
    assert!(wrong.status == 404 && wrong.json()["problem"].is_string());
    assert_eq!(house.post("/_sandbox/send", json!({"operation": 1})).await.status, 400);
}

#[tokio::test]
async fn files_and_path_parameters_travel_as_they_should() {
    let house = House::new(Sandbox::new()).await;
    let image = json!({"file_name": "a \"b\".png", "base64": "aGVsbG8="});
    let values = json!({"image_type": "message", "image": image});
    let sent = house
        .post(
            "/_sandbox/send",
            json!({"operation": "im.v1.image.create", "values": values}),
        )
        .await
        .json();
    assert_eq!(sent["code"], 0, "{sent}");
    assert_eq!(house.sandbox.calls()[0].arguments["image"], "a b.png");
    // To look at, and never as a page of this address.
    let key = sent["reply"]["data"]["image_key"].as_str().unwrap();
    let file = house.get(&format!("/_sandbox/files/{key}")).await;
    assert_eq!((file.status, file.body.as_str()), (200, "hello"));
    assert_eq!(file.header("content-type"), "application/octet-stream");
    assert_eq!(file.header("content-security-policy"), "default-src 'none'; sandbox");
    assert_eq!(house.get("/_sandbox/files/img_0").await.status, 204);
    let values = json!({"message_id": "om_/../?", "file_key": "..", "type": "file"});
    let form = json!({"operation": "im.v1.message.resource.get", "values": values});
    let sent = house.post("/_sandbox/send", form).await.json();
    let call = house.sandbox.calls().pop().unwrap();
    assert_eq!(
        (&call.arguments["message_id"], &call.arguments["file_key"]),
        (&json!("om_/../?"), &json!(".."))
    );
    assert!(
        sent["request"]["path"]
            .as_str()
            .unwrap()
            .contains("/om_%2F..%2F%3F/resources/%2E%2E?"),
        "{sent}"
    );
}

#[tokio::test]
async fn users_write_and_see_how_their_messages_fare() {
    let house = House::new(Sandbox::new()).await;
    let path = format!("/_sandbox/chats/{}/messages", house.sandbox.chat_id());
    let said = house.post(&path, json!({"text": "<b>hi</b>"})).await.json();
    assert_eq!(
        said["sender"],
        json!({"id": house.sandbox.open_id(), "type": "user", "name": "Ada"})
    );
    let reply = json!({"text": "and", "reply_to": said["message_id"], "user": house.sandbox.open_id()});
    assert_eq!(house.post(&path, reply).await.json()["parent_id"], said["message_id"]);
    let post =
        json!({"msg_type": "post", "content": {"en_us": {"title": "T", "content": [[{"tag": "text", "text": "x"}]]}}});
    assert_eq!(house.post(&path, post).await.status, 200);
    assert_eq!(house.post(&path, json!({})).await.status, 400);
    assert_eq!(
        house
            .post("/_sandbox/chats/oc_0/messages", json!({"text": "x"}))
            .await
            .status,
        404
    );
    // Nobody is connected, so the event waits for its next attempt.
    let waits = async {
        loop {
            let told = house.get(&path).await.json();
            let delivery = told["messages"][0]["deliveries"][0].clone();
            if delivery["state"] == "waits" {
                return delivery;
            }
            tokio::task::yield_now().await;
        }
    };
    let delivery = tokio::time::timeout(Duration::from_secs(10), waits).await.unwrap();
    assert_eq!(delivery["event_type"], "im.message.receive_v1");
    assert!(delivery["next"].is_u64() && delivery["why"].is_string(), "{delivery}");
}

#[tokio::test]
async fn a_click_on_a_card_is_answered_or_says_why_not() {
    let house = House::new(Sandbox::new()).await;
    let card = json!({"elements": []});
    let values = json!({"receive_id_type": "chat_id", "receive_id": house.sandbox.chat_id(), "msg_type": "interactive", "content": card});
    house
        .post("/_sandbox/send", json!({"operation": CREATE, "values": values}))
        .await;
    let id = house.sandbox.messages()[0].message_id.clone();
    let act = json!({"action": {"tag": "button", "value": {"k": "v"}}});
    let answer = house.post(&format!("/_sandbox/messages/{id}/acts"), act).await.json();
    // protocol.md §5.7: the client's code when no app is there
    assert_eq!(answer["failure"]["code"], 200_340, "{answer}");
}

#[tokio::test]
async fn news_come_by_themselves_and_end_with_the_server() {
    let house = House::new(Sandbox::new()).await;
    let mut stream = TcpStream::connect(("127.0.0.1", house.server.port())).await.unwrap();
    stream
        .write_all(b"GET /_sandbox/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await
        .unwrap();
    let mut seen = String::new();
    let mut buffer = [0; 4096];
    while seen.matches("event: change").count() < 2 {
        if seen.matches("event: change").count() == 1 {
            house
                .sandbox
                .user(house.sandbox.open_id())
                .says(house.sandbox.chat_id(), "hi")
                .unwrap();
        }
        let read = stream.read(&mut buffer).await.unwrap();
        assert!(read > 0, "{seen}");
        seen += std::str::from_utf8(&buffer[..read]).unwrap();
    }
    assert!(
        seen.contains("text/event-stream") && seen.contains("\"messages\":"),
        "{seen}"
    );
    let House {
        server,
        sandbox: _sandbox,
    } = house;
    let stopped = tokio::time::timeout(Duration::from_secs(3), server.shutdown());
    assert!(stopped.await.is_ok());
}

#[tokio::test]
async fn only_members_are_offered_to_write() {
    // protocol.md §3.7: 230002, who is not in a chat writes nothing there
    let house = House::new(Sandbox::builder().company().build()).await;
    let default = Sandbox::new();
    let ids = (house.sandbox.app_id(), house.sandbox.chat_id(), house.sandbox.open_id());
    assert_eq!(ids, (default.app_id(), default.chat_id(), default.open_id()));
    let chats = house.get("/_sandbox/chats").await.json();
    let writers = |at: usize| -> Vec<&str> {
        let writers = chats["chats"][at]["writers"].as_array().unwrap();
        writers.iter().map(|one| one["name"].as_str().unwrap()).collect()
    };
    assert_eq!(writers(0), ["Ada", "Bo", "Cy"]);
    assert_eq!(writers(1), ["Ada", "Bo"]);
}
