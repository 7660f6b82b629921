//! Uploads in blocks, over a real socket: sent, broken off, resumed, refused. The rules and codes are those of protocol §10.3.

use std::{
    io::{self, Read},
    path::PathBuf,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use flybook::{
    Client, Error, File, Request, Retry, UploadError, UploadState,
    drive::v1::{
        file::{self, UploadFinish, UploadPart, UploadPrepare},
        media,
    },
};
use flybook_sandbox::{Fault, Running, Sandbox};
use tokio::io::{AsyncRead, ReadBuf};

/// The blocks of the platform (drive-v1/file/upload/introduction.md).
const BLOCK: u64 = 4 << 20;
/// Two whole blocks, and one that is not.
const SIZE: usize = 10_000_000;

const PREPARE: &str = "drive.v1.file.upload_prepare";
const PART: &str = "drive.v1.file.upload_part";
const FINISH: &str = "drive.v1.file.upload_finish";

async fn start(retry: Retry) -> (Running, Client) {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let client = Client::builder(sandbox.app_id(), sandbox.app_secret())
        .base_url(sandbox.url())
        .retry(retry)
        .build()
        .unwrap();
    (sandbox, client)
}

/// Bytes of which no two blocks are the same.
fn content() -> Vec<u8> {
    let mut state = 1_u32;
    let bytes = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    });
    bytes.take(SIZE).collect()
}

/// A file on the disk that is gone with its owner.
struct OnDisk(PathBuf);

impl OnDisk {
    fn new(name: &str, content: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("flybook-uploads-{}-{name}", std::process::id()));
        std::fs::write(&path, content).unwrap();
        Self(path)
    }
}

impl Drop for OnDisk {
    fn drop(&mut self) {
        _ = std::fs::remove_file(&self.0);
    }
}

fn prepare(size: i64) -> UploadPrepare {
    UploadPrepare::new(
        "report.pdf",
        file::ParentType::Explorer,
        "fldbcO1UuPz8VwnpPx5a92abcef",
        size,
    )
}

#[tokio::test]
async fn an_upload_that_breaks_off_is_resumed_and_arrives_byte_for_byte() {
    let (sandbox, client) = start(Retry::off()).await;
    let content = content();
    let disk = OnDisk::new("resumed", &content);
    let file = File::from_path(&disk.0).await.unwrap();
    // The second block arrives, and its reply does not.
    sandbox.fault(Fault::on(PART).nth(2).dropped().carried_out()).unwrap();
    let failed = client.upload(prepare(file.size()), file).await.unwrap_err();
    assert!(failed.to_string().starts_with("at block 2 of 3: "), "{failed}");
    let state = failed.state.unwrap();
    assert_eq!((state.done(), state.blocks_done(), state.blocks()), (BLOCK, 1, 3));

    // Another process goes on, from what the first has written down.
    let kept = serde_json::to_string(&state).unwrap();
    let state: UploadState<UploadPrepare> = serde_json::from_str(&kept).unwrap();
    let file = File::from_path(&disk.0).await.unwrap();
    let reports = Arc::new(Mutex::new(Vec::new()));
    let seen = reports.clone();
    let done = client
        .resume_upload(state, file)
        .progress(move |done, total| seen.lock().unwrap().push((done, total)))
        .await
        .unwrap();
    assert!(sandbox.uploaded(&done.file_token).unwrap() == content);
    let calls = [PREPARE, PART, FINISH].map(|operation| sandbox.calls_to(operation));
    assert_eq!(calls, [1, 4, 1], "the first block is not sent again");

    let reports = reports.lock().unwrap();
    assert_eq!(reports[0], (BLOCK, SIZE as u64));
    assert_eq!(reports.last(), Some(&(SIZE as u64, SIZE as u64)));
    assert!(reports.is_sorted(), "{reports:?}");
}

