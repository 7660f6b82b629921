//! Members of chats, their administrators, and who may speak.

use flybook_sandbox::{App, Sandbox};
use serde_json::{Value, json};

use crate::{
    bench::{call, tenant_token, token_of},
    push::still,
};

const CHATS: &str = "/open-apis/im/v1/chats";
const SEND: &str = "/open-apis/im/v1/messages?receive_id_type=chat_id";

/// A sandbox with three users, the bot's token, and a chat that the bot made and owns.
pub(crate) async fn crew() -> (Sandbox, String, String) {
    let sandbox = still()
        .user("ou_ada", "Ada")
        .user("ou_tom", "Tom")
        .user("ou_eva", "Eva")
        .build();
    let token = tenant_token(&sandbox).await;
    let made = call(
        &sandbox,
        "POST",
        CHATS,
        Some(&token),
        json!({"user_id_list": ["ou_ada"]}),
    )
    .await
    .json();
    let path = format!("{CHATS}/{}", made["data"]["chat_id"].as_str().unwrap());
    (sandbox, token, path)
}

fn id(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}

#[tokio::test]
async fn who_cannot_be_added_is_told_as_asked() {
    // im-v1/chat-members/create.md, succeed_type 0, 1 and 2; protocol.md §3.4, 99992351
    let (sandbox, token, path) = crew().await;
    let members = format!("{path}/members");
    let add = |kind: i64, ids: Value| {
        let (sandbox, token) = (sandbox.clone(), token.clone());
        let path = format!("{members}?succeed_type={kind}");
        async move {
            call(&sandbox, "POST", &path, Some(&token), json!({"id_list": ids}))
                .await
                .json()
        }
    };
    let some = json!(["ou_tom", "ou_nobody"]);
    assert_eq!(add(0, some.clone()).await["code"], 99_992_351);
    assert_eq!(add(2, some.clone()).await["code"], 232_043);
    assert_eq!(sandbox.members_of(id(&path)).len(), 2);
    let partly = add(1, some).await;
    assert_eq!(partly["data"]["not_existed_id_list"], json!(["ou_nobody"]), "{partly}");
    assert_eq!(sandbox.members_of(id(&path)), [sandbox.app_id(), "ou_ada", "ou_tom"]);
    assert_eq!(add(0, json!([])).await["code"], 232_027);
    // get.md: users only, with their number in all
    let list = call(
        &sandbox,
        "GET",
        &format!("{members}?page_size=1&member_id_type=union_id"),
        Some(&token),
        Value::Null,
    )
    .await
    .json();
    assert_eq!(list["data"]["member_total"], 2);
    assert_eq!(list["data"]["items"][0]["member_id"], "on_ada", "{list}");
    assert_eq!(
        (&list["data"]["items"][0]["name"], &list["data"]["has_more"]),
        (&json!("Ada"), &json!(true))
    );
}

#[tokio::test]
async fn whoever_the_app_is_not_for_is_not_added() {
    // im-v1/chat-members/create.md, 232024, and the list of those out of sight
    let sandbox = still()
        .app(App::custom("cli_a", "s").available_to(["ou_ada"]))
        .user("ou_ada", "Ada")
        .user("ou_tom", "Tom")
        .build();
    let token = token_of(&sandbox, "cli_a", "s").await;
    let made = call(&sandbox, "POST", CHATS, Some(&token), json!({})).await.json();
    let members = format!("{CHATS}/{}/members", made["data"]["chat_id"].as_str().unwrap());
    let body = json!({"id_list": ["ou_tom"]});
    assert_eq!(
        call(&sandbox, "POST", &members, Some(&token), body.clone())
            .await
            .code(),
        232_024
    );
    let partly = call(
        &sandbox,
        "POST",
        &format!("{members}?succeed_type=1"),
        Some(&token),
        body,
    )
    .await
    .json();
    assert_eq!(partly["data"]["invalid_id_list"], json!(["ou_tom"]));
}

#[tokio::test]
async fn members_go_and_only_leaders_remove_others() {
    // im-v1/chat-members/delete.md: the limits of use, 232014, 232076
    let (sandbox, token, path) = crew().await;
    let (ada, tom) = (sandbox.user_token("ou_ada"), sandbox.user_token("ou_tom"));
    sandbox.user("ou_tom").joins(id(&path)).unwrap();
    let members = format!("{path}/members");
    let remove = |token: String, who: &str, kind: &str| {
        let (sandbox, path) = (sandbox.clone(), format!("{members}?member_id_type={kind}"));
        let body = json!({"id_list": [who]});
        async move { call(&sandbox, "DELETE", &path, Some(&token), body).await.code() }
    };
    assert_eq!(remove(ada.clone(), "ou_tom", "open_id").await, 232_014);
    assert_eq!(remove(token.clone(), "ou_tom", "open_id").await, 0);
    assert_eq!(remove(ada, "ou_ada", "open_id").await, 0);
    assert_eq!(remove(tom, "ou_ada", "open_id").await, 232_011);
    assert_eq!(sandbox.members_of(id(&path)), [sandbox.app_id()]);
    let inside = format!("{members}/is_in_chat");
    let eva = sandbox.user_token("ou_eva");
    for (token, there) in [(&token, true), (&eva, false)] {
        let reply = call(&sandbox, "GET", &inside, Some(token), Value::Null).await.json();
        assert_eq!(reply["data"]["is_in_chat"], there);
    }
    // me_join.md: public chats only, and not those that approve their members
    let join = format!("{members}/me_join");
    assert_eq!(
        call(&sandbox, "PATCH", &join, Some(&eva), Value::Null).await.code(),
        232_008
    );
    let open = json!({"chat_type": "public", "name": "Open", "membership_approval": "approval_required"});
    assert_eq!(call(&sandbox, "PUT", &path, Some(&token), open).await.code(), 0);
    assert_eq!(
        call(&sandbox, "PATCH", &join, Some(&eva), Value::Null).await.code(),
        232_075
    );
    let open = json!({"membership_approval": "no_approval_required"});
    assert_eq!(call(&sandbox, "PUT", &path, Some(&token), open).await.code(), 0);
    assert_eq!(call(&sandbox, "PATCH", &join, Some(&eva), Value::Null).await.code(), 0);
    assert!(sandbox.members_of(id(&path)).contains(&"ou_eva".to_owned()));
}

