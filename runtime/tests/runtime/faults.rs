//! Every fault that a network, a gateway or the platform is known for: what the caller gets, how often it was asked, and how long it took.

use std::time::{Duration, Instant};

use flybook_runtime::{Client, Error, HttpTransport, Retry};

use crate::{
    observing::Log,
    planted::PLANTED,
    socket::{Act, Act::*, Server},
    support::{Create, Delete, Get, SECRET, builder},
};

/// One fault, and what comes of it when it stays.
struct Row {
    name: &'static str,
    act: Act,
    /// How often a call that reads, one with a key against duplicates, and one that only writes are sent.
    asked: [usize; 3],
    /// What the error says, behind the endpoint and the attempts; empty: the call succeeds.
    text: &'static str,
    may_have_run: bool,
    check: fn(&Error) -> bool,
}

const LOST: [usize; 3] = [3, 3, 1];
const UNRUN: [usize; 3] = [3, 3, 3];
const ONCE: [usize; 3] = [1, 1, 1];
/// The time of the calls that wait for it; all others have far more, and must not take it.
const PATIENCE: Duration = Duration::from_millis(150);
/// The most that a call may take here, PATIENCE and all waits included.
const LONGEST: Duration = Duration::from_secs(3);

const GOOD: Act = Answer("200 OK", "", r#"{"code":0,"msg":"ok","data":{"message_id":"om_1"}}"#);

/// protocol §1.4, §1.6, §3.4 (replies); design §5 (what may be repeated).
const ROWS: [Row; 31] = [
    row(
        "reset before the request was read",
        ResetBefore,
        LOST,
        "the exchange broke off",
        true,
        |_| true,
    ),
    row(
        "reset after",
        ResetAfter,
        LOST,
        "the exchange broke off",
        true,
        |error| error.status().is_none(),
    ),
    row(
        "slow headers",
        Silence,
        ONCE,
        "no reply within 150ms",
        true,
        Error::is_timeout,
    ),
    row(
        "slow body",
        Stall("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"),
        ONCE,
        "no reply within 150ms",
        true,
        Error::is_timeout,
    ),
    row(
        "truncated body",
        Cut("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"),
        LOST,
        "the exchange broke off",
        true,
        |_| true,
    ),
    row(
        "truncated headers",
        Cut("HTTP/1.1 200 OK\r\nConte"),
        LOST,
        "the exchange broke off",
        true,
        |_| true,
    ),
    row(
        "no HTTP",
        Cut("SSH-2.0-x\r\n"),
        LOST,
        "the exchange broke off",
        true,
        |_| true,
    ),
    row(
        "429 with reset",
        Answer(
            "429 X",
            "x-ogw-ratelimit-reset: 0\r\n",
            r#"{"code":99991400,"msg":"limit"}"#,
        ),
        UNRUN,
        "99991400, too many",
        false,
        |error| error.is_rate_limited() && error.retry_after() == Some(Duration::ZERO),
    ),
    row(
        "429 without reset",
        Answer("429 X", "", r#"{"code":99991400,"msg":"limit"}"#),
        UNRUN,
        "99991400, too many",
        false,
        |error| error.is_rate_limited() && error.retry_after().is_none(),
    ),
    row(
        "429 of a gateway",
        Answer("429 X", "", "<html>"),
        UNRUN,
        "the reply is no JSON object",
        false,
        Error::is_rate_limited,
    ),
    row(
        "400 with 99991400",
        Answer("400 X", "", r#"{"code":99991400,"msg":"limit"}"#),
        UNRUN,
        "99991400, too many",
        false,
        Error::is_rate_limited,
    ),
    row(
        "400 with a limit of the domain",
        Answer("400 X", "", r#"{"code":230020,"msg":"limit"}"#),
        UNRUN,
        "230020, limit",
        false,
        Error::is_rate_limited,
    ),
    row(
        "200 with an inner code",
        Answer("200 OK", "", r#"{"code":10002,"msg":"x ErrCode: 11232; y"}"#),
        UNRUN,
        "10002, ",
        false,
        Error::is_rate_limited,
    ),
    row(
        "busy",
        Answer("400 X", "", r#"{"code":230049,"msg":"being sent"}"#),
        UNRUN,
        "230049, being sent",
        false,
        |error| !error.is_rate_limited(),
    ),
    row(
        "a month's quota",
        Answer(
            "429 X",
            "x-ogw-ratelimit-reset: 0\r\n",
            r#"{"code":99991403,"msg":"quota"}"#,
        ),
        ONCE,
        "99991403, quota",
        false,
        |error| !error.is_rate_limited(),
    ),
    row(
        "500",
        Answer("500 X", "", r#"{"code":1500,"msg":"inside"}"#),
        LOST,
        "1500, inside",
        true,
        |error| error.code() == Some(1500),
    ),
    row(
        "502 as HTML",
        Answer("502 X", "", "<html><h1>t-planted-7f3a"),
        LOST,
        "the reply is no JSON object",
        true,
        |error| error.status().unwrap() == 502,
    ),
    row(
        "503",
        Answer("503 X", "Retry-After: 0\r\n", ""),
        LOST,
        "the reply is empty",
        true,
        |error| error.retry_after() == Some(Duration::ZERO),
    ),
    // RFC 9110 §10.2.3: the dates are the server's, so it does not matter how wrong its clock or this one's is.
    row(
        "503 by a clock that is behind",
        Answer(
            "503 X",
            "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nRetry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
            "",
        ),
        LOST,
        "the reply is empty",
        true,
        |error| error.retry_after() == Some(Duration::ZERO),
    ),
    row(
        "503 by a clock that is ahead",
        Answer(
            "503 X",
            "Date: Sat, 06 Nov 2094 08:49:37 GMT\r\nRetry-After: Sat, 06 Nov 2094 08:49:37 GMT\r\n",
            "",
        ),
        LOST,
        "the reply is empty",
        true,
        |error| error.retry_after() == Some(Duration::ZERO),
    ),
    row(
        "504",
        Answer("504 X", "", "stream timeout"),
        LOST,
        "the reply is no JSON object",
        true,
        |error| error.status().unwrap() == 504,
    ),
    row("501", Answer("501 X", "", ""), ONCE, "the reply is empty", true, |_| {
        true
    }),
    row(
        "code and HTTP 200",
        Answer("200 OK", "", r#"{"code":230006,"msg":"no bot"}"#),
        ONCE,
        "230006, no bot",
        false,
        |error| error.status().unwrap() == 200,
    ),
    row(
        "malformed JSON",
        Answer("200 OK", "", r#"{"code":0,"data":{]}"#),
        ONCE,
        "the reply has another shape",
        true,
        |_| true,
    ),
    row(
        "200 MB",
        Cut("HTTP/1.1 200 OK\r\nContent-Length: 209715200\r\n\r\n{"),
        ONCE,
        "the reply is too large: more than 67108864 bytes",
        true,
        |_| true,
    ),
    row(
        "200 MB unannounced",
        Flood(200),
        ONCE,
        "the reply is too large: more than 1048576 bytes",
        true,
        |_| true,
    ),
    row(
        "a list of null, a number for text",
        Answer("200 OK", "", r#"{"code":0,"data":{"message_id":7,"items":null}}"#),
        ONCE,
        "",
        false,
        |_| true,
    ),
    row(
        "no data",
        Answer("200 OK", "", r#"{"code":"0","msg":null,"data":null}"#),
        ONCE,
        "",
        false,
        |_| true,
    ),
    row(
        "a given token is refused",
        Answer(
            "400 X",
            "",
            r#"{"code":99991668,"msg":"Invalid token: t-planted-7f3a"}"#,
        ),
        ONCE,
        "99991668, invalid token: ***",
        false,
        Error::is_token_rejected,
    ),
    row(
        "redirect to another host",
        Answer("302 X", "Location: http://other.example/?t-planted-7f3a\r\n", ""),
        ONCE,
        "the server redirects to the host `other.example`",
        false,
        |_| true,
    ),
    row(
        "a wrong name in TLS",
        WrongName,
        UNRUN,
        "no connection",
        false,
        Error::is_connect,
    ),
];

const fn row(
    name: &'static str,
    act: Act,
    asked: [usize; 3],
    text: &'static str,
    may_have_run: bool,
    check: fn(&Error) -> bool,
) -> Row {
    Row {
        name,
        act,
        asked,
        text,
        may_have_run,
        check,
    }
}

/// A call that reads, one with a key against duplicates, one that only writes.
async fn call(client: &Client, kind: usize, limit: Duration) -> Result<(), Error> {
    let token = format!("t-{SECRET}");
    match kind {
        0 => {
            let call = client.send(Get {
                message_id: "om_1".into(),
            });
            call.token(token).timeout(limit).await.map(drop)
        }
        1 => client
            .send(Create::default())
            .token(token)
            .timeout(limit)
            .await
            .map(drop),
        _ => client.send(Delete {}).token(token).timeout(limit).await,
    }
}

/// The call against this server, how long it took, and what was logged, which never holds a secret.
async fn run(http: &HttpTransport, server: &Server, act: Act, kind: usize) -> (Result<(), Error>, Duration) {
    let (scheme, port) = (if matches!(act, WrongName) { "https" } else { "http" }, server.port);
    let client = builder()
        .base_url(format!("{scheme}://localhost:{port}"))
        .retry(Retry::default().backoff(Duration::from_millis(1), Duration::from_millis(5)))
        .transport(http.clone())
        .helpdesk("12345", SECRET)
        .trace_bodies();
    // The other limit is met by the body that announces its length.
    let client = if matches!(act, Flood(_)) {
        client.body_limit(1 << 20)
    } else {
        client
    };
    let client = client.build().unwrap();
    let limit = if matches!(act, Silence | Stall(_)) {
        PATIENCE
    } else {
        Duration::from_secs(30)
    };
    let (log, start) = (Log::default(), Instant::now());
    let listens = log.listen();
    let outcome = call(&client, kind, limit).await;
    drop(listens);
    let said = outcome.as_ref().err().map(ToString::to_string);
    let shown = format!("{} {said:?} {outcome:?} {outcome:#?} {client:?}", log.text());
    assert!(PLANTED.iter().all(|planted| !shown.contains(planted)), "{shown}");
    assert!(shown.contains("im.v1.message."), "the log was heard");
    (outcome, start.elapsed())
}

#[tokio::test]
async fn faults_that_stay() {
    let http = HttpTransport::new().unwrap();
    for (row, helpful) in ROWS.iter().flat_map(|row| [(row, true), (row, false)]) {
        for (kind, asked) in row.asked.into_iter().enumerate() {
            let act = row.act;
            let server = Server::start(helpful, move |_| act).await;
            let (outcome, took) = run(&http, &server, act, kind).await;
            let context = format!("{}, call {kind}, helpful {helpful}: {outcome:?}", row.name);
            assert_eq!(server.asked(), asked, "{context}");
            assert!(took < LONGEST, "{took:?} {context}");
            let Err(error) = outcome else {
                assert_eq!(row.text, "", "{context}");
                continue;
            };
            let attempts = if asked > 1 { " after 3 attempts" } else { "" };
            let text = error.to_string();
            let (_, said) = text.split_once(&format!(" failed{attempts}: ")).expect(&context);
            assert!(!row.text.is_empty() && said.starts_with(row.text), "{context}");
            assert_eq!(error.attempts() as usize, asked, "{context}");
            assert_eq!(error.may_have_run(), row.may_have_run, "{context}");
            assert!((row.check)(&error), "{context}");
        }
    }
}

/// The same, when the next attempt would do: who may try again succeeds.
#[tokio::test]
async fn faults_that_pass() {
    let http = HttpTransport::new().unwrap();
    // What does not speak HTTP at all cannot answer well the next time.
    let rows = ROWS
        .iter()
        .filter(|row| !matches!(row.act, WrongName) && !row.text.is_empty());
    for (row, helpful) in rows.flat_map(|row| [(row, true), (row, false)]) {
        for (kind, asked) in row.asked.into_iter().enumerate() {
            let act = row.act;
            let server = Server::start(helpful, move |number| if number == 1 { act } else { GOOD }).await;
            let (outcome, took) = run(&http, &server, act, kind).await;
            let context = format!("{}, call {kind}, helpful {helpful}: {outcome:?}", row.name);
            assert_eq!(
                (outcome.is_ok(), server.asked()),
                (asked > 1, asked.min(2)),
                "{context}"
            );
            assert!(took < LONGEST, "{took:?} {context}");
        }
    }
}

/// Nobody listens: whatever the call, it is tried again, and it never ran.
#[tokio::test]
async fn a_refused_connect() {
    let http = HttpTransport::new().unwrap();
    for kind in 0..3 {
        let mut server = Server::start(true, |_| GOOD).await;
        // The port is free again when the listener is gone.
        server.stop().await;
        let (outcome, took) = run(&http, &server, GOOD, kind).await;
        let error = outcome.unwrap_err();
        assert!(error.is_connect() && !error.may_have_run() && took < LONGEST, "{error}");
        assert_eq!((error.attempts(), server.asked()), (3, 0), "{error}");
    }
}
