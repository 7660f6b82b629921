//! What is logged, and what those who measure are told.

use std::{
    fmt::{Debug, Write},
    sync::{Arc, Mutex, atomic::AtomicUsize, atomic::Ordering},
    time::Duration,
};

use flybook_runtime::{Attempt, Method, Observer, Outcome, Reply, Retry, Secret};
use tracing::{
    Dispatch, Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    instrument::WithSubscriber,
    span, subscriber,
};

use crate::support::{Create, Message, ok, platform, request, response};

request!(Hidden { key: String } -> Message, {
    id: "hidden", method: Method::Post, path: "/open-apis/hidden", sensitive: true, reply: Reply::Flat
}, |self, call| { call.put("key", &self.key); });

/// Writes down everything there is to log.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<(Level, String)>>>, Arc<AtomicUsize>);

impl Log {
    pub(crate) fn text(&self) -> String {
        let lines = self.0.lock().unwrap();
        lines
            .iter()
            .map(|(_, line)| line.as_str())
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// Hears all that this thread logs, until what is returned is dropped.
    pub(crate) fn listen(&self) -> (subscriber::DefaultGuard, Dispatch) {
        // With one subscriber alone, tracing asks the thread that first passes a line of code, which may be another test's, whether
        // anybody listens there; with two it asks them.
        let second = Dispatch::new(Self::default());
        (subscriber::set_default(self.clone()), second)
    }

    /// The lines of this level.
    fn of(&self, level: Level) -> Vec<String> {
        let lines = self.0.lock().unwrap();
        lines
            .iter()
            .filter(|(own, _)| *own == level)
            .map(|(_, line)| line.clone())
            .collect()
    }

    /// Sends a call under its eyes.
    async fn of_call<C: IntoFuture>(&self, call: C) -> C::Output {
        async { call.await }.with_subscriber(self.clone()).await
    }

    fn write(&self, level: Level, start: String, record: impl FnOnce(&mut Line)) {
        let mut line = Line(start);
        record(&mut line);
        self.0.lock().unwrap().push((level, line.0));
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &span::Attributes<'_>) -> span::Id {
        self.write(Level::TRACE, format!("span {}", span.metadata().name()), |line| {
            span.record(line)
        });
        span::Id::from_u64(self.1.fetch_add(1, Ordering::SeqCst) as u64 + 1)
    }

    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        self.write(Level::TRACE, "record".to_owned(), |line| values.record(line));
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        self.write(*event.metadata().level(), String::new(), |line| event.record(line));
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// Keeps what it is told, as text, without the time.
#[derive(Clone, Default)]
struct Watcher(Arc<Mutex<Vec<String>>>);

impl Watcher {
    fn seen(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Observer for Watcher {
    fn attempt(&self, attempt: &Attempt<'_>) {
        let Attempt {
            endpoint,
            attempt: number,
            status,
            code,
            log_id,
            sent,
            received,
            error,
            retry_in,
            ..
        } = attempt;
        let status = status.map(|status| status.as_u16());
        let error = error.map(ToString::to_string);
        self.0.lock().unwrap().push(format!(
            "{} {number} {status:?} {code:?} {log_id:?} {sent} {received} {retry_in:?} {error:?}",
            endpoint.id
        ));
    }

    fn call(&self, outcome: &Outcome<'_>) {
        let Outcome {
            endpoint,
            attempts,
            error,
            elapsed,
            ..
        } = outcome;
        let good = error.is_none();
        self.0
            .lock()
            .unwrap()
            .push(format!("{} over {attempts} {good} {elapsed:?}", endpoint.id));
    }
}

const TOKEN: &str = "auth.v3.tenant_access_token.internal 1 Some(200) Some(0) None 46 88 None None";

#[tokio::test(start_paused = true)]
async fn an_observer_is_told_of_attempts_and_calls() {
    let watcher = Watcher::default();
    let number = AtomicUsize::new(0);
    let answers = move || match number.fetch_add(1, Ordering::SeqCst) {
        0 => {
            let mut limited = response(429, r#"{"code":99991400,"msg":"limit"}"#);
            limited
                .headers_mut()
                .insert("x-ogw-ratelimit-reset", "2".parse().unwrap());
            limited.headers_mut().insert("x-tt-logid", "2024".parse().unwrap());
            limited
        }
        1 => response(400, r#"{"code":99991663,"msg":"Invalid access token"}"#),
        _ => response(200, r#"{"code":0,"data":{"message_id":"om_1"}}"#),
    };
    let (builder, _) = platform(move |_| answers());
    let client = builder
        .retry(Retry::default().backoff(Duration::ZERO, Duration::ZERO))
        .observer(watcher.clone())
        .build()
        .unwrap();
    client.send(Create::default()).await.unwrap();
    let body = r#"{"content":"","uuid":"00000000-0000-0000-0000-000000000000"}"#.len();
    let limited = "im.v1.message.create failed: 99991400, too many requests; wait as long as `x-ogw-ratelimit-reset` says (log id 2024)";
    let refused = "im.v1.message.create failed: 99991663, invalid access token";
    assert_eq!(
        watcher.seen(),
        [
            TOKEN.to_owned(),
            "auth.v3.tenant_access_token.internal over 1 true 0ns".to_owned(),
            format!(
                "im.v1.message.create 1 Some(429) Some(99991400) Some(\"2024\") {body} 31 Some(2s) Some(\"{limited}\")"
            ),
            TOKEN.to_owned(),
            "auth.v3.tenant_access_token.internal over 1 true 0ns".to_owned(),
            format!("im.v1.message.create 2 Some(400) Some(99991663) None {body} 46 Some(0ns) Some({refused:?})"),
            format!("im.v1.message.create 2 Some(200) Some(0) None {body} 39 None None"),
            "im.v1.message.create over 2 true 2s".to_owned(),
        ]
    );
    // What was not sent is no attempt.
    client.raw(Method::Get, "no path").await.unwrap_err();
    assert_eq!(watcher.seen(), ["raw over 0 false 0ns"]);
}

struct Panicking;

impl Observer for Panicking {
    fn attempt(&self, _: &Attempt<'_>) {
        panic!("an observer of the test");
    }

    fn call(&self, _: &Outcome<'_>) {
        panic!("an observer of the test");
    }
}

#[tokio::test]
async fn a_panicking_observer_breaks_no_call() {
    let (builder, _) = platform(ok);
    let client = builder.observer(Panicking).build().unwrap();
    let log = Log::default();
    log.of_call(client.send(Create::default())).await.unwrap();
    assert_eq!(
        log.of(Level::WARN).len(),
        4,
        "token and call, attempt and outcome of each"
    );
}

#[tokio::test]
async fn a_good_call_is_quiet() {
    let (builder, _) = platform(ok);
    let client = builder.build().unwrap();
    let log = Log::default();
    log.of_call(client.send(Create::default())).await.unwrap();
    let loud = [Level::ERROR, Level::WARN, Level::INFO].map(|level| log.of(level));
    assert!(loud.iter().all(Vec::is_empty), "{loud:?}");
    let lines = log.of(Level::DEBUG);
    assert_eq!(lines.len(), 2, "the token's attempt and the call's: {lines:?}");
    assert!(
        lines[1].contains(r#"endpoint="im.v1.message.create" attempt=1 status=200 code=0"#)
            && lines[1].contains("sent=14 received=55"),
        "{lines:?}"
    );
    let spans = log.of(Level::TRACE);
    assert!(
        spans
            .iter()
            .any(|line| line == r#"span call endpoint="im.v1.message.create""#),
        "{spans:?}"
    );
    assert!(
        spans.iter().any(|line| line.starts_with("record attempts=1")),
        "{spans:?}"
    );
}

/// protocol §3.1: 99991400 is worth another attempt, and 99992402 is not.
#[tokio::test(start_paused = true)]
async fn retries_are_told_and_failures_are_not() {
    for (code, told) in [(99991400, 2), (99992402, 0)] {
        let (builder, _) = platform(move |_| response(400, format!(r#"{{"code":{code},"msg":"x"}}"#)));
        let client = builder.retry(Retry::default()).build().unwrap();
        let log = Log::default();
        log.of_call(client.send(Create::default())).await.unwrap_err();
        let lines = log.of(Level::INFO);
        assert_eq!((lines.len(), log.of(Level::WARN).len()), (told, 0), "{lines:?}");
        assert!(
            lines
                .iter()
                .all(|line| line.contains("trying again") && line.contains("99991400")),
            "{lines:?}"
        );
    }
}

#[tokio::test]
async fn bodies_are_shown_on_request_and_without_secrets() {
    let answer =
        r#"{"code":0,"data":{"message_id":"om_1","refresh_token":"planted","note":"u-planted-7f3a"},"message_id":"x"}"#;
    for (asked, shown) in [(false, 0), (true, 2)] {
        let (builder, _) = platform(move |_| response(200, answer));
        let client = if asked { builder.trace_bodies() } else { builder }.build().unwrap();
        let log = Log::default();
        let create = Create {
            content: r#"{"password":"planted"}"#.into(),
            ..Create::default()
        };
        log.of_call(client.send(create).as_user("u-planted-7f3a"))
            .await
            .unwrap();
        let hidden = client.send(Hidden { key: "planted".into() });
        log.of_call(hidden).await.unwrap();
        let raw = client
            .raw(Method::Post, "/open-apis/x")
            .json(&["x"])
            .query("q", Secret::from("planted-7f3a"));
        Log::default().of_call(raw.token("t-planted")).await.unwrap();
        let bodies: Vec<String> = log
            .of(Level::DEBUG)
            .into_iter()
            .filter(|line| line.contains("body="))
            .collect();
        assert_eq!(bodies.len(), shown, "{bodies:?}");
        assert!(!log.text().contains("planted"), "{}", log.text());
        if asked {
            assert!(
                bodies[0].contains(r#""content":"{\"password\":\"***\"}""#) || bodies[0].contains("***"),
                "{bodies:?}"
            );
            assert!(bodies[1].contains("om_1"), "{bodies:?}");
        }
    }
}
