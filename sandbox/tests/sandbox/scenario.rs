//! Scenario files: what they put into a sandbox, and how their mistakes are told.

use flybook_sandbox::{Sandbox, ScenarioError};

use crate::bench::{send, tenant_token};

fn mistakes(text: &str) -> Vec<(usize, usize, String)> {
    let error: ScenarioError = Sandbox::builder().scenario(text).unwrap_err();
    let told = error.mistakes().iter();
    told.map(|mistake| (mistake.line, mistake.column, mistake.message.clone()))
        .collect()
}

#[tokio::test]
async fn a_scenario_fills_a_sandbox() {
    let text = "
seed: 7
clock: {start: 1700000000}
patience: 1s
unlimited: true
helpdesk: {id: 12345, token: ht-sometoken}
tenants: [t1, t2]
apps:
  - {id: cli_a, secret: s, scopes: [im:message]}
  - {id: cli_b, secret: s, kind: store, disabled: true}
users:
  - {open_id: ou_alice, name: Alice}
  - {open_id: ou_bob, name: Bob}
chats: [oc_1, oc_2]
messages:
  - {id: om_1, text: first}
  - {id: om_2, text: \"second: 2\", chat: oc_2, from: Bob}
faults:
  - when: {app: cli_a, every: 2}
    do: {code: 99991400}
";
    let sandbox = Sandbox::builder().scenario(text).unwrap().build();
    assert_eq!(
        (sandbox.app_id(), sandbox.chat_id(), sandbox.open_id()),
        ("cli_a", "oc_1", "ou_alice")
    );
    assert_eq!(sandbox.tenant_key(), "t1");
    let said: Vec<_> = sandbox
        .messages()
        .iter()
        .map(|message| (message.chat_id.clone(), message.sender.clone(), message.rendered()))
        .collect();
    let expected = [("oc_1", "ou_alice", "first"), ("oc_2", "ou_bob", "second: 2")];
    assert_eq!(
        said,
        expected.map(|(chat, from, text)| (chat.to_owned(), from.to_owned(), text.to_owned()))
    );
    // The token is the first call of the app, the message the second.
    _ = tenant_token(&sandbox).await;
    let body = serde_json::json!({"app_id": "cli_a", "app_secret": "s"});
    let second = crate::bench::call(&sandbox, "POST", crate::bench::TENANT, None, body).await;
    assert_eq!(second.code(), 99991400);
    // By name as by open id.
    assert_eq!(sandbox.user("Bob").says("oc_1", "hi").unwrap().message.sender, "ou_bob");
    assert_eq!(
        sandbox.user("ou_bob").says("oc_1", "hi").unwrap().message.sender,
        "ou_bob"
    );
    _ = send(&sandbox, "text", serde_json::json!({"text": "x"})).await;
}

#[test]
fn every_mistake_is_told_where_it_stands() {
    let text = "\
seeed: 7
clock: {scale: fast}
apps:
  - {id: cli_a}
chats: oc_1
users:
  - {open_id: ou_alice, name: Alice}
messages:
  - {id: om_1, text: x, from: Alcie, chat: oc_9}
faults:
  - when: {operation: im.v1.mesage.create, nth: 3, every: 2}
    do: {throttle: 2 secs}
  - when: {operation: im.v1.mesage.create}
    do: drop
  - do: explode
  - when: {}
";
    let told = mistakes(text);
    let expected = [
        (1, 1, "`seeed` is no word of a scenario; did you mean `seed`?"),
        (2, 16, "`fast` is not a number of times, 0 or more"),
        (4, 5, "`secret` is missing here"),
        (5, 8, "chats are a list: write `- ` before each"),
        (9, 31, "there is no user `Alcie`; did you mean `Alice`?"),
        (9, 44, "there is no chat `oc_9`; list it under `chats`"),
        (
            11,
            11,
            "only one of `nth`, `calls`, `every` and `chance` can say which calls",
        ),
        (12, 20, "`2 secs` is not a time such as `50ms`, `2s`, `3min` or `1h`"),
        (
            13,
            23,
            "there is no operation `im.v1.mesage.create`; did you mean `im.v1.message.create`?",
        ),
        (
            15,
            9,
            "`explode` alone says nothing; write one of `drop`, `reset`, `truncate`, `expire_tokens`, `revoke_tokens`, or a mapping such as `{delay: 2s}`",
        ),
        (16, 5, "a fault needs `do`, which says what goes wrong"),
    ];
    let expected: Vec<_> = expected
        .map(|(line, column, message)| (line, column, message.to_owned()))
        .into();
    assert_eq!(told, expected);
    for broken in ["a: [", "- 1", "just text", "x: 1\n---\ny: 2"] {
        assert!(!mistakes(broken).is_empty(), "{broken}");
    }
    assert!(Sandbox::builder().scenario("").is_ok());
}
