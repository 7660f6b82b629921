//! A platform in a closure, and a few requests written as the generator writes them.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use flybook_runtime::{
    AcceptsApp, AcceptsTenant, AcceptsUser, AppKind, Builder, Bytes, Client, Dedupe, Download, Encoder, Endpoint, File,
    Hosts, Method, Outgoing, Platform, Reply, Request, Retry, RetryErrors, Secret, TokenErrors, TokenKind,
    TransportError, decode,
};

/// Must never show anywhere.
pub(crate) const SECRET: &str = "planted-7f3a";

pub(crate) static PLATFORM: Platform = Platform {
    feishu: Hosts {
        open: "https://open.feishu.cn",
        accounts: "https://accounts.feishu.cn",
        web: "https://www.feishu.cn",
    },
    lark: Hosts {
        open: "https://open.larksuite.com",
        accounts: "https://accounts.larksuite.com",
        web: "https://www.larksuite.com",
    },
    errors: &[
        (
            99991400,
            "Too many requests; wait as long as `x-ogw-ratelimit-reset` says.",
        ),
        (230002, "Shadowed."),
        (
            99992402,
            "A parameter is missing or wrong; the message and `field_violations` name it.",
        ),
    ],
    sign_in_errors: &[(20073, "The refresh token has been used; have the user sign in again.")],
    // protocol §2.7
    token_errors: TokenErrors {
        tenant: &[99991663],
        app: &[99991664],
        user: &[99991668, 99991677],
        malformed: &[99991671],
        ticket: &[10012],
        sign_in: &[20003, 20004, 20037, 20064, 20073],
    },
    // protocol §3.1, §3.6
    retry_errors: RetryErrors {
        limited: &[99991400, 230020, 11232],
        busy: &[230049],
        last: &[99991403, 11247],
    },
};

#[derive(Clone, Debug, Default)]
pub(crate) struct Message {
    pub(crate) message_id: String,
}
decode!(Message, message_id);

#[derive(Clone, Debug, Default)]
pub(crate) struct Create {
    pub(crate) receive_id_type: String,
    pub(crate) content: String,
    pub(crate) uuid: Option<String>,
}

impl Request for Create {
    type Reply = Message;
    const ENDPOINT: &'static Endpoint = &Endpoint {
        id: "im.v1.message.create",
        method: Method::Post,
        path: "/open-apis/im/v1/messages",
        tokens: &[TokenKind::Tenant, TokenKind::User],
        scopes: &["im:message", "im:message:send_as_bot"],
        dedupe: Some(Dedupe::Body("uuid")),
        errors: &[
            (230001, "A parameter is wrong."),
            (230002, "The bot is not in the chat; add it first."),
            (11232, "The message is sent too often; slow down."),
        ],
        ..Endpoint::DEFAULT
    };

    fn encode(&self, call: &mut Encoder) {
        call.query("receive_id_type", &self.receive_id_type);
        call.put("content", &self.content);
        call.put_opt("uuid", &self.uuid);
    }
}
impl AcceptsTenant for Create {}
impl AcceptsUser for Create {}

