//! Users who sign in: the authorization page, the tokens its codes buy, and their rotation, against the sandbox.

use std::collections::HashMap;

use flybook::{Client, MemoryStore, SignIn, TokenStore, UserSession, authen::v1::user_info};
use flybook_sandbox::{App, Sandbox};

const CALLBACK: &str = "https://example.com/callback";
const TOKENS: &str = "authen.v2.oauth.token.create";

fn client(sandbox: &Sandbox, store: Option<&MemoryStore>) -> Client {
    let here = sandbox.clone();
    let builder = Client::builder(sandbox.app_id(), sandbox.app_secret()).transport(move |call: flybook::Outgoing| {
        let sandbox = here.clone();
        async move {
            // So that concurrent callers really meet.
            tokio::task::yield_now().await;
            Ok(sandbox.handle(call.into_http()).await)
        }
    });
    match store {
        Some(store) => builder.store(store.clone()).build().unwrap(),
        None => builder.build().unwrap(),
    }
}

fn query(url: &str) -> HashMap<&str, &str> {
    let (_, query) = url.split_once('?').unwrap();
    query.split('&').filter_map(|pair| pair.split_once('=')).collect()
}

/// Signs the sandbox's user in, with these scopes and `offline_access` if told so.
async fn sign_in(client: &Client, sandbox: &Sandbox, offline: bool) -> UserSession {
    let page = client.authorize(CALLBACK).scopes(["im:message", "contact:contact"]);
    let page = if offline { page.offline_access() } else { page };
    let start = page.build().unwrap();
    let back = sandbox.authorize(start.url(), sandbox.open_id()).unwrap();
    let back = query(&back);
    assert_eq!(back["state"], start.state());
    client.sign_in("user-42", start.sign_in(back["code"])).await.unwrap()
}

#[tokio::test]
async fn a_user_signs_in_and_stays() {
    let sandbox = Sandbox::new();
    let client = client(&sandbox, None);
    let session = sign_in(&client, &sandbox, true).await;
    // protocol §2.4: what was granted is what the reply says.
    assert_eq!(
        session.scopes().await.unwrap(),
        ["contact:contact", "im:message", "offline_access"]
    );
    client.send(user_info::Get::new()).as_user(&session).await.unwrap();
    assert_eq!(sandbox.calls_to(TOKENS), 1);

    // protocol §2.7: 99991677 and 99991668 lead to a refresh, and the call is sent once more.
    sandbox.expire_tokens();
    client.send(user_info::Get::new()).as_user(&session).await.unwrap();
    assert_eq!(
        (sandbox.calls_to(TOKENS), sandbox.calls_to("authen.v1.user_info.get")),
        (2, 3)
    );
    sandbox.revoke_tokens();
    let calls = (0..20).map(|_| tokio::spawn(client.send(user_info::Get::new()).as_user(&session).into_future()));
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap().unwrap();
    }
    assert_eq!(
        sandbox.calls_to(TOKENS),
        3,
        "a refresh token works once, so one call uses it"
    );
    // The session is found again by its key.
    client
        .send(user_info::Get::new())
        .as_user(client.session("user-42"))
        .await
        .unwrap();
    session.forget().await;
    let error = client.send(user_info::Get::new()).as_user(&session).await.unwrap_err();
    assert!(
        error.is_sign_in_needed() && error.to_string().contains("nobody has signed in"),
        "{error}"
    );
}

#[tokio::test]
async fn without_a_refresh_token_the_error_says_so() {
    let sandbox = Sandbox::new();
    let client = client(&sandbox, None);
    let session = sign_in(&client, &sandbox, false).await;
    client.send(user_info::Get::new()).as_user(&session).await.unwrap();
    assert!(session.refresh_token().is_none());
    sandbox.expire_tokens();
    let error = client.send(user_info::Get::new()).as_user(&session).await.unwrap_err();
    assert!(
        error.is_sign_in_needed() && error.to_string().contains("with the scope `offline_access`"),
        "{error}"
    );
}