#[tokio::test]
async fn the_owner_names_administrators() {
    // im-v1/chat-managers: the owner only (232038), members only (232027), 10 at most
    let (sandbox, token, path) = crew().await;
    let add = format!("{path}/managers/add_managers");
    let body = json!({"manager_ids": ["ou_ada"]});
    let ada = sandbox.user_token("ou_ada");
    assert_eq!(
        call(&sandbox, "POST", &add, Some(&ada), body.clone()).await.code(),
        232_038
    );
    let outside = json!({"manager_ids": ["ou_tom"]});
    assert_eq!(
        call(&sandbox, "POST", &add, Some(&token), outside).await.code(),
        232_027
    );
    let reply = call(&sandbox, "POST", &add, Some(&token), body.clone()).await.json();
    assert_eq!(
        reply["data"],
        json!({"chat_managers": ["ou_ada"], "chat_bot_managers": []})
    );
    let read = call(&sandbox, "GET", &path, Some(&token), Value::Null).await.json();
    assert_eq!(read["data"]["user_manager_id_list"], json!(["ou_ada"]));
    assert_eq!(
        call(
            &sandbox,
            "PUT",
            &path,
            Some(&ada),
            json!({"edit_permission": "only_owner"})
        )
        .await
        .code(),
        0
    );
    let delete = format!("{path}/managers/delete_managers");
    let reply = call(&sandbox, "POST", &delete, Some(&token), body).await.json();
    assert_eq!(reply["data"]["chat_managers"], json!([]));
}

#[tokio::test]
async fn who_may_not_speak_is_refused() {
    // im-v1/chat-moderation; message/create.md, 230018
    let (sandbox, token, path) = crew().await;
    let chat = id(&path).to_owned();
    sandbox.user("ou_tom").joins(&chat).unwrap();
    let (ada, tom) = (sandbox.user_token("ou_ada"), sandbox.user_token("ou_tom"));
    let moderation = format!("{path}/moderation");
    let say = async || {
        let body = json!({"receive_id": chat, "msg_type": "text", "content": "{\"text\":\"hi\"}"});
        call(&sandbox, "POST", SEND, Some(&token), body).await
    };
    let moderate = async |token: &str, body: Value| call(&sandbox, "PUT", &moderation, Some(token), body).await.code();
    let chosen = json!({"moderation_setting": "moderator_list", "moderator_added_list": ["ou_ada", "ou_eva"]});
    assert_eq!(moderate(&tom, chosen.clone()).await, 232_017);
    assert_eq!(moderate(&token, chosen).await, 0);
    let message = say().await.json()["data"]["message_id"].as_str().unwrap().to_owned();
    assert!(sandbox.user("ou_ada").says(&chat, "hi").is_ok());
    assert!(sandbox.user("ou_tom").says(&chat, "hi").is_err());
    let read = call(&sandbox, "GET", &moderation, Some(&token), Value::Null)
        .await
        .json();
    // Who is not in the chat is left out.
    let tenant = sandbox.tenant_key();
    assert_eq!(
        read["data"]["items"],
        json!([{"user_id_type": "open_id", "user_id": "ou_ada", "tenant_key": tenant}])
    );
    assert_eq!(read["data"]["moderation_setting"], "moderator_list");
    // Once another owns the chat, the bot is a member like all.
    assert_eq!(
        call(&sandbox, "PUT", &path, Some(&token), json!({"owner_id": "ou_ada"}))
            .await
            .code(),
        0
    );
    assert_eq!(say().await.code(), 230_018);
    let reply = format!("/open-apis/im/v1/messages/{message}/reply");
    let body = json!({"msg_type": "text", "content": "{\"text\":\"hi\"}"});
    assert_eq!(call(&sandbox, "POST", &reply, Some(&token), body).await.code(), 230_018);
    assert_eq!(moderate(&ada, json!({"moderation_setting": "all_members"})).await, 0);
    assert_eq!(say().await.code(), 0);
}
