//! A day with the official SDKs, unmodified: what they are answered, held against what the sandbox saw.
//!
//! `interop/walk.py` and `interop/node/walk.mjs` take the same steps and tell of each.

use flybook_sandbox::{Message, Sandbox};
use serde_json::{Value, json};

use crate::interop::{Client, official_node, official_python};

struct Walk {
    sandbox: Sandbox,
    client: Client,
}

impl Walk {
    /// What the client tells of its next step.
    async fn step(&mut self, name: &str) -> Value {
        let said = self.client.says().await;
        assert_eq!(said["step"], name, "{said}");
        said
    }

    /// The same, and the message that came of it.
    async fn sends(&mut self, name: &str) -> (Value, Message) {
        let said = self.step(name).await;
        let mut there = self.sandbox.messages_in(self.sandbox.chat_id()).into_iter();
        let message = there.find(|message| said["message_id"] == message.message_id).unwrap();
        assert_eq!(message.sender, self.sandbox.app_id());
        (said, message)
    }
}

async fn walk(script: &str, language: &str) {
    let sandbox = Sandbox::new();
    let server = sandbox.serve(0).await.unwrap();
    let arguments = [&server.url(), sandbox.app_id(), sandbox.app_secret(), sandbox.chat_id()];
    let client = Client::start(script, &arguments);
    let mut walk = Walk { sandbox, client };
    // protocol §2.1: tenant tokens begin so.
    assert_eq!(walk.step("token").await["kind"], "t-");
    let first = messages(&mut walk, language).await;
    reads(&mut walk, &first).await;
    let refused = walk.step("refusal").await;
    // The page of im.v1.message.create: the bot is not in the chat.
    assert_eq!(refused["code"], 230_002);
    assert!(walk.client.process.wait().await.unwrap().success());

    let calls = walk.sandbox.calls();
    let (last, before) = calls.split_last().unwrap();
    assert_eq!(
        (last.code, refused["log_id"].as_str()),
        (230_002, Some(last.log_id.as_str()))
    );
    for call in before {
        assert_eq!(call.code, 0, "{call:?}");
        // An SDK that is made from the platform's own list knows no parameter that the spec lacks.
        assert_eq!(call.unknown, [""; 0], "{call:?}");
    }
    assert_eq!(walk.sandbox.calls_to("auth.v3.tenant_access_token.internal"), 1);
}

async fn messages(walk: &mut Walk, language: &str) -> Vec<String> {
    let (said, text) = walk.sends("text").await;
    assert_eq!(said["chat_id"], walk.sandbox.chat_id());
    assert_eq!(said["content"], json!({"text": format!("from {language} 飞书")}));
    assert_eq!(text.rendered(), format!("from {language} 飞书"));
    let (said, post) = walk.sends("post").await;
    assert_eq!(said["msg_type"], "post");
    assert_eq!(post.rendered(), "A post\nfirst link (https://example.com/)");
    let (said, card) = walk.sends("card").await;
    assert_eq!(said["msg_type"], "interactive");
    assert_eq!(card.sent["elements"][0]["actions"][0]["value"], json!({"id": 7}));
    let (said, reply) = walk.sends("reply").await;
    assert_eq!(
        (&said["parent_id"], &said["root_id"]),
        (&json!(text.message_id), &json!(text.message_id))
    );
    assert_eq!(reply.parent_id.as_ref(), Some(&text.message_id));
    let got = walk.step("get").await;
    assert_eq!(got["items"], json!([[text.message_id, text.content]]));
    vec![text.message_id, post.message_id, card.message_id, reply.message_id]
}

/// What is put in comes out again.
async fn reads(walk: &mut Walk, sent: &[String]) {
    let list = walk.step("list").await;
    assert_eq!(list["pages"], json!([sent[..2], sent[2..]]));
    // protocol §10.1
    for (name, prefix) in [("image", "img_"), ("file", "file_"), ("resource", "om_")] {
        let file = walk.step(name).await;
        assert_eq!(file["sent"], file["got"], "{file}");
        assert!(file["key"].as_str().unwrap().starts_with(prefix), "{file}");
    }
    let reaction = walk.step("reaction").await;
    assert_eq!(reaction["there"], json!([[reaction["reaction_id"], "SMILE"]]));
    assert_eq!(reaction["left"], json!([]));
    let chat = walk.step("chat").await;
    assert_eq!(
        (&chat["name"], &chat["description"]),
        (&json!("Readers"), &json!("Who reads"))
    );
}

#[tokio::test]
async fn the_official_python_sdk_goes_through_a_day() {
    if official_python().await {
        walk("walk.py", "Python").await;
    }
}

#[tokio::test]
async fn the_official_node_sdk_goes_through_a_day() {
    if official_node().await {
        walk("node/walk.mjs", "Node").await;
    }
}
