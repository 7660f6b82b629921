//! Secrets are planted wherever a program gives or gets one, and looked for in whatever it can print: every public type's `Debug`, every
//! error, and all that is logged. The fault suite does the same with each of its rows.

use std::{
    collections::BTreeSet,
    fmt::Debug,
    sync::{Arc, Mutex},
    time::Duration,
};

use flybook_runtime::{
    AcceptsTenant, Answered, Attempt, Batched, Begun, Block, Body, Builder, Bytes, Chunked, Client, Encoder, Endpoint,
    Error, EventType, File, FromReply, MemoryStore, Method, Observer, Outcome, Outgoing, Pacing, Received, Request,
    Retry, Router, Secret, StoreError, Stored, TokenStore, TransportError, UserAccess, Value,
};
use serde_json::json;

use crate::{
    events,
    observing::Log,
    paging::List,
    support::{
        Create, Delete, Fetch, Message, OfApp, OfUser, PLATFORM, SECRET, authorization, builder, ok, request, response,
    },
};

/// What must not show: this, and what holds it in another form.
pub(crate) const PLANTED: [&str; 3] = [
    SECRET,
    // base64 of `12345:planted-7f3a`, as the help desk's header has it (protocol §9.5)
    "MTIzNDU6cGxhbnRlZC03ZjNh",
    "planted%2D7f3a",
];

/// The names that hold plain facts, or only what a program itself made public; all others are toured below.
const PLAIN: &str = "AcceptsApp AcceptsTenant AcceptsUser AppKind Batched Begun BoxFuture Chunked Decode Dedupe Endpoint EventType FromReply Host Hosts \
    IntMillis IntSeconds Json Markup Method Millis Observer Paced Page Paged Param Platform Rate Reply Request Rest Result RetryErrors \
    Seconds TokenErrors TokenKind TokenStore Transport TransportError";

/// What was printed, and of which types.
#[derive(Clone, Default)]
struct Shown(Arc<Mutex<(String, BTreeSet<String>)>>);

impl Shown {
    fn see(&self, name: &str, value: &impl Debug) {
        self.text(name, format!("{value:?} {value:#?}"));
    }

    fn text(&self, name: &str, text: impl AsRef<str>) {
        let mut shown = self.0.lock().unwrap();
        shown.0 += &format!("{name}: {}\n", text.as_ref());
        shown.1.insert(name.to_owned());
    }

    #[track_caller]
    fn fail<T>(&self, outcome: Result<T, Error>) {
        let error = outcome.err().unwrap();
        self.text(
            "Error",
            format!(
                "{error} {error:?} {error:#?} {} {:?}",
                error.message(),
                error.help_url()
            ),
        );
        self.see("Detail", &error.details());
        self.see("FieldViolation", &error.field_violations());
        let mut cause = std::error::Error::source(&error);
        while let Some(inner) = cause {
            self.text("Error", format!("{inner} {inner:?}"));
            cause = inner.source();
        }
    }
}

impl Observer for Shown {
    fn attempt(&self, attempt: &Attempt<'_>) {
        self.see("Attempt", attempt);
    }

    fn call(&self, outcome: &Outcome<'_>) {
        self.see("Outcome", outcome);
    }
}

static ENCODER: Mutex<String> = Mutex::new(String::new());

request!(Telling { token: Secret } -> Told, {
    id: "telling", method: Method::Post, path: "/open-apis/telling/:token", sensitive: true
}, |self, call| {
    call.path("token", &self.token);
    call.query("token", &self.token);
    call.put("encrypt_key", &self.token);
    call.header("X-Key", &self.token);
    *ENCODER.lock().unwrap() = format!("{call:?} {call:#?}");
});

request!(Begin {} -> (), {
    id: "begin", method: Method::Post, path: "/open-apis/begin"
}, |self, call| { let _ = call; });

request!(Part { file: File } -> (), {
    id: "part", method: Method::Post, path: "/open-apis/part"
}, |self, call| { call.file("file", &self.file); });

static BLOCK: Mutex<String> = Mutex::new(String::new());

impl Chunked for Begin {
    type Part = Part;
    type Finish = Part;
    fn size(&self) -> i64 {
        file().size()
    }
    fn begun((): ()) -> Begun {
        Begun {
            id: "1".to_owned(),
            block_size: 100,
            blocks: 1,
        }
    }
    fn part(_: String, block: Block) -> Part {
        *BLOCK.lock().unwrap() = format!("{block:?} {block:#?}");
        Part { file: block.file }
    }
    fn finish(_: String, _: i64) -> Part {
        Part::default()
    }
}

