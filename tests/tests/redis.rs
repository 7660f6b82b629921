//! The store in Redis: a real server, and clients in processes of their own.

use std::{
    fmt::Write,
    net::TcpListener,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use flybook::{
    Client, Outgoing, Pacing, Rate, RedisStore, Secret, TokenStore, TransportError, authen::v1::user_info,
    bot::v3::bot, passport::v1::session,
};
use flybook_sandbox::Sandbox;

const TENANT: &str = "auth.v3.tenant_access_token.internal";
const USER: &str = "authen.v2.oauth.token.create";

/// A Redis of its own, with a password, on a free port.
struct Redis {
    server: Child,
    port: u16,
}

impl Redis {
    fn start() -> Self {
        // Free a moment ago; whoever is quicker makes the next one do.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut redis = Command::new("redis-server");
        redis.args([
            "--port",
            &port.to_string(),
            "--bind",
            "127.0.0.1",
            "--requirepass",
            "planted-9c1b",
        ]);
        redis
            .args(["--save", "", "--appendonly", "no", "--daemonize", "no"])
            .stdout(Stdio::null());
        let server = redis.spawn().expect(
            "these tests start a real Redis, and there is no `redis-server`; install it: apt-get install redis-server",
        );
        let end = Instant::now() + Duration::from_secs(20);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < end, "redis-server does not answer");
            std::thread::yield_now();
        }
        Self { server, port }
    }

    fn url(&self) -> String {
        format!("redis://:planted-9c1b@127.0.0.1:{}/0", self.port)
    }

    fn stop(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn client(sandbox: &Sandbox, url: &str, redis: &str) -> Client {
    let builder = Client::builder(sandbox.app_id(), sandbox.app_secret()).base_url(url);
    builder.store(RedisStore::connect(redis).unwrap()).build().unwrap()
}

/// The other process: this test, when it is told where everything is.
#[tokio::test]
async fn process() {
    let Ok(url) = std::env::var("FLYBOOK_TEST_URL") else {
        return;
    };
    let client = client(&Sandbox::new(), &url, &std::env::var("FLYBOOK_TEST_REDIS").unwrap());
    let calls = (0..10).map(|_| tokio::spawn(client.send(bot::Get::new()).into_future()));
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap().unwrap();
    }
    let session = client.session("user-42");
    client.send(user_info::Get::new()).as_user(&session).await.unwrap();
}

