//! Issuing tokens: the thirty-minute rule, store apps and their errors.

use std::time::Duration;

use flybook_sandbox::{App, Sandbox, catalog::AppKind};
use serde_json::{Value, json};

use crate::bench::{TENANT, builder, call, sandbox, tenant_token};

const APP: &str = "/open-apis/auth/v3/app_access_token/internal";
const STORE_APP: &str = "/open-apis/auth/v3/app_access_token";
const STORE_TENANT: &str = "/open-apis/auth/v3/tenant_access_token";

async fn ask(sandbox: &Sandbox, path: &str, body: Value) -> Value {
    call(sandbox, "POST", path, None, body).await.json()
}

#[tokio::test]
async fn the_same_token_is_given_until_thirty_minutes_are_left() {
    // protocol.md §2.2
    let sandbox = sandbox();
    let body = || json!({"app_id": sandbox.app_id(), "app_secret": sandbox.app_secret()});
    let first = ask(&sandbox, TENANT, body()).await;
    let token = first["tenant_access_token"].as_str().unwrap();
    assert!(token.starts_with("t-"));
    assert_eq!((&first["code"], &first["expire"]), (&json!(0), &json!(7200)));
    assert!(first.get("data").is_none());

    sandbox.advance(Duration::from_secs(5400));
    let same = ask(&sandbox, TENANT, body()).await;
    assert_eq!(
        (&same["tenant_access_token"], &same["expire"]),
        (&json!(token), &json!(1800))
    );

    sandbox.advance(Duration::from_millis(1));
    let next = ask(&sandbox, TENANT, body()).await;
    assert_ne!(next["tenant_access_token"], token);
    assert_eq!(next["expire"], 7200);
    // Both stay valid until their own expiry.
    let bot = "/open-apis/bot/v3/info";
    assert_eq!(call(&sandbox, "GET", bot, Some(token), Value::Null).await.code(), 0);
    assert_eq!(
        call(&sandbox, "GET", bot, next["tenant_access_token"].as_str(), Value::Null)
            .await
            .code(),
        0
    );
    sandbox.advance(Duration::from_secs(1800));
    assert_eq!(
        call(&sandbox, "GET", bot, Some(token), Value::Null).await.code(),
        99991663
    );
    assert_eq!(
        call(&sandbox, "GET", bot, next["tenant_access_token"].as_str(), Value::Null)
            .await
            .code(),
        0
    );
    assert_eq!(sandbox.calls_to("auth.v3.tenant_access_token.internal"), 3);
}

#[tokio::test]
async fn a_custom_app_has_one_token_for_both_kinds() {
    // protocol.md §2.1
    let sandbox = sandbox();
    let tenant = tenant_token(&sandbox).await;
    let body = json!({"app_id": sandbox.app_id(), "app_secret": sandbox.app_secret()});
    let reply = ask(&sandbox, APP, body).await;
    assert_eq!(reply["app_access_token"], tenant);
    assert_eq!(reply["tenant_access_token"], tenant);
}

#[tokio::test]
async fn wrong_credentials_have_their_codes() {
    // protocol.md §2.2 and §12
    let sandbox = builder()
        .app(App::custom("cli_a", "secret"))
        .app(App::custom("cli_off", "s").disabled())
        .app(App::store("cli_store", "s"))
        .build();
    for (path, body, code) in [
        (TENANT, json!({}), 10003),
        (TENANT, json!({"app_id": "cli_a"}), 10003),
        (TENANT, json!({"app_id": "", "app_secret": ""}), 10003),
        (TENANT, json!({"app_id": 1, "app_secret": "secret"}), 10003),
        (TENANT, json!({"app_id": "cli_unknown", "app_secret": "secret"}), 10003),
        (TENANT, json!({"app_id": "cli_a", "app_secret": "wrong"}), 10015),
        (TENANT, json!({"app_id": "cli_off", "app_secret": "s"}), 10014),
        (TENANT, json!({"app_id": "cli_store", "app_secret": "s"}), 10013),
        (APP, json!({"app_id": "cli_store", "app_secret": "s"}), 10012),
        (
            STORE_APP,
            json!({"app_id": "cli_a", "app_secret": "secret", "app_ticket": "x"}),
            10012,
        ),
        (STORE_APP, json!({"app_id": "cli_store", "app_secret": "s"}), 10003),
        (
            STORE_APP,
            json!({"app_id": "cli_store", "app_secret": "s", "app_ticket": "old"}),
            10012,
        ),
        (
            STORE_TENANT,
            json!({"app_access_token": "a-unknown", "tenant_key": "k"}),
            99991664,
        ),
    ] {
        assert_eq!(ask(&sandbox, path, body.clone()).await["code"], code, "{path} {body}");
    }
    let shown = format!("{:?} {:?} {sandbox:?}", sandbox.calls(), App::custom("cli_a", "secret"));
    assert!(!shown.contains("\"secret\"") && !shown.contains("wrong"), "{shown}");
}