#[tokio::test]
async fn a_block_whose_fate_is_unknown_is_sent_again() {
    let (sandbox, client) = start(Retry::default()).await;
    let content = content();
    let lost = [
        sandbox.fault(Fault::on(PART).nth(2).dropped().carried_out()).unwrap(),
        sandbox.fault(Fault::on(PART).nth(3).status(502)).unwrap(),
        sandbox.fault(Fault::on(PREPARE).nth(1).dropped()).unwrap(),
        // Drive's own "wait" comes with HTTP 200 or 400 (protocol §3.6).
        sandbox.fault(Fault::on(FINISH).nth(1).code(1061045)).unwrap(),
    ];
    let file = File::from_bytes("report.pdf", content.clone());
    let done = client.upload(prepare(file.size()), file).await.unwrap();
    assert!(sandbox.uploaded(&done.file_token).unwrap() == content);
    assert!(lost.iter().all(|fault| fault.hits() == 1));
    let calls = [PREPARE, PART, FINISH].map(|operation| sandbox.calls_to(operation));
    assert_eq!(
        calls,
        [1, 4, 2],
        "of those that were not carried out the platform never heard"
    );
}

#[tokio::test]
async fn a_finish_whose_fate_is_unknown_is_left_to_the_caller() {
    let (sandbox, client) = start(Retry::default()).await;
    sandbox.fault(Fault::on(FINISH).nth(1).dropped()).unwrap();
    let file = File::from_bytes("report.pdf", "hello world");
    let failed = client.upload(prepare(11), file.clone()).await.unwrap_err();
    assert!(failed.error.may_have_run());
    assert!(failed.to_string().starts_with("after all 1 blocks: "), "{failed}");
    let done = client.resume_upload(failed.state.unwrap(), file).await.unwrap();
    assert_eq!(sandbox.uploaded(&done.file_token).unwrap(), "hello world");
    let calls = [PREPARE, PART, FINISH].map(|operation| sandbox.calls_to(operation));
    assert_eq!(calls, [1, 1, 1]);
}

/// Counts what is read from it.
struct Counted<R>(R, Arc<AtomicU64>);

