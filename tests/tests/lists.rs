//! The lists of the generated fixture service: each way of going on that the format knows, from the first page to the last.
//! The ways are those of protocol §4.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use flybook_runtime::{Bytes, Outgoing, Paged, Value};
use flybook_tests::{client::Client, demo::v1::paging::*};
use serde_json::json;

/// A client whose calls get these replies in turn, and what the calls were: the query, or the body.
fn client(replies: &[Value]) -> (Client, Arc<Mutex<Vec<String>>>) {
    let calls = Arc::new(Mutex::new(Vec::new()));
    let heard = calls.clone();
    let replies = Mutex::new(replies.iter().cloned().collect::<VecDeque<Value>>());
    let transport = move |call: Outgoing| {
        let reply = if call.url.contains("/auth/v3/") {
            json!({"code": 0, "tenant_access_token": "t-demo", "expire": 7200})
        } else {
            let query = call.url.split_once('?').map(|(_, query)| query.to_owned());
            let body = String::from_utf8_lossy(&call.body).into_owned();
            heard.lock().unwrap().push(query.unwrap_or(body));
            let data = replies.lock().unwrap().pop_front();
            json!({"code": 0, "data": data.expect("one call too many")})
        };
        async move { Ok(http::Response::new(Bytes::from(reply.to_string()))) }
    };
    let client = Client::builder("cli_demo", "secret")
        .base_url("https://open.example.com")
        .transport(transport)
        .build()
        .unwrap();
    (client, calls)
}

/// Walks through the list, and gives the names of its things and the calls that were made.
async fn walk<R: Paged<Item = Thing>>(request: R, replies: &[Value]) -> (String, Vec<String>) {
    let (client, calls) = client(replies);
    let mut items = client.items(request);
    let mut names = String::new();
    while let Some(thing) = items.try_next().await.unwrap() {
        names.push_str(&thing.id);
    }
    let calls = calls.lock().unwrap().clone();
    (names, calls)
}

/// A reply with these things and more members.
fn page(names: &str, more: Value) -> Value {
    let mut page = more;
    page["things"] = names.chars().map(|name| json!({"id": name.to_string()})).collect();
    page
}

#[tokio::test]
async fn the_total_ends_a_list_that_goes_on_by_offset() {
    let pages = ["ab", "c", "de"].map(|names| page(names, json!({"total": 5})));
    let (names, calls) = walk(PassOver::new(), &pages).await;
    assert_eq!(names, "abcde");
    assert_eq!(calls, ["", "offset=2", "offset=3"]);
    // From where the caller begins.
    let (names, calls) = walk(PassOver::new().offset(3).limit(2), &[page("de", json!({"total": 5}))]).await;
    assert_eq!((names.as_str(), calls), ("de", vec!["offset=3&limit=2".to_owned()]));
    // A total that is not told does not end it; the empty page does.
    let pages = ["ab", ""].map(|names| page(names, json!({})));
    assert_eq!(walk(PassOver::new(), &pages).await.0, "ab");
}

#[tokio::test]
async fn offset_limit_and_total_may_be_text() {
    let pages = ["ab", "c"].map(|names| page(names, json!({"count": "3"})));
    let (names, calls) = walk(PassOverAsText::new("0", "2"), &pages).await;
    assert_eq!(names, "abc");
    assert_eq!(
        calls,
        [r#"{"offset":"0","limit":"2"}"#, r#"{"offset":"2","limit":"2"}"#]
    );
    // The limit decides where the total is missing.
    let pages = ["ab", "c"].map(|names| page(names, json!({"count": null})));
    assert_eq!(walk(PassOverAsText::new("0", "2"), &pages).await.0, "abc");
}

#[tokio::test]
async fn a_flag_counts_more_than_a_page_that_is_not_full() {
    let pages = [
        page("a", json!({"has_more": true})),
        page("bc", json!({"has_more": false})),
    ];
    let (names, calls) = walk(PassOverFlagged::new().count(2), &pages).await;
    assert_eq!(names, "abc");
    assert_eq!(calls, [r#"{"count":2}"#, r#"{"offset":"1","count":2}"#]);
    // One that promises more after nothing does not keep the caller for ever.
    let pages = [
        page("a", json!({"has_more": true})),
        page("", json!({"has_more": true})),
    ];
    assert_eq!(walk(PassOverFlagged::new(), &pages).await.0, "a");
}

#[tokio::test]
async fn a_page_that_is_not_full_is_the_last_where_nothing_else_tells() {
    let pages = ["ab", "c"].map(|names| page(names, json!({})));
    let (names, calls) = walk(PassOverUntold::new(), &pages).await;
    assert_eq!((names.as_str(), calls.len()), ("abc", 2), "the limit is 2 unless sent");
    let pages = ["abc", "de"].map(|names| page(names, json!({})));
    assert_eq!(walk(PassOverUntold::new().limit(3), &pages).await.0, "abcde");
}

#[tokio::test]
async fn a_walk_by_offset_is_resumed_from_its_number() {
    let pages = ["ab", "c", "d"].map(|names| page(names, json!({"total": 4})));
    let (client, calls) = client(&pages);
    let mut first = client.pages(PassOver::new());
    first.try_next().await.unwrap();
    let cursor = first.cursor().unwrap();
    assert_eq!(cursor, "2");
    let mut rest = client.pages(PassOver::new()).resume(cursor);
    while rest.try_next().await.unwrap().is_some() {}
    assert_eq!(*calls.lock().unwrap(), ["", "offset=2", "offset=3"]);
    let error = client
        .pages(PassOver::new())
        .resume("next")
        .try_next()
        .await
        .unwrap_err();
    assert!(error.to_string().contains("the token to go on with is none"), "{error}");
}

#[tokio::test]
async fn tokens_may_lie_inside_objects() {
    let pages = || {
        [
            page("a", json!({"page_response": {"has_more": true, "page_token": "x"}})),
            page("b", json!({"page_response": {"has_more": false, "page_token": ""}})),
        ]
    };
    let (names, calls) = walk(Filter::new(), &pages()).await;
    assert_eq!(names, "ab");
    assert_eq!(calls, ["{}", r#"{"page_request":{"page_token":"x"}}"#]);
    // What the object holds already stays.
    let sized = || PageRequest::new().page_size(1);
    let next = r#"{"page_request":{"page_size":1,"page_token":"x"}}"#;
    assert_eq!(walk(Filter::new().page_request(sized()), &pages()).await.1[1], next);
    assert_eq!(walk(FilterRequired::new(sized()), &pages()).await.1[1], next);
}

#[tokio::test]
async fn flags_and_tokens_may_be_numbers() {
    let pages = [
        page("a", json!({"has_more_things": 1, "next": 30})),
        page("b", json!({"has_more_things": 0, "next": 60})),
    ];
    let (names, calls) = walk(Flags::new(), &pages).await;
    assert_eq!(names, "ab");
    assert_eq!(calls, ["", "from=30"]);
    // Without the flag, a number that is none ends it.
    let pages = [page("a", json!({"next": 30})), page("b", json!({"next": 0}))];
    assert_eq!(walk(Flags::new(), &pages).await.0, "ab");
}

#[tokio::test]
async fn the_number_of_a_page_may_be_required() {
    let pages = ["a", "b"].map(|names| page(names, json!({"total": 2})));
    let (names, calls) = walk(NumberRequired::new(1), &pages).await;
    assert_eq!(names, "ab");
    assert_eq!(calls, ["page_index=1", "page_index=2"]);
}