#[tokio::test]
async fn a_refresh_token_that_is_no_good_asks_for_a_sign_in() {
    let sandbox = Sandbox::new();
    let client = client(&sandbox, None);
    let session = sign_in(&client, &sandbox, true).await;
    let first = session.refresh_token().unwrap();
    sandbox.expire_tokens();
    session.token().await.unwrap();
    client.send(user_info::Get::new()).as_user(&session).await.unwrap();
    // protocol §2.4: 20073, used already; 20026, unknown.
    let resumed = client.resume("other", &first);
    let error = resumed.token().await.unwrap_err();
    assert_eq!((error.code(), error.is_sign_in_needed()), (Some(20073), true));
    assert!(
        error.cause().unwrap().contains("The refresh token has been used"),
        "{error}"
    );
    sandbox.revoke_refresh_tokens();
    sandbox.expire_tokens();
    let error = client.send(user_info::Get::new()).as_user(&session).await.unwrap_err();
    assert_eq!((error.code(), error.is_sign_in_needed()), (Some(20026), true));
    let calls = sandbox.calls_to(TOKENS);
    let error = session.token().await.unwrap_err();
    assert!(error.is_sign_in_needed() && !error.may_have_run());
    assert_eq!(sandbox.calls_to(TOKENS), calls, "it is not tried again");
    // The user signs in again, under the same key.
    sign_in(&client, &sandbox, true).await;
    client.send(user_info::Get::new()).as_user(&session).await.unwrap();
}

#[tokio::test]
async fn clients_that_share_a_store_share_sessions() {
    let (sandbox, store) = (Sandbox::new(), MemoryStore::new());
    let (one, two) = (client(&sandbox, Some(&store)), client(&sandbox, Some(&store)));
    sign_in(&one, &sandbox, true).await;
    two.send(user_info::Get::new())
        .as_user(two.session("user-42"))
        .await
        .unwrap();
    assert_eq!(sandbox.calls_to(TOKENS), 1);
    for round in 2..5 {
        sandbox.expire_tokens();
        let calls = (0..10).map(|number| {
            let client = if number % 2 == 0 { &one } else { &two };
            tokio::spawn(
                client
                    .send(user_info::Get::new())
                    .as_user(client.session("user-42"))
                    .into_future(),
            )
        });
        for call in calls.collect::<Vec<_>>() {
            call.await.unwrap().unwrap();
        }
        assert_eq!(sandbox.calls_to(TOKENS), round, "one refresh between them");
    }
    // A program that starts later; its own refresh token is out of date, and the store's counts.
    let three = client(&sandbox, Some(&store));
    let session = three.resume("user-42", "ur-old");
    sandbox.expire_tokens();
    three.send(user_info::Get::new()).as_user(&session).await.unwrap();
    let kept = store
        .get(&format!("flybook:{}:user/user-42", sandbox.app_id()))
        .await
        .unwrap()
        .unwrap();
    let newest = session.refresh_token().unwrap();
    assert!(kept.value.expose().contains(newest.expose()), "saved before it is used");
}

#[tokio::test]
async fn a_stored_refresh_token_is_enough() {
    let sandbox = Sandbox::new();
    let kept = sign_in(&client(&sandbox, None), &sandbox, true)
        .await
        .refresh_token()
        .unwrap();
    let client = client(&sandbox, None);
    let session = client.resume("user-42", kept);
    client.send(user_info::Get::new()).as_user(&session).await.unwrap();
    assert!(session.scopes().await.unwrap().contains(&"im:message".to_owned()));
    assert_eq!(sandbox.calls_to(TOKENS), 2);
}

