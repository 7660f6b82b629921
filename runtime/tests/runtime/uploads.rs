//! Files on their way out: at hand, from the disk, from a reader.

use std::{
    io::Cursor,
    sync::{Arc, Mutex},
};

use flybook_runtime::{File, Method};

use crate::{
    files::Directory,
    http::{reply, serve},
    support::{Upload, body, builder, platform, response},
};

const OK: &str = r#"{"code":0}"#;
const CONTENT: &str = "line one\r\nline two";

fn upload(file: File) -> Upload {
    Upload {
        file,
        name: "报告.pdf".into(),
        duration: Some(3),
        ..Upload::default()
    }
}

/// A form with its boundary taken out, which is another each time.
fn plain(form: &str) -> String {
    let boundary = form.lines().next().unwrap().trim_start_matches("--").to_owned();
    form.replace(&boundary, "BOUNDARY")
}

#[tokio::test]
async fn every_source_has_the_same_form() {
    let directory = Directory::new("sources");
    let path = directory.path("a.pdf");
    std::fs::write(&path, CONTENT).unwrap();
    let (url, server) = serve(vec![reply("200 OK", "", OK); 4]).await;
    let client = builder().base_url(url).build().unwrap();
    let (platform, seen) = platform(|_| response(200, OK));
    let whole = platform.build().unwrap();
    let sources = || async {
        [
            File::from_bytes("a.pdf", CONTENT),
            File::from_bytes("a.pdf", CONTENT).progress(|_, _| {}),
            File::from_path(&path).await.unwrap(),
            File::from_reader("a.pdf", Cursor::new(CONTENT), CONTENT.len() as u64),
        ]
    };
    for file in sources().await {
        client.send(upload(file)).await.unwrap();
    }
    for file in sources().await {
        whole.send(upload(file)).await.unwrap();
    }
    let mut forms = Vec::new();
    for request in server.await.unwrap() {
        let (head, form) = request.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}", form.len())), "{head}");
        assert!(!head.contains("transfer-encoding"), "{head}");
        forms.push(plain(form));
    }
    // A transport that knows no streams gets the whole.
    forms.extend(seen.calls().iter().map(|call| plain(body(call))));
    assert_eq!(forms.len(), 8);
    assert!(
        forms[0].contains(CONTENT) && forms.iter().all(|form| *form == forms[0]),
        "{forms:#?}"
    );
}

#[tokio::test]
async fn progress_counts_to_the_end() {
    let content = "x".repeat(200_000);
    let steps = Arc::new(Mutex::new(Vec::new()));
    let log = steps.clone();
    let file = File::from_reader("a", Cursor::new(content), 200_000);
    let file = file.progress(move |done, total| log.lock().unwrap().push((done, total)));
    let (url, _server) = serve(vec![reply("200 OK", "", OK)]).await;
    let client = builder().base_url(url).build().unwrap();
    client.send(upload(file)).await.unwrap();
    let steps = steps.lock().unwrap();
    assert!(steps.len() > 2 && steps.is_sorted() && steps.iter().all(|(_, total)| *total == 200_000));
    assert_eq!(steps.last(), Some(&(200_000, 200_000)));
}

/// More than was announced stays unread; less breaks the call off.
#[tokio::test]
async fn the_length_holds() {
    let (platform, seen) = platform(|_| response(200, OK));
    let client = platform.build().unwrap();
    let long = File::from_reader("a", Cursor::new("abcdef"), 3);
    client.send(upload(long)).await.unwrap();
    assert!(body(&seen.last()).contains("\r\n\r\nabc\r\n--"));
    let error = client
        .send(upload(File::from_reader("a", Cursor::new("ab"), 3)))
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("the file `a` ended after 2 of 3 bytes, so the call was broken off"),
        "{error}"
    );
    assert_eq!(seen.calls().len(), 1);
    // Over a socket the server sees that the body is incomplete.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = builder().base_url(format!("http://{}", listener.local_addr().unwrap()));
    let short = upload(File::from_reader("a", Cursor::new("ab"), 3));
    let error = client.build().unwrap().send(short).await.unwrap_err();
    assert!(error.to_string().contains("ended after 2 of 3 bytes"), "{error}");
}

