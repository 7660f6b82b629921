//! Pacing through a store that several clients share.

use std::{
    collections::HashMap,
    error::Error,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use std::future::IntoFuture;

use flybook_runtime::{BoxFuture, Client, PaceStore, Pacing, Rate, TokenKind};
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
    fn alive(&self) -> Result<(), Box<dyn Error + Send + Sync>> {
        match self.down.load(Ordering::SeqCst) {
            true => Err("down".into()),
            false => Ok(()),
        }
    }
}

impl PaceStore for Store {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<String>, Box<dyn Error + Send + Sync>>> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            self.alive()?;
            let texts = self.texts.lock().unwrap();
            let fresh = texts.get(key).filter(|(_, until)| *until > Instant::now());
            Ok(fresh.map(|(text, _)| text.clone()))
        })
    }

    fn compare_and_set<'a>(
        &'a self,
        key: &'a str,
        old: Option<&'a str>,
        new: &'a str,
        life: Duration,
    ) -> BoxFuture<'a, Result<bool, Box<dyn Error + Send + Sync>>> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            self.alive()?;
            let mut texts = self.texts.lock().unwrap();
            let fresh = texts.get(key).filter(|(_, until)| *until > Instant::now());
            let same = fresh.map(|(text, _)| text.as_str()) == old;
            if same {
                texts.insert(key.to_owned(), (new.to_owned(), Instant::now() + life));
            }
            Ok(same)
        })
    }
}

fn client(store: &Store) -> Client {
    platform(ok).0.pace_store(store.clone()).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn clients_share_a_limit() {
    let (store, start) = (Store::default(), Instant::now());
    let clients = [client(&store), client(&store), client(&store)];
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
    // In no second more than five, and hardly later than five a second allows.
    for run in times.windows(6) {
        assert!(run[5] - run[0] >= 990, "{times:?}");
    }
    assert!(times[59] < 12_000, "{times:?}");
    let texts = store.texts.lock().unwrap();
    assert_eq!(
        texts.keys().collect::<Vec<_>>(),
        ["flybook:{cli_1}:pace:im.v1.chat.list:0"]
    );
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
    let told = told.0.pace_store(store.clone()).build().unwrap();
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
    store.down.store(false, Ordering::SeqCst);
    client.send(List {}).await.unwrap();
    assert_eq!(store.texts.lock().unwrap().len(), 1);
}

/// What is in the store may be anybody's; it never stops a client.
#[tokio::test(start_paused = true)]
async fn nonsense_in_the_store() {
    let (store, start) = (Store::default(), Instant::now());
    let key = "flybook:{cli_1}:pace:im.v1.chat.list:0".to_owned();
    let forever = Instant::now() + Duration::from_secs(3600);
    store.texts.lock().unwrap().insert(key, ("{}".to_owned(), forever));
    client(&store).send(List {}).await.unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO);
}
