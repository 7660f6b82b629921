//! The ticket of a store app, which the platform pushes: it goes to the client's tokens by itself.

use std::{
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use super::Delivered;
use crate::Client;

/// The event that brings it (protocol §5.1); with the endpoints that issue tokens, all that the runtime knows by name.
pub(super) const APP_TICKET: &str = "app_ticket";

/// A client that wants its tickets.
pub(super) struct Ticket {
    client: Client,
    /// When the latest ticket was made: one that failed once may come again hours later, behind its successors.
    latest: Mutex<Option<SystemTime>>,
}

impl Ticket {
    pub(super) fn new(client: Client) -> Self {
        Self {
            client,
            latest: Mutex::default(),
        }
    }

    /// Takes the ticket if it is for this client's app; says whether it is.
    pub(super) fn take(&self, delivered: &Delivered) -> bool {
        if delivered.envelope.app_id != self.client.app_id() {
            return false;
        }
        let Some(ticket) = delivered.at(&["app_ticket"]) else {
            return false;
        };
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let made = delivered.envelope.create_time;
        if made.is_none() || *latest <= made {
            *latest = made.max(*latest);
            self.client.set_app_ticket(ticket);
        }
        true
    }
}
