//! The ticket of a store app: pushed by the platform, shared through the store, asked for again when it is missing.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::issue::{STORE_APP, TICKET};
use crate::{
    Error, Result, Secret,
    client::Inner,
    error::{Answer, Kind},
    slot::Token,
};

/// How long a ticket is kept (protocol §2.2: 12 hours in the official clients; a new one comes every hour).
const LIFE: Duration = Duration::from_secs(12 * 3600);
/// How long after asking for a ticket it may be asked for again.
const PAUSE: Duration = Duration::from_secs(60);

/// What is known of the ticket here.
#[derive(Default)]
pub(crate) struct Ticket(Mutex<Known>);

#[derive(Default)]
struct Known {
    ticket: Option<Secret>,
    /// What the store has yet to be told.
    news: News,
    asked: Option<Instant>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum News {
    #[default]
    None,
    /// The program was started with it; the store may have a newer one.
    Given,
    /// The platform has just pushed it.
    Pushed,
}

impl Ticket {
    pub(crate) fn give(&self, ticket: Secret) {
        let mut known = self.known();
        known.ticket = Some(ticket);
        known.news = News::Given;
    }

    pub(crate) fn push(&self, ticket: Secret) {
        let mut known = self.known();
        known.ticket = Some(ticket);
        known.news = News::Pushed;
        known.asked = None;
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Tells the store about the ticket, if it has not heard of it.
    pub(crate) async fn save_ticket(&self) {
        let Some(shared) = &self.shared else { return };
        let (ticket, news) = {
            let known = self.tokens.ticket.known();
            (known.ticket.clone(), known.news)
        };
        let Some(ticket) = ticket else { return };
        let saved = match news {
            News::None => return,
            News::Given => shared.swap("ticket", None, Some((&ticket, LIFE))).await.is_some(),
            News::Pushed => shared.set("ticket", &ticket, LIFE).await.is_some(),
        };
        let mut known = self.tokens.ticket.known();
        if saved && known.ticket.as_ref() == Some(&ticket) {
            known.news = News::None;
        }
    }

    /// The app token of a store app.
    pub(super) async fn fetch_by_ticket(&self) -> Result<Token> {
        self.save_ticket().await;
        let stored = match &self.shared {
            Some(shared) => shared.get("ticket").await.flatten().map(|stored| stored.value),
            None => None,
        };
        let known = self.tokens.ticket.known().ticket.clone();
        let known = known.filter(|known| stored.as_ref() != Some(known));
        let mut refusal = None;
        for ticket in [stored, known].into_iter().flatten() {
            match self.issue(&STORE_APP, Some(("app_ticket", ticket)), "").await {
                Err(error) if error.is_app_ticket_missing() => refusal = Some(error),
                outcome => return outcome,
            }
        }
        let asked = self.ask_for_ticket().await;
        Err(match (refusal, asked) {
            (Some(refusal), _) => refusal,
            (None, Err(error)) => error,
            (None, Ok(())) => {
                let problem = "a store app needs an app ticket first, and there is none yet; the platform was asked to push it, so pass \
                               on what its `app_ticket` event brings with `set_app_ticket`, and call again";
                let kind = Kind::NoTicket(problem.to_owned());
                Error::of(&STORE_APP, self.platform, Answer::default(), kind)
            }
        })
    }

    /// Has the platform push the ticket, unless it was asked a moment ago, be it by another process.
    async fn ask_for_ticket(&self) -> Result<()> {
        let now = Instant::now();
        {
            let mut known = self.tokens.ticket.known();
            if known.asked.is_some_and(|asked| now < asked + PAUSE) {
                return Ok(());
            }
            known.asked = Some(now);
        }
        if let Some(shared) = &self.shared
            && shared.swap("asked", None, Some((&Secret::from("1"), PAUSE))).await == Some(false)
        {
            return Ok(());
        }
        let asked = self.ask(&TICKET).await;
        if let Err(error) = &asked {
            tracing::warn!(%error, "the platform could not be asked for the app ticket");
            self.tokens.ticket.known().asked = None;
            if let Some(shared) = &self.shared {
                shared.swap("asked", Some(&Secret::from("1")), None).await;
            }
        }
        asked
    }
}
