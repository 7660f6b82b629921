//! Structs as rows of the sandbox, whose tables keep what is sent as the pages say.

// Tests may panic: that is how they fail.
#![allow(clippy::unwrap_used)]

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use flybook::{
    Batched, Client, IntMillis, Retry,
    bitable::v1::app_table_record::{BatchCreate, BatchDelete, BatchGet, BatchUpdate, Create, Delete, Search, Update},
};
use flybook_bitable::{BitableRecord, Person, Read, Record};
use flybook_sandbox::Sandbox;

const APP: &str = "bascng7vrxcxpig7geggXiCtadY";
const TABLE: &str = "tblUa9vcYjWQYJCj";

#[derive(Clone, Debug, PartialEq, BitableRecord)]
struct Task {
    #[bitable(id)]
    id: Option<String>,
    #[bitable(name = "任务名称")]
    title: String,
    #[bitable(name = "截止日期")]
    due: Option<IntMillis>,
    tags: Vec<String>,
    done: bool,
}

fn task(number: usize) -> Task {
    Task {
        id: None,
        title: format!("Task {number}"),
        due: Some(IntMillis(1674206443000)),
        tags: vec!["a".to_owned()],
        done: number.is_multiple_of(2),
    }
}

/// The queries of the calls that were made to records.
type Calls = Arc<Mutex<Vec<String>>>;

/// A client of the sandbox whose calls of these numbers get no answer, though they are carried out.
fn client(sandbox: &Sandbox, lost: &'static [usize]) -> (Client, Calls) {
    let calls = Calls::default();
    let (sandbox_, calls_) = (sandbox.clone(), calls.clone());
    let transport = move |call: flybook::Outgoing| {
        let (sandbox, calls) = (sandbox_.clone(), calls_.clone());
        async move {
            let call = call.into_http();
            let mut number = 0;
            if call.uri().path().contains("/records") {
                let mut calls = calls.lock().unwrap();
                calls.push(call.uri().query().unwrap_or_default().to_owned());
                number = calls.len();
            }
            let reply = sandbox.handle(call).await;
            match lost.contains(&number) {
                true => Err(flybook::TransportError::other("the connection broke")),
                false => Ok(reply),
            }
        }
    };
    let client = Client::builder(sandbox.app_id(), sandbox.app_secret())
        .retry(Retry::off())
        .transport(transport)
        .build()
        .unwrap();
    (client, calls)
}

async fn rows(client: &Client) -> Vec<Record> {
    let mut records = client.items(Search::new(APP, TABLE).page_size(500));
    let mut rows = Vec::new();
    while let Some(record) = records.try_next().await.unwrap() {
        rows.push(record);
    }
    rows
}

#[tokio::test]
async fn rows_are_written_read_changed_and_deleted() {
    let sandbox = Sandbox::new();
    let (client, _) = client(&sandbox, &[]);
    let reply = client.send(Create::new(APP, TABLE, task(1).fields())).await.unwrap();
    let mut row: Task = reply.record.read().unwrap();
    let id = row.id.clone().unwrap();
    assert_eq!(
        row,
        Task {
            id: row.id.clone(),
            ..task(1)
        }
    );

    // update.md: what is not sent stays, and `null` empties.
    row.due = None;
    row.done = true;
    client.send(Update::new(APP, TABLE, &*id, row.fields())).await.unwrap();
    let read: Task = rows(&client).await[0].read().unwrap();
    assert_eq!((read.due, read.done), (Some(IntMillis(1674206443000)), true));
    client
        .send(Update::new(APP, TABLE, &*id, row.all_fields()))
        .await
        .unwrap();
    let read: Task = rows(&client).await[0].read().unwrap();
    assert_eq!(read, row);

    let deleted = client.send(Delete::new(APP, TABLE, &*id)).await.unwrap();
    assert_eq!((deleted.deleted, deleted.record_id.as_str()), (true, id.as_str()));
    // update.md: 1254043, with HTTP 200, is a record that is not there.
    let error = client
        .send(Update::new(APP, TABLE, &*id, row.fields()))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some(1254043));
}

