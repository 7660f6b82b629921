//! Threads, lists, and messages that are sent on.

use flybook_sandbox::App;
use serde_json::{Value, json};

use crate::{
    bot::{Bot, text},
    push::still,
};

fn texts(page: &Value) -> Vec<String> {
    page["items"].as_array().unwrap().iter().map(text).collect()
}

async fn answers(bot: &Bot<'_>, id: &str, text: &str, in_thread: bool) -> Value {
    let content = json!({"text": text}).to_string();
    let body = json!({"msg_type": "text", "content": content, "reply_in_thread": in_thread});
    bot.done("POST", &format!("/messages/{id}/reply"), body).await
}

#[tokio::test]
async fn answers_begin_threads_which_the_chat_lists_by_their_first_message() {
    // im-v1/message/thread-introduction.md, list.md (`container_id_type`), reply.md
    let sandbox = still().build();
    let bot = Bot::new(&sandbox).await;
    let root = bot.says("root").await;
    let plain = answers(&bot, &root, "plain", false).await;
    assert!(plain.get("thread_id").is_none());
    let first = answers(&bot, &root, "first", true).await;
    let thread = first["thread_id"].as_str().unwrap().to_owned();
    assert!(thread.starts_with("omt_"));
    // A message of a thread is answered in it anyway.
    let second = answers(&bot, first["message_id"].as_str().unwrap(), "second", false).await;
    assert_eq!(
        (&second["thread_id"], &second["root_id"]),
        (&json!(thread), &json!(root))
    );
    let chat = format!("/messages?container_id_type=chat&container_id={}", sandbox.chat_id());
    let page = bot.done("GET", &chat, Value::Null).await;
    assert_eq!(texts(&page), ["root", "plain"]);
    assert_eq!(page["items"][0]["thread_id"], json!(thread));
    let within = format!("/messages?container_id_type=thread&container_id={thread}");
    assert_eq!(
        texts(&bot.done("GET", &within, Value::Null).await),
        ["root", "first", "second"]
    );
    assert_eq!(
        bot.code(
            "GET",
            "/messages?container_id_type=thread&container_id=omt_x",
            Value::Null
        )
        .await,
        230073
    );
}

#[tokio::test]
async fn pages_follow_each_other_while_others_write() {
    // im-v1/message/list.md: order, the stretch of time in seconds; protocol.md §4.1
    let sandbox = still().build();
    let bot = Bot::new(&sandbox).await;
    for number in 0..5 {
        bot.says(&number.to_string()).await;
        sandbox.advance(std::time::Duration::from_secs(1));
    }
    let list = format!("/messages?container_id_type=chat&container_id={}", sandbox.chat_id());
    let newest = format!("{list}&sort_type=ByCreateTimeDesc&page_size=2");
    let first = bot.done("GET", &newest, Value::Null).await;
    assert_eq!(
        (texts(&first), &first["has_more"]),
        (vec!["4".to_owned(), "3".to_owned()], &json!(true))
    );
    // What comes meanwhile shifts nothing.
    bot.says("5").await;
    let token = first["page_token"].as_str().unwrap();
    let second = bot
        .done("GET", &format!("{newest}&page_token={token}"), Value::Null)
        .await;
    assert_eq!(texts(&second), ["2", "1"]);
    let token = second["page_token"].as_str().unwrap();
    let last = bot
        .done("GET", &format!("{newest}&page_token={token}"), Value::Null)
        .await;
    assert_eq!((texts(&last), &last["has_more"]), (vec!["0".to_owned()], &json!(false)));
    assert_eq!(
        bot.code("GET", &format!("{newest}&page_token=x"), Value::Null).await,
        99992402
    );
    let stretch = format!("{list}&start_time=1700000001&end_time=1700000003&page_size=2");
    let first = bot.done("GET", &stretch, Value::Null).await;
    assert_eq!(texts(&first), ["1", "2"]);
    let token = first["page_token"].as_str().unwrap();
    let last = bot
        .done("GET", &format!("{stretch}&page_token={token}"), Value::Null)
        .await;
    assert_eq!((texts(&last), &last["has_more"]), (vec!["3".to_owned()], &json!(false)));
}

#[tokio::test]
async fn what_is_said_in_groups_needs_a_scope_of_its_own() {
    // im-v1/message/list.md: `im:message.group_msg` for groups
    let sandbox = still()
        .app(App::custom("cli_a", "a").scopes(["im:message"]))
        .user("ou_ada", "Ada")
        .build();
    let bot = Bot::of(&sandbox, "cli_a", "a").await;
    let list = |chat: &str| format!("/messages?container_id_type=chat&container_id={chat}");
    assert_eq!(bot.code("GET", &list(sandbox.chat_id()), Value::Null).await, 230027);
    let alone = bot.tells("ou_ada", "hi").await;
    let page = bot
        .done("GET", &list(alone["chat_id"].as_str().unwrap()), Value::Null)
        .await;
    assert_eq!(texts(&page), ["hi"]);
}

