//! The figures of uploads, and the blocks of files.

use serde_json::{Value, json};

use super::{Begun, Block, Chunked, UploadError, UploadState, source::Source};
use crate::{Encoder, Endpoint, Error, File, Request};

/// An upload with nothing behind it.
#[derive(Debug)]
struct Prepare;

impl Request for Prepare {
    type Reply = ();
    const ENDPOINT: &'static Endpoint = &Endpoint {
        id: "demo.prepare",
        ..Endpoint::DEFAULT
    };
    fn encode(&self, _: &mut Encoder) {}
}

impl Chunked for Prepare {
    type Part = Self;
    type Finish = Self;
    fn size(&self) -> i64 {
        0
    }
    fn begun((): ()) -> Begun {
        Begun::default()
    }
    fn part(_: String, _: Block) -> Self {
        Self
    }
    fn finish(_: String, _: i64) -> Self {
        Self
    }
}

fn begun(block_size: i64, blocks: i64, size: i64) -> Result<UploadState<Prepare>, String> {
    let id = "7111211691345512356".to_owned();
    UploadState::new(Begun { id, block_size, blocks }, size)
}

#[test]
fn every_block_is_whole_but_the_last() {
    for (size, block_size, lengths) in [
        (10, 4, &[4, 4, 2][..]),
        (8, 4, &[4, 4]),
        (1, 4, &[1]),
        (0, 4, &[]),
        (i64::MAX, i64::MAX, &[i64::MAX.unsigned_abs()]),
    ] {
        let mut state = begun(block_size, 0, size).unwrap();
        let mut sent = Vec::new();
        while state.plan.next < state.plan.blocks {
            sent.push(state.plan.length());
            state.plan.next += 1;
        }
        assert_eq!(sent, lengths, "{size} in blocks of {block_size}");
        assert_eq!(state.done(), state.size());
    }
    assert_eq!(begun(4, 1, 0).unwrap().plan.length(), 0, "an empty file may be a block");
}

#[test]
fn a_plan_that_does_not_make_the_file_is_refused() {
    for (block_size, blocks, size) in [(0, 0, 10), (-4, 3, 10), (4, 2, 10), (4, 4, 10), (4, -1, 10), (4, 2, 0)] {
        let problem = begun(block_size, blocks, size).unwrap_err();
        assert!(problem.contains("nothing of the file was sent"), "{problem}");
    }
}

#[test]
fn a_state_is_kept_as_json_and_read_for_its_own_operation() {
    let mut state = begun(4, 3, 10).unwrap();
    state.plan.next = 2;
    let kept = serde_json::to_value(&state).unwrap();
    let figures = json!({"begun_by": "demo.prepare", "id": "7111211691345512356", "size": 10, "block_size": 4, "blocks": 3, "next": 2});
    assert_eq!(kept, figures);
    assert_eq!(serde_json::from_value::<UploadState<Prepare>>(kept).unwrap(), state);
    for (member, value) in [
        ("begun_by", json!("demo.other")),
        ("next", json!(4)),
        ("next", json!(-1)),
        ("block_size", json!(0)),
        ("size", json!(99)),
    ] {
        let mut wrong: Value = figures.clone();
        wrong[member] = value;
        serde_json::from_value::<UploadState<Prepare>>(wrong).unwrap_err();
    }
}

#[test]
fn an_error_says_at_which_block() {
    let mut failed = UploadError {
        error: Error::unsent(Prepare::ENDPOINT, "why not"),
        state: Some(begun(4, 3, 10).unwrap()),
    };
    assert_eq!(
        failed.to_string(),
        "at block 1 of 3: demo.prepare was not sent: why not"
    );
    if let Some(state) = &mut failed.state {
        state.plan.next = 3;
    }
    assert_eq!(
        failed.to_string(),
        "after all 3 blocks: demo.prepare was not sent: why not"
    );
    assert_eq!(
        Error::from(failed).to_string(),
        "demo.prepare was not sent: why not; after all 3 blocks"
    );
}

#[tokio::test]
async fn a_file_is_read_block_by_block_from_wherever_it_comes() {
    let path = std::env::temp_dir().join(format!("flybook-blocks-{}", std::process::id()));
    std::fs::write(&path, b"0123456789").unwrap();
    for at in [0, 4, 8] {
        let files = [
            File::from_bytes("bytes", b"0123456789".as_slice()),
            File::from_path(&path).await.unwrap(),
            File::from_reader("reader", b"0123456789".as_slice(), 10),
        ];
        for file in &files {
            let mut source = Source::open(file, at).await.unwrap();
            let mut read = Vec::new();
            let mut left = 10 - at;
            while left > 0 {
                let block = source.block(left.min(4)).await.unwrap();
                left -= block.len() as u64;
                read.extend_from_slice(&block);
            }
            assert_eq!(read, &b"0123456789"[at as usize..], "{} from {at}", file.name());
        }
    }
    let file = File::from_path(&path).await.unwrap();
    std::fs::write(&path, b"01234").unwrap();
    let changed = Source::open(&file, 0).await.err().unwrap();
    assert!(changed.contains("has 5 bytes, and had 10"), "{changed}");
    std::fs::remove_file(&path).unwrap();
}

#[tokio::test]
async fn a_reader_is_taken_with_the_first_block_and_must_bring_all() {
    let short = File::from_reader("short", b"01234".as_slice(), 10);
    drop(Source::open(&short, 0).await.unwrap());
    let mut source = Source::open(&short, 0).await.unwrap();
    assert_eq!(source.block(4).await.unwrap(), "0123");
    let ended = source.block(4).await.unwrap_err();
    assert!(ended.contains("ended after 5 of 10 bytes"), "{ended}");
    let spent = Source::open(&short, 0).await.err().unwrap();
    assert!(spent.contains("was read by an earlier call"), "{spent}");
    let shorter = File::from_reader("short", b"01".as_slice(), 10);
    let mut beyond = Source::open(&shorter, 4).await.unwrap();
    assert!(beyond.block(4).await.unwrap_err().contains("ended after 2 of 10 bytes"));
}
