//! The endpoints that a client has called.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use super::Scopes;
use crate::{Endpoint, TokenKind, call::Options};

/// Notes each endpoint once for tenants and once for users; after the first time that is a look-up by address.
#[derive(Default)]
pub(crate) struct Observed(RwLock<HashMap<(usize, bool), &'static Endpoint>>);

impl Observed {
    pub(crate) fn note(&self, endpoint: &'static Endpoint, options: &Options) {
        let key = (std::ptr::from_ref(endpoint).addr(), is_user(endpoint, options));
        if self.0.read().unwrap_or_else(PoisonError::into_inner).contains_key(&key) {
            return;
        }
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key, endpoint);
    }

    pub(crate) fn scopes(&self) -> Scopes {
        let seen = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut seen: Vec<_> = seen
            .iter()
            .map(|((_, user), endpoint)| (endpoint.id, *user, *endpoint))
            .collect();
        // One endpoint may have several addresses.
        seen.sort_unstable_by_key(|(id, user, _)| (*id, *user));
        seen.dedup_by_key(|(id, user, _)| (*id, *user));
        seen.into_iter()
            .fold(Scopes::new(), |scopes, (_, user, endpoint)| scopes.add(endpoint, user))
    }
}

/// Whose token it is. A given one shows that by its form (protocol §2.1), where the endpoint leaves a choice.
fn is_user(endpoint: &Endpoint, options: &Options) -> bool {
    let Some(token) = &options.token else {
        return false;
    };
    match endpoint.tokens.contains(&TokenKind::User) {
        true => endpoint.tokens.len() == 1 || ["u-", "eyJ"].iter().any(|form| token.expose().starts_with(form)),
        false => false,
    }
}
