//! The README's piece about rows, run on a sandbox.

use flybook::IntMillis;
use flybook_examples::{
    Stage,
    rows::{self, Task},
};

#[tokio::test]
async fn rows_are_added_and_read() {
    let stage = Stage::set().await.unwrap();
    let (sandbox, _server) = stage.sandbox.as_ref().expect("no credentials in tests");
    let tasks: Vec<Task> = (0..1001)
        .map(|number| Task {
            id: None,
            title: format!("Task {number}"),
            due: Some(IntMillis(1674206443000)),
            tags: vec!["first".to_owned()],
            total: None,
        })
        .collect();
    rows::add(&stage.client, "bascn1", "tbl1", &tasks).await.unwrap();
    // batch_create.md: 1,000 records in a call; search.md: 20 on a page.
    assert_eq!(sandbox.calls_to("bitable.v1.app.table.record.batch_create"), 2);
    assert_eq!(sandbox.calls_to("bitable.v1.app.table.record.search"), 51);
}

/// The README shows the struct and the function as they stand in the source.
#[test]
fn the_readme_shows_them_word_for_word() {
    let source = include_str!("../src/rows.rs");
    for (name, readme) in [
        ("README.md", include_str!("../../README.md")),
        ("README.zh.md", include_str!("../../README.zh.md")),
    ] {
        let pieces = source.split("\n\n/// ").skip(1);
        let code: Vec<&str> = pieces
            .map(|piece| piece.split_once('\n').unwrap().1.trim_end())
            .collect();
        let block = format!("```rust\n{}\n```", code.join("\n\n"));
        assert!(readme.contains(&block), "{name} does not show\n{block}");
    }
}