#[tokio::test]
async fn codes_that_buy_nothing() {
    let sandbox = Sandbox::builder()
        .app(App::custom("cli_1", "s"))
        .app(App::custom("cli_2", "s"))
        .build();
    let client = client(&sandbox, None);
    let start = client.authorize(CALLBACK).scopes(["im:message"]).build().unwrap();
    let back = sandbox.authorize(start.url(), "ou_1").unwrap();
    let code = query(&back)["code"].to_owned();
    // protocol §2.4
    let twice = SignIn::new(&*code)
        .verifier(start.verifier())
        .scopes(["im:message", "im:message"]);
    for (sign_in, wanted) in [
        (SignIn::new("nonsense"), 20003),
        (SignIn::new(&*code).verifier("x".repeat(43)), 20049),
        (start.sign_in(&*code).redirect_uri("https://example.com/other"), 20071),
        (twice, 20067),
        (start.sign_in(&*code), 20065),
    ] {
        let error = client.sign_in("user", sign_in).await.unwrap_err();
        assert_eq!(error.code(), Some(wanted), "{error}");
        assert!(error.cause().is_some() && !error.may_have_run());
    }
}

#[test]
fn the_address_of_the_page() {
    let sandbox = Sandbox::new();
    let client = client(&sandbox, None);
    let page = || client.authorize("https://example.com/callback?a=1").state("st ate");
    let start = page()
        .scopes(["im:message"])
        .offline_access()
        .consent()
        .build()
        .unwrap();
    // protocol §2.3: the page, its parameters, and scopes parted by spaces; RFC 7636: the length of a verifier.
    let expected = format!(
        "https://accounts.feishu.cn/open-apis/authen/v1/authorize?client_id={}&response_type=code&\
         redirect_uri=https%3A%2F%2Fexample.com%2Fcallback%3Fa%3D1&scope=im%3Amessage%20offline_access&state=st%20ate&code_challenge=",
        sandbox.app_id()
    );
    assert!(start.url().starts_with(&expected), "{}", start.url());
    assert!(start.url().ends_with("&code_challenge_method=S256&prompt=consent"));
    assert_eq!(
        (
            query(start.url())["code_challenge"].len(),
            start.verifier().expose().len()
        ),
        (43, 43)
    );
    let other = client.authorize(CALLBACK).build().unwrap();
    assert!(other.state().len() == 43 && other.verifier() != start.verifier());

    let many = |count: usize| (0..count).map(|number| format!("scope:{number}")).collect::<Vec<_>>();
    page().scopes(many(50)).build().unwrap();
    for (page, problem) in [
        (page().scopes(many(51)), "it asks for 51 scopes, and 50 are the most"),
        (page().scopes(["a", "b", "a"]), "the scope `a` is asked for twice"),
        (page().scopes(["a b"]), "`a b` is no scope"),
        (page().state(""), "its `state` is empty"),
        (client.authorize("example.com"), "`example.com` is no redirect URL"),
    ] {
        let error = page.build().unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
    }
}

#[tokio::test]
async fn nothing_shows_a_token() {
    let (sandbox, store) = (Sandbox::new(), MemoryStore::new());
    let client = client(&sandbox, Some(&store));
    let start = client.authorize(CALLBACK).offline_access().build().unwrap();
    let back = sandbox.authorize(start.url(), sandbox.open_id()).unwrap();
    let code = query(&back)["code"].to_owned();
    let with = start.sign_in(&*code);
    let shown = format!("{start:?} {with:?}");
    let session = client.sign_in("user-42", with).await.unwrap();
    let access = flybook::UserAccess::from(&session);
    let call = client.send(user_info::Get::new()).as_user(&session);
    let kept = store
        .get(&format!("flybook:{}:user/user-42", sandbox.app_id()))
        .await
        .unwrap();
    let shown = format!("{shown} {session:?} {access:?} {call:?} {store:?} {client:?} {kept:?}");
    let token = session.token().await.unwrap();
    let refresh = session.refresh_token().unwrap();
    for secret in [
        token.expose(),
        refresh.expose(),
        &code,
        start.verifier().expose(),
        start.state(),
    ] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
