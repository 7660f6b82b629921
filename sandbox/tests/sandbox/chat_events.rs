//! What apps are told of chats, whoever changes them: calls and users alike.

use flybook_sandbox::{App, Delivery, Sandbox};
use serde_json::{Value, json};

use crate::{
    bench::{call, token_of},
    push::{Server, still},
};

const CHATS: &str = "/open-apis/im/v1/chats";

/// Two bots in one chat, of which the first may see user ids, and what each is told.
async fn listening() -> (Sandbox, Server, Server) {
    let sandbox = still()
        .app(App::custom("cli_a", "s"))
        .app(App::custom("cli_b", "s").scopes(["im:chat", "im:message.p2p_msg"]))
        .user("ou_ada", "Ada")
        .user("ou_tom", "Tom")
        .chat_of("oc_crew", "Crew", ["ou_ada", "cli_a"])
        .build();
    let (a, b) = (Server::default(), Server::default());
    sandbox.set_webhook("cli_a", a.webhook()).await.unwrap();
    sandbox.set_webhook("cli_b", b.webhook()).await.unwrap();
    (sandbox, a, b)
}

async fn took(deliveries: Vec<Delivery>) -> usize {
    let many = deliveries.len();
    for delivery in deliveries {
        assert!(delivery.done().await);
    }
    many
}

fn told(server: &Server, kind: &str) -> Vec<Value> {
    let bodies = server.bodies().into_iter();
    let of = bodies.filter(|body| body["header"]["event_type"] == kind);
    of.map(|body| body["event"].clone()).collect()
}

#[tokio::test]
async fn users_who_come_and_go_are_told_to_the_bots_of_the_chat() {
    // The pages of im.chat.member.user.added_v1, deleted_v1 and withdrawn_v1
    let (sandbox, a, b) = listening().await;
    let ada = sandbox.user("ou_ada");
    assert_eq!(took(ada.adds("oc_crew", "ou_tom").unwrap()).await, 1);
    let added = told(&a, "im.chat.member.user.added_v1");
    let tenant = sandbox.tenant_key();
    assert_eq!(
        added,
        [json!({
            "chat_id": "oc_crew", "name": "Crew", "external": false, "operator_tenant_key": tenant,
            "operator_id": {"union_id": "on_ada", "user_id": "ada", "open_id": "ou_ada"},
            "users": [{"name": "Tom", "tenant_key": tenant, "user_id": {"union_id": "on_tom", "user_id": "tom", "open_id": "ou_tom"}}],
        })]
    );
    // Who is there already does not come again.
    assert_eq!(took(ada.adds("oc_crew", "ou_tom").unwrap()).await, 0);
    took(sandbox.user("ou_tom").leaves("oc_crew").unwrap()).await;
    assert_eq!(
        told(&a, "im.chat.member.user.deleted_v1")[0]["operator_id"]["open_id"],
        "ou_tom"
    );
    took(sandbox.user("ou_tom").joins("oc_crew").unwrap()).await;
    took(ada.withdraws("oc_crew", "ou_tom").unwrap()).await;
    assert_eq!(
        told(&a, "im.chat.member.user.withdrawn_v1")[0]["users"][0]["name"],
        "Tom"
    );
    assert!(ada.removes("oc_crew", "ou_tom").is_err());
    assert!(ada.joins("oc_nowhere").is_err());
    assert!(b.bodies().is_empty());
}

#[tokio::test]
async fn bots_hear_that_they_came_and_went() {
    // The pages of im.chat.member.bot.added_v1 and deleted_v1: who hears of it
    let (sandbox, a, b) = listening().await;
    let ada = sandbox.user("ou_ada");
    assert_eq!(took(ada.adds("oc_crew", "cli_b").unwrap()).await, 2);
    let own = sandbox.open_id_for("cli_b", "ou_ada");
    let added = told(&b, "im.chat.member.bot.added_v1");
    assert_eq!(
        added[0]["operator_id"],
        json!({"union_id": "on_ada", "user_id": null, "open_id": own})
    );
    assert_eq!(told(&a, "im.chat.member.bot.added_v1").len(), 1);
    assert_eq!(took(ada.removes("oc_crew", "cli_b").unwrap()).await, 1);
    assert_eq!(told(&b, "im.chat.member.bot.deleted_v1")[0]["name"], "Crew");
    assert!(told(&a, "im.chat.member.bot.deleted_v1").is_empty());
}