#[tokio::test]
async fn users_come_back_by_the_kind_of_id_that_was_asked_for() {
    // im-v1/message/get-message.md: `user_id_type`
    let sandbox = still().user("ou_ada", "Ada").user("ou_tom", "Tom").build();
    let bot = Bot::new(&sandbox).await;
    let said = sandbox
        .user("ou_ada")
        .says(sandbox.chat_id(), "hi <at user_id=\"ou_tom\">Tom</at>")
        .unwrap();
    for (kind, ada, tom) in [
        ("open_id", "ou_ada", "ou_tom"),
        ("union_id", "on_ada", "on_tom"),
        ("user_id", "ada", "tom"),
    ] {
        let path = format!("/messages/{}?user_id_type={kind}", said.message.message_id);
        let read = bot.done("GET", &path, Value::Null).await["items"][0].clone();
        assert_eq!(
            (&read["sender"]["id"], &read["sender"]["id_type"]),
            (&json!(ada), &json!(kind))
        );
        assert_eq!(
            (&read["mentions"][0]["id"], &read["mentions"][0]["id_type"]),
            (&json!(tom), &json!(kind))
        );
    }
}

#[tokio::test]
async fn messages_are_sent_on_one_by_one() {
    // im-v1/message/forward-message.md and its table of codes
    let sandbox = still().chat("oc_one").chat("oc_two").user("ou_ada", "Ada").build();
    let bot = Bot::new(&sandbox).await;
    let id = bot.sends("oc_one", "text", json!({"text": "news"})).await;
    let forward = async |id: &str, kind: &str, to: &str| {
        let path = format!("/messages/{id}/forward?receive_id_type={kind}");
        bot.call("POST", &path, json!({"receive_id": to})).await
    };
    let sent = forward(&id, "chat_id", "oc_two").await.json()["data"].clone();
    assert_eq!((text(&sent), &sent["chat_id"]), ("news".to_owned(), &json!("oc_two")));
    assert_ne!(sent["message_id"], json!(id));
    let alone = forward(&id, "open_id", "ou_ada").await.json()["data"].clone();
    assert_eq!(sandbox.messages_in(alone["chat_id"].as_str().unwrap()).len(), 1);
    let thread = answers(&bot, &id, "begin", true).await["thread_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let within = forward(&id, "thread_id", &thread).await.json()["data"].clone();
    assert_eq!(
        (&within["thread_id"], &within["chat_id"]),
        (&json!(thread), &json!("oc_one"))
    );
    assert_eq!(forward(&id, "chat_id", "oc_x").await.code(), 230063);
    assert_eq!(forward(&id, "thread_id", "omt_x").await.code(), 230019);
    assert_eq!(forward("om_x", "chat_id", "oc_two").await.code(), 99992354);
    bot.done("DELETE", &format!("/messages/{id}"), Value::Null).await;
    assert_eq!(forward(&id, "chat_id", "oc_two").await.code(), 230065);
}

#[tokio::test]
async fn several_are_sent_on_as_one_that_holds_them() {
    // im-v1/message/merge_forward.md, forward-thread.md, get-message.md (`upper_message_id`); protocol.md §7.5
    let sandbox = still().chat("oc_one").chat("oc_two").build();
    let bot = Bot::new(&sandbox).await;
    let mut ids = Vec::new();
    for number in 0..3 {
        ids.push(bot.sends("oc_one", "text", json!({"text": number.to_string()})).await);
    }
    let other = bot.sends("oc_two", "text", json!({"text": "elsewhere"})).await;
    bot.done("DELETE", &format!("/messages/{}", ids[2]), Value::Null).await;
    let merge = async |ids: &[&str]| {
        let body = json!({"receive_id": "oc_two", "message_id_list": ids});
        bot.call("POST", "/messages/merge_forward?receive_id_type=chat_id", body)
            .await
    };
    let reply = merge(&[&ids[1], &ids[0], &ids[2], "om_x"]).await.json();
    let (sent, invalid) = (&reply["data"]["message"], &reply["data"]["invalid_message_id_list"]);
    assert_eq!(invalid, &json!([ids[2], "om_x"]));
    assert_eq!(
        (&sent["msg_type"], &sent["body"]["content"]),
        (&json!("merge_forward"), &json!("Merged and Forwarded Message"))
    );
    let upper = sent["message_id"].as_str().unwrap();
    let read = bot.done("GET", &format!("/messages/{upper}"), Value::Null).await;
    let items = read["items"].as_array().unwrap();
    assert_eq!(items.len(), 3);
    assert_eq!(items[0], *sent);
    for (number, item) in items[1..].iter().enumerate() {
        assert_eq!(
            (text(item), &item["upper_message_id"]),
            (number.to_string(), &json!(upper))
        );
        assert_eq!(item["chat_id"], "oc_one");
    }
    let inner = items[1]["message_id"].as_str().unwrap().to_owned();
    let thread = answers(&bot, &ids[0], "aside", true).await;
    let aside = thread["message_id"].as_str().unwrap();
    for (list, code) in [
        (vec![ids[1].as_str(), &other], 230069),
        (vec![&ids[1], aside], 230067),
        (vec![&ids[2]], 230065),
        (vec!["om_x"], 230064),
        (vec![&inner], 230064),
    ] {
        assert_eq!(merge(&list).await.code(), code, "{list:?}");
    }
    // What is inside a merged message is in no list.
    let list = "/messages?container_id_type=chat&container_id=oc_two";
    assert_eq!(
        bot.done("GET", list, Value::Null).await["items"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let path = format!(
        "/threads/{}/forward?receive_id_type=chat_id",
        thread["thread_id"].as_str().unwrap()
    );
    let sent = bot.done("POST", &path, json!({"receive_id": "oc_two"})).await;
    let read = bot
        .done(
            "GET",
            &format!("/messages/{}", sent["message_id"].as_str().unwrap()),
            Value::Null,
        )
        .await;
    let inside: Vec<String> = read["items"].as_array().unwrap()[1..].iter().map(text).collect();
    assert_eq!(inside, ["0", "aside"]);
    let nowhere = "/threads/omt_x/forward?receive_id_type=chat_id";
    assert_eq!(bot.code("POST", nowhere, json!({"receive_id": "oc_two"})).await, 230064);
}

#[tokio::test]
async fn another_tenant_sees_nothing_of_it() {
    // issue: a token of another tenant never reads another's things
    let sandbox = still()
        .app(App::custom("cli_a", "a"))
        .app(App::store("cli_s", "s"))
        .tenant("home")
        .tenant("away")
        .build();
    let bot = Bot::of(&sandbox, "cli_a", "a").await;
    let id = bot.says("secret").await;
    let thread = answers(&bot, &id, "aside", true).await["thread_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let auth = "/open-apis/auth/v3";
    let body = json!({"app_id": "cli_s", "app_secret": "s", "app_ticket": sandbox.app_ticket("cli_s").unwrap()});
    let app = crate::bench::call(&sandbox, "POST", &format!("{auth}/app_access_token"), None, body).await;
    let body = json!({"app_access_token": app.json()["app_access_token"], "tenant_key": "away"});
    let away = crate::bench::call(&sandbox, "POST", &format!("{auth}/tenant_access_token"), None, body).await;
    let away = Bot {
        sandbox: &sandbox,
        token: away.json()["tenant_access_token"].as_str().unwrap().to_owned(),
    };
    let chat = sandbox.chat_id();
    let words = json!({"msg_type": "text", "content": "{\"text\":\"x\"}", "receive_id": chat});
    for (method, path, body, code) in [
        ("GET", format!("/messages/{id}"), Value::Null, 99992354),
        ("DELETE", format!("/messages/{id}"), Value::Null, 99992354),
        (
            "GET",
            format!("/messages?container_id_type=chat&container_id={chat}"),
            Value::Null,
            230002,
        ),
        (
            "GET",
            format!("/messages?container_id_type=thread&container_id={thread}"),
            Value::Null,
            230073,
        ),
        ("GET", format!("/messages/{id}/reactions"), Value::Null, 231003),
        ("GET", format!("/pins?chat_id={chat}"), Value::Null, 230002),
        ("POST", "/messages?receive_id_type=chat_id".to_owned(), words, 230002),
        (
            "POST",
            format!("/threads/{thread}/forward?receive_id_type=open_id"),
            json!({"receive_id": "ou_x"}),
            230064,
        ),
        (
            "POST",
            "/messages/merge_forward?receive_id_type=open_id".to_owned(),
            json!({"receive_id": "ou_x", "message_id_list": [id]}),
            230064,
        ),
    ] {
        assert_eq!(away.code(method, &path, body).await, code, "{method} {path}");
    }
}