fn processes(count: usize, url: &str, redis: &str) -> Vec<Child> {
    let program = std::env::current_exe().unwrap();
    let start = |_| {
        let mut process = Command::new(&program);
        process.args(["--exact", "process"]).stdout(Stdio::null());
        process
            .env("FLYBOOK_TEST_URL", url)
            .env("FLYBOOK_TEST_REDIS", redis)
            .spawn()
            .unwrap()
    };
    (0..count).map(start).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_share_tokens_and_refresh_once_between_them() {
    let (redis, sandbox) = (Redis::start(), Sandbox::new());
    let server = sandbox.serve(0).await.unwrap();
    let one = client(&sandbox, &server.url(), &redis.url());
    let start = one
        .authorize("https://example.com/callback")
        .offline_access()
        .build()
        .unwrap();
    let back = sandbox.authorize(start.url(), sandbox.open_id()).unwrap();
    let code = back.split(['=', '&']).nth(1).unwrap();
    one.sign_in("user-42", start.sign_in(code)).await.unwrap();
    for round in 1..=3 {
        let run = (processes(2, &server.url(), &redis.url()), sandbox.clone());
        let run = tokio::task::spawn_blocking(move || {
            let (processes, _sandbox) = run;
            processes
                .into_iter()
                .all(|mut process| process.wait().unwrap().success())
        });
        assert!(run.await.unwrap());
        // One token of the tenant per death; the user's first came with the code.
        assert_eq!((sandbox.calls_to(TENANT), sandbox.calls_to(USER)), (round, round));
        sandbox.expire_tokens();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_going_away_is_no_outage() {
    let (mut redis, sandbox) = (Redis::start(), Sandbox::new());
    let server = sandbox.serve(0).await.unwrap();
    let client = client(&sandbox, &server.url(), &redis.url());
    client.send(bot::Get::new()).await.unwrap();
    redis.stop();
    client.send(bot::Get::new()).await.unwrap();
    sandbox.expire_tokens();
    client.send(bot::Get::new()).await.unwrap();
    assert_eq!(sandbox.calls_to(TENANT), 2);
    // Down from the start.
    let late = self::client(&sandbox, &server.url(), &redis.url());
    late.send(bot::Get::new()).await.unwrap();
}

#[tokio::test]
async fn the_store_in_redis() {
    let redis = Redis::start();
    let (store, minute) = (RedisStore::connect(redis.url()).unwrap(), Duration::from_secs(60));
    let (a, b) = (Secret::from("a"), Secret::from("b"));
    assert!(store.get("key").await.unwrap().is_none());
    assert!(store.compare_and_set("key", None, Some((&a, minute))).await.unwrap());
    assert!(!store.compare_and_set("key", None, Some((&b, minute))).await.unwrap());
    assert!(!store.compare_and_set("key", Some(&b), None).await.unwrap());
    assert!(
        store
            .compare_and_set("key", Some(&a), Some((&b, minute)))
            .await
            .unwrap()
    );
    let stored = store.get("key").await.unwrap().unwrap();
    assert!(stored.value == b && stored.expires_in <= minute && stored.expires_in > minute / 2);
    assert!(store.compare_and_set("key", Some(&b), None).await.unwrap());
    store.set("key", &a, Duration::MAX).await.unwrap();
    store.delete("key").await.unwrap();
    assert!(store.get("key").await.unwrap().is_none());
}

/// A client whose calls all succeed, and how many went out.
fn paced(redis: &Redis) -> (Client, Arc<Mutex<usize>>) {
    let sent = Arc::<Mutex<usize>>::default();
    let count = sent.clone();
    let transport = move |_: Outgoing| {
        *count.lock().unwrap() += 1;
        async { Ok::<_, TransportError>(http::Response::new(flybook::Bytes::from_static(br#"{"code":0}"#))) }
    };
    let builder = Client::builder("cli_1", "secret")
        .transport(transport)
        .pacing(Pacing::Refuse);
    let store = RedisStore::connect(redis.url()).unwrap();
    (builder.store(store).build().unwrap(), sent)
}

/// A call of which there may be ten a minute (protocol §3.3, tier 1).
async fn query(client: &Client) -> flybook::Result<()> {
    client.send(session::Query::new()).token("t-given").await.map(drop)
}

#[tokio::test]
async fn clients_share_a_limit() {
    let redis = Redis::start();
    let ((one, _), (two, sent)) = (paced(&redis), paced(&redis));
    for _ in 0..5 {
        query(&one).await.unwrap();
        query(&two).await.unwrap();
    }
    for client in [&one, &two] {
        let error = query(client).await.unwrap_err();
        let wait = error.retry_after().unwrap().as_secs();
        assert!(error.is_rate_limited() && (30..=61).contains(&wait), "{error:?}");
    }
    assert_eq!(*sent.lock().unwrap(), 5);

    // protocol §3.4: what one client is told, the others keep to.
    let store = RedisStore::connect(redis.url()).unwrap();
    let (rates, key) = ([Rate::per_minute(10)], "flybook:cli_1:pace/passport.v1.session.query/0");
    store
        .close_turns(key, &rates, Duration::from_secs(300), 0)
        .await
        .unwrap();
    let wait = query(&one).await.unwrap_err().retry_after().unwrap().as_secs();
    assert!((270..=300).contains(&wait), "{wait}");
}

/// Redis dies midway: a warning, once, and the client goes on with what it knows it took itself.
#[tokio::test]
async fn pacing_goes_on_without_redis() {
    let (mut redis, warnings) = (Redis::start(), Warnings::default());
    let _guard = tracing::subscriber::set_default(warnings.clone());
    let (client, sent) = paced(&redis);
    for _ in 0..4 {
        query(&client).await.unwrap();
    }
    assert_eq!(*warnings.0.lock().unwrap(), "");
    redis.stop();
    for _ in 0..6 {
        query(&client).await.unwrap();
    }
    let error = query(&client).await.unwrap_err();
    assert!(
        error.is_rate_limited() && error.retry_after() > Some(Duration::from_secs(30)),
        "{error:?}"
    );
    assert_eq!(*sent.lock().unwrap(), 10);
    let warnings = warnings.0.lock().unwrap();
    assert_eq!(
        warnings.matches("the store fails; until it answers again").count(),
        1,
        "{warnings}"
    );
    assert!(!warnings.contains("planted"), "{warnings}");
}

/// The warnings that a test hears.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<String>>);

impl tracing::Subscriber for Warnings {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() <= tracing::Level::WARN
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut text = self.0.lock().unwrap();
        event.record(&mut |field: &tracing::field::Field, value: &dyn std::fmt::Debug| {
            let _ = writeln!(text, "{field}: {value:?}");
        });
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

#[tokio::test]
async fn the_password_never_shows() {
    let store = RedisStore::connect("redis://:planted-9c1b@127.0.0.1:1/0").unwrap();
    let error = store.get("key").await.unwrap_err();
    let setup = RedisStore::connect("redis://:planted-9c1b@[/0").unwrap_err();
    let shown = format!("{store:?} {error} {error:?} {setup} {setup:?}");
    assert!(!shown.contains("planted"), "{shown}");
}
