//! Pacing through a store that several clients share.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use std::future::IntoFuture;

use flybook_runtime::{
    BoxFuture, Client, MemoryStore, Pacing, Rate, Secret, StoreError, Stored, TokenKind, TokenStore,
};
use tokio::time::Instant;

use crate::support::{ok, platform, request, response};

request!(List {} -> (), {
    id: "im.v1.chat.list", path: "/open-apis/im/v1/chats", tokens: &[TokenKind::Tenant],
    // protocol §3.3, tier 6
    rate: &[Rate::per_second(5)]
}, |self, call| { let _ = call; });

/// A store in memory, which other clients change between any two steps.
#[derive(Clone, Default)]
struct Store {
    texts: Arc<Mutex<HashMap<String, (String, Instant)>>>,
    down: Arc<AtomicBool>,
}

impl Store {
    async fn step(&self) -> Result<(), StoreError> {
        tokio::task::yield_now().await;
        match self.down.load(Ordering::SeqCst) {
            true => Err(StoreError::new("down")),
            false => Ok(()),
        }
    }

    fn kept(&self, key: &str) -> Option<Stored> {
        let now = Instant::now();
        let texts = self.texts.lock().unwrap();
        let (text, until) = texts.get(key).filter(|(_, until)| *until > now)?;
        Some(Stored::new(text.as_str(), *until - now))
    }

    fn put(&self, key: &str, value: &Secret, life: Duration) {
        let value = (value.expose().to_owned(), Instant::now() + life);
        self.texts.lock().unwrap().insert(key.to_owned(), value);
    }

    /// The names of the buckets.
    fn buckets(&self) -> Vec<String> {
        let texts = self.texts.lock().unwrap();
        texts.keys().filter(|key| key.contains("pace/")).cloned().collect()
    }
}

impl TokenStore for Store {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Stored>, StoreError>> {
        Box::pin(async move {
            self.step().await?;
            Ok(self.kept(key))
        })
    }

    fn set<'a>(&'a self, key: &'a str, value: &'a Secret, life: Duration) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            self.step().await?;
            self.put(key, value, life);
            Ok(())
        })
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            self.step().await?;
            self.texts.lock().unwrap().remove(key);
            Ok(())
        })
    }

    fn compare_and_set<'a>(
        &'a self,
        key: &'a str,
        old: Option<&'a Secret>,
        new: Option<(&'a Secret, Duration)>,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(async move {
            self.step().await?;
            let same = self.kept(key).map(|stored| stored.value).as_ref() == old;
            match new {
                Some((value, life)) if same => self.put(key, value, life),
                None if same => drop(self.texts.lock().unwrap().remove(key)),
                _ => {}
            }
            Ok(same)
        })
    }
}

fn client(store: &(impl TokenStore + Clone)) -> Client {
    platform(ok).0.store(store.clone()).build().unwrap()
}

/// When each of 60 calls of three clients was over.
async fn sixty(clients: &[Client; 3]) -> Vec<u128> {
    let start = Instant::now();
    let calls: Vec<_> = (0..60)
        .map(|index| {
            let call = clients[index % 3]
                .send(List {})
                .timeout(Duration::from_secs(60))
                .into_future();
            tokio::spawn(async move {
                call.await.unwrap();
                start.elapsed().as_millis()
            })
        })
        .collect();
    let mut times = Vec::new();
    for call in calls {
        times.push(call.await.unwrap());
    }
    times.sort_unstable();
    times
}

#[tokio::test(start_paused = true)]
async fn clients_share_a_limit() {
    let store = Store::default();
    let times = sixty(&[client(&store), client(&store), client(&store)]).await;
    // In no second more than five, and hardly later than five a second allows.
    for run in times.windows(6) {
        assert!(run[5] - run[0] >= 990, "{times:?}");
    }
    assert!(times[59] < 12_000, "{times:?}");
    assert_eq!(store.buckets(), ["flybook:cli_1:pace/im.v1.chat.list/0"]);
}

/// In one process they stand in one line.
#[tokio::test(start_paused = true)]
async fn the_store_in_memory_shares_as_well() {
    let store = MemoryStore::new();
    let times = sixty(&[client(&store), client(&store), client(&store)]).await;
    for run in times.windows(6) {
        assert!(run[5] - run[0] >= 990, "{times:?}");
    }
    assert!(times[59] < 12_000, "{times:?}");
    // Another app has limits of its own.
    let other = flybook_runtime::Builder::<Client>::new(&crate::support::PLATFORM, "cli_2", "secret");
    let other = other
        .store(store)
        .transport(async |call| Ok(ok(&call)))
        .build()
        .unwrap();
    let start = Instant::now();
    other.send(List {}).token("t-given").await.unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn refuse_asks_the_store() {
    let store = Store::default();
    let (one, two) = (client(&store), client(&store));
    for _ in 0..5 {
        one.send(List {}).await.unwrap();
    }
    let error = two.send(List {}).pacing(Pacing::Refuse).await.unwrap_err();
    assert!(error.is_rate_limited());
    let wait = error.retry_after().unwrap();
    assert!((990..=1020).contains(&wait.as_millis()), "{wait:?}");
}

/// protocol §3.4: what one client is told, the others keep to.
#[tokio::test(start_paused = true)]
async fn a_penalty_is_shared() {
    let store = Store::default();
    let told = platform(|_| {
        let mut reply = response(400, r#"{"code":99991400,"msg":"request trigger frequency limit"}"#);
        reply
            .headers_mut()
            .insert("x-ogw-ratelimit-reset", "52".parse().unwrap());
        reply
    });
    let told = told.0.store(store.clone()).build().unwrap();
    assert_eq!(told.send(List {}).await.unwrap_err().code(), Some(99991400));
    let error = client(&store).send(List {}).await.unwrap_err();
    assert!(
        (51_900..=52_000).contains(&error.retry_after().unwrap().as_millis()),
        "{error:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn without_its_store_a_client_paces_by_itself() {
    let (store, start) = (Store::default(), Instant::now());
    let client = client(&store);
    store.down.store(true, Ordering::SeqCst);
    for _ in 0..6 {
        client.send(List {}).await.unwrap();
    }
    assert_eq!(start.elapsed().as_secs(), 1);
    // When it is back it is used again, though not at once.
    store.down.store(false, Ordering::SeqCst);
    tokio::time::advance(Duration::from_secs(6)).await;
    client.send(List {}).await.unwrap();
    assert_eq!(store.buckets().len(), 1);
}

/// What the client took while the store was there is not taken again when it goes.
#[tokio::test(start_paused = true)]
async fn a_store_that_goes_leaves_the_client_its_own_part() {
    let store = Store::default();
    let client = client(&store);
    client.send(List {}).await.unwrap();
    let start = Instant::now();
    for _ in 0..4 {
        client.send(List {}).await.unwrap();
    }
    store.down.store(true, Ordering::SeqCst);
    client.send(List {}).await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 1);
}

/// What is in the store may be anybody's; it never stops a client.
#[tokio::test(start_paused = true)]
async fn nonsense_in_the_store() {
    let (store, start) = (Store::default(), Instant::now());
    let key = "flybook:cli_1:pace/im.v1.chat.list/0".to_owned();
    let forever = Instant::now() + Duration::from_secs(3600);
    store.texts.lock().unwrap().insert(key, ("{}".to_owned(), forever));
    client(&store).send(List {}).await.unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO);
}