#[tokio::test]
async fn credentials_are_checked_where_no_token_is_issued() {
    // protocol.md §3.2: 10003, 10014, 10015 and, for the ticket that custom apps do not have, 10016
    let resend = "/open-apis/auth/v3/app_ticket/resend";
    let mut catalog = crate::bench::catalog();
    let operation = catalog.operations.iter_mut().find(|operation| operation.path == resend);
    operation.unwrap().apps = vec![AppKind::Store];
    let sandbox = builder()
        .catalog(catalog)
        .app(App::store("cli_store", "s3cret"))
        .app(App::store("cli_off", "s3cret").disabled())
        .app(App::custom("cli_custom", "s3cret"))
        .build();
    for (body, code) in [
        (json!({}), 10003),
        (json!({"app_id": "cli_store"}), 10003),
        (json!({"app_id": "", "app_secret": "s3cret"}), 10003),
        (json!({"app_id": "cli_store", "app_secret": 1}), 10003),
        (json!({"app_id": "cli_unknown", "app_secret": "s3cret"}), 10003),
        (json!({"app_id": "cli_store", "app_secret": "wrong"}), 10015),
        (json!({"app_id": "cli_off", "app_secret": "s3cret"}), 10014),
        (json!({"app_id": "cli_custom", "app_secret": "s3cret"}), 10016),
        (json!({"app_id": "cli_store", "app_secret": "s3cret"}), 0),
    ] {
        let reply = call(&sandbox, "POST", resend, None, body.clone()).await;
        assert_eq!(reply.code(), code, "{body}");
        assert!(!String::from_utf8_lossy(&reply.body).contains("s3cret"));
    }
}

#[tokio::test]
async fn store_apps_work_from_ticket_to_tenant() {
    let sandbox = builder()
        .app(App::store("cli_store", "s"))
        .tenant("one")
        .tenant("two")
        .build();
    let ticket = sandbox.app_ticket("cli_store").unwrap();
    let body = json!({"app_id": "cli_store", "app_secret": "s", "app_ticket": ticket});
    let app = ask(&sandbox, STORE_APP, body).await;
    let app_token = app["app_access_token"].as_str().unwrap();
    assert!(app_token.starts_with("a-") && app.get("tenant_access_token").is_none());
    let tenant = async |key: &str| {
        ask(
            &sandbox,
            STORE_TENANT,
            json!({"app_access_token": app_token, "tenant_key": key}),
        )
        .await
    };
    let (one, two) = (tenant("one").await, tenant("two").await);
    assert_ne!(one["tenant_access_token"], two["tenant_access_token"]);
    assert_eq!(tenant("one").await["tenant_access_token"], one["tenant_access_token"]);
    assert_eq!(tenant("three").await["code"], 10013);
    let bot = "/open-apis/bot/v3/info";
    assert_eq!(
        call(&sandbox, "GET", bot, two["tenant_access_token"].as_str(), Value::Null)
            .await
            .code(),
        0
    );
    assert_eq!(
        call(&sandbox, "GET", bot, Some(app_token), Value::Null).await.code(),
        99991664
    );
    sandbox.advance(Duration::from_secs(7200));
    assert_eq!(tenant("one").await["code"], 99991664);
}
