//! What one app has, another app of another tenant neither reads nor changes: every operation that names a thing is tried.

use std::collections::BTreeMap;

use flybook_sandbox::{App, Sandbox, catalog::TokenKind};
use serde_json::{Value, json};

use crate::{
    bench::{call, raw},
    craft::Craft,
};

const OTHER: &str = "tenant_other";

/// The token of a store app in the other tenant.
async fn other_tenants_token(sandbox: &Sandbox) -> String {
    let body = json!({"app_id": "cli_b", "app_secret": "s", "app_ticket": sandbox.app_ticket("cli_b")});
    let app = call(sandbox, "POST", "/open-apis/auth/v3/app_access_token", None, body)
        .await
        .json();
    let body = json!({"app_access_token": app["app_access_token"], "tenant_key": OTHER});
    let tenant = call(sandbox, "POST", "/open-apis/auth/v3/tenant_access_token", None, body)
        .await
        .json();
    tenant["tenant_access_token"]
        .as_str()
        .expect("a store app has a token in every tenant")
        .to_owned()
}

/// Everything that tests can see of what is kept.
fn kept(sandbox: &Sandbox) -> String {
    let chats = sandbox.chats();
    let members: Vec<_> = chats.iter().map(|chat| sandbox.members_of(&chat.chat_id)).collect();
    format!("{chats:?} {members:?} {:?}", sandbox.messages())
}

#[tokio::test]
async fn no_operation_reaches_into_another_tenant() {
    // protocol.md §2.1: a tenant_access_token stands for one app in one tenant; catalog.json: what operations name
    let build = || {
        Sandbox::builder()
            .app(App::custom("cli_a", "s"))
            .app(App::store("cli_b", "s"))
            .tenant("tenant_home")
            .tenant(OTHER)
            .helpdesk("12345", "ht-sometoken")
            .examples()
            .build()
    };
    let (mut tried, mut faults) = (0, Vec::new());
    let sandbox = build();
    let token = other_tenants_token(&sandbox).await;
    let mut before = kept(&sandbox);
    for operation in &sandbox.catalog().operations {
        let Some(words) = &operation.simulate else { continue };
        let names = ["id", "in"].iter().any(|role| words.roles.contains_key(*role));
        if !names || !operation.tokens.contains(&TokenKind::Tenant) {
            continue;
        }
        tried += 1;
        for full in [false, true] {
            let request = Craft::new(sandbox.catalog(), full, 0, BTreeMap::new()).request(operation);
            let mut headers: Vec<(&str, String)> = vec![("authorization", format!("Bearer {token}"))];
            headers.extend(
                request
                    .headers
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.clone())),
            );
            // protocol.md §9.5
            headers.push(("x-lark-helpdesk-authorization", "MTIzNDU6aHQtc29tZXRva2Vu".to_owned()));
            let reply = raw(&sandbox, &operation.method, &request.path, &headers, request.body).await;
            let body = serde_json::from_slice::<Value>(&reply.body).unwrap_or_default();
            // Tables are not kept, so each tenant has one of any name, without records.
            let in_own_table = words.roles.get("in").is_some_and(|name| name == "table_id")
                && (words.act == "create record"
                    || ["items", "records"].iter().any(|list| body["data"][list] == json!([])));
            let refused = body["code"] != 0 || in_own_table;
            let after = kept(&sandbox);
            if !refused || after != before {
                before = after;
                faults.push(format!("{} (full: {full}): {reply:?}", operation.id));
            }
        }
    }
    assert!(faults.is_empty(), "{} of {tried}:\n{}", faults.len(), faults.join("\n"));
    assert!(tried > 30, "{tried}");
}
