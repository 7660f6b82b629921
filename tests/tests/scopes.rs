//! The scopes that a program needs, by the spec's own lists.

use flybook::{AcceptsUser, Scopes, im, scopes};

/// The lists are those of the pages im-v1/message/create and im-v1/chat/list, the form is that of protocol §9.3.
#[test]
fn by_name() {
    let scopes: Scopes = flybook::scopes!(im::v1::message::Create, im::v1::chat::List);
    assert_eq!(
        scopes.to_string(),
        r#"{"scopes":{"tenant":["im:chat:readonly","im:message:send_as_bot"],"user":[]}}"#
    );
    let apart = scopes!(im::v1::message::Create, im::v1::chat::List as user);
    assert_eq!(
        apart.to_string(),
        r#"{"scopes":{"tenant":["im:message:send_as_bot"],"user":["im:chat:readonly"]}}"#
    );
    assert_eq!(
        apart.with_field_scopes().user(),
        ["contact:user.employee_id:readonly", "im:chat:readonly"]
    );
}

/// Whoever adds calls one by one comes to the same.
#[test]
fn one_by_one() {
    fn with<R: AcceptsUser>(scopes: Scopes) -> Scopes {
        scopes.with_user::<R>()
    }
    let scopes = with::<im::v1::chat::List>(Scopes::new().with::<im::v1::message::Create>());
    let named = scopes!(im::v1::chat::List as user, im::v1::message::Create);
    assert_eq!(scopes.to_json(), named.to_json());
}