fn file() -> File {
    File::from_bytes("a.txt", SECRET)
}

/// A reply as it came.
pub(crate) struct Told(String);

impl FromReply for Told {
    fn from_reply(reply: Received) -> Result<Self, Error> {
        Ok(Self(format!("{reply:?} {reply:#?}")))
    }
}

/// Tokens, with secrets in them (protocol §2.2, §2.4).
fn grant(status: u16, code: i64) -> http::Response<Bytes> {
    let body = json!({"code": code, "access_token": format!("u-{SECRET}"), "expires_in": 7200, "scope": "a",
        "refresh_token": format!("ur-{SECRET}"), "refresh_token_expires_in": 604_800, "error_description": format!("ur-{SECRET}"),
        "tenant_access_token": format!("t-{SECRET}"), "app_access_token": format!("a-{SECRET}"), "expire": 7200});
    response(status, body.to_string())
}

fn good(call: &Outgoing) -> http::Response<Bytes> {
    match call.endpoint.id.starts_with("auth") {
        true => grant(200, 0),
        false => ok(call),
    }
}

/// A platform that refuses everything, and repeats whatever it was sent.
fn bad(call: &Outgoing) -> http::Response<Bytes> {
    if call.endpoint.id.starts_with("auth") {
        return grant(400, 20_073);
    }
    let sent = format!(
        "{} {:?} {:?}",
        call.url,
        authorization(call),
        call.headers.get("cookie")
    );
    let error = json!({"log_id": "l-1", "field_violations": [{"field": sent, "description": sent}]});
    response(400, json!({"code": 1, "msg": sent, "error": error}).to_string())
}

fn client(shown: &Shown, answer: fn(&Outgoing) -> http::Response<Bytes>) -> Builder<Client> {
    let (here, there) = (shown.clone(), shown.clone());
    let builder = builder().transport(move |call: Outgoing| {
        here.see("Outgoing", &call);
        here.see("Body", &Body::from(call.body.clone()));
        async move { Ok::<_, TransportError>(answer(&call)) }
    });
    let builder = builder.helpdesk("12345", SECRET).app_ticket(format!("ticket-{SECRET}"));
    builder.observer(there).trace_bodies()
}

#[tokio::test]
async fn nothing_planted_shows() {
    let (shown, log) = (Shown::default(), Log::default());
    let _listens = log.listen();
    calls(&shown).await;
    failures(&shown).await;
    sessions(&shown).await;
    stores(&shown).await;
    deliveries(&shown).await;

    let shown = shown.0.lock().unwrap();
    let text = format!("{}\n{}", shown.0, log.text());
    for planted in PLANTED {
        let line = text.lines().find(|line| line.contains(planted));
        assert!(line.is_none(), "{planted} shows: {line:?}");
    }
    assert!(log.text().contains("im.v1.message.create"), "the log was heard");
    // Whoever exports a type adds it to the tour.
    let exports = include_str!("../../src/lib.rs")
        .split_once("pub use crate::{")
        .unwrap()
        .1;
    let exports = exports.split_once("};").unwrap().0;
    let names = exports.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    let missing: Vec<&str> = names
        .filter(|name| name.starts_with(char::is_uppercase))
        .filter(|name| !PLAIN.split(' ').any(|plain| plain == *name) && !shown.1.contains(*name))
        .collect();
    assert!(missing.is_empty(), "not toured: {missing:?}");
}

/// A list of secrets, which several calls may share.
#[derive(Clone, Debug)]
struct Rows {
    rows: Vec<Secret>,
}

impl Request for Rows {
    type Reply = Message;
    const ENDPOINT: &'static Endpoint = Create::ENDPOINT;

    fn encode(&self, call: &mut Encoder) {
        call.put("rows", &self.rows);
    }
}

impl AcceptsTenant for Rows {}

impl Batched for Rows {
    type Item = Secret;
    const MOST: usize = 1;

    fn items(&mut self) -> &mut Vec<Secret> {
        &mut self.rows
    }
}

