//! Who takes part: apps and users.

use std::{collections::BTreeSet, fmt};

use crate::catalog::AppKind;

/// An app of the sandbox.
#[derive(Clone)]
pub struct App {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) kind: AppKind,
    pub(crate) scopes: Option<BTreeSet<String>>,
    pub(crate) disabled: bool,
    /// Whether it can take part in chats.
    pub(crate) bot: bool,
    /// The tenants that have it; none is those its kind says.
    pub(crate) tenants: Option<BTreeSet<String>>,
    /// The users it is there for; none is everybody.
    pub(crate) users: Option<BTreeSet<String>>,
}

impl App {
    /// An app that a tenant built for itself; it has every scope.
    pub fn custom(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            secret: secret.into(),
            kind: AppKind::Custom,
            scopes: None,
            disabled: false,
            bot: true,
            tenants: None,
            users: None,
        }
    }

    /// An app of the store; it has every scope, and gets its tokens by app ticket and tenant key.
    pub fn store(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self {
            kind: AppKind::Store,
            ..Self::custom(id, secret)
        }
    }

    /// Grants these scopes and no others.
    #[must_use]
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    /// Switches the app off: it gets no tokens (10014), and those it has are refused (99991662).
    #[must_use]
    pub fn disabled(mut self) -> Self {
        self.disabled = true;
        self
    }

    /// Switches the app's bot off: it sends no messages (230006) and takes part in no chats (232025).
    #[must_use]
    pub fn without_bot(mut self) -> Self {
        self.bot = false;
        self
    }

    /// Installs it in these tenants and no others: elsewhere it gets no tokens (10013), and what it had is refused (99991673).
    #[must_use]
    pub fn installed_in<S: Into<String>>(mut self, tenants: impl IntoIterator<Item = S>) -> Self {
        self.tenants = Some(tenants.into_iter().map(Into::into).collect());
        self
    }

    /// Makes it available to these users and no others, by open id: nobody else can sign in to it (20010).
    #[must_use]
    pub fn available_to<S: Into<String>>(mut self, open_ids: impl IntoIterator<Item = S>) -> Self {
        self.users = Some(open_ids.into_iter().map(Into::into).collect());
        self
    }

    /// Whether this tenant has it, as far as it was told.
    pub(crate) fn is_in(&self, tenant: &str) -> bool {
        // A store app's own token is of no tenant.
        tenant.is_empty() || self.tenants.as_ref().is_none_or(|tenants| tenants.contains(tenant))
    }

    /// Whether it is there for this user.
    pub(crate) fn is_for(&self, open_id: &str) -> bool {
        self.users.as_ref().is_none_or(|users| users.contains(open_id))
    }

    // Any one suffices, as on the platform.
    pub(crate) fn has_any(&self, scopes: &[String]) -> bool {
        granted(self.scopes.as_ref(), scopes)
    }
}

/// Whether one of `wanted` is granted; nothing wanted or no limit is always enough.
pub(crate) fn granted(scopes: Option<&BTreeSet<String>>, wanted: &[String]) -> bool {
    wanted.is_empty() || scopes.is_none_or(|scopes| wanted.iter().any(|scope| scopes.contains(scope)))
}

impl fmt::Debug for App {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("App")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("scopes", &self.scopes)
            .field("disabled", &self.disabled)
            .finish_non_exhaustive()
    }
}

/// A user of the tenant.
#[derive(Clone, Debug)]
pub(crate) struct User {
    /// As the first app knows the user.
    pub(crate) open_id: String,
    pub(crate) union_id: String,
    pub(crate) user_id: String,
    pub(crate) name: String,
    pub(crate) email: Option<String>,
    pub(crate) mobile: Option<String>,
    /// The department's id.
    pub(crate) department: Option<String>,
}