#[tokio::test]
async fn a_long_list_goes_in_calls_of_what_the_pages_allow() {
    // batch_create.md and batch_update.md: 1,000 records; batch_delete.md: 500; batch_get.md: 100.
    assert_eq!(
        (BatchCreate::MOST, BatchUpdate::MOST, BatchDelete::MOST, BatchGet::MOST),
        (1000, 1000, 500, 100)
    );
    let sandbox = Sandbox::builder().unlimited().build();
    let (client, calls) = client(&sandbox, &[]);
    let tasks: Vec<Task> = (0..2500).map(task).collect();
    let replies = client.batch(BatchCreate::new(APP, TABLE, &tasks)).await.unwrap();
    let counts: Vec<usize> = replies.iter().map(|reply| reply.records.len()).collect();
    assert_eq!(counts, [1000, 1000, 500]);
    let keys: HashSet<String> = calls.lock().unwrap().drain(..).collect();
    assert_eq!(keys.len(), 3, "each call has a key of its own: {keys:?}");
    assert!(keys.iter().all(|query| query.contains("client_token=")), "{keys:?}");

    let mut written: Vec<Task> = replies
        .iter()
        .flat_map(|reply| &reply.records)
        .map(|record| record.read().unwrap())
        .collect();
    let titles = |tasks: &[Task]| tasks.iter().map(|task| task.title.clone()).collect::<Vec<_>>();
    assert_eq!(titles(&written), titles(&tasks));

    written.iter_mut().for_each(|task| task.done = true);
    let changes: Vec<_> = written.iter().filter_map(Task::change).collect();
    let replies = client.batch(BatchUpdate::new(APP, TABLE, changes)).await.unwrap();
    assert_eq!(replies.len(), 3);

    let ids: Vec<String> = written.iter().filter_map(|task| task.id.clone()).collect();
    let mut asked = ids[..150].to_vec();
    asked.push("rec_none".to_owned());
    let replies = client.batch(BatchGet::new(APP, TABLE, &asked)).await.unwrap();
    let read: Vec<Task> = replies
        .iter()
        .flat_map(|reply| &reply.records)
        .map(|record| record.read().unwrap())
        .collect();
    assert_eq!(read, written[..150]);
    assert_eq!(replies[1].absent_record_ids, ["rec_none"]);

    let replies = client.batch(BatchDelete::new(APP, TABLE, ids)).await.unwrap();
    assert_eq!(replies.len(), 5);
    assert!(
        replies
            .iter()
            .flat_map(|reply| &reply.records)
            .all(|record| record.deleted)
    );
    assert!(rows(&client).await.is_empty());
    assert!(
        client
            .batch(BatchDelete::new(APP, TABLE, Vec::<String>::new()))
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_batch_that_fails_says_what_was_written_and_goes_on_from_there() {
    let sandbox = Sandbox::builder().unlimited().build();
    let (client, calls) = client(&sandbox, &[2]);
    let tasks: Vec<Task> = (0..2500).map(task).collect();
    let mut error = client.batch(BatchCreate::new(APP, TABLE, &tasks)).await.unwrap_err();
    assert_eq!(error.done, 1000);
    assert_eq!(
        error.replies.iter().map(|reply| reply.records.len()).sum::<usize>(),
        1000
    );
    assert_eq!((error.failed.items().len(), error.rest.items().len()), (1000, 500));
    assert!(error.error.may_have_run());
    let text = error.to_string();
    assert!(
        text.starts_with("after 1000 of 2500 items, a call with 1000 more failed and 500 were not tried: "),
        "{text}"
    );

    // The call was carried out, so its own key keeps it from being carried out twice.
    client.send((*error.failed).clone()).await.unwrap();
    client.batch(*error.rest).await.unwrap();
    assert_eq!(calls.lock().unwrap().len(), 4);
    let titles: HashSet<String> = rows(&client)
        .await
        .iter()
        .map(|row| row.read::<Task>().unwrap().title)
        .collect();
    assert_eq!((titles.len(), rows(&client).await.len()), (2500, 2500));
}

#[tokio::test]
async fn the_same_list_under_the_same_key_is_written_once() {
    let sandbox = Sandbox::builder().unlimited().build();
    let (client, calls) = client(&sandbox, &[]);
    let tasks: Vec<Task> = (0..1001).map(task).collect();
    // create.md: the example of a client_token.
    let request = BatchCreate::new(APP, TABLE, &tasks).client_token("fe599b60-450f-46ff-b2ef-9f6675625b97");
    client.batch(request.clone()).await.unwrap();
    client.batch(request).await.unwrap();
    let calls = calls.lock().unwrap().clone();
    assert_eq!((&calls[0], &calls[1]), (&calls[2], &calls[3]));
    assert_ne!(calls[0], calls[1]);
    assert!(calls[0].contains("fe599b60-450f-46ff-b2ef-9f6675625b97"));
    assert_eq!(rows(&client).await.len(), 1001);
}

#[test]
fn a_row_becomes_a_record_to_add() {
    #[derive(BitableRecord)]
    struct Owned<'a> {
        #[bitable(name = "人员")]
        people: Vec<Person>,
        #[bitable(skip)]
        _note: Option<&'a str>,
    }
    let row = Owned {
        people: vec![Person::new("ou_2910013f1e6456f16a0ce75ede9abcef").name("Ada")],
        _note: Some("kept here"),
    };
    let record: flybook_bitable::NewRecord = (&row).into();
    // create.md: the example of `fields`.
    let wanted = serde_json::json!({"fields": {"人员": [{"id": "ou_2910013f1e6456f16a0ce75ede9abcef"}]}});
    assert_eq!(serde_json::to_value(&record).unwrap(), wanted);
}
