//! The long connection: events and callbacks arrive over a WebSocket that the client opens, without a server of its own.

mod answer;
mod assembly;
mod connection;
mod discovery;
mod failure;
mod figures;
mod frame;
mod handshake;
mod health;
mod session;
mod wire;
mod work;

#[cfg(test)]
mod tests;

pub use health::Health;

use std::{
    fmt,
    future::Future,
    hash::{BuildHasher, RandomState},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use self::{
    connection::{Connection, Stop},
    failure::Failure,
    figures::Figures,
    health::Report,
    work::{Deliver, Work},
};
use crate::{Client, Result, Router};

/// Receives an app's events and callbacks over a WebSocket that it keeps open.
///
/// For custom apps, which choose it in the developer console. An app may have 50 of them; each event goes to one, by chance.
/// The platform waits 3 s for an answer and then sends an event again, so handlers may meet one twice, unless the router sees to it.
///
/// It pings as often as the platform asks, and takes silence for 2.5 of these intervals as the end of a connection. It comes back after
/// every loss, at a new address each time, by the platform's figures. It travels as the client's calls do: the client's
/// [`Transport`](crate::Transport) opens it.
///
/// ```no_run
/// # async fn sample(client: flybook_runtime::Client, router: flybook_runtime::Router) -> flybook_runtime::Result<()> {
/// use flybook_runtime::socket::LongConnection;
///
/// let connection = LongConnection::new(&client, router);
/// let health = connection.health();
/// tokio::spawn(connection.run(std::future::pending::<()>())); // or tokio::signal::ctrl_c()
/// println!("{:?}", health.borrow());
/// # Ok(())
/// # }
/// ```
#[must_use = "it does nothing until it runs"]
pub struct LongConnection {
    client: Client,
    router: Arc<dyn Deliver>,
    report: Report,
    patience: Duration,
}

impl LongConnection {
    /// A connection of the client's app, whose events go to `router`. Nothing is sent yet.
    pub fn new(client: &Client, router: Router) -> Self {
        Self::over(client, router)
    }

    pub(crate) fn over(client: &Client, router: impl Deliver) -> Self {
        Self {
            client: client.clone(),
            router: Arc::new(router),
            report: Report::new(),
            patience: Duration::from_secs(10),
        }
    }

    /// How long handlers may take to finish after the end was asked for, 10 s unless given.
    pub fn patience(mut self, limit: Duration) -> Self {
        self.patience = limit;
        self
    }

    /// How it is doing, now and from now on.
    pub fn health(&self) -> watch::Receiver<Health> {
        self.report.watch()
    }

    /// Keeps the connection until `shutdown` resolves: then takes nothing new, [drains](Router::drain) the router, acknowledges what is
    /// done, and closes the connection.
    ///
    /// Dropping the future closes the connection at once, and no task of it stays behind; what is being handled ends with the last
    /// clone of the router.
    ///
    /// # Errors
    /// When trying again cannot help: the credentials are wrong, the app may not connect, or has too many connections already; or when
    /// as many tries have failed as the platform allows (any number, by default). Whatever passes by itself is no error, but shows in
    /// [`health`](Self::health).
    ///
    /// # Panics
    /// Outside of a tokio runtime, and within one without time and network drivers.
    pub async fn run<F: Future + Send>(self, shutdown: F) -> Result<()> {
        let shutdown = pin!(async {
            shutdown.await;
        });
        self.keep(Stop::new(shutdown)).await
    }

    async fn keep(self, mut stop: Stop<'_>) -> Result<()> {
        let mut work = Work::new(self.router.clone());
        let mut figures = Figures::default();
        let mut tries = 0;
        let end = loop {
            self.report.set(Health::Connecting);
            let opened = tokio::select! {
                biased;
                () = stop.wait() => break Ok(()),
                opened = self.open(&mut figures) => opened,
            };
            let last_error = match opened {
                Ok(mut connection) => {
                    tries = 0;
                    let served = connection.serve(&mut work, &mut stop, &self.report).await;
                    figures = connection.figures();
                    let Err(error) = served else {
                        connection.finish(&mut work, Instant::now() + self.patience).await;
                        return Ok(());
                    };
                    failure::broken(&self.client, error)
                }
                Err(Failure::Final(error)) => break Err(error),
                Err(Failure::Passing(error)) => error,
            };
            let Some(delay) = figures.delay(tries, chance()) else {
                break Err(last_error);
            };
            tries += 1;
            tracing::warn!(error = %last_error, ?delay, tries, "no long connection; it will be tried again");
            let next_attempt = Instant::now() + delay;
            self.report.set(Health::Down {
                last_error,
                next_attempt,
            });
            tokio::select! {
                biased;
                () = stop.wait() => break Ok(()),
                () = sleep_until(next_attempt) => {}
            }
        };
        work.settle(Instant::now() + self.patience).await;
        end
    }

    async fn open(&self, figures: &mut Figures) -> Result<Connection, Failure> {
        let address = discovery::discover(&self.client, figures).await?;
        let socket = handshake::shake(&self.client, &address).await?;
        let now = Instant::now();
        self.report.set(Health::Up {
            since: now,
            last_frame: now,
        });
        tracing::info!(
            device = address.device,
            service = address.service,
            "long connection open"
        );
        Ok(Connection::new(socket, address, *figures).await)
    }
}

impl fmt::Debug for LongConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LongConnection")
            .field("client", &self.client)
            .field("health", &*self.report.watch().borrow())
            .finish_non_exhaustive()
    }
}

/// A number from 0 to 1. The keys of a hash map are random enough to spread clients.
fn chance() -> f64 {
    let bits = RandomState::new().hash_one(0);
    bits as f64 / u64::MAX as f64
}
