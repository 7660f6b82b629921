//! The page on which a user lets the app act for them, and the way back from it.

use std::{collections::HashSet, fmt};

use crate::{
    Client, Error, Host, Result, Secret,
    digest::{base64url, sha256},
    line::flat,
    random,
    url::push_encoded,
};

/// The page itself (protocol §2.3); it is opened, never called.
const PAGE: &str = "/open-apis/authen/v1/authorize";
/// How many scopes one page may ask for (protocol §2.3).
const MOST: usize = 50;

/// Builds the address of the authorization page; see [`Client::authorize`].
///
/// ```
/// # fn sample(client: &flybook_runtime::Client) -> flybook_runtime::Result<()> {
/// let start = client.authorize("https://example.com/callback").scopes(["contact:contact"]).offline_access().build()?;
/// println!("open {}", start.url());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "an address has to be built"]
pub struct Authorize {
    page: String,
    app: String,
    redirect_uri: String,
    scopes: Vec<String>,
    state: Option<String>,
    consent: bool,
}

/// The address of an authorization page, and what has to be kept until the user is back: in the user's web session, as a rule.
#[derive(Clone)]
pub struct Authorization {
    url: String,
    redirect_uri: String,
    state: Secret,
    verifier: Secret,
}

/// A code of the authorization page, and what proves that it is in the right hands; for [`Client::sign_in`].
#[derive(Clone)]
#[must_use = "a code has to be given to `Client::sign_in`"]
pub struct SignIn {
    code: Secret,
    verifier: Option<Secret>,
    redirect_uri: Option<Secret>,
    scope: Option<Secret>,
    grant: Secret,
}

impl Authorize {
    pub(super) fn new(client: &Client, redirect_uri: String) -> Self {
        Self {
            page: format!("{}{PAGE}", client.inner().base(Host::Accounts)),
            app: client.app_id().to_owned(),
            redirect_uri,
            scopes: Vec::new(),
            state: None,
            consent: false,
        }
    }

    /// Asks for these scopes, beside those asked for already; 50 at most, each once. What a user has granted before stays granted.
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes.extend(scopes.into_iter().map(Into::into));
        self
    }

    /// Asks for the scope `offline_access`, so that there is a refresh token and the session outlives its first two hours.
    pub fn offline_access(self) -> Self {
        self.scopes(["offline_access"])
    }

    /// What comes back with the user; random unless given. It has to be compared, so that nobody can forge the return.
    pub fn state(mut self, state: impl Into<String>) -> Self {
        self.state = Some(state.into());
        self
    }

    /// Shows the page even to a user who has granted everything before.
    pub fn consent(mut self) -> Self {
        self.consent = true;
        self
    }

    /// The address, with the challenge of PKCE.
    ///
    /// # Errors
    /// When a scope is malformed or asked for twice, there are more than 50, or the redirect URL is none.
    pub fn build(self) -> Result<Authorization> {
        self.check()?;
        let chance = || random::text().ok_or_else(|| Error::setup("the machine has no source of random numbers"));
        let verifier = Secret::from(chance()?);
        let state = match self.state {
            Some(state) => state,
            None => chance()?,
        };
        let mut url = self.page;
        let challenge = challenge(&verifier);
        let scopes = self.scopes.join(" ");
        let parameters = [
            ("client_id", self.app.as_str()),
            ("response_type", "code"),
            ("redirect_uri", &self.redirect_uri),
            ("scope", &scopes),
            ("state", &state),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("prompt", if self.consent { "consent" } else { "" }),
        ];
        let mut mark = '?';
        for (name, value) in parameters.into_iter().filter(|(_, value)| !value.is_empty()) {
            url.push(mark);
            url.push_str(name);
            url.push('=');
            push_encoded(&mut url, value);
            mark = '&';
        }
        Ok(Authorization {
            url,
            redirect_uri: self.redirect_uri,
            state: state.into(),
            verifier,
        })
    }

    fn check(&self) -> Result<()> {
        let complaint = |problem: String| {
            Err(Error::setup(format!(
                "the authorization page cannot be opened: {problem}"
            )))
        };
        let host = self.redirect_uri.split_once("://").map(|(_, host)| host);
        if host.is_none_or(str::is_empty)
            || self
                .redirect_uri
                .contains(|c: char| c.is_whitespace() || c.is_control())
        {
            let uri = flat(&self.redirect_uri, 100);
            return complaint(format!(
                "`{uri}` is no redirect URL; give one like https://example.com/callback"
            ));
        }
        if self.state.as_deref() == Some("") {
            return complaint("its `state` is empty; leave it out to have a random one".to_owned());
        }
        let mut seen = HashSet::new();
        for scope in &self.scopes {
            let plain = |c: char| c.is_ascii_graphic();
            if scope.is_empty() || !scope.chars().all(plain) {
                let scope = flat(scope, 60);
                return complaint(format!("`{scope}` is no scope; give each by itself, like `im:message`"));
            }
            if !seen.insert(scope) {
                return complaint(format!("the scope `{}` is asked for twice; ask once", flat(scope, 60)));
            }
        }
        match self.scopes.len() {
            count if count > MOST => complaint(format!(
                "it asks for {count} scopes, and {MOST} are the most; ask for the others another time, what was granted stays"
            )),
            _ => Ok(()),
        }
    }
}