#[tokio::test]
async fn changes_and_ends_are_told_with_what_was_before() {
    // The pages of im.chat.updated_v1 and im.chat.disbanded_v1
    let (sandbox, a, _) = listening().await;
    took(sandbox.user("ou_ada").renames("oc_crew", "Fliers").unwrap()).await;
    let updated = told(&a, "im.chat.updated_v1");
    assert_eq!(updated[0]["before_change"], json!({"name": "Crew"}));
    assert_eq!(updated[0]["after_change"], json!({"name": "Fliers"}));

    // The same when a call does it.
    let token = token_of(&sandbox, "cli_a", "s").await;
    let made = call(&sandbox, "POST", CHATS, Some(&token), json!({"name": "Own"}))
        .await
        .json();
    let path = format!("{CHATS}/{}", made["data"]["chat_id"].as_str().unwrap());
    let seen = a.bodies().len();
    assert_eq!(
        call(&sandbox, "PUT", &path, Some(&token), json!({"name": "Mine"}))
            .await
            .code(),
        0
    );
    assert_eq!(
        call(&sandbox, "DELETE", &path, Some(&token), Value::Null).await.code(),
        0
    );
    while a.bodies().len() < seen + 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(told(&a, "im.chat.updated_v1")[1]["before_change"]["name"], "Own");
    assert_eq!(told(&a, "im.chat.disbanded_v1")[0]["name"], "Mine");
    // A call that is refused tells nobody.
    assert_eq!(
        call(&sandbox, "DELETE", &path, Some(&token), Value::Null).await.code(),
        232_009
    );
    assert_eq!(a.bodies().len(), seen + 2);
}

#[tokio::test]
async fn a_bot_hears_who_opens_it_and_what_is_chosen() {
    // The pages of im.chat.access_event.bot_p2p_chat_entered_v1, p2p_chat_create and application.bot.menu_v6
    let (sandbox, _, b) = listening().await;
    let ada = sandbox.user("ou_ada");
    let own = sandbox.open_id_for("cli_b", "ou_ada");
    took(ada.enters("cli_b").unwrap()).await;
    let entered = told(&b, "im.chat.access_event.bot_p2p_chat_entered_v1");
    assert_eq!(entered[0]["operator_id"]["open_id"], own);
    assert_eq!(entered[0].get("last_message_id"), None);
    let said = ada.says("cli_b", "hi").unwrap();
    assert!(said.done().await);
    took(ada.enters("cli_b").unwrap()).await;
    let again = &told(&b, "im.chat.access_event.bot_p2p_chat_entered_v1")[1];
    assert_eq!(
        (&again["chat_id"], &again["last_message_id"]),
        (&json!(said.message.chat_id), &json!(said.message.message_id))
    );
    assert_eq!(again["last_message_create_time"], "1700000000000");
    let begun = b
        .bodies()
        .into_iter()
        .filter(|body| body["event"]["type"] == "p2p_chat_create");
    assert_eq!(begun.count(), 1);

    took(ada.picks("cli_b", "help").unwrap()).await;
    let picked = &told(&b, "application.bot.menu_v6")[0];
    assert_eq!(picked["event_key"], "help");
    // The name needs a scope of its own.
    assert_eq!(
        picked["operator"],
        json!({"operator_id": {"union_id": "on_ada", "user_id": null, "open_id": own}})
    );
    assert!(ada.enters("cli_nobody").is_err() && ada.picks("cli_nobody", "help").is_err());
}
