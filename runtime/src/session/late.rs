//! Tokens the store has missed while it was out of reach, and how it hears of them.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;
use tracing::instrument::WithSubscriber;

use super::User;
use crate::client::Inner;

/// How long one waits before the first attempt, a little longer than a store that failed is left alone, and before any.
const FIRST: Duration = Duration::from_secs(6);
const LONGEST: Duration = Duration::from_secs(60);

impl Inner {
    /// Tells the store as soon as it answers again, and not only with the next renewal: until then another process would send
    /// the refresh token before, which works no more, and take the user for signed out.
    pub(super) fn save_late(&self, user: &Arc<User>) {
        if self.shared.is_none() || !user.is_unsaved() {
            return;
        }
        let (me, user) = (self.me.clone(), user.clone());
        let task = async move {
            let mut wait = FIRST;
            while user.is_unsaved() {
                sleep(wait).await;
                let Some(inner) = me.upgrade() else { return };
                // Looking for the newest tokens tells the store of them.
                inner.newest(&user).await;
                wait = LONGEST.min(wait * 2);
            }
        };
        tokio::spawn(task.with_current_subscriber());
    }
}
