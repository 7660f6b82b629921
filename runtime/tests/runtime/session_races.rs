//! Users' sessions where two things happen at once: a renewal under way, and a sign-out, a sign-in or an outage of the store.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use flybook_runtime::{BoxFuture, Client, MemoryStore, Outgoing, Secret, SignIn, StoreError, Stored, TokenStore};
use tokio::time::{advance, sleep};

use crate::support::{OfUser, authorization, body, builder, ok, response};

/// A store that is out of reach when it is told to.
#[derive(Clone, Default)]
struct Store {
    kept: MemoryStore,
    down: Arc<AtomicBool>,
}

impl Store {
    fn or<'a, T: Send + 'a>(
        &self,
        answer: impl FnOnce() -> BoxFuture<'a, Result<T, StoreError>>,
    ) -> BoxFuture<'a, Result<T, StoreError>> {
        match self.down.load(Ordering::SeqCst) {
            true => Box::pin(async { Err(StoreError::new("connection refused")) }),
            false => answer(),
        }
    }

    async fn has_a_session(&self) -> bool {
        self.kept.get("flybook:cli_1:user/user").await.unwrap().is_some()
    }
}

impl TokenStore for Store {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Stored>, StoreError>> {
        self.or(|| self.kept.get(key))
    }

    fn set<'a>(&'a self, key: &'a str, value: &'a Secret, life: Duration) -> BoxFuture<'a, Result<(), StoreError>> {
        self.or(|| self.kept.set(key, value, life))
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        self.or(|| self.kept.delete(key))
    }

    fn compare_and_set<'a>(
        &'a self,
        key: &'a str,
        old: Option<&'a Secret>,
        new: Option<(&'a Secret, Duration)>,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.or(|| self.kept.compare_and_set(key, old, new))
    }
}

/// What the platform was sent: codes and refresh tokens, then the access tokens of calls.
type Log = Arc<Mutex<Vec<String>>>;

/// protocol §2.4: `u-1`, `ur-1` for the first grant and so on; each refresh token works once, and takes a second.
fn platform() -> (impl Fn() -> flybook_runtime::Builder<Client>, Log) {
    let log = Log::default();
    let here = log.clone();
    let issued = Arc::<Mutex<usize>>::default();
    let new = move || {
        let (log, issued) = (here.clone(), issued.clone());
        builder().transport(move |call: Outgoing| {
            let (log, issued) = (log.clone(), issued.clone());
            async move {
                let refreshes = body(&call).contains("grant_type\":\"refresh_token");
                sleep(Duration::from_millis(if refreshes { 1000 } else { 200 })).await;
                if call.endpoint.id != "authen.v2.oauth.token.create" {
                    let token = authorization(&call).unwrap().replace("Bearer ", "");
                    log.lock().unwrap().push(token);
                    return Ok(ok(&call));
                }
                let sent: serde_json::Value = serde_json::from_str(body(&call)).unwrap();
                let proof = sent["refresh_token"].as_str().or(sent["code"].as_str()).unwrap();
                let mut log = log.lock().unwrap();
                let used = log.iter().any(|each| each == proof);
                log.push(proof.to_owned());
                if used {
                    return Ok(response(400, r#"{"code":20073,"error":"invalid_grant"}"#));
                }
                let mut issued = issued.lock().unwrap();
                *issued += 1;
                let number = *issued;
                let tokens = format!(
                    r#"{{"code":0,"access_token":"u-{number}","expires_in":7200,"refresh_token":"ur-{number}","refresh_token_expires_in":604800,"scope":"of-{number}"}}"#
                );
                Ok(response(200, tokens))
            }
        })
    };
    (new, log)
}

fn taken(log: &Log) -> Vec<String> {
    std::mem::take(&mut log.lock().unwrap())
}

/// Begins a call that waits for a renewal, and comes back while the renewal is under way.
async fn renewing(client: &Client) -> tokio::task::JoinHandle<flybook_runtime::Result<crate::support::Message>> {
    advance(Duration::from_secs(7201)).await;
    let call = client.send(OfUser {}).as_user(client.session("user")).into_future();
    let call = tokio::spawn(call);
    sleep(Duration::from_millis(500)).await;
    call
}

#[tokio::test(start_paused = true)]
async fn who_signs_out_during_a_renewal_is_signed_out() {
    for shared in [false, true] {
        let (new, log) = platform();
        let store = Store::default();
        let client = if shared { new().store(store.clone()) } else { new() };
        let client = client.build().unwrap();
        let session = client.sign_in("user", SignIn::new("code")).await.unwrap();
        let call = renewing(&client).await;
        session.forget().await;
        let _ = call.await.unwrap();
        taken(&log);
        let error = client.send(OfUser {}).as_user(&session).await.unwrap_err();
        assert!(error.is_sign_in_needed(), "{shared}: {error}");
        assert_eq!(session.refresh_token().map(|_| ()), None);
        assert!(taken(&log).is_empty() && !store.has_a_session().await, "{shared}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_signs_in_during_a_renewal_has_the_new_tokens() {
    for shared in [false, true] {
        let (new, log) = platform();
        let client = if shared { new().store(Store::default()) } else { new() };
        let client = client.build().unwrap();
        let session = client.sign_in("user", SignIn::new("code")).await.unwrap();
        let call = renewing(&client).await;
        // The renewal, which ends after that, brings the third tokens; they are of the sign-in before.
        client.sign_in("user", SignIn::new("another")).await.unwrap();
        call.await.unwrap().unwrap();
        assert_eq!(session.scopes().await.unwrap(), ["of-2"], "{shared}");
        advance(Duration::from_secs(7201)).await;
        taken(&log);
        client.send(OfUser {}).as_user(&session).await.unwrap();
        assert_eq!(taken(&log), ["ur-2", "u-4"], "{shared}");
    }
}

/// Refresh tokens work once (protocol §2.4), so what the store missed must get there before another process looks.
#[tokio::test(start_paused = true)]
async fn the_store_hears_of_what_it_missed() {
    let (new, log) = platform();
    let store = Store::default();
    let client = || new().store(store.clone()).build().unwrap();
    let one = client();
    one.sign_in("user", SignIn::new("code")).await.unwrap();

    // A renewal while the store is out of reach.
    store.down.store(true, Ordering::SeqCst);
    renewing(&one).await.await.unwrap().unwrap();
    store.down.store(false, Ordering::SeqCst);
    sleep(Duration::from_secs(20)).await;
    taken(&log);
    let two = client();
    two.send(OfUser {}).as_user(two.session("user")).await.unwrap();
    assert_eq!(taken(&log), ["u-2"]);

    // A sign-in meanwhile wins over the session that is in the store, however often that was renewed.
    store.down.store(true, Ordering::SeqCst);
    one.sign_in("user", SignIn::new("another")).await.unwrap();
    store.down.store(false, Ordering::SeqCst);
    sleep(Duration::from_secs(20)).await;
    taken(&log);
    let three = client();
    three.send(OfUser {}).as_user(three.session("user")).await.unwrap();
    assert_eq!(taken(&log), ["u-3"]);

    // Nor does a client that knows nothing of the session in the store go back to that.
    store.down.store(true, Ordering::SeqCst);
    let four = client();
    four.sign_in("user", SignIn::new("last")).await.unwrap();
    store.down.store(false, Ordering::SeqCst);
    sleep(Duration::from_secs(20)).await;
    assert_eq!(four.session("user").scopes().await.unwrap(), ["of-4"]);
    let five = client();
    assert_eq!(five.session("user").scopes().await.unwrap(), ["of-4"]);
}
