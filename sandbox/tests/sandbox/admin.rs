//! The sandbox's own routes, over a real socket: what the console asks for, who is let in, and that no secret comes out.

use std::time::Duration;

use flybook_sandbox::{App, Catalog, Sandbox, Server};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const SEND: &str = "im.v1.message.create";

/// What came back: status, head and body.
struct Reply {
    status: u16,
    head: String,
    body: String,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// A sandbox that listens.
struct House {
    sandbox: Sandbox,
    server: Server,
}

impl House {
    async fn new() -> Self {
        let sandbox = Sandbox::new();
        let server = sandbox.serve(0).await.unwrap();
        Self { sandbox, server }
    }

    async fn raw(&self, request: String) -> Reply {
        let mut stream = TcpStream::connect(("127.0.0.1", self.server.port())).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut text = Vec::new();
        stream.read_to_end(&mut text).await.unwrap();
        let text = String::from_utf8_lossy(&text).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Reply {
            status,
            head: head.to_ascii_lowercase(),
            body: body.to_owned(),
        }
    }

    async fn get(&self, path: &str) -> Reply {
        let host = format!("127.0.0.1:{}", self.server.port());
        self.raw(format!("GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n")).await
    }

    async fn post(&self, path: &str, body: Value) -> Reply {
        let (host, body) = (format!("127.0.0.1:{}", self.server.port()), body.to_string());
        let request = format!(
            "POST {path} HTTP/1.0\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.raw(request).await
    }

    async fn says(&self, text: &str) -> Value {
        let values = json!({
            "receive_id_type": "chat_id", "receive_id": self.sandbox.chat_id(), "msg_type": "text", "content": {"text": text},
        });
        let reply = self
            .post("/_sandbox/send", json!({"operation": SEND, "values": values}))
            .await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.json()
    }
}

#[tokio::test]
async fn every_operation_is_told_and_can_be_sent_with_its_examples() {
    // catalog.json: what the spec lists is what the console shows
    let house = House::new().await;
    let catalog = Catalog::embedded().unwrap();
    let listed = house.get("/_sandbox/catalog").await.json();
    assert_eq!(listed["operations"].as_array().unwrap().len(), catalog.operations.len());
    for operation in &catalog.operations {
        let told = house.get(&format!("/_sandbox/catalog/{}", operation.id)).await;
        assert_eq!(told.status, 200, "{}", told.body);
        let told = told.json();
        assert_eq!(told["operation"]["id"], operation.id);
        let form = json!({"operation": operation.id, "values": told["examples"]});
        let sent = house.post("/_sandbox/send", form.clone()).await;
        assert_eq!(sent.status, 200, "{}: {}", operation.id, sent.body);
        let sent = sent.json();
        let log_id = sent["log_id"].as_str().unwrap();
        // What the values are worth is the platform's to say; that they became a call to this very operation is ours.
        let call = house.get(&format!("/_sandbox/calls/{log_id}")).await.json();
        assert_eq!(call["operation"], operation.id, "{call}");
        assert!(sent["status"].as_u64().unwrap() < 500, "{sent}");
        let schema = [9499, 99_992_402].contains(&sent["code"].as_i64().unwrap_or_default());
        assert!(!schema, "{} with {}: {sent}", operation.id, told["examples"]);
        let samples = house.post("/_sandbox/samples", form).await;
        assert!(
            samples.status == 200 && samples.json()["rust"].is_string(),
            "{}",
            samples.body
        );
    }
}

#[tokio::test]
async fn a_call_from_the_form_is_a_call_like_any_other() {
    let house = House::new().await;
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
        .post("/_sandbox/send", json!({"operation": SEND, "values": values}))
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
    let house = House::new().await;
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
async fn no_secret_comes_out() {
    let sandbox = Sandbox::builder().app(App::custom("cli_1", "hush-hush")).build();
    let server = sandbox.serve(0).await.unwrap();
    let house = House { sandbox, server };
    house.says("hello").await;
    let token = "auth.v3.tenant_access_token.internal";
    let values = house.get(&format!("/_sandbox/catalog/{token}")).await.json()["examples"].clone();
    assert_eq!(
        (&values["app_id"], &values["app_secret"]),
        (&json!(house.sandbox.app_id()), &json!("***"))
    );
    let sent = house
        .post("/_sandbox/send", json!({"operation": token, "values": values}))
        .await;
    assert_eq!(
        (
            sent.json()["code"].clone(),
            sent.json()["reply"]["tenant_access_token"].clone()
        ),
        (json!(0), json!("***"))
    );
    let jssdk = house
        .post("/_sandbox/send", json!({"operation": "jssdk.v1.ticket.get"}))
        .await;
    assert_eq!(jssdk.json()["reply"]["data"]["ticket"], "***");
    let mut all = sent.body + &jssdk.body;
    for path in ["about", "calls", "scopes", "chats", "catalog"] {
        all += &house.get(&format!("/_sandbox/{path}")).await.body;
    }
    for call in house.sandbox.calls() {
        all += &house.get(&format!("/_sandbox/calls/{}", call.log_id)).await.body;
    }
    assert!(!all.contains(house.sandbox.app_secret()));
    // The kinds of tokens by their prefixes (protocol.md §2.1), each with the sandbox's 32 digits.
    let like_token = |text: &str| {
        let digits = text
            .get(2..34)
            .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
        digits && ["t-", "u-", "a-"].contains(&&text[..2])
    };
    assert!(
        !all.split('"')
            .any(|word| word.is_ascii() && word.len() > 2 && like_token(word))
    );
}

#[tokio::test]
async fn calls_can_be_found() {
    let house = House::new().await;
    let log_id = house.says("hello").await["log_id"].as_str().unwrap().to_owned();
    house.get("/open-apis/nothing/here").await;
    let found = async |query: &str| {
        let found = house.get(&format!("/_sandbox/calls?{query}")).await.json();
        found["calls"]
            .as_array()
            .unwrap()
            .iter()
            .map(|call| call["code"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(found("").await, [99_991_201, 0]);
    assert_eq!(found(&format!("log_id={log_id}")).await, [0]);
    assert_eq!(
        found(&format!("log_id={}", log_id[20..].to_ascii_lowercase())).await,
        [0]
    );
    assert_eq!(found("code=99991201").await, [99_991_201]);
    assert_eq!(found("endpoint=message.create").await, [0]);
    assert_eq!(found("endpoint=/nothing").await, [99_991_201]);
    assert_eq!(found("limit=1").await, [99_991_201]);
    assert_eq!(house.get("/_sandbox/calls?limit=x").await.status, 400);
    let call = house.get(&format!("/_sandbox/calls/{log_id}")).await.json();
    assert_eq!(call["arguments"]["content"]["text"], "hello");
    assert_eq!(call["reply"]["data"]["msg_type"], "text");
    assert_eq!(call["identity"], "tenant");
    assert!(call["millis"].as_f64().unwrap() > 0.0);
    let lost = &house.get("/_sandbox/calls?code=99991201").await.json()["calls"][0]["log_id"];
    let lost = house
        .get(&format!("/_sandbox/calls/{}", lost.as_str().unwrap()))
        .await
        .json();
    assert_eq!(lost["reply"]["code"], 99_991_201);
    assert_eq!(house.get("/_sandbox/calls/0").await.status, 404);
}

#[tokio::test]
async fn scopes_are_told_and_can_be_taken_away() {
    // protocol.md §9.3: the JSON that the console imports; catalog.json: which scopes the call needs
    let house = House::new().await;
    house.says("hello").await;
    let told = house.get("/_sandbox/scopes").await.json();
    assert_eq!(
        told["import"],
        json!({"scopes": {"tenant": ["im:message:send_as_bot"], "user": []}})
    );
    assert_eq!(
        (&told["everything"], &told["missing"]["tenant"]),
        (&json!(true), &json!([]))
    );
    let needs = told["needs"][0]["scopes"].as_array().unwrap().clone();
    assert_eq!(needs.len(), 3);
    for scope in &needs {
        let change = json!({"scope": scope["name"], "granted": false});
        assert_eq!(house.post("/_sandbox/scopes", change).await.status, 200);
    }
    let refused = house.says("again").await;
    assert_eq!(refused["code"], 99_991_672);
    let told = house.get("/_sandbox/scopes").await.json();
    assert_eq!(
        (&told["everything"], &told["needs"][0]["granted"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(told["missing"]["tenant"], json!(["im:message:send_as_bot"]));
    let grant = json!({"scope": "im:message", "granted": true, "app": house.sandbox.app_id()});
    assert_eq!(
        house.post("/_sandbox/scopes", grant).await.json()["needs"][0]["granted"],
        true
    );
    assert_eq!(house.says("once more").await["code"], 0);
    let unknown = json!({"scope": "im:message", "granted": true, "app": "cli_0"});
    assert_eq!(house.post("/_sandbox/scopes", unknown).await.status, 400);
}

#[tokio::test]
async fn users_write_and_see_how_their_messages_fare() {
    let house = House::new().await;
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
    let house = House::new().await;
    let card = json!({"elements": []});
    let values = json!({"receive_id_type": "chat_id", "receive_id": house.sandbox.chat_id(), "msg_type": "interactive", "content": card});
    house
        .post("/_sandbox/send", json!({"operation": SEND, "values": values}))
        .await;
    let id = house.sandbox.messages()[0].message_id.clone();
    let act = json!({"action": {"tag": "button", "value": {"k": "v"}}});
    let answer = house.post(&format!("/_sandbox/messages/{id}/acts"), act).await.json();
    // protocol.md §5.7: the client's code when no app is there
    assert_eq!(answer["failure"]["code"], 200_340, "{answer}");
}

#[tokio::test]
async fn news_come_by_themselves_and_end_with_the_server() {
    let house = House::new().await;
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
async fn only_this_machine_is_let_in() {
    let house = House::new().await;
    let port = house.server.port();
    for path in [
        "/",
        "/assets/main.js",
        "/_sandbox/about",
        "/_sandbox/live",
        "/_sandbox/nothing",
    ] {
        for headers in [
            "Host: example.com".to_owned(),
            format!("Host: 127.0.0.1:{port}\r\nOrigin: http://example.com"),
            "Host: ".to_owned(),
        ] {
            let reply = house.raw(format!("GET {path} HTTP/1.0\r\n{headers}\r\n\r\n")).await;
            assert_eq!(reply.status, 403, "{path} {headers}");
        }
    }
    let own =
        format!("GET /_sandbox/about HTTP/1.0\r\nHost: localhost:{port}\r\nOrigin: http://localhost:{port}\r\n\r\n");
    assert_eq!(house.raw(own).await.status, 200);
    assert_eq!(house.get("/_sandbox/nothing").await.status, 404);
}

#[tokio::test]
async fn an_app_may_have_less() {
    let sandbox = Sandbox::builder()
        .app(App::custom("cli_1", "s").scopes(["im:chat"]))
        .build();
    let server = sandbox.serve(0).await.unwrap();
    let house = House { sandbox, server };
    assert_eq!(house.says("hello").await["code"], 99_991_672);
    let about = house.get("/_sandbox/about").await;
    assert_eq!(about.json()["apps"][0]["id"], "cli_1");
    assert!(about.head.contains("application/json"));
}
