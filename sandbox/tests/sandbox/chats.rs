//! Chats: who makes, changes and dissolves them, and what is refused.

use flybook_sandbox::{App, Sandbox};
use serde_json::{Value, json};

use crate::{
    bench::{call, tenant_token, token_of},
    push::still,
};

const CHATS: &str = "/open-apis/im/v1/chats";
const SEND: &str = "/open-apis/im/v1/messages?receive_id_type=chat_id";

fn two_users() -> Sandbox {
    still().user("ou_ada", "Ada").user("ou_tom", "Tom").build()
}

/// A chat that the app makes and owns.
async fn made(sandbox: &Sandbox, token: &str, body: Value) -> String {
    let reply = call(sandbox, "POST", CHATS, Some(token), body).await.json();
    assert_eq!(reply["code"], 0, "{reply}");
    reply["data"]["chat_id"].as_str().unwrap().to_owned()
}

async fn say(sandbox: &Sandbox, token: &str, chat: &str) -> i64 {
    let body = json!({"receive_id": chat, "msg_type": "text", "content": "{\"text\":\"hi\"}"});
    call(sandbox, "POST", SEND, Some(token), body).await.code()
}

#[tokio::test]
async fn a_chat_is_what_it_was_made_with() {
    // im-v1/chat/create.md: the members, the owner, the defaults of the settings; get.md: the counts as digits, no bot as owner
    let sandbox = two_users();
    let token = tenant_token(&sandbox).await;
    let body = json!({"name": "Crew", "description": "Flies", "owner_id": "ou_ada", "user_id_list": ["ou_tom"], "urgent_setting": "only_owner"});
    let chat = made(&sandbox, &token, body).await;
    let read = call(&sandbox, "GET", &format!("{CHATS}/{chat}"), Some(&token), Value::Null)
        .await
        .json();
    let data = &read["data"];
    for (name, value) in [
        ("name", "Crew"),
        ("description", "Flies"),
        ("owner_id", "ou_ada"),
        ("owner_id_type", "open_id"),
        ("urgent_setting", "only_owner"),
        ("membership_approval", "no_approval_required"),
        ("chat_mode", "group"),
        ("chat_type", "private"),
        ("user_count", "2"),
        ("bot_count", "1"),
        ("chat_status", "normal"),
    ] {
        assert_eq!(data[name], value, "{name}: {read}");
    }
    assert_eq!(sandbox.members_of(&chat), [sandbox.app_id(), "ou_ada", "ou_tom"]);
    let by_union = format!("{CHATS}/{chat}?user_id_type=union_id");
    let read = call(&sandbox, "GET", &by_union, Some(&token), Value::Null).await.json();
    assert_eq!(read["data"]["owner_id"], "on_ada");
    let own = made(&sandbox, &token, json!({})).await;
    let read = call(&sandbox, "GET", &format!("{CHATS}/{own}"), Some(&token), Value::Null)
        .await
        .json();
    assert_eq!(read["data"].get("owner_id"), None);
    assert_eq!(sandbox.chats().last().unwrap().owner, sandbox.app_id());

    for (body, code) in [
        (json!({"chat_type": "public"}), 232_042),
        (json!({"chat_type": "public", "name": "X"}), 232_020),
        (json!({"user_id_list": ["ou_nobody"]}), 232_043),
        (json!({"bot_id_list": ["cli_nobody"]}), 232_021),
    ] {
        let refused = call(&sandbox, "POST", CHATS, Some(&token), body).await;
        assert_eq!(refused.code(), code, "{refused:?}");
    }
}

#[tokio::test]
async fn the_same_uuid_makes_one_chat() {
    // im-v1/chat/create.md, uuid
    let sandbox = two_users();
    let token = tenant_token(&sandbox).await;
    let path = format!("{CHATS}?uuid=b13g2t38");
    let before = sandbox.chats().len();
    let first = call(&sandbox, "POST", &path, Some(&token), json!({})).await.json();
    let again = call(&sandbox, "POST", &path, Some(&token), json!({})).await.json();
    assert_eq!(first["data"]["chat_id"], again["data"]["chat_id"]);
    assert_eq!(sandbox.chats().len(), before + 1);
}