async fn calls(shown: &Shown) {
    let builder = client(shown, good);
    shown.see("Builder", &builder);
    let client = builder.build().unwrap();
    shown.see("Client", &client);
    shown.see("Pacing", &Pacing::Wait);
    shown.see("Retry", &Retry::default());
    shown.see("Secret", &Secret::from(SECRET));
    let call = client.send(Create::default()).token(format!("t-{SECRET}"));
    let call = call.header("Cookie", SECRET);
    shown.see("Call", &call);
    let sending = call.answered();
    shown.see("Sending", &sending);
    let answered: Answered<Message> = sending.await.unwrap();
    shown.see("Answered", &answered);
    let told = client.send(Telling { token: SECRET.into() }).await.unwrap();
    shown.text("Received", told.0);
    shown.text("Encoder", ENCODER.lock().unwrap().as_str());
    client.send(Delete {}).await.unwrap();
    client.send(OfApp {}).await.unwrap();
    shown.see("Scopes", &client.observed_scopes());
    shown.see("Items", &client.items(List::default()).resume(SECRET));
    shown.see("Pages", &client.pages(List::default()).resume(SECRET));
    shown.see("File", &file());
    let upload = || client.upload(Begin {}, file()).token(format!("t-{SECRET}"));
    shown.see("Uploading", &upload());
    let there = shown.clone();
    let kept = Arc::new(Mutex::new(None));
    let keep = kept.clone();
    let upload = upload().checkpoint(move |state| {
        there.see("UploadState", state);
        keep.lock().unwrap().get_or_insert(state.clone());
    });
    upload.await.unwrap();
    shown.text("Block", BLOCK.lock().unwrap().as_str());
    let state = kept.lock().unwrap().take().unwrap();
    let refusing = self::client(shown, bad).build().unwrap();
    let resumed = refusing.resume_upload(state, file()).token(format!("t-{SECRET}"));
    let failed = resumed.header("Cookie", SECRET).await.unwrap_err();
    shown.text("UploadError", failed.to_string());
    shown.see("UploadError", &failed);
    let batch = |client: &Client| {
        client
            .batch(Rows {
                rows: vec![SECRET.into()],
            })
            .token(format!("t-{SECRET}"))
    };
    shown.see("Batch", &batch(&client));
    let failed = batch(&refusing).header("Cookie", SECRET).await.unwrap_err();
    shown.text("BatchError", failed.to_string());
    shown.see("BatchError", &failed);
    let fetch = || client.send(Fetch {}).token(format!("t-{SECRET}"));
    let raw = || {
        let call = client.raw(Method::Post, "/open-apis/x?token=planted-7f3a");
        call.query("q", Secret::from(SECRET)).helpdesk()
    };
    shown.see("RawCall", &raw());
    shown.see("RawSending", &raw().into_future());
    shown.see("Download", &fetch().await.unwrap());
    let opening = fetch().chunks();
    shown.see("Opening", &opening);
    shown.see("Chunks", &opening.await.unwrap());
    let path = std::env::temp_dir().join(format!("flybook-tour-{}", std::process::id()));
    let to_file = fetch().to_file(&path);
    shown.see("ToFile", &to_file);
    shown.see("Saved", &to_file.await.unwrap());
    std::fs::remove_file(&path).unwrap();
}

async fn failures(shown: &Shown) {
    let client = client(shown, bad).build().unwrap();
    shown.fail(client.send(Create::default()).await);
    shown.fail(client.send(OfApp {}).await);
    let call = client.send(Create::default()).token(format!("t-{SECRET}"));
    shown.fail(call.header("Cookie", SECRET).await);
    shown.fail(client.send(OfUser {}).as_user(format!("u-{SECRET}")).await);
    let told = client.send(Telling { token: SECRET.into() }).await.unwrap();
    shown.text("Received", told.0);
    let raw = client.raw(Method::Post, "/open-apis/x").token(format!("t-{SECRET}"));
    shown.fail(raw.query("q", Secret::from(SECRET)).helpdesk().await);
    shown.fail(client.send(Create::default()).token(format!("Bearer {SECRET}\n")).await);
    shown.fail(builder().base_url(format!("https://user:{SECRET}@x/y")).build());
    shown.fail(Builder::<Client>::new(&PLATFORM, "cli_1", format!("{SECRET} x")).build());
    // A transport that says too much about the call.
    let lost = |call: Outgoing| async move {
        let said = format!("{:?}", authorization(&call));
        Err::<http::Response<Bytes>, _>(TransportError::other(said))
    };
    let client = builder().transport(lost).build().unwrap();
    shown.fail(client.send(Create::default()).token(format!("t-{SECRET}")).await);
}