impl Authorization {
    /// The address to open in the user's browser.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What has to come back as `state`; if anything else does, somebody forged the return.
    pub fn state(&self) -> &str {
        self.state.expose()
    }

    /// The verifier of PKCE, for programs that cannot keep this value but only texts; give it to [`SignIn::verifier`].
    pub fn verifier(&self) -> &Secret {
        &self.verifier
    }

    /// What [`Client::sign_in`] takes, with the code that came back.
    pub fn sign_in(&self, code: impl Into<Secret>) -> SignIn {
        SignIn::new(code)
            .verifier(&self.verifier)
            .redirect_uri(self.redirect_uri.as_str())
    }
}

impl SignIn {
    /// A code of the authorization page.
    pub fn new(code: impl Into<Secret>) -> Self {
        Self {
            code: code.into(),
            verifier: None,
            redirect_uri: None,
            scope: None,
            grant: "authorization_code".into(),
        }
    }

    /// The verifier of PKCE that the page's challenge was made from.
    pub fn verifier(mut self, verifier: impl Into<Secret>) -> Self {
        self.verifier = Some(verifier.into());
        self
    }

    /// The redirect URL the page was given.
    pub fn redirect_uri(mut self, redirect_uri: impl Into<String>) -> Self {
        self.redirect_uri = Some(redirect_uri.into().into());
        self
    }

    /// Takes these scopes only, of those that the user granted.
    pub fn scopes<S: AsRef<str>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        let scopes: Vec<S> = scopes.into_iter().collect();
        let scopes: Vec<&str> = scopes.iter().map(AsRef::as_ref).collect();
        self.scope = Some(scopes.join(" ").into());
        self
    }

    /// The body of the call for the tokens, beside the app's credentials.
    pub(super) fn members(&self) -> Vec<(&'static str, &Secret)> {
        let some = [
            ("grant_type", Some(&self.grant)),
            ("code", Some(&self.code)),
            ("redirect_uri", self.redirect_uri.as_ref()),
            ("code_verifier", self.verifier.as_ref()),
            ("scope", self.scope.as_ref()),
        ];
        some.into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect()
    }
}

/// The challenge of a verifier, by the method `S256` (RFC 7636 §4.2).
fn challenge(verifier: &Secret) -> String {
    base64url(&sha256(verifier.expose().as_bytes()))
}

impl fmt::Debug for Authorize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorize")
            .field("redirect_uri", &self.redirect_uri)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

/// Without the address: it holds the state.
impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorization")
            .field("redirect_uri", &self.redirect_uri)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn").finish_non_exhaustive()
    }
}