impl<R: Read + Unpin> AsyncRead for Counted<R> {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let read = self.0.read(buffer.initialize_unfilled())?;
        self.1.fetch_add(read as u64, Ordering::Relaxed);
        buffer.advance(read);
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn a_reader_is_read_a_block_at_a_time_and_media_come_back() {
    let (_sandbox, client) = start(Retry::off()).await;
    let content = content();
    let read = Arc::new(AtomicU64::new(0));
    let reader = Counted(io::Cursor::new(content.clone()), read.clone());
    let file = File::from_reader("drawing.png", reader, SIZE as u64);
    let node = "doxcnXgNGAtaAraIRVeCfmabcef";
    let request = media::UploadPrepare::new("drawing.png", media::ParentType::DocxImage, node, file.size())
        .extra(r#"{"drive_route_token":"doxcnXgNGAtaAraIRVeCfmabcef"}"#);
    let ahead = Arc::new(Mutex::new(Vec::new()));
    let seen = ahead.clone();
    let done = client
        .upload(request, file)
        .checkpoint(move |state| seen.lock().unwrap().push(read.load(Ordering::Relaxed) - state.done()))
        .await
        .unwrap();
    assert_eq!(
        *ahead.lock().unwrap(),
        [0; 4],
        "nothing is read before its block is due"
    );
    let saved = client.send(media::Download::new(&done.file_token)).await.unwrap();
    assert!(saved.bytes == content);
    assert_eq!(saved.file_name.as_deref(), Some("drawing.png"));
}

#[tokio::test]
async fn a_file_that_is_not_what_was_announced_sends_nothing() {
    let (sandbox, client) = start(Retry::off()).await;
    let failed = client
        .upload(prepare(10), File::from_bytes("report.pdf", "hello world"))
        .await
        .unwrap_err();
    assert!(failed.state.is_none());
    let text = failed.to_string();
    assert!(
        text.contains("is of 10 bytes, and the file `report.pdf` has 11"),
        "{text}"
    );

    let disk = OnDisk::new("changed", b"hello world");
    let file = File::from_path(&disk.0).await.unwrap();
    std::fs::write(&disk.0, b"hello").unwrap();
    let failed = client.upload(prepare(11), file).await.unwrap_err();
    assert!(failed.to_string().contains("has 5 bytes, and had 11"), "{failed}");
    assert_eq!(sandbox.calls().len(), 0);

    // A reader shows it as soon as it ends.
    let short = File::from_reader("report.pdf", b"hello".as_slice(), 11);
    let failed = client.upload(prepare(11), short).await.unwrap_err();
    assert!(failed.to_string().contains("ended after 5 of 11 bytes"), "{failed}");
    assert_eq!(sandbox.calls_to(PART), 0);
    let state = failed.state.unwrap();
    let done = client.resume_upload(state.clone(), File::from_bytes("report.pdf", "hello world"));
    done.await.unwrap();
    let other = client
        .resume_upload(state, File::from_bytes("report.pdf", "hello"))
        .await;
    assert!(
        other.unwrap_err().state.is_some(),
        "the state is not lost over the wrong file"
    );
}

#[tokio::test]
async fn who_began_an_upload_goes_on_with_it_within_a_day() {
    let (sandbox, client) = start(Retry::off()).await;
    let file = || File::from_bytes("report.pdf", "hello world");
    sandbox.fault(Fault::on(PART).times(1).dropped()).unwrap();
    let state = client.upload(prepare(11), file()).await.unwrap_err().state.unwrap();
    let token = sandbox.user_token(sandbox.open_id());
    let other = client.resume_upload(state, file()).as_user(token).await.unwrap_err();
    assert_eq!(other.error.code(), Some(1062007));
    sandbox.advance(Duration::from_secs(24 * 60 * 60));
    let late = client.resume_upload(other.state.unwrap(), file()).await.unwrap_err();
    assert_eq!(late.error.code(), Some(1061021));
    assert!(
        late.to_string().contains("the upload has lapsed; begin it again"),
        "{late}"
    );
    // For those who only pass errors on.
    let error: Error = late.into();
    assert!(error.to_string().contains("; at block 1 of 1"), "{error}");
}

async fn code<R: Request + flybook::AcceptsTenant>(client: &Client, request: R) -> Option<i64> {
    match client.send(request).await {
        Ok(_) => None,
        Err(error) => error.code(),
    }
}

#[tokio::test]
async fn the_sandbox_checks_every_block() {
    let (_sandbox, client) = start(Retry::off()).await;
    let size = BLOCK as i64 + 11;
    let begun = client.send(prepare(size)).await.unwrap();
    assert_eq!((begun.block_size, begun.block_num), (BLOCK as i64, 2));
    let part = |seq, size, bytes: &'static str| {
        UploadPart::new(&begun.upload_id, seq, size, File::from_bytes("report.pdf", bytes))
    };
    // protocol §10.3: the checksum of `hello world`.
    let right = part(1, 11, "hello world").checksum("436929629");
    assert_eq!(code(&client, right.clone()).await, None);
    assert_eq!(
        code(&client, right).await,
        None,
        "a repeat takes the place of the first"
    );
    let wrong = part(1, 11, "hello world").checksum("436929630");
    assert_eq!(code(&client, wrong).await, Some(1062008));
    assert_eq!(code(&client, part(1, 11, "hello")).await, Some(1062009));
    assert_eq!(
        code(&client, part(0, 11, "hello world")).await,
        Some(1062009),
        "a block is whole"
    );
    assert_eq!(code(&client, part(2, 11, "hello world")).await, Some(1062011));
    let finish = |blocks| UploadFinish::new(&begun.upload_id, blocks);
    assert_eq!(code(&client, finish(2)).await, Some(1062010));
    assert_eq!(code(&client, finish(1)).await, Some(1061002));
    assert_eq!(code(&client, prepare(0)).await, Some(1061002));
}

/// The error can be sent anywhere, whatever began the upload.
#[test]
fn errors_travel() {
    fn travels<T: std::error::Error + Send + Sync + 'static>() {}
    travels::<UploadError<UploadPrepare>>();
}