async fn sessions(shown: &Shown) {
    let (client, refusing) = (
        client(shown, good).build().unwrap(),
        client(shown, bad).build().unwrap(),
    );
    let start = client.authorize("https://example.com/callback").offline_access();
    let start = start.state(format!("state-{SECRET}"));
    shown.see("Authorize", &start);
    let start = start.build().unwrap();
    shown.see("Authorization", &start);
    let verifier = start.verifier().expose().to_owned();
    let sign_in = || start.sign_in(format!("code-{SECRET}"));
    shown.see("SignIn", &sign_in());
    shown.fail(refusing.sign_in("user", sign_in()).await);
    let session = client.sign_in("user", sign_in()).await.unwrap();
    shown.see("UserSession", &session);
    shown.see("UserAccess", &UserAccess::from(session.clone()));
    shown.see("UserAccess", &UserAccess::from(format!("u-{SECRET}")));
    client.send(OfUser {}).as_user(&session).await.unwrap();
    let resumed = refusing.resume("other", format!("ur-{SECRET}"));
    shown.see("UserSession", &resumed);
    shown.fail(refusing.send(OfUser {}).as_user(&resumed).await);
    let shown = shown.0.lock().unwrap();
    let line = shown.0.lines().find(|line| line.contains(&verifier));
    assert!(line.is_none(), "the PKCE verifier shows: {line:?}");
}

async fn stores(shown: &Shown) {
    let (memory, secret) = (MemoryStore::new(), Secret::from(SECRET));
    memory.set("key", &secret, Duration::from_secs(9)).await.unwrap();
    shown.see("MemoryStore", &memory);
    let stored: Stored = memory.get("key").await.unwrap().unwrap();
    shown.see("Stored", &stored);
    let client = client(shown, good).store(memory).store_app().build().unwrap();
    client.set_app_ticket(format!("ticket-{SECRET}"));
    client.send(Create::default()).tenant("tenant").await.unwrap();
    shown.see("Client", &client);
    shown.see("StoreError", &StoreError::new("refused"));
    #[cfg(feature = "redis")]
    {
        // Nobody listens on port 1.
        let url = format!("redis://:{SECRET}@127.0.0.1:1/0");
        let store = flybook_runtime::RedisStore::connect(&url).unwrap();
        shown.see("RedisStore", &store);
        shown.see("StoreError", &store.get("key").await.unwrap_err());
        let client = self::client(shown, good).store(store).build().unwrap();
        client.send(Create::default()).await.unwrap();
        shown.fail(flybook_runtime::RedisStore::connect(url.replace("127.0.0.1", "[")));
    }
}

/// Events: the token of the webhook, and a ticket that arrives.
async fn deliveries(shown: &Shown) {
    let client = client(shown, good).store_app().build().unwrap();
    let (here, there, hook) = (shown.clone(), shown.clone(), shown.clone());
    let router = Router::new()
        .client(&client)
        .on_with::<events::Received>(
            move |event: flybook_runtime::Event<events::Received>| {
                here.see("Envelope", &event.envelope);
                here.see("Event", &event);
                async { Err::<(), Box<dyn std::error::Error + Send + Sync>>("refused".into()) }
            },
            move |delivery| {
                there.see("Delivery", &delivery);
                delivery
            },
        )
        .on_failure(move |failure| hook.text("Failure", format!("{failure} {failure:?}")));
    shown.see("Router", &router);
    let ticket = json!({"app_ticket": format!("ticket-{SECRET}"), "type": "app_ticket"});
    let sent: [Value; 4] = [
        json!({"uuid": "1", "token": SECRET, "type": "event_callback", "event": ticket}),
        json!({"schema": "2.0", "header": {"event_id": "2", "token": SECRET, "event_type": events::Received::TYPE},
            "event": {"message": {"message_id": "om_1"}}}),
        json!({"schema": "2.0", "header": {"event_id": "3", "token": SECRET, "event_type": "unknown"}}),
        json!({"encrypt": SECRET}),
    ];
    for delivery in sent {
        shown.see("Answer", &router.deliver(delivery.to_string().into()).await);
    }
}
