//! The client's long connection against a platform that somebody could have written from the protocol alone, in Python.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use flybook::{
    Client, Error, Event, Router,
    cardkit::v1::card::{ActionTriggered, Toast},
    im::v1::message::Received,
    socket::LongConnection,
};
use tokio::sync::oneshot;

/// protocol §6: discovery, ping and pong, chunks, acknowledgements, a callback's answer, a cut, and a repeat.
#[tokio::test]
async fn a_stub_in_python_finds_nothing_wrong() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/platform.py");
    let started = Command::new("python3").arg(script).stdout(Stdio::piped()).spawn();
    let Ok(mut stub) = started else {
        assert!(
            std::env::var_os("FLYBOOK_INTEROP").is_none(),
            "python3 does not run; install Python 3"
        );
        return eprintln!("left out: python3 does not run; install Python 3");
    };
    let mut url = String::new();
    BufReader::new(stub.stdout.take().unwrap()).read_line(&mut url).unwrap();

    let client = Client::builder("cli_1", "secret").base_url(url.trim()).build().unwrap();
    let handled = Arc::new(AtomicUsize::new(0));
    let count = handled.clone();
    let router = Router::new()
        .on::<Received>(move |event: Event<Received>| {
            assert_eq!(
                event.message.content,
                r#"{"text": "飞书"}"#.replace("飞书", r"\u98de\u4e66")
            );
            count.fetch_add(1, Ordering::SeqCst);
            async { Ok::<_, Error>(()) }
        })
        .on::<ActionTriggered>(|_| async { Ok::<_, Error>(Toast::success("Saved")) });
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(LongConnection::new(&client, router).run(stopped));

    let ended = tokio::task::spawn_blocking(move || stub.wait()).await.unwrap().unwrap();
    assert!(ended.success(), "the stub says above what is wrong");
    stop.send(()).unwrap();
    running.await.unwrap().unwrap();
    assert_eq!(handled.load(Ordering::SeqCst), 1, "the repeat is the same message");
}