/// One small request per feature: `request!(Name -> Reply, { endpoint fields }, |self, call| { … });`
macro_rules! request {
    ($(#[$meta:meta])* $name:ident { $($field:ident: $type:ty),* } -> $reply:ty, { $($endpoint:tt)* }, |$self:ident, $call:ident| $encode:block) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default)]
        pub(crate) struct $name { $(pub(crate) $field: $type),* }

        impl flybook_runtime::Request for $name {
            type Reply = $reply;
            const ENDPOINT: &'static flybook_runtime::Endpoint =
                &flybook_runtime::Endpoint { $($endpoint)*, ..flybook_runtime::Endpoint::DEFAULT };

            fn encode(&$self, $call: &mut flybook_runtime::Encoder) $encode
        }
    };
}
pub(crate) use request;

request!(Get { message_id: String } -> Message, {
    id: "im.v1.message.get", path: "/open-apis/im/v1/messages/:message_id", tokens: &[TokenKind::Tenant]
}, |self, call| { call.path("message_id", &self.message_id); });

request!(Delete {} -> (), {
    id: "im.v1.message.delete", method: Method::Delete, path: "/open-apis/im/v1/messages/1", tokens: &[TokenKind::Tenant]
}, |self, call| { let _ = call; });

request!(OfApp {} -> Message, {
    id: "app", path: "/open-apis/app", tokens: &[TokenKind::App]
}, |self, call| { let _ = call; });
impl AcceptsApp for OfApp {}

request!(OfUser {} -> Message, {
    id: "user", path: "/open-apis/user", tokens: &[TokenKind::User]
}, |self, call| { let _ = call; });
impl AcceptsUser for OfUser {}

request!(Open {} -> Message, {
    id: "open", path: "/open-apis/open", reply: Reply::Key("bot")
}, |self, call| { let _ = call; });

request!(Flat {} -> Message, {
    id: "flat", path: "/open-apis/flat", reply: Reply::Flat
}, |self, call| { let _ = call; });

request!(Fetch {} -> Download, {
    id: "im.v1.file.get", path: "/open-apis/im/v1/files/1", reply: Reply::Bytes
}, |self, call| { let _ = call; });

request!(Upload { file: File, thumb: Option<File>, name: String, duration: Option<i64> } -> (), {
    id: "im.v1.file.create", method: Method::Post, path: "/open-apis/im/v1/files"
}, |self, call| {
    call.file("file", &self.file);
    call.file_opt("thumb", &self.thumb);
    call.part("file_name", &self.name);
    call.part_opt("duration", &self.duration);
});

request!(Desk {} -> (), {
    id: "helpdesk.v1.ticket.get", path: "/open-apis/helpdesk/v1/tickets/1", tokens: &[TokenKind::Tenant], helpdesk: true, apps: &[AppKind::Custom]
}, |self, call| { let _ = call; });

/// What the platform saw.
#[derive(Default)]
pub(crate) struct Seen {
    calls: Mutex<Vec<Outgoing>>,
    tokens: AtomicUsize,
}

impl Seen {
    /// The calls that were no token calls.
    pub(crate) fn calls(&self) -> Vec<Outgoing> {
        self.calls.lock().unwrap().clone()
    }

    pub(crate) fn last(&self) -> Outgoing {
        self.calls().pop().unwrap()
    }

    /// How many token calls there were.
    pub(crate) fn tokens(&self) -> usize {
        self.tokens.load(Ordering::SeqCst)
    }
}

pub(crate) fn response(status: u16, body: impl Into<Bytes>) -> http::Response<Bytes> {
    let mut response = http::Response::new(body.into());
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
    response
}

pub(crate) fn authorization(call: &Outgoing) -> Option<&str> {
    call.headers.get("authorization").map(|value| value.to_str().unwrap())
}

pub(crate) fn body(call: &Outgoing) -> &str {
    std::str::from_utf8(&call.body).unwrap()
}

/// A client of a platform that issues the tokens `t-1`, `t-2`, … and answers everything else with `answer`.
pub(crate) fn platform(
    answer: impl Fn(&Outgoing) -> http::Response<Bytes> + Send + Sync + 'static,
) -> (Builder, Arc<Seen>) {
    let seen = Arc::new(Seen::default());
    let (here, answer) = (seen.clone(), Arc::new(answer));
    let builder = builder().transport(move |call: Outgoing| {
        let (seen, answer) = (here.clone(), answer.clone());
        async move {
            // So that concurrent callers really meet.
            tokio::task::yield_now().await;
            if call.endpoint.id.starts_with("auth.v3.") {
                let count = seen.tokens.fetch_add(1, Ordering::SeqCst) + 1;
                // protocol §2.2: the flat bodies of the token endpoints
                let body = format!(
                    r#"{{"code":0,"msg":"ok","tenant_access_token":"t-{count}","app_access_token":"a-{count}","expire":7200}}"#
                );
                return Ok::<_, TransportError>(response(200, body));
            }
            seen.calls.lock().unwrap().push(call.clone());
            Ok(answer(&call))
        }
    });
    (builder, seen)
}

/// A client that sends every call once, so that tests see what it sends.
pub(crate) fn builder() -> Builder<Client> {
    Builder::new(&PLATFORM, "cli_1", Secret::from(SECRET)).retry(Retry::off())
}

/// A client whose every call is answered alike.
pub(crate) fn always(status: u16, body: &'static str) -> Client {
    platform(move |_| response(status, body)).0.build().unwrap()
}

pub(crate) fn ok(_: &Outgoing) -> http::Response<Bytes> {
    response(200, r#"{"code":0,"msg":"success","data":{"message_id":"om_1"}}"#)
}
