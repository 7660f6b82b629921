//! A store in Redis, shared by the processes of an app.

use std::{fmt, sync::Arc, time::Duration};

use redis::{AsyncConnectionConfig, Cmd, FromRedisValue, RedisError, aio::MultiplexedConnection};
use tokio::sync::Mutex;

use crate::{
    BoxFuture, Error, Rate, Result, Secret, StoreError, Stored, TokenStore,
    pace::{CLOSE_SCRIPT, TAKE_SCRIPT},
};

/// How long Redis may take, a little less than the client waits for a store: a connection that hangs is given up, not only its answer.
const LIMIT: Duration = Duration::from_millis(800);
/// The longest life Redis is asked for.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 86_400);

/// The value and the milliseconds it has left.
const GET: &str = "local kept = redis.call('GET', KEYS[1])
if kept then return {kept, redis.call('PTTL', KEYS[1])} end
return false";

/// Arguments: whether there is an old value, that value, whether there is a new one, that one, and its milliseconds.
const COMPARE_AND_SET: &str = "local kept = redis.call('GET', KEYS[1])
if ARGV[1] == '0' then
  if kept then return 0 end
elseif kept ~= ARGV[2] then
  return 0
end
if ARGV[3] == '0' then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], ARGV[4], 'PX', ARGV[5])
end
return 1";

/// Keeps tokens and limits in Redis 5 or newer (or what speaks like it), so that several processes of an app share them. Clones share
/// the connection.
///
/// What it keeps is readable for whoever can read that Redis, and gives access to tenants' data. Its keys begin with
/// `flybook:` and the app's id, and hold no secret. While Redis cannot be reached, clients go on with what they have in memory.
///
/// ```no_run
/// # fn sample(builder: flybook_runtime::Builder) -> flybook_runtime::Result<()> {
/// let store = flybook_runtime::RedisStore::connect("redis://:password@127.0.0.1:6379/0")?;
/// let client = builder.store(store).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RedisStore(Arc<Inner>);

struct Inner {
    client: redis::Client,
    /// Opened when it is first needed, and again after an error.
    connection: Mutex<Option<MultiplexedConnection>>,
}

impl RedisStore {
    /// The Redis at this URL: `redis://[user]:password@host:port/number`. Nothing is sent yet: Redis may be down when a program starts.
    ///
    /// # Errors
    /// When the URL is malformed; the error does not show it.
    pub fn connect(url: impl AsRef<str>) -> Result<Self> {
        let client = redis::Client::open(url.as_ref()).map_err(|_| {
            Error::setup("the URL of Redis is malformed, or asks for what this build lacks (TLS); write it as redis://:password@host:6379/0")
        })?;
        Ok(Self(Arc::new(Inner {
            client,
            connection: Mutex::default(),
        })))
    }

    async fn ask<T: FromRedisValue>(&self, command: Cmd) -> Result<T, StoreError> {
        let opened = async {
            let mut connection = self.0.connection.lock().await;
            if let Some(connection) = &*connection {
                return Ok::<_, RedisError>(connection.clone());
            }
            let config = AsyncConnectionConfig::new()
                .set_connection_timeout(Some(LIMIT))
                .set_response_timeout(Some(LIMIT));
            let opened = self
                .0
                .client
                .get_multiplexed_async_connection_with_config(&config)
                .await?;
            Ok(connection.insert(opened).clone())
        };
        let answer = match opened.await {
            Ok(mut connection) => command.query_async(&mut connection).await,
            Err(error) => Err(error),
        };
        match answer {
            Ok(answer) => Ok(answer),
            Err(error) => {
                *self.0.connection.lock().await = None;
                Err(StoreError::new(format_args!("Redis: {error}")))
            }
        }
    }
}

fn millis(life: Duration) -> u64 {
    u64::try_from(life.min(LONGEST).as_millis()).unwrap_or(u64::MAX).max(1)
}

fn script(text: &str, key: &str) -> Cmd {
    let mut command = redis::cmd("EVAL");
    command.arg(text).arg(1).arg(key);
    command
}

impl TokenStore for RedisStore {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Stored>, StoreError>> {
        Box::pin(async move {
            let kept: Option<(String, i64)> = self.ask(script(GET, key)).await?;
            Ok(kept.map(|(value, left)| Stored {
                value: value.into(),
                // What somebody else put there without an end is not believed.
                expires_in: Duration::from_millis(u64::try_from(left).unwrap_or_default()),
            }))
        })
    }

    fn set<'a>(&'a self, key: &'a str, value: &'a Secret, life: Duration) -> BoxFuture<'a, Result<(), StoreError>> {
        let mut command = redis::cmd("SET");
        command.arg(key).arg(value.expose()).arg("PX").arg(millis(life));
        Box::pin(self.ask(command))
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        let mut command = redis::cmd("DEL");
        command.arg(key);
        Box::pin(async move { self.ask::<i64>(command).await.map(drop) })
    }

    fn compare_and_set<'a>(
        &'a self,
        key: &'a str,
        old: Option<&'a Secret>,
        new: Option<(&'a Secret, Duration)>,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        let mut command = script(COMPARE_AND_SET, key);
        command
            .arg(i64::from(old.is_some()))
            .arg(old.map_or("", Secret::expose));
        command.arg(i64::from(new.is_some()));
        command.arg(new.map_or("", |(value, _)| value.expose()));
        command.arg(new.map_or(1, |(_, life)| millis(life)));
        Box::pin(self.ask(command))
    }

    fn take_turn<'a>(&'a self, key: &'a str, rates: &'a [Rate], _: u64) -> BoxFuture<'a, Result<Duration, StoreError>> {
        let mut command = script(TAKE_SCRIPT, key);
        for rate in rates {
            command.arg(rate.requests).arg(rate.seconds);
        }
        Box::pin(async move { self.ask(command).await.map(Duration::from_millis) })
    }

    fn close_turns<'a>(
        &'a self,
        key: &'a str,
        _: &'a [Rate],
        wait: Duration,
        _: u64,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        let mut command = script(CLOSE_SCRIPT, key);
        command.arg(millis(wait));
        Box::pin(async move { self.ask::<i64>(command).await.map(drop) })
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL may hold a password.
        f.debug_struct("RedisStore").finish_non_exhaustive()
    }
}