#[tokio::test]
async fn a_reader_is_read_once() {
    let (platform, seen) = platform(|_| response(200, OK));
    let client = platform.build().unwrap();
    let file = File::from_reader("a", Cursor::new("abc"), 3);
    client.send(upload(file.clone())).await.unwrap();
    let error = client.send(upload(file)).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("was not sent: the reader of the file `a` was read by an earlier call"),
        "{error}"
    );
    assert_eq!(seen.calls().len(), 1);
}

/// protocol §2.7: the token is refused once; what can be read again is sent again.
#[tokio::test]
async fn a_replay_reads_again_or_says_why_not() {
    let directory = Directory::new("replay");
    let path = directory.path("a");
    std::fs::write(&path, "abc").unwrap();
    let (platform, seen) = platform(|call| {
        let fresh = call.headers["authorization"] == "Bearer t-2" || call.headers["authorization"] == "Bearer t-3";
        match fresh {
            true => response(200, OK),
            false => response(400, r#"{"code":99991663,"msg":"invalid"}"#),
        }
    });
    let client = platform.build().unwrap();
    let call = |file: File| client.raw(Method::Post, "/open-apis/im/v1/files").file("file", &file);
    let reader = File::from_reader("a", Cursor::new("abc"), 3);
    let error = call(reader).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("its token was refused (99991663), and the reader of the file `a` is spent"),
        "{error}"
    );
    assert!(!error.may_have_run());
    // The refused token is gone all the same.
    call(File::from_reader("a", Cursor::new("abc"), 3)).await.unwrap();
    assert_eq!((seen.calls().len(), seen.tokens()), (2, 2));
    let (platform, seen) = crate::support::platform(|call| match call.headers["authorization"] == "Bearer t-1" {
        true => response(400, r#"{"code":99991663,"msg":"invalid"}"#),
        false => response(200, OK),
    });
    let client = platform.build().unwrap();
    let file = File::from_path(&path).await.unwrap();
    client.raw(Method::Post, "/x").file("file", &file).await.unwrap();
    let calls = seen.calls();
    assert_eq!(calls.len(), 2);
    assert!(body(&calls[1]).contains("\r\n\r\nabc\r\n--") && calls[0].body == calls[1].body);
}

#[tokio::test]
async fn files_that_are_none() {
    let directory = Directory::new("none");
    assert!(File::from_path(directory.path("x")).await.is_err());
    let error = File::from_path(directory.path("")).await.unwrap_err();
    assert!(error.to_string().ends_with("is no file"), "{error}");
    let path = directory.path("gone");
    std::fs::write(&path, "abc").unwrap();
    let file = File::from_path(&path).await.unwrap();
    assert_eq!((file.name(), file.length(), file.bytes()), ("gone", 3, None));
    std::fs::remove_file(&path).unwrap();
    let (platform, seen) = platform(|_| response(200, OK));
    let error = platform.build().unwrap().send(upload(file)).await.unwrap_err();
    assert!(
        error.to_string().contains("im.v1.file.create was not sent: `"),
        "{error}"
    );
    assert!(error.to_string().contains("cannot be opened"), "{error}");
    assert!(seen.calls().is_empty());
}

/// A file that does not open in time: the call was not sent, and the error says that rather than that it waited for its turn.
#[cfg(unix)]
#[tokio::test]
async fn a_file_that_does_not_open() {
    let directory = Directory::new("fifo");
    let path = directory.path("a.pdf");
    std::fs::write(&path, CONTENT).unwrap();
    let file = File::from_path(&path).await.unwrap();
    std::fs::remove_file(&path).unwrap();
    // mkfifo(1), fifo(7): opening one for reading blocks until somebody opens it for writing.
    let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    let (platform, seen) = platform(|_| response(200, OK));
    let client = platform.build().unwrap();
    let limit = std::time::Duration::from_millis(50);
    let error = client.send(upload(file)).token("t-1").timeout(limit).await.unwrap_err();
    // Lets go of the thread that waits.
    drop(std::fs::OpenOptions::new().write(true).open(&path).unwrap());
    assert!(
        error.is_timeout() && !error.may_have_run() && !error.is_rate_limited(),
        "{error:?}"
    );
    assert!(
        error
            .to_string()
            .ends_with("was not sent: its files could not be opened within 50ms"),
        "{error}"
    );
    assert!(seen.calls().is_empty());
}
