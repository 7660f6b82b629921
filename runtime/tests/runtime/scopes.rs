//! The scopes that code needs, and those of the calls that were made.

use flybook_runtime::{AcceptsTenant, AcceptsUser, Scopes, TokenKind, scopes};

use crate::support::{Fetch, OfApp, ok, platform, request};

// The lists are those of the pages.
request!(Create {} -> (), {
    id: "im.v1.message.create", path: "/open-apis/im/v1/messages", tokens: &[TokenKind::Tenant, TokenKind::User],
    scopes: &["im:message", "im:message:send_as_bot", "im:message:send"], field_scopes: &["contact:user.employee_id:readonly"]
}, |self, call| { let _ = call; });
impl AcceptsTenant for Create {}
impl AcceptsUser for Create {}

request!(Update {} -> (), {
    id: "im.v1.message.update", path: "/open-apis/im/v1/messages/1", tokens: &[TokenKind::Tenant],
    scopes: &["im:message", "im:message:send_as_bot", "im:message:update"]
}, |self, call| { let _ = call; });
impl AcceptsTenant for Update {}

request!(List {} -> (), {
    id: "im.v1.message.list", path: "/open-apis/im/v1/messages/list", tokens: &[TokenKind::Tenant, TokenKind::User],
    scopes: &["im:message", "im:message:readonly", "im:message.history:readonly"]
}, |self, call| { let _ = call; });
impl AcceptsUser for List {}

request!(Profile {} -> (), {
    id: "authen.v1.user_info.get", path: "/open-apis/authen/v1/user_info", tokens: &[TokenKind::User],
    field_scopes: &["contact:user.email:readonly"]
}, |self, call| { let _ = call; });
impl AcceptsUser for Profile {}

/// The form is that of protocol §9.3.
#[test]
fn json_of_the_console() {
    assert_eq!(scopes!().to_string(), r#"{"scopes":{"tenant":[],"user":[]}}"#);
    let scopes = scopes!(Create, Update, List as user);
    let json = r#"{"scopes":{"tenant":["im:message:send_as_bot"],"user":["im:message:readonly"]}}"#;
    assert_eq!((scopes.to_json().as_str(), scopes.to_string().as_str()), (json, json));
    assert_eq!(format!("{scopes:>3}").len(), json.len());
}

/// protocol §9.2: one of a list is enough.
#[test]
fn as_few_as_possible() {
    assert_eq!(scopes!(Create, List).tenant(), ["im:message"]);
    assert_eq!(scopes!(List, Create,).tenant(), ["im:message"]);
    let apart = scopes!(Create, List as user);
    assert_eq!(
        (apart.tenant(), apart.user()),
        (vec!["im:message:send_as_bot"], vec!["im:message:readonly"])
    );
}

/// A call that takes only users' tokens is one of a user, said or not.
#[test]
fn field_scopes() {
    let scopes = scopes!(Create as tenant, Profile);
    assert_eq!(scopes.user(), Vec::<&str>::new());
    let scopes = scopes.with_field_scopes();
    assert_eq!(
        scopes.tenant(),
        ["contact:user.employee_id:readonly", "im:message:send_as_bot"]
    );
    assert_eq!(scopes.user(), ["contact:user.email:readonly"]);
    assert!(format!("{scopes:?}").contains("[im.v1.message.create as tenant, authen.v1.user_info.get as user]"));
}

#[tokio::test]
async fn observed() {
    let client = platform(ok).0.build().unwrap();
    assert_eq!(client.observed_scopes().to_json(), Scopes::new().to_json());
    for _ in 0..3 {
        let _ = client.send(Create {}).await;
    }
    let other = client.clone();
    // A user's token shows by its form: protocol §2.1.
    let _ = other.send(List {}).as_user("u-1").await;
    let _ = other.send(Profile {}).as_user("eyJhbGciOi").await;
    let _ = other.send(Update {}).token("t-given").await;
    let _ = other.send(OfApp {}).await;
    let _ = other.send(Fetch {}).await;
    let _ = other.raw(flybook_runtime::Method::Get, "/open-apis/raw").await;
    let seen = client.observed_scopes();
    assert_eq!(
        (seen.tenant(), seen.user()),
        (vec!["im:message:send_as_bot"], vec!["im:message:readonly"])
    );
    let _ = other.send(List {}).token("t-given").await;
    assert_eq!(client.observed_scopes().tenant(), ["im:message"]);
}

/// A call that was never sent says nothing about what is needed.
#[tokio::test]
async fn unsent_is_unseen() {
    let client = platform(ok).0.build().unwrap();
    client.send(List {}).as_user("").await.unwrap_err();
    assert_eq!(client.observed_scopes().user(), Vec::<&str>::new());
}
