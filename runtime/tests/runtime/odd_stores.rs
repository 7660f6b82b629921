//! Stores that do what the trait does not forbid: lives without end, and panics.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use flybook_runtime::{BoxFuture, MemoryStore, Secret, StoreError, Stored, TokenStore};

use crate::support::{Create, authorization, ok, platform};

#[derive(Clone, Default)]
struct Odd {
    kept: MemoryStore,
    panics: bool,
    asked: Arc<AtomicUsize>,
}

impl TokenStore for Odd {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Stored>, StoreError>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        assert!(!self.panics, "planted");
        Box::pin(async move {
            let stored = self.kept.get(key).await?;
            Ok(stored.map(|stored| Stored::new(stored.value, Duration::MAX)))
        })
    }

    fn set<'a>(&'a self, key: &'a str, value: &'a Secret, life: Duration) -> BoxFuture<'a, Result<(), StoreError>> {
        self.kept.set(key, value, life)
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        self.kept.delete(key)
    }

    fn compare_and_set<'a>(
        &'a self,
        key: &'a str,
        old: Option<&'a Secret>,
        new: Option<(&'a Secret, Duration)>,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.kept.compare_and_set(key, old, new)
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_without_end_is_taken() {
    let store = Odd::default();
    let key = "flybook:cli_1:tenant";
    let life = Duration::from_secs(60);
    store.kept.set(key, &"t-kept".into(), life).await.unwrap();
    let (builder, seen) = platform(ok);
    let client = builder.store(store).build().unwrap();
    client.send(Create::default()).await.unwrap();
    assert_eq!(authorization(&seen.last()), Some("Bearer t-kept"));
}

/// It is an error, at once, and not the same again and again until the call's time is over.
#[tokio::test(start_paused = true)]
async fn a_store_that_panics() {
    let store = Odd {
        panics: true,
        ..Odd::default()
    };
    let asked = store.asked.clone();
    let client = platform(ok).0.store(store).build().unwrap();
    let call = client.send(Create::default()).timeout(Duration::from_millis(200));
    let error = call.await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the call was not sent: getting its access token ended without an outcome, probably in a panic of the token store or the transport"
    );
    assert!(!error.may_have_run() && !error.is_timeout());
    let asked = asked.load(Ordering::SeqCst);
    assert!(asked <= 3, "{asked}");
}
