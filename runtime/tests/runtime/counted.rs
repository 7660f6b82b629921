//! Lists whose pages are counted (protocol §4.2: help desk tickets).

use flybook_runtime::{Client, Error, Page, Paged, decode};

use crate::{
    paging::pages,
    support::{Seen, request},
};

#[derive(Clone, Debug, Default)]
pub(crate) struct CountReply {
    total: i64,
    items: Vec<String>,
}
decode!(CountReply, total, items);

request!(Count { page: Option<i64> } -> CountReply, { id: "count", path: "/open-apis/count" }, |self, call| {
    call.query_opt("page", &self.page);
});

impl Paged for Count {
    type Item = String;

    fn turn(&mut self, token: String) -> Result<(), Error> {
        self.page = Some(flybook_runtime::page_number::<Self>(&token)?);
        Ok(())
    }

    fn split(&self, page: CountReply) -> Page<String> {
        Page {
            items: page.items,
            next: self.page.unwrap_or(1).saturating_add(1).to_string(),
            more: None,
            total: Some(page.total),
        }
    }
}

/// The items and the error that ends them.
async fn walk(client: &Client, request: Count) -> (Vec<String>, Option<String>) {
    let (mut list, mut items) = (client.items(request), Vec::new());
    loop {
        match list.try_next().await {
            Ok(Some(item)) => items.push(item),
            Ok(None) => return (items, None),
            Err(error) => {
                assert_eq!(list.try_next().await.unwrap(), None, "an error ends the list");
                return (items, Some(error.to_string()));
            }
        }
    }
}

fn asked(seen: &Seen) -> Vec<String> {
    let calls = seen.calls().into_iter();
    calls
        .map(|call| call.url.replace("https://open.feishu.cn/open-apis/count", ""))
        .collect()
}

const FIVE: [&str; 3] = [
    r#"{"total":5,"items":["a","b"]}"#,
    r#"{"total":5,"items":["c","d"]}"#,
    r#"{"total":5,"items":["e"]}"#,
];

#[tokio::test]
async fn pages_are_counted_until_all_are_there() {
    let (client, seen) = pages(&FIVE);
    let (items, error) = walk(&client, Count::default()).await;
    assert_eq!((items.concat().as_str(), error), ("abcde", None));
    assert_eq!(asked(&seen), ["", "?page=2", "?page=3"]);
}

#[tokio::test]
async fn an_empty_page_is_the_end_whatever_the_total() {
    for (replies, items, calls) in [
        (&[r#"{"total":0,"items":[]}"#][..], "", 1),
        (&[r#"{"total":9,"items":null}"#], "", 1),
        (&["{}"], "", 1),
        (&[r#"{"total":9,"items":["a"]}"#, r#"{"total":9,"items":[]}"#], "a", 2),
        (&[r#"{"total":"1","items":["a"]}"#], "a", 1),
        // Things come and go while one walks.
        (
            &[r#"{"total":3,"items":["a","b"]}"#, r#"{"total":2,"items":["c"]}"#],
            "abc",
            2,
        ),
    ] {
        let (client, seen) = pages(replies);
        let (given, error) = walk(&client, Count::default()).await;
        assert_eq!(
            (given.concat().as_str(), error, seen.calls().len()),
            (items, None, calls)
        );
    }
}

#[tokio::test]
async fn a_counted_list_never_goes_on_for_ever() {
    let (client, seen) = pages(&[r#"{"total":7,"items":["a","b"]}"#]);
    let (items, error) = walk(&client, Count::default()).await;
    assert_eq!(
        (items.len(), error, seen.calls().len()),
        (8, None, 4),
        "a server that repeats its page"
    );
    let (client, seen) = pages(&[r#"{"items":["a"]}"#]);
    let (_, error) = walk(&client, Count::default()).await;
    let error = error.unwrap();
    assert!(
        error.starts_with("count failed: ") && error.contains("does not say how many"),
        "{error}"
    );
    assert_eq!(seen.calls().len(), 1);
    let (client, _) = pages(&[r#"{"total":7,"items":["a"]}"#]);
    let (_, error) = walk(&client, Count { page: Some(i64::MAX) }).await;
    assert!(error.unwrap().contains("the same page token twice"));
}

#[tokio::test]
async fn a_counted_walk_goes_on_where_another_stood() {
    let (client, seen) = pages(&FIVE);
    let mut list = client.pages(Count::default());
    assert_eq!(list.cursor(), None);
    list.try_next().await.unwrap();
    assert_eq!(list.cursor().as_deref(), Some("2"));

    // The pages before may not have been full, so only the empty page says that a walk from the middle is over.
    let (client, more) = pages(&[FIVE[1], FIVE[2], r#"{"total":5,"items":[]}"#]);
    let mut rest = client.items(Count::default()).resume(list.cursor().unwrap());
    let mut items = String::new();
    while let Some(item) = rest.try_next().await.unwrap() {
        items.push_str(&item);
    }
    assert_eq!((items.as_str(), rest.cursor()), ("cde", None));
    assert_eq!(
        (asked(&seen), asked(&more)),
        (
            vec!["".to_owned()],
            ["?page=2", "?page=3", "?page=4"].map(str::to_owned).to_vec()
        )
    );
}

#[tokio::test]
async fn a_walk_begins_at_the_page_of_the_request() {
    let (client, seen) = pages(&[FIVE[2], r#"{"total":5,"items":[]}"#]);
    let (items, error) = walk(&client, Count { page: Some(3) }).await;
    assert_eq!((items.concat().as_str(), error), ("e", None));
    assert_eq!(asked(&seen), ["?page=3", "?page=4"]);
}

#[tokio::test]
async fn a_cursor_of_another_list_is_refused() {
    let (client, seen) = pages(&FIVE);
    let mut list = client.items(Count::default()).resume("YhljsPiGfUgn");
    let error = list.try_next().await.unwrap_err().to_string();
    assert_eq!(
        error,
        "count was not sent: its list goes on by numbers, and the token to go on with is none; give the one that `cursor` gave"
    );
    assert_eq!(list.try_next().await.unwrap(), None);
    assert!(seen.calls().is_empty());
    assert_eq!(list.resume("2").try_next().await.unwrap().as_deref(), Some("a"));
}
