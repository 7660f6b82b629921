//! The sandbox's own routes, over a real socket: what can be called and was, who is let in, and that no secret comes out.

use flybook_sandbox::{App, Catalog, Sandbox};
use serde_json::json;

use crate::house::House;

#[tokio::test]
async fn every_operation_is_told_and_can_be_sent_with_its_examples() {
    // catalog.json: what the spec lists is what the console shows
    // A house for each, for what one takes away another would miss.
    let house = async || House::new(Sandbox::builder().examples().build()).await;
    let catalog = Catalog::embedded().unwrap();
    let listed = house().await.get("/_sandbox/catalog").await.json();
    assert_eq!(listed["operations"].as_array().unwrap().len(), catalog.operations.len());
    for operation in &catalog.operations {
        let house = house().await;
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
async fn no_secret_comes_out() {
    let house = House::new(Sandbox::builder().app(App::custom("cli_1", "hush-hush")).build()).await;
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
    let house = House::new(Sandbox::new()).await;
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
    let house = House::new(Sandbox::new()).await;
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
    // One of the three is enough, whichever it is.
    let told = house.get("/_sandbox/scopes").await.json();
    assert_eq!(told["missing"]["tenant"], json!([]));
    let unknown = json!({"scope": "im:message", "granted": true, "app": "cli_0"});
    assert_eq!(house.post("/_sandbox/scopes", unknown).await.status, 400);
}

#[tokio::test]
async fn only_this_machine_is_let_in() {
    let house = House::new(Sandbox::new()).await;
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
    let house = House::new(sandbox).await;
    assert_eq!(house.says("hello").await["code"], 99_991_672);
    let about = house.get("/_sandbox/about").await;
    assert_eq!(about.json()["apps"][0]["id"], "cli_1");
    assert!(about.head.contains("application/json"));
}
