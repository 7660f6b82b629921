//! Tokens the sandbox has issued: the rule of thirty minutes, expiry and revocation.

use std::collections::{BTreeSet, HashMap};

use crate::{app::App, catalog::AppKind, catalog::TokenKind, clock::Mint};

const LIFE: u64 = 2 * 60 * 60 * 1000;
/// With this much time left, asking again gives the same token.
const KEEP: u64 = 30 * 60 * 1000;

/// One token.
#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) app: String,
    pub(crate) tenant: String,
    /// A custom app's `t-` token stands for the app too.
    pub(crate) for_app_too: bool,
    pub(crate) user: Option<String>,
    /// What the user granted; none is everything.
    pub(crate) scopes: Option<BTreeSet<String>>,
    pub(crate) expires: u64,
}

/// All tokens that may still be presented.
#[derive(Default)]
pub(crate) struct Tokens {
    issued: HashMap<String, Token>,
    current: HashMap<(String, String, TokenKind), String>,
}

impl Tokens {
    /// The token of an app in a tenant and the whole seconds it has left. Whoever holds an older one may go on using it.
    pub(crate) fn for_app(
        &mut self,
        app: &App,
        tenant: &str,
        kind: TokenKind,
        mint: &mut Mint,
        now: u64,
    ) -> (String, u64) {
        // For custom apps both kinds are one and the same token.
        let shared = app.kind == AppKind::Custom;
        let kind = if shared { TokenKind::Tenant } else { kind };
        let key = (app.id.clone(), tenant.to_owned(), kind);
        if let Some(current) = self.current.get(&key) {
            let left = self
                .issued
                .get(current)
                .map_or(0, |token| token.expires.saturating_sub(now));
            if left >= KEEP {
                return (current.clone(), left / 1000);
            }
        }
        let text = mint.id(if kind == TokenKind::App { "a-" } else { "t-" });
        let token = Token {
            kind,
            app: app.id.clone(),
            tenant: tenant.to_owned(),
            for_app_too: shared,
            user: None,
            scopes: None,
            expires: now + LIFE,
        };
        self.forget_expired(now);
        self.issued.insert(text.clone(), token);
        self.current.insert(key, text.clone());
        (text, LIFE / 1000)
    }

    pub(crate) fn for_user(
        &mut self,
        app: &str,
        tenant: &str,
        open_id: &str,
        scopes: Option<BTreeSet<String>>,
        mint: &mut Mint,
        now: u64,
    ) -> String {
        let text = mint.id("u-");
        let token = Token {
            kind: TokenKind::User,
            app: app.to_owned(),
            tenant: tenant.to_owned(),
            for_app_too: false,
            user: Some(open_id.to_owned()),
            scopes,
            expires: now + LIFE,
        };
        self.issued.insert(text.clone(), token);
        text
    }

    /// The token behind a text; the caller looks at the expiry.
    pub(crate) fn find(&self, text: &str) -> Option<&Token> {
        self.issued.get(text)
    }

    /// Makes every token unknown at once.
    pub(crate) fn revoke_all(&mut self) {
        self.issued.clear();
        self.current.clear();
    }

    /// Lets every token run out.
    pub(crate) fn expire_all(&mut self, now: u64) {
        for token in self.issued.values_mut() {
            token.expires = token.expires.min(now);
        }
    }

    // A user's expired token has a code of its own, so those stay known for as long again.
    fn forget_expired(&mut self, now: u64) {
        self.issued.retain(|_, token| {
            let kept = if token.kind == TokenKind::User { LIFE } else { 0 };
            token.expires + kept > now
        });
    }
}
