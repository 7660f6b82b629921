//! The marks of handled events in a store that processes share.

use std::{fmt, sync::Arc, time::Duration};

use tokio::time::timeout;

use super::{
    BoxError,
    dedup::{Mark, Seen},
};
use crate::{BoxFuture, Secret, StoreError, TokenStore};

/// How long the store may take: the platform waits for 3 s only.
const LIMIT: Duration = Duration::from_secs(1);

/// Remembers handled events in a [`TokenStore`], `RedisStore` for one, so that several processes handle each event once between them.
///
/// ```
/// # async fn sample() {
/// use std::sync::Arc;
/// use flybook_runtime::{MemoryStore, Router, events::InStore};
///
/// let store = Arc::new(MemoryStore::new()); // or a `RedisStore`
/// let router = Router::new().seen(InStore::new(store, "cli_…"));
/// # }
/// ```
pub struct InStore {
    store: Arc<dyn TokenStore>,
    prefix: String,
}

impl InStore {
    /// In this store, for the app with this id.
    pub fn new(store: Arc<dyn TokenStore>, app_id: &str) -> Self {
        Self {
            store,
            prefix: format!("flybook:{{{app_id}}}:event:"),
        }
    }

    fn key(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }
}

impl fmt::Debug for InStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InStore")
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

fn text(mark: Mark) -> Secret {
    match mark {
        Mark::Running => "running",
        Mark::Done => "done",
    }
    .into()
}

async fn ask<T>(answer: BoxFuture<'_, Result<T, StoreError>>) -> Result<T, BoxError> {
    match timeout(LIMIT, answer).await {
        Ok(answer) => answer.map_err(Into::into),
        Err(_) => Err("the store took longer than a second".into()),
    }
}

impl Seen for InStore {
    fn claim<'a>(&'a self, key: &'a str, ttl: Duration) -> BoxFuture<'a, Result<Option<Mark>, BoxError>> {
        Box::pin(async move {
            let (key, running) = (self.key(key), text(Mark::Running));
            // A mark may end between the two questions; twice in a row it does not.
            for _ in 0..2 {
                if ask(self.store.compare_and_set(&key, None, Some((&running, ttl)))).await? {
                    return Ok(None);
                }
                match ask(self.store.get(&key)).await? {
                    Some(kept) if kept.value == text(Mark::Done) => return Ok(Some(Mark::Done)),
                    Some(_) => return Ok(Some(Mark::Running)),
                    None => {}
                }
            }
            Ok(Some(Mark::Running))
        })
    }

    fn mark<'a>(&'a self, key: &'a str, mark: Mark, ttl: Duration) -> BoxFuture<'a, Result<(), BoxError>> {
        Box::pin(async move { ask(self.store.set(&self.key(key), &text(mark), ttl)).await })
    }

    fn forget<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), BoxError>> {
        Box::pin(async move { ask(self.store.delete(&self.key(key))).await })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryStore;

    /// protocol §5.5: what was handled comes again within hours; here to another process.
    #[tokio::test(start_paused = true)]
    async fn processes_share_what_they_saw() {
        let store: Arc<dyn TokenStore> = Arc::new(MemoryStore::new());
        let [one, other] = [(); 2].map(|()| InStore::new(store.clone(), "cli_1"));
        let (lease, day) = (Duration::from_secs(60), Duration::from_secs(8 * 3600));
        assert_eq!(one.claim("e-1", lease).await.unwrap(), None);
        assert_eq!(other.claim("e-1", lease).await.unwrap(), Some(Mark::Running));
        one.mark("e-1", Mark::Done, day).await.unwrap();
        assert_eq!(other.claim("e-1", lease).await.unwrap(), Some(Mark::Done));
        // A process that died holds an event for the time of its lease only.
        assert_eq!(one.claim("e-2", lease).await.unwrap(), None);
        tokio::time::advance(lease).await;
        assert_eq!(other.claim("e-2", lease).await.unwrap(), None);
        // What failed is forgotten, and handled when it comes again.
        other.forget("e-2").await.unwrap();
        assert_eq!(one.claim("e-2", lease).await.unwrap(), None);
        assert_eq!(InStore::new(store, "cli_2").claim("e-1", lease).await.unwrap(), None);
    }
}
