//! The marks of handled events in a store that processes share.

use std::{fmt, sync::Arc, time::Duration};

use super::{
    BoxError,
    dedup::{Mark, Seen},
};
use crate::{BoxFuture, Secret, TokenStore, store::Shared};

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
pub struct InStore(Shared);

impl InStore {
    /// In this store, for the app with this id.
    pub fn new(store: Arc<dyn TokenStore>, app_id: &str) -> Self {
        Self(Shared::new(store, app_id))
    }
}

impl fmt::Debug for InStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InStore").finish_non_exhaustive()
    }
}

fn text(mark: Mark) -> Secret {
    match mark {
        Mark::Running => "running",
        Mark::Done => "done",
    }
    .into()
}

fn name(key: &str) -> String {
    format!("event:{key}")
}

/// What the store answers; one that does not is passed over for a while, as for tokens.
fn told<T>(answer: Option<T>) -> Result<T, BoxError> {
    answer.ok_or_else(|| "the store does not answer".into())
}

impl Seen for InStore {
    fn claim<'a>(&'a self, key: &'a str, ttl: Duration) -> BoxFuture<'a, Result<Option<Mark>, BoxError>> {
        Box::pin(async move {
            let (name, running) = (name(key), text(Mark::Running));
            // A mark may end between the two questions; twice in a row it does not.
            for _ in 0..2 {
                if told(self.0.swap(&name, None, Some((&running, ttl))).await)? {
                    return Ok(None);
                }
                match told(self.0.get(&name).await)? {
                    Some(kept) if kept.value == text(Mark::Done) => return Ok(Some(Mark::Done)),
                    Some(_) => return Ok(Some(Mark::Running)),
                    None => {}
                }
            }
            Ok(Some(Mark::Running))
        })
    }

    fn mark<'a>(&'a self, key: &'a str, mark: Mark, ttl: Duration) -> BoxFuture<'a, Result<(), BoxError>> {
        Box::pin(async move { told(self.0.set(&name(key), &text(mark), ttl).await) })
    }

    fn forget<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), BoxError>> {
        Box::pin(async move { told(self.0.delete(&name(key)).await) })
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
