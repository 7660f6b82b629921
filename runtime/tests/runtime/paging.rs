//! Lists, page after page.

use std::sync::Mutex;

use flybook_runtime::{Client, Error, Page, Paged, decode};

use crate::support::{platform, request, response};

#[derive(Clone, Debug, Default)]
pub(crate) struct ListReply {
    items: Vec<String>,
    page_token: String,
    has_more: Option<bool>,
}
decode!(ListReply, items, page_token; has_more);

request!(List { page_token: Option<String> } -> ListReply, { id: "list", path: "/open-apis/list" }, |self, call| {
    call.query_opt("page_token", &self.page_token);
});

impl Paged for List {
    type Item = String;

    fn turn(&mut self, token: String) -> Result<(), Error> {
        self.page_token = Some(token);
        Ok(())
    }

    fn split(&self, page: ListReply) -> Page<String> {
        Page {
            items: page.items,
            next: page.page_token,
            more: page.has_more,
            total: None,
        }
    }
}

/// A client that is given one page after the other, and then the last again and again.
pub(crate) fn pages(pages: &[&str]) -> (Client, std::sync::Arc<crate::support::Seen>) {
    let mut pages: Vec<String> = pages
        .iter()
        .map(|data| format!(r#"{{"code":0,"data":{data}}}"#))
        .collect();
    pages.reverse();
    let pages = Mutex::new(pages);
    let (builder, seen) = platform(move |_| {
        let mut pages = pages.lock().unwrap();
        let page = if pages.len() > 1 {
            pages.pop().unwrap()
        } else {
            pages[0].clone()
        };
        response(200, page)
    });
    (builder.build().unwrap(), seen)
}

async fn all(client: &Client) -> Result<Vec<String>, String> {
    let mut list = client.items(List::default());
    let mut items = Vec::new();
    loop {
        match list.try_next().await {
            Ok(Some(item)) => items.push(item),
            Ok(None) => return Ok(items),
            Err(error) => {
                assert_eq!(list.try_next().await.unwrap(), None, "an error ends the list");
                return Err(error.to_string());
            }
        }
    }
}

/// protocol §4.1: only `has_more` decides; an empty page may have more behind it, the last page may carry a token.
#[tokio::test]
async fn pages_follow_each_other() {
    let (client, seen) = pages(&[
        r#"{"items":["a","b"],"page_token":"1","has_more":true}"#,
        r#"{"items":[],"page_token":"2/","has_more":true}"#,
        r#"{"items":null,"page_token":"3","has_more":true}"#,
        r#"{"items":["c"],"page_token":"4","has_more":false}"#,
    ]);
    assert_eq!(all(&client).await.unwrap(), ["a", "b", "c"]);
    let urls: Vec<String> = seen
        .calls()
        .into_iter()
        .map(|call| call.url.replace("https://open.feishu.cn/open-apis", ""))
        .collect();
    assert_eq!(
        urls,
        [
            "/list",
            "/list?page_token=1",
            "/list?page_token=2%2F",
            "/list?page_token=3"
        ]
    );
}

/// protocol §4.2: some lists have a token only.
#[tokio::test]
async fn without_has_more_the_token_decides() {
    let (client, seen) = pages(&[
        r#"{"items":["a"],"page_token":"1"}"#,
        r#"{"items":["b"],"page_token":""}"#,
    ]);
    assert_eq!(all(&client).await.unwrap(), ["a", "b"]);
    assert_eq!(seen.calls().len(), 2);
}

#[tokio::test]
async fn a_list_never_goes_round_in_circles() {
    for (replies, what, calls) in [
        (&[r#"{"items":["a"],"has_more":true}"#][..], "but not where", 1),
        (
            &[r#"{"items":["a"],"page_token":"1","has_more":true}"#],
            "the same page token twice",
            2,
        ),
        (
            &[
                r#"{"items":[],"page_token":"1","has_more":true}"#,
                r#"{"items":[],"page_token":"2","has_more":true}"#,
                r#"{"items":[],"page_token":"1","has_more":true}"#,
            ],
            "the same page token twice",
            3,
        ),
    ] {
        let (client, seen) = pages(replies);
        let error = all(&client).await.unwrap_err();
        assert!(error.starts_with("list failed: ") && error.contains(what), "{error}");
        assert_eq!(seen.calls().len(), calls);
    }
}

#[tokio::test]
async fn a_list_is_a_stream_too() {
    use futures_core::Stream;
    let (client, _) = pages(&[r#"{"items":["a"]}"#]);
    let mut list = std::pin::pin!(client.items(List::default()).timeout(std::time::Duration::from_secs(1)));
    let mut items = Vec::new();
    while let Some(item) = std::future::poll_fn(|context| list.as_mut().poll_next(context)).await {
        items.push(item.unwrap());
    }
    assert_eq!(items, ["a"]);
}

/// A list may leave the function its client was built in.
#[tokio::test]
async fn a_list_holds_its_client() {
    fn list() -> flybook_runtime::Items<List> {
        let (client, _) = pages(&[r#"{"items":["a"]}"#]);
        client.items(List::default())
    }
    let mut list = tokio::spawn(async { list() }).await.unwrap();
    assert_eq!(list.try_next().await.unwrap().as_deref(), Some("a"));
}

const THREE: [&str; 4] = [
    r#"{"items":["a","b"],"page_token":"1","has_more":true}"#,
    r#"{"items":[],"page_token":"2","has_more":true}"#,
    r#"{"items":["c","d"],"page_token":"3","has_more":true}"#,
    r#"{"items":["e"],"page_token":"4","has_more":false}"#,
];

#[tokio::test]
async fn whole_pages() {
    let (client, seen) = pages(&THREE);
    let mut list = client.pages(List::default());
    assert_eq!(list.cursor(), None);
    assert_eq!(list.try_next().await.unwrap().unwrap(), ["a", "b"]);
    assert_eq!(list.cursor().as_deref(), Some("1"));
    assert_eq!(
        list.try_next().await.unwrap().unwrap(),
        ["c", "d"],
        "an empty page is passed over"
    );
    assert_eq!(list.cursor().as_deref(), Some("3"));
    assert_eq!(list.try_next().await.unwrap().unwrap(), ["e"]);
    assert_eq!((list.cursor(), list.try_next().await.unwrap()), (None, None));
    assert_eq!(seen.calls().len(), 4);
}

#[tokio::test]
async fn a_limit_fetches_nothing_beyond_it() {
    for (limit, items, calls, cursor) in [
        (0, &[][..], 0, None),
        (1, &["a"], 1, None),
        (2, &["a", "b"], 1, Some("1")),
        (3, &["a", "b", "c"], 3, Some("2")),
        (9, &["a", "b", "c", "d", "e"], 4, None),
    ] {
        let (client, seen) = pages(&THREE);
        let mut list = client.items(List::default()).limit(limit);
        let mut given = Vec::new();
        while let Some(item) = list.try_next().await.unwrap() {
            given.push(item);
        }
        assert_eq!(given, items);
        assert_eq!(seen.calls().len(), calls);
        assert_eq!(list.cursor().as_deref(), cursor, "{limit}");
    }
}

#[tokio::test]
async fn a_walk_goes_on_where_another_stood() {
    let (client, seen) = pages(&THREE[2..]);
    let mut list = client.items(List::default()).resume("2");
    assert_eq!(list.cursor().as_deref(), Some("2"));
    assert_eq!(list.try_next().await.unwrap().as_deref(), Some("c"));
    assert_eq!(
        list.cursor().as_deref(),
        Some("2"),
        "`d` would be missed with the next token"
    );
    assert!(seen.last().url.ends_with("/list?page_token=2"));
    // Within a walk it goes back as well.
    let mut list = list.resume("3");
    assert_eq!(list.try_next().await.unwrap().as_deref(), Some("e"));
    assert_eq!(list.try_next().await.unwrap(), None);
    assert!(client.items(List::default()).resume("").cursor().is_none());
}

#[tokio::test]
async fn a_failed_page_can_be_asked_for_again() {
    let (client, _) = pages(&[
        THREE[0],
        r#"{"items":["c"],"page_token":"1","has_more":true}"#,
        THREE[3],
    ]);
    let mut list = client.pages(List::default());
    list.try_next().await.unwrap();
    assert!(list.try_next().await.is_err(), "the token repeats");
    assert_eq!(list.try_next().await.unwrap(), None);
    let cursor = list.cursor().unwrap();
    assert_eq!(cursor, "1");
    assert_eq!(list.resume(cursor).try_next().await.unwrap().unwrap(), ["e"]);
}