#[tokio::test]
async fn who_may_change_what() {
    // im-v1/chat/update.md: the limits of use, 232002, 232016, 232012, and the two permissions that go together
    let sandbox = two_users();
    let bot = tenant_token(&sandbox).await;
    let tom = sandbox.user_token("ou_tom");
    let chat = made(
        &sandbox,
        &bot,
        json!({"owner_id": "ou_ada", "user_id_list": ["ou_tom"]}),
    )
    .await;
    let path = format!("{CHATS}/{chat}");
    let put = |token: String, body: Value| {
        let (sandbox, path) = (sandbox.clone(), path.clone());
        async move { call(&sandbox, "PUT", &path, Some(&token), body).await.code() }
    };
    assert_eq!(put(tom.clone(), json!({"name": "Toms"})).await, 0);
    assert_eq!(
        put(tom.clone(), json!({"at_all_permission": "only_owner"})).await,
        232_016
    );
    let ada = sandbox.user_token("ou_ada");
    assert_eq!(put(ada.clone(), json!({"edit_permission": "only_owner"})).await, 0);
    assert_eq!(put(tom.clone(), json!({"name": "Toms again"})).await, 232_002);
    // The bot that made the chat may with its scope, which this one has.
    assert_eq!(put(bot.clone(), json!({"description": "By the bot"})).await, 0);
    assert_eq!(
        put(ada.clone(), json!({"add_member_permission": "only_owner"})).await,
        232_001
    );
    let pair = json!({"add_member_permission": "only_owner", "share_card_permission": "not_allowed"});
    assert_eq!(put(ada.clone(), pair).await, 0);
    let link = call(&sandbox, "POST", &format!("{path}/link"), Some(&tom), json!({})).await;
    assert_eq!(link.code(), 232_064);
    sandbox.user("ou_tom").leaves(&chat).unwrap();
    assert_eq!(put(ada.clone(), json!({"owner_id": "ou_tom"})).await, 232_012);
    assert_eq!(put(tom, json!({"name": "Outside"})).await, 232_011);
    let found = sandbox.chats().into_iter().find(|found| found.chat_id == chat).unwrap();
    assert_eq!(
        (found.name.as_str(), found.description.as_str()),
        ("Toms", "By the bot")
    );
}

#[tokio::test]
async fn a_dissolved_chat_is_no_more() {
    // im-v1/chat/delete.md, 232017 and 232009; message/create.md, 232009
    let sandbox = two_users();
    let (bot, tom) = (tenant_token(&sandbox).await, sandbox.user_token("ou_tom"));
    let chat = made(&sandbox, &bot, json!({"user_id_list": ["ou_tom"]})).await;
    let path = format!("{CHATS}/{chat}");
    assert_eq!(say(&sandbox, &bot, &chat).await, 0);
    let message = format!("/open-apis/im/v1/messages/{}", sandbox.messages_in(&chat)[0].message_id);
    assert_eq!(
        call(&sandbox, "DELETE", &path, Some(&tom), Value::Null).await.code(),
        232_017
    );
    assert_eq!(call(&sandbox, "DELETE", &path, Some(&bot), Value::Null).await.code(), 0);
    assert_eq!(
        call(&sandbox, "DELETE", &path, Some(&bot), Value::Null).await.code(),
        232_009
    );
    assert_eq!(say(&sandbox, &bot, &chat).await, 232_009);
    assert_ne!(call(&sandbox, "GET", &message, Some(&bot), Value::Null).await.code(), 0);
    let read = call(&sandbox, "GET", &path, Some(&bot), Value::Null).await.json();
    assert_eq!(read["data"]["chat_status"], "dissolved");
    let members = call(&sandbox, "GET", &format!("{path}/members"), Some(&bot), Value::Null).await;
    assert_eq!(members.code(), 232_009);
    let list = call(&sandbox, "GET", CHATS, Some(&bot), Value::Null).await.json();
    assert_eq!(list["data"]["items"].as_array().unwrap().len(), 1, "{list}");
}

