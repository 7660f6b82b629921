//! Building clients, and what they never show.

use flybook_runtime::{Builder, Client, Method, Outgoing, TransportError, decode};

use crate::support::{Create, Desk, PLATFORM, SECRET, builder, ok, platform};

#[derive(Clone, Debug, Default)]
struct Login {
    password: flybook_runtime::Secret,
}
decode!(Login, password);

#[tokio::test]
async fn hosts() {
    for (lark, base, url) in [
        (false, None, "https://open.feishu.cn/open-apis/x"),
        (true, None, "https://open.larksuite.com/open-apis/x"),
        (true, Some("http://127.0.0.1:8080"), "http://127.0.0.1:8080/open-apis/x"),
        (false, Some("HTTPS://[::1]:80"), "https://[::1]:80/open-apis/x"),
    ] {
        let (mut builder, seen) = platform(ok);
        if lark {
            builder = builder.lark();
        }
        if let Some(base) = base {
            builder = builder.base_url(base);
        }
        builder.build().unwrap().raw(Method::Get, "/open-apis/x").await.unwrap();
        assert_eq!(seen.last().url, url);
    }
}

#[test]
fn a_base_url_is_scheme_and_host() {
    for (url, what) in [
        ("open.feishu.cn", "must begin with https://"),
        ("ftp://x", "must begin with https://"),
        ("", "must begin with https://"),
        ("https://open.feishu.cn/", "must not end with a slash"),
        ("https://open.feishu.cn/open-apis", "without a path"),
        ("https://open.feishu.cn?x", "without a path"),
        ("https://user:pw@x", "user name or password"),
        ("https://", "must name a host"),
        ("https://:80", "must name a host"),
        ("https://a b", "must name a host"),
        ("https://a\\b", "must name a host"),
        ("https://飞书.cn", "must name a host"),
        ("https://host:", "a port from 1 to 65535"),
        ("https://host:0", "a port from 1 to 65535"),
        ("https://host:99999", "a port from 1 to 65535"),
        ("https://host:abc", "a port from 1 to 65535"),
        ("https://host:+80", "a port from 1 to 65535"),
    ] {
        let error = platform(ok).0.base_url(url).build().unwrap_err().to_string();
        assert!(
            error.starts_with("the client cannot be built: the base URL ") && error.contains(what),
            "{url}: {error}"
        );
    }
}

#[test]
fn credentials_must_be_there() {
    for (id, secret, what) in [
        ("", "s", "the app id is empty"),
        (" ", "s", "the app id is empty"),
        ("i", "", "the app secret is empty"),
        ("cli_1\n", "s", "the app id holds a space, a line break"),
        ("i", "planted 7f3a", "the app secret holds a space, a line break"),
        ("i", "planted\u{7f}7f3a", "the app secret holds a space, a line break"),
    ] {
        let error = Builder::<Client>::new(&PLATFORM, id, secret)
            .build()
            .unwrap_err()
            .to_string();
        assert!(error.contains(what) && !error.contains("planted"), "{error}");
    }
    assert!(
        platform(ok)
            .0
            .user_agent("a\nb")
            .build()
            .unwrap_err()
            .to_string()
            .contains("user agent")
    );
}

#[cfg(not(feature = "reqwest"))]
#[test]
fn without_a_transport_there_is_no_client() {
    assert!(
        builder()
            .build()
            .unwrap_err()
            .to_string()
            .contains("give one with `.transport(…)`")
    );
}

#[tokio::test]
async fn a_broken_transport() {
    let client = builder()
        .transport(|_: Outgoing| async { Err(TransportError::connect("refused")) })
        .build()
        .unwrap();
    let error = client.send(Create::default()).await.unwrap_err();
    assert!(error.is_connect() && error.status().is_none());
    assert_eq!(
        error.to_string(),
        "auth.v3.tenant_access_token.internal failed: no connection: refused"
    );
    assert!(
        std::error::Error::source(&error).is_none(),
        "the text has the source already"
    );
    assert!(!error.may_have_run());
}

#[tokio::test]
async fn nothing_shows_a_secret() {
    let (builder, seen) = platform(ok);
    let builder = builder.helpdesk("1", SECRET).app_ticket(SECRET);
    let mut shown = format!("{builder:?}");
    let client = builder.build().unwrap();
    let login = Login {
        password: SECRET.into(),
    };
    assert_eq!(login.password.expose(), SECRET);
    shown += &format!("{client:?} {login:?}");
    let call = client
        .send(Create {
            content: SECRET.into(),
            ..Create::default()
        })
        .as_user(SECRET);
    shown += &format!("{call:?}");
    call.await.unwrap();
    client
        .raw(Method::Post, "/open-apis/x")
        .query("key", SECRET)
        .await
        .unwrap();
    client.send(Desk {}).await.unwrap();
    let calls = seen.calls();
    assert!(calls[0].headers["authorization"].to_str().unwrap().contains(SECRET));
    shown += &format!("{calls:?}");
    let error = client
        .send(Create::default())
        .as_user(format!("{SECRET}\n"))
        .await
        .unwrap_err();
    shown += &format!("{error} {error:?}");
    assert!(!shown.contains(SECRET), "{shown}");
    assert!(!shown.contains("MTpwbGFudGVk"), "base64 hides nothing: {shown}");
}

#[test]
fn calls_may_cross_threads() {
    fn send<T: Send>(_: T) {}
    fn share<T: Send + Sync + Clone + 'static>(_: T) {}
    let client = platform(ok).0.build().unwrap();
    share(client.clone());
    send(client.send(Create::default()));
    send(std::future::IntoFuture::into_future(client.send(Create::default())));
    send(client.raw(Method::Get, "/open-apis/x"));
}

/// A call holds its client, so it may outlive the one it was made with.
#[tokio::test]
async fn calls_may_be_spawned() {
    let spawned = {
        let client = platform(ok).0.build().unwrap();
        let raw = client.raw(Method::Get, "/open-apis/x");
        (
            tokio::spawn(client.send(Create::default()).into_future()),
            tokio::spawn(client.send(Create::default()).answered()),
            tokio::spawn(raw.into_future()),
        )
    };
    assert_eq!(spawned.0.await.unwrap().unwrap().message_id, "om_1");
    assert_eq!(spawned.1.await.unwrap().unwrap().reply.message_id, "om_1");
    assert_eq!(spawned.2.await.unwrap().unwrap()["message_id"], "om_1");
}
