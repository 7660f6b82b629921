//! Refresh tokens work once: who may use one, in which order, and what is saved when.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::HeaderValue;
use tokio::time::Instant;

use super::{Pair, SignIn};
use crate::{
    Error, Result, Secret,
    client::Inner,
    error::{Answer, Kind},
    slot::{Landing, Slot},
    store::{Lease, Shared},
    token::USER,
};

/// One user of one client.
pub(crate) struct User {
    pub(crate) key: String,
    pub(crate) slot: Arc<Slot>,
    known: Mutex<Known>,
}

/// What is known of the user's tokens here; the store may know better.
#[derive(Default)]
struct Known {
    pair: Option<Pair>,
    /// A refresh token that the program brought.
    given: Option<Secret>,
    /// Whether the store has the pair.
    saved: bool,
    /// Counts sign-ins and sign-outs: what was under way before one is of a session that is no more.
    epoch: u64,
}

/// The newest tokens, and what the store has in their place.
pub(super) struct Newest {
    pair: Option<Pair>,
    stored: Option<Secret>,
    /// That of the session they are of.
    epoch: u64,
}

impl User {
    pub(crate) fn new(key: &str) -> Self {
        Self {
            key: key.to_owned(),
            slot: Arc::default(),
            known: Mutex::default(),
        }
    }

    pub(crate) fn give(&self, refresh: Secret) {
        self.known().given = Some(refresh);
    }

    pub(crate) fn pair(&self) -> Option<Pair> {
        self.known().pair.clone()
    }

    /// Whether nothing would be lost with it.
    pub(crate) fn is_idle(&self) -> bool {
        let known = self.known();
        !known.is_unsaved() && known.given.is_none() && self.slot.is_idle()
    }

    pub(super) fn is_unsaved(&self) -> bool {
        self.known().is_unsaved()
    }

    /// Begins anew: with these tokens, or with none.
    fn begin(&self, pair: Option<Pair>, saved: bool) {
        let mut known = self.known();
        *known = Known {
            pair,
            given: None,
            saved,
            epoch: known.epoch + 1,
        };
    }

    /// Takes over the next tokens; `false` if the session they are of is no more.
    fn learn(&self, pair: Pair, saved: bool, epoch: u64) -> bool {
        let mut known = self.known();
        let same = known.epoch == epoch;
        if same {
            (known.pair, known.given, known.saved) = (Some(pair), None, saved);
        }
        same
    }