#[tokio::test]
async fn chats_are_listed_in_order_and_by_pages() {
    // im-v1/chat/list.md: sort_type, and that talks of two are not among them
    let sandbox = two_users();
    let token = tenant_token(&sandbox).await;
    let mut chats = vec![sandbox.chat_id().to_owned()];
    for name in ["One", "Two"] {
        sandbox.advance(std::time::Duration::from_secs(1));
        chats.push(made(&sandbox, &token, json!({"name": name})).await);
    }
    sandbox.user("ou_ada").says(sandbox.app_id(), "alone").unwrap();
    assert_eq!(say(&sandbox, &token, &chats[1]).await, 0);
    let ids = |reply: &Value| -> Vec<String> {
        let items = reply["data"]["items"].as_array().unwrap();
        items
            .iter()
            .map(|chat| chat["chat_id"].as_str().unwrap().to_owned())
            .collect()
    };
    let first = call(
        &sandbox,
        "GET",
        &format!("{CHATS}?page_size=2"),
        Some(&token),
        Value::Null,
    )
    .await
    .json();
    assert_eq!(ids(&first), chats[..2]);
    let next = format!(
        "{CHATS}?page_size=2&page_token={}",
        first["data"]["page_token"].as_str().unwrap()
    );
    let second = call(&sandbox, "GET", &next, Some(&token), Value::Null).await.json();
    assert_eq!(
        (ids(&second), &second["data"]["has_more"]),
        (chats[2..].to_vec(), &json!(false))
    );
    let active = format!("{CHATS}?sort_type=ByActiveTimeDesc");
    let active = call(&sandbox, "GET", &active, Some(&token), Value::Null).await.json();
    assert_eq!(ids(&active)[0], chats[1]);
    // search.md: a key word of names of chats and members; nothing where it is empty
    for (query, found) in [("two", 1), ("ADA", 1), ("nothing", 0), ("", 0)] {
        let path = format!("{CHATS}/search?query={query}");
        let reply = call(&sandbox, "GET", &path, Some(&token), Value::Null).await.json();
        assert_eq!(ids(&reply).len(), found, "{query}: {reply}");
    }
}

#[tokio::test]
async fn only_members_see_a_chat_and_others_see_its_name() {
    // im-v1/chat/get.md: what outsiders are told; 232010 across tenants
    let sandbox = still()
        .app(App::custom("cli_a", "s"))
        .app(App::custom("cli_b", "s"))
        .user("ou_ada", "Ada")
        .chat_of("oc_closed", "Closed", ["ou_ada", "cli_a"])
        .build();
    let (a, b) = (
        token_of(&sandbox, "cli_a", "s").await,
        token_of(&sandbox, "cli_b", "s").await,
    );
    let path = format!("{CHATS}/oc_closed");
    let inside = call(&sandbox, "GET", &path, Some(&a), Value::Null).await.json();
    assert_eq!(inside["data"]["owner_id"], "ou_ada", "{inside}");
    let outside = call(&sandbox, "GET", &path, Some(&b), Value::Null).await.json();
    let mut names: Vec<&String> = outside["data"].as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["avatar", "bot_count", "chat_status", "name", "user_count"]);
    for more in ["/members", "/moderation", "/chat_tabs/list_tabs"] {
        let refused = call(&sandbox, "GET", &format!("{path}{more}"), Some(&b), Value::Null).await;
        assert_eq!(refused.code(), 232_011, "{more}");
    }
    let nowhere = call(&sandbox, "GET", &format!("{CHATS}/oc_nowhere"), Some(&a), Value::Null).await;
    assert_eq!(nowhere.code(), 232_006);
}

#[tokio::test]
async fn an_app_without_a_bot_takes_part_in_nothing() {
    // message/create.md, 230006; chat/create.md, 232025
    let sandbox = still().app(App::custom("cli_a", "s").without_bot()).build();
    let token = token_of(&sandbox, "cli_a", "s").await;
    assert_eq!(say(&sandbox, &token, sandbox.chat_id()).await, 230_006);
    assert_eq!(
        call(&sandbox, "POST", CHATS, Some(&token), json!({})).await.code(),
        232_025
    );
    assert!(sandbox.messages().is_empty());
}
