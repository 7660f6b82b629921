//! Tokens in a store: shared by clients, fetched once between them, and a store that fails is no outage.

use std::{
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use flybook_runtime::{BoxFuture, Client, MemoryStore, Outgoing, Secret, StoreError, Stored, TokenStore};
use tokio::task::JoinSet;

use crate::support::{Create, OfApp, authorization, body, builder, ok, response};

/// The platform behind several clients: `t-1`, `t-2`, …, each good until it is refused.
#[derive(Clone, Default)]
pub(crate) struct Platform(Arc<Seen>);

#[derive(Default)]
struct Seen {
    issued: AtomicUsize,
    refused: Mutex<Vec<String>>,
    used: Mutex<Vec<String>>,
    tickets: Mutex<Vec<String>>,
}

impl Platform {
    pub(crate) fn client(&self, store: impl TokenStore) -> Client {
        self.builder(store).build().unwrap()
    }

    fn builder(&self, store: impl TokenStore) -> flybook_runtime::Builder<Client> {
        let platform = self.clone();
        builder().store(store).transport(move |call: Outgoing| {
            let seen = platform.0.clone();
            async move {
                tokio::time::sleep(Duration::from_millis(300)).await;
                if call.endpoint.id == "auth.v3.app_ticket.resend" {
                    seen.tickets.lock().unwrap().push("resend".to_owned());
                    return Ok(response(200, r#"{"code":0}"#));
                }
                if call.endpoint.id.starts_with("auth.") {
                    if let Some((_, ticket)) = body(&call).split_once(r#""app_ticket":""#) {
                        let ticket = ticket.trim_end_matches("\"}").to_owned();
                        let good = ticket.starts_with("good");
                        seen.tickets.lock().unwrap().push(ticket);
                        if !good {
                            return Ok(response(200, r#"{"code":10012,"msg":"get app access token fail"}"#));
                        }
                    }
                    let number = seen.issued.fetch_add(1, Ordering::SeqCst) + 1;
                    // protocol §2.2
                    let tokens = format!(
                        r#"{{"code":0,"tenant_access_token":"t-{number}","app_access_token":"a-{number}","expire":7200}}"#
                    );
                    return Ok(response(200, tokens));
                }
                let token = authorization(&call).unwrap().replace("Bearer ", "");
                seen.used.lock().unwrap().push(token.clone());
                // protocol §2.7
                Ok(match seen.refused.lock().unwrap().contains(&token) {
                    true => response(400, r#"{"code":99991663,"msg":"Invalid access token"}"#),
                    false => ok(&call),
                })
            }
        })
    }

    pub(crate) fn issued(&self) -> usize {
        self.0.issued.load(Ordering::SeqCst)
    }

    fn refuse(&self, token: &str) {
        self.0.refused.lock().unwrap().push(token.to_owned());
    }

    fn used(&self) -> Vec<String> {
        std::mem::take(&mut self.0.used.lock().unwrap())
    }

    fn tickets(&self) -> Vec<String> {
        std::mem::take(&mut self.0.tickets.lock().unwrap())
    }
}

/// Sends a message with each client, all at once; how many succeeded.
async fn send(clients: &[&Client]) -> usize {
    let mut calls = JoinSet::new();
    for client in clients {
        calls.spawn(client.send(Create::default()).into_future());
    }
    calls.join_all().await.iter().filter(|call| call.is_ok()).count()
}

#[tokio::test(start_paused = true)]
async fn clients_that_share_a_store_fetch_once_between_them() {
    let (platform, store) = (Platform::default(), MemoryStore::new());
    let (one, two) = (platform.client(store.clone()), platform.client(store.clone()));
    assert_eq!(send(&[&one, &two, &one, &two]).await, 4);
    assert_eq!((platform.issued(), platform.used()), (1, vec!["t-1".to_owned(); 4]));

    // A later one finds it there; one of another app does not.
    let three = platform.client(store.clone());
    assert_eq!((send(&[&three]).await, platform.issued()), (1, 1));
    let other = flybook_runtime::Builder::<Client>::new(&crate::support::PLATFORM, "cli_2", "secret");
    let other = other.store(store).transport(|call: Outgoing| async move {
        match call.endpoint.id.starts_with("auth.") {
            true => Ok(response(200, r#"{"code":10015,"msg":"wrong"}"#)),
            false => Ok(ok(&call)),
        }
    });
    assert_eq!(send(&[&other.build().unwrap()]).await, 0);
}

#[tokio::test(start_paused = true)]
async fn they_renew_once_and_replace_a_refused_token_once() {
    let (platform, store) = (Platform::default(), MemoryStore::new());
    let (one, two) = (platform.client(store.clone()), platform.client(store.clone()));
    send(&[&one, &two]).await;
    // protocol §2.2: 180 s before the end.
    tokio::time::advance(Duration::from_secs(7200 - 170)).await;
    platform.used();
    assert_eq!(send(&[&one, &two]).await, 2);
    assert_eq!(platform.used(), ["t-1", "t-1"], "nobody waits");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(send(&[&one, &two]).await, 2);
    assert_eq!((platform.issued(), platform.used()), (2, vec!["t-2".to_owned(); 2]));

    platform.refuse("t-2");
    assert_eq!(send(&[&one]).await, 1);
    assert_eq!(send(&[&two]).await, 1);
    assert_eq!(platform.issued(), 3);
    assert_eq!(platform.used(), ["t-2", "t-3", "t-2", "t-3"]);
    // The late refusal of the second has not thrown the new one away.
    let three = platform.client(store);
    assert_eq!((send(&[&three]).await, platform.used()), (1, vec!["t-3".to_owned()]));
}

/// What a broken store does.
#[derive(Clone, Copy)]
enum Fault {
    Errs,
    Hangs,
}

/// A store that breaks when it is told to, and counts how often it is asked then.
#[derive(Clone)]
struct Fragile {
    store: MemoryStore,
    broken: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
    fault: Fault,
}

impl Fragile {
    fn new(fault: Fault) -> Self {
        Self {
            store: MemoryStore::new(),
            broken: Arc::new(AtomicBool::new(true)),
            asked: Arc::default(),
            fault,
        }
    }

    fn or<'a, T: Send + 'a>(
        &self,
        answer: BoxFuture<'a, Result<T, StoreError>>,
    ) -> BoxFuture<'a, Result<T, StoreError>> {
        if !self.broken.load(Ordering::SeqCst) {
            return answer;
        }
        self.asked.fetch_add(1, Ordering::SeqCst);
        match self.fault {
            Fault::Errs => Box::pin(async { Err(StoreError::new("connection refused")) }),
            Fault::Hangs => Box::pin(pending()),
        }
    }
}

impl TokenStore for Fragile {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Stored>, StoreError>> {
        self.or(self.store.get(key))
    }

    fn set<'a>(&'a self, key: &'a str, value: &'a Secret, life: Duration) -> BoxFuture<'a, Result<(), StoreError>> {
        self.or(self.store.set(key, value, life))
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        self.or(self.store.delete(key))
    }

    fn compare_and_set<'a>(
        &'a self,
        key: &'a str,
        old: Option<&'a Secret>,
        new: Option<(&'a Secret, Duration)>,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.or(self.store.compare_and_set(key, old, new))
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_is_no_outage() {
    for fault in [Fault::Errs, Fault::Hangs] {
        let (platform, store) = (Platform::default(), Fragile::new(fault));
        let client = platform.client(store.clone());
        let start = tokio::time::Instant::now();
        assert_eq!(send(&[&client; 10]).await, 10);
        assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
        assert_eq!(
            (platform.issued(), store.asked.load(Ordering::SeqCst)),
            (1, 1),
            "asked once, then left alone"
        );

        // When it is back, the next token goes there.
        store.broken.store(false, Ordering::SeqCst);
        platform.refuse("t-1");
        tokio::time::advance(Duration::from_secs(6)).await;
        assert_eq!((send(&[&client]).await, platform.issued()), (1, 2));
        let other = platform.client(store);
        assert_eq!((send(&[&other]).await, platform.issued()), (1, 2));
    }
}

#[tokio::test(start_paused = true)]
async fn a_process_that_is_gone_keeps_nobody_waiting_for_long() {
    let (platform, store) = (Platform::default(), MemoryStore::new());
    // The lock of one that was killed.
    let lock = "flybook:cli_1:lock/tenant";
    store
        .set(lock, &Secret::from("mark"), Duration::from_secs(10))
        .await
        .unwrap();
    let client = platform.client(store.clone());
    let start = tokio::time::Instant::now();
    assert_eq!(send(&[&client]).await, 1);
    assert!(start.elapsed() < Duration::from_secs(12), "{:?}", start.elapsed());
    assert!(store.get(lock).await.unwrap().is_none(), "given back");
}

#[tokio::test(start_paused = true)]
async fn app_tickets_are_shared() {
    let (platform, store) = (Platform::default(), MemoryStore::new());
    let client = || platform.builder(store.clone()).store_app();
    let (one, two) = (client().build().unwrap(), client().build().unwrap());
    for client in [&one, &two, &one] {
        let error = client.send(OfApp {}).await.unwrap_err();
        assert!(error.is_app_ticket_missing(), "{error}");
    }
    assert_eq!(platform.tickets(), ["resend"], "asked for once between them");

    two.set_app_ticket("good-1");
    tokio::task::yield_now().await;
    one.send(OfApp {}).await.unwrap();
    assert_eq!(platform.tickets(), ["good-1"]);

    // What a program is started with may be old: what the store has comes first.
    let three = client().app_ticket("old").build().unwrap();
    store.delete("flybook:cli_1:app").await.unwrap();
    three.send(OfApp {}).await.unwrap();
    assert_eq!(platform.tickets(), ["good-1"]);

    // A ticket the platform does not take leads to a resend too.
    one.set_app_ticket("bad");
    tokio::task::yield_now().await;
    store.delete("flybook:cli_1:app").await.unwrap();
    let four = client().build().unwrap();
    tokio::time::advance(Duration::from_secs(61)).await;
    let error = four.send(OfApp {}).await.unwrap_err();
    assert_eq!(error.code(), Some(10012));
    assert!(error.is_app_ticket_missing() && !error.may_have_run());
    assert_eq!(platform.tickets(), ["bad", "resend"]);
}

#[tokio::test(start_paused = true)]
async fn the_store_in_memory() {
    let (store, minute) = (MemoryStore::with_capacity(10), Duration::from_secs(60));
    let (a, b) = (Secret::from("a"), Secret::from("b"));
    assert!(store.compare_and_set("key", None, Some((&a, minute))).await.unwrap());
    assert!(!store.compare_and_set("key", None, Some((&b, minute))).await.unwrap());
    assert!(!store.compare_and_set("key", Some(&b), None).await.unwrap());
    assert!(
        store
            .compare_and_set("key", Some(&a), Some((&b, minute)))
            .await
            .unwrap()
    );
    tokio::time::advance(Duration::from_secs(20)).await;
    let stored = store.get("key").await.unwrap().unwrap();
    assert_eq!((stored.value, stored.expires_in.as_secs()), (b.clone(), 40));
    tokio::time::advance(Duration::from_secs(40)).await;
    assert!(store.get("key").await.unwrap().is_none());
    assert!(
        store
            .compare_and_set("key", None, Some((&a, Duration::MAX)))
            .await
            .unwrap()
    );

    // Full, it lets go of what was unused for longest.
    for number in 0..50 {
        store.set(&format!("key {number}"), &a, minute).await.unwrap();
        assert!(store.get("key").await.unwrap().is_some());
    }
    assert!(store.get("key 0").await.unwrap().is_none() && store.get("key 49").await.unwrap().is_some());
    assert!(
        format!("{store:?}").contains("values: 10") || format!("{store:?}").contains("values: 9"),
        "{store:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_dropped_client_ends_its_renewal() {
    let dropped = Arc::new(AtomicBool::new(false));
    struct Told(Arc<AtomicBool>);
    impl Drop for Told {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
    let (count, told) = (Arc::new(AtomicUsize::new(0)), dropped.clone());
    let client = builder().transport(move |call: Outgoing| {
        let (count, told) = (count.clone(), told.clone());
        async move {
            if call.endpoint.id.starts_with("auth.") {
                if count.fetch_add(1, Ordering::SeqCst) > 0 {
                    let _told = Told(told);
                    pending::<()>().await;
                }
                return Ok(response(200, r#"{"code":0,"tenant_access_token":"t-1","expire":7200}"#));
            }
            Ok(ok(&call))
        }
    });
    let client = client.build().unwrap();
    client.send(Create::default()).await.unwrap();
    tokio::time::advance(Duration::from_secs(7100)).await;
    client.send(Create::default()).await.unwrap();
    tokio::task::yield_now().await;
    assert!(!dropped.load(Ordering::SeqCst));
    drop(client);
    tokio::task::yield_now().await;
    assert!(dropped.load(Ordering::SeqCst));
}