    /// No refresh token here is good for anything.
    fn used_up(&self) {
        let mut known = self.known();
        known.given = None;
        if let Some(pair) = &mut known.pair {
            pair.refresh = None;
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn name(&self) -> String {
        format!("user/{}", self.key)
    }
}

impl Known {
    /// Whether there are tokens that are here only.
    fn is_unsaved(&self) -> bool {
        !self.saved && self.pair.as_ref().is_some_and(|pair| !pair.is_over())
    }
}

impl Inner {
    /// A token of the user that is not `old`: the one another process got meanwhile, else the next one.
    pub(crate) async fn rotate(&self, user: &Arc<User>, old: Option<HeaderValue>) -> Result<Landing> {
        let newest = self.newest(user).await;
        if let Some(landing) = usable(user, &newest, old.as_ref()) {
            return Ok(landing);
        }
        let lease = match &self.shared {
            // Longer than the call for the tokens may take, and for whoever waits as long as one who holds it.
            Some(shared) => {
                shared
                    .lease(&user.name(), self.patience() + Duration::from_secs(5), self.patience())
                    .await
            }
            None => Lease::Alone,
        };
        if let Lease::Taken = lease {
            let kind = Kind::Timeout(self.patience());
            return Err(Error::of(&USER, self.platform, Answer::default(), kind));
        }
        let outcome = self.rotate_alone(user, old.as_ref()).await;
        self.save_late(user);
        if let Some(shared) = &self.shared {
            shared.give_back(lease).await;
        }
        outcome
    }

    /// The same, with nobody else at it.
    async fn rotate_alone(&self, user: &User, old: Option<&HeaderValue>) -> Result<Landing> {
        let newest = self.newest(user).await;
        if let Some(landing) = usable(user, &newest, old) {
            return Ok(landing);
        }
        let own = newest.pair.as_ref().and_then(|pair| pair.refresh.clone());
        let given = user.known().given.clone().filter(|given| own.as_ref() != Some(given));
        let serial = newest.pair.as_ref().map_or(0, |pair| pair.serial);
        let mut refusal = None;
        for refresh in [own, given].into_iter().flatten() {
            let start = Instant::now();
            let grant = [
                ("grant_type", &Secret::from("refresh_token")),
                ("refresh_token", &refresh),
            ];
            match self.granted(&grant).await {
                Ok(granted) => {
                    let pair = Pair::granted(granted, start, serial + 1);
                    return self.keep(user, pair, newest).await;
                }
                Err(error) if error.is_sign_in_needed() => refusal = Some(error),
                Err(error) => return Err(error),
            }
        }
        // Another process may have used it without the lock, when the store was out of reach.
        let again = self.newest(user).await;
        if again.pair.as_ref().is_some_and(|pair| pair.serial > serial)
            && let Some(landing) = usable(user, &again, old)
        {
            return Ok(landing);
        }
        if let Some(refusal) = refusal {
            self.give_up(user, &newest).await;
            return Err(refusal);
        }
        let problem = match &newest.pair {
            Some(_) => {
                "the user's access token is over or was refused, and there is no refresh token to get another one; have the user sign \
                 in again, with the scope `offline_access`"
            }
            None => "nobody has signed in under this session's key, or the session is over; have the user sign in",
        };
        Err(Error::of(
            &USER,
            self.platform,
            Answer::default(),
            Kind::SignIn(problem.to_owned()),
        ))
    }

    /// Turns a code into the tokens of a session.
    pub(crate) async fn sign_in(&self, user: &Arc<User>, sign_in: SignIn) -> Result<()> {
        let start = Instant::now();
        let granted = self.granted(&sign_in.members()).await?;
        let newest = self.newest(user).await;
        let serial = newest.pair.map_or(0, |pair| pair.serial);
        let pair = Pair::granted(granted, start, serial + 1).of_now();
        let saved = match &self.shared {
            Some(shared) => shared.set(&user.name(), &pair.write(), pair.life()).await.is_some(),
            None => false,
        };
        let token = pair.token();
        user.begin(Some(pair), saved);
        user.slot.put(token);
        self.save_late(user);
        Ok(())
    }

    pub(crate) async fn forget(&self, user: &User) {
        user.begin(None, false);
        user.slot.put(None);
        if let Some(shared) = &self.shared {
            shared.delete(&user.name()).await;
        }
    }

    /// Saves new tokens, and only then uses them.
    async fn keep(&self, user: &User, pair: Pair, before: Newest) -> Result<Landing> {
        let Newest { stored, epoch, .. } = before;
        let (name, new) = (user.name(), pair.write());
        let saved = match &self.shared {
            Some(shared) => shared.swap(&name, stored.as_ref(), Some((&new, pair.life()))).await,
            None => None,
        };
        // The user has signed in anew meanwhile, in another process: those tokens are the newer ones.
        if saved == Some(false) {
            let newest = self.newest(user).await;
            if let Some(landing) = usable(user, &newest, None) {
                return Ok(landing);
            }
        }
        let token = pair.token();
        // Who waits for these tokens may use them once, but they are not kept after a sign-out.
        if !user.learn(pair, saved == Some(true), epoch)
            && saved == Some(true)
            && let Some(shared) = &self.shared
        {
            shared.swap(&name, Some(&new), None).await;
        }
        let token = token.ok_or_else(|| Error::no_token("a token that was granted cannot be sent"))?;
        Ok(Landing { token, stored: false })
    }

    /// The platform takes the refresh token no more: nobody shall try it again.
    async fn give_up(&self, user: &User, newest: &Newest) {
        user.used_up();
        if let (Some(shared), Some(stored)) = (&self.shared, &newest.stored) {
            shared.swap(&user.name(), Some(stored), None).await;
        }
    }

    /// The newest tokens of the user, here or in the store, which hears of those it has missed.
    pub(super) async fn newest(&self, user: &User) -> Newest {
        let (known, epoch) = {
            let known = user.known();
            (known.pair.clone(), known.epoch)
        };
        let Some(shared) = &self.shared else {
            let (pair, stored) = (known, None);
            return Newest { pair, stored, epoch };
        };
        let answer = shared.get(&user.name()).await;
        let reached = answer.is_some();
        let stored = answer.flatten();
        let kept = stored.as_ref().and_then(Pair::read);
        let mut stored = stored.map(|stored| stored.value);
        let serial = |pair: &Option<Pair>| pair.as_ref().map_or(0, |pair| pair.serial);
        if serial(&kept) > serial(&known) {
            let mut here = user.known();
            if here.epoch == epoch && serial(&here.pair) < serial(&kept) {
                here.pair.clone_from(&kept);
                here.saved = true;
            }
            let pair = kept;
            return Newest { pair, stored, epoch };
        }
        let missed = {
            let here = user.known();
            here.epoch == epoch && !here.saved
        };
        if let Some(pair) = known.as_ref().filter(|_| reached && missed)
            && serial(&known) > serial(&kept)
            && let Some(new) = self.save(shared, user, pair, stored.as_ref(), epoch).await
        {
            stored = Some(new);
        }
        let pair = known;
        Newest { pair, stored, epoch }
    }

    /// Tells the store what it missed while it was out of reach.
    async fn save(
        &self,
        shared: &Shared,
        user: &User,
        pair: &Pair,
        stored: Option<&Secret>,
        epoch: u64,
    ) -> Option<Secret> {
        let left = (pair.start + pair.life()).saturating_duration_since(Instant::now());
        let new = pair.write();
        if shared.swap(&user.name(), stored, Some((&new, left))).await != Some(true) {
            return None;
        }
        let same = {
            let mut here = user.known();
            here.saved |= here.epoch == epoch;
            here.epoch == epoch
        };
        if !same {
            shared.swap(&user.name(), Some(&new), None).await;
            return None;
        }
        Some(new)
    }

    async fn granted(&self, members: &[(&'static str, &Secret)]) -> Result<crate::token::Granted> {
        let limit = self.patience();
        let granted = tokio::time::timeout(limit, self.grant(members)).await;
        granted.unwrap_or_else(|_| Err(Error::of(&USER, self.platform, Answer::default(), Kind::Timeout(limit))))
    }
}

/// The access token of these tokens, if it lives, was not refused, and is not `old`.
fn usable(user: &User, newest: &Newest, old: Option<&HeaderValue>) -> Option<Landing> {
    let token = newest.pair.as_ref()?.token()?;
    let good = match old {
        Some(old) => token.header != *old && token.is_fresh(),
        None => token.end > Instant::now() + Duration::from_secs(1),
    };
    (good && !user.slot.is_dead(&token.header)).then_some(Landing { token, stored: true })
}
