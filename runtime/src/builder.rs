//! Building a client.

use std::{any::Any, fmt, marker::PhantomData, sync::Arc, time::Duration};

use http::HeaderValue;

use crate::{
    AppKind, Client, Error, MemoryStore, Observer, Pacing, Platform, Result, Retry, Secret, TokenStore, Transport,
    client::{App, Inner},
    line::flat,
    pace::Pace,
    retry::Dice,
    scopes::Observed,
    store::Shared,
    token::Tokens,
    url::base,
};

/// Builds a [`Client`], or whatever wraps one.
pub struct Builder<C = Client> {
    platform: &'static Platform,
    app_id: String,
    app_secret: Secret,
    kind: AppKind,
    lark: bool,
    base_url: Option<String>,
    ticket: Option<Secret>,
    store: Option<Arc<dyn TokenStore>>,
    /// The same, when it is the one in memory.
    memory: Option<MemoryStore>,
    helpdesk: Option<(String, Secret)>,
    transport: Option<Arc<dyn Transport>>,
    timeout: Duration,
    body_limit: Option<usize>,
    pacing: Pacing,
    user_agent: String,
    retry: Retry,
    observer: Option<Arc<dyn Observer>>,
    trace_bodies: bool,
    client: PhantomData<fn() -> C>,
}

impl<C: From<Client>> Builder<C> {
    /// A client for the custom app with this id and secret, on Feishu.
    pub fn new(platform: &'static Platform, app_id: impl Into<String>, app_secret: impl Into<Secret>) -> Self {
        Self {
            platform,
            app_id: app_id.into(),
            app_secret: app_secret.into(),
            kind: AppKind::Custom,
            lark: false,
            base_url: None,
            ticket: None,
            store: None,
            memory: None,
            helpdesk: None,
            transport: None,
            timeout: Duration::from_secs(30),
            body_limit: None,
            pacing: Pacing::default(),
            user_agent: concat!("flybook/", env!("CARGO_PKG_VERSION")).to_owned(),
            retry: Retry::default(),
            observer: None,
            trace_bodies: false,
            client: PhantomData,
        }
    }

    /// Reads `FLYBOOK_APP_ID` and `FLYBOOK_APP_SECRET`; where they are set, `FLYBOOK_DOMAIN` (`feishu` or `lark`) and
    /// `FLYBOOK_BASE_URL`, which wins over it.
    ///
    /// # Errors
    /// When one of the first two is missing or empty, or the third names another domain; the error says which.
    pub fn from_env(platform: &'static Platform) -> Result<Self> {
        Self::from_vars(platform, |name| std::env::var(name).ok())
    }

    fn from_vars(platform: &'static Platform, var: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let var = |name| var(name).filter(|value| !value.is_empty());
        let id = var("FLYBOOK_APP_ID");
        let secret = var("FLYBOOK_APP_SECRET");
        let (Some(id), Some(secret)) = (&id, &secret) else {
            let missing = match (id, secret) {
                (None, None) => "FLYBOOK_APP_ID and FLYBOOK_APP_SECRET are",
                (None, _) => "FLYBOOK_APP_ID is",
                _ => "FLYBOOK_APP_SECRET is",
            };
            return Err(Error::setup(format!(
                "{missing} not set; the developer console shows both under Credentials & Basic Info \
                 (optional: FLYBOOK_DOMAIN is feishu or lark, FLYBOOK_BASE_URL names another server)"
            )));
        };
        let builder = Self::new(platform, id.as_str(), secret.as_str());
        let builder = match var("FLYBOOK_DOMAIN") {
            Some(domain) if domain.eq_ignore_ascii_case("lark") => builder.lark(),
            Some(domain) if !domain.eq_ignore_ascii_case("feishu") => {
                return Err(Error::setup(format!(
                    "FLYBOOK_DOMAIN is `{}`; it must be feishu or lark (FLYBOOK_BASE_URL names another server)",
                    flat(&domain, 60)
                )));
            }
            _ => builder,
        };
        Ok(match var("FLYBOOK_BASE_URL") {
            Some(url) => builder.base_url(url),
            None => builder,
        })
    }

    /// Speaks to Lark instead of Feishu.
    pub fn lark(mut self) -> Self {
        self.lark = true;
        self
    }

    /// Speaks to another server: `https://open.example.com`, without path or trailing slash. All hosts become this one.
    ///
    /// `http://` is meant for servers on the same machine: the app's secret travels in the clear.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// The app is from the app store: it needs an app ticket, and calls name their tenant.
    pub fn store_app(mut self) -> Self {
        self.kind = AppKind::Store;
        self
    }

    /// The ticket a store app received last; newer ones go to [`Client::set_app_ticket`].
    pub fn app_ticket(mut self, ticket: impl Into<Secret>) -> Self {
        self.ticket = Some(ticket.into());
        self
    }

    /// Keeps tokens, the app ticket and users' sessions in `store`, to share them with other clients of this app, in this process or
    /// others. These clients keep the platform's limits together.
    ///
    /// ```
    /// # fn sample(builder: flybook_runtime::Builder) -> flybook_runtime::Result<()> {
    /// let store = flybook_runtime::MemoryStore::new();
    /// let client = builder.store(store.clone()).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn store(mut self, store: impl TokenStore) -> Self {
        self.memory = (&store as &dyn Any).downcast_ref().cloned();
        self.store = Some(Arc::new(store));
        self
    }

    /// The help desk's id and token, which its endpoints want beside the access token.
    pub fn helpdesk(mut self, id: impl Into<String>, token: impl Into<Secret>) -> Self {
        self.helpdesk = Some((id.into(), token.into()));
        self
    }

    /// Carries the calls with `transport` instead of the one that comes with the crate.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// How long a call may take in all, 30 s unless given. A call may set its own.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// When calls are tried again: [`Retry::default`] unless given. A call may set its own; calls for tokens follow this one.
    pub fn retry(mut self, policy: Retry) -> Self {
        self.retry = policy;
        self
    }

    /// Tells `observer` of every attempt and every call, for metrics.
    pub fn observer(mut self, observer: impl Observer) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Shows JSON bodies, requests and replies, in `tracing` events of level `DEBUG`: up to 2,048 characters of each, without the
    /// client's secrets and without members named like one. Calls that deal in secrets show none. Meant for development: what
    /// people write to each other stands in these bodies.
    pub fn trace_bodies(mut self) -> Self {
        self.trace_bodies = true;
        self
    }

    /// The largest reply to accept, in bytes; unless given, 64 MiB for JSON and 256 MiB for downloads. A download
    /// that is not held in memory (`chunks`, `to_file`) has a limit only if one is given.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = Some(bytes);
        self
    }

    /// What calls do that come too often: they wait for their turn, unless told otherwise. A call may say it for itself.
    pub fn pacing(mut self, pacing: Pacing) -> Self {
        self.pacing = pacing;
        self
    }

    /// The `User-Agent` header.
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.user_agent = name.into();
        self
    }

    /// The client. Nothing is sent yet.
    ///
    /// # Errors
    /// When a credential is empty or holds white space, the base URL or a header is malformed, or there is no transport.
    pub fn build(self) -> Result<C> {
        check_credential("id", &self.app_id)?;
        check_credential("secret", self.app_secret.expose())?;
        let hosts = match &self.base_url {
            Some(url) => {
                let base = base(url)?;
                [base.clone(), base.clone(), base]
            }
            None => {
                let hosts = if self.lark {
                    self.platform.lark
                } else {
                    self.platform.feishu
                };
                [hosts.open, hosts.accounts, hosts.web].map(str::to_owned)
            }
        };
        let user_agent = HeaderValue::try_from(&self.user_agent)
            .map_err(|_| Error::setup("the user agent holds characters that cannot travel in a header"))?;
        let helpdesk = self.helpdesk.map(|(id, token)| {
            let mut header = HeaderValue::try_from(base64(format!("{id}:{}", token.expose()).as_bytes()))
                .map_err(|_| Error::setup("the help desk's credentials cannot travel in a header"))?;
            header.set_sensitive(true);
            Ok::<_, Error>((header, token))
        });
        let transport = match self.transport {
            Some(transport) => transport,
            None => default_transport()?,
        };
        let tokens = Tokens::default();
        if let Some(ticket) = self.ticket {
            tokens.ticket.give(ticket);
        }
        let shared = self.store.map(|store| Arc::new(Shared::new(store, &self.app_id)));
        let pace = match &self.memory {
            // One line for all clients is as quick as a line of one's own.
            Some(memory) => Pace::new(memory.room(&self.app_id), None),
            None => Pace::new(Arc::default(), shared.clone()),
        };
        let helpdesk = helpdesk.transpose()?;
        let client = Client::from_inner(|me| Inner {
            me,
            platform: self.platform,
            pace,
            pacing: self.pacing,
            observed: Observed::default(),
            app: App {
                id: self.app_id,
                secret: self.app_secret,
                kind: self.kind,
            },
            hosts,
            transport,
            tokens,
            shared,
            helpdesk,
            timeout: self.timeout,
            body_limit: self.body_limit,
            user_agent,
            budget: self.retry.own_budget().cloned().unwrap_or_default(),
            retry: self.retry,
            dice: Dice::new(),
            observer: self.observer,
            trace_bodies: self.trace_bodies,
        });
        Ok(client.into())
    }
}

#[cfg(feature = "reqwest")]
fn default_transport() -> Result<Arc<dyn Transport>> {
    Ok(Arc::new(crate::HttpTransport::new()?))
}

#[cfg(not(feature = "reqwest"))]
fn default_transport() -> Result<Arc<dyn Transport>> {
    Err(Error::setup(
        "there is no transport, for this build comes without one; give one with `.transport(…)`",
    ))
}

/// An id or a secret as the console shows it.
fn check_credential(what: &str, value: &str) -> Result<()> {
    if value.trim().is_empty() {
        return Err(Error::setup(format!(
            "the app {what} is empty; the developer console shows it under Credentials & Basic Info"
        )));
    }
    if value.contains(|letter: char| letter.is_whitespace() || letter.is_control()) {
        return Err(Error::setup(format!(
            "the app {what} holds a space, a line break or another invisible character, probably from where it was copied; remove it"
        )));
    }
    Ok(())
}

/// Base64 with padding (RFC 4648 §4).
pub(crate) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0, |group, byte| group << 8 | usize::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let letter = LETTERS[group >> (18 - 6 * place) & 63];
            text.push(if place <= chunk.len() { letter.into() } else { '=' });
        }
    }
    text
}

impl<C> fmt::Debug for Builder<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("app_id", &self.app_id)
            .field("app_secret", &self.app_secret)
            .field("kind", &self.kind)
            .field("lark", &self.lark)
            .field("timeout", &self.timeout)
            .field("body_limit", &self.body_limit)
            .field("pacing", &self.pacing)
            .field("user_agent", &self.user_agent)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Hosts;

    const HOSTS: Hosts = Hosts {
        open: "https://o",
        accounts: "https://a",
        web: "https://w",
    };
    static PLATFORM: Platform = Platform {
        feishu: HOSTS,
        lark: HOSTS,
        ..Platform::BARE
    };

    /// RFC 4648 §10.
    #[test]
    fn base64_vectors() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
        assert_eq!(base64(&[0xff, 0xfe, 0xfd]), "//79");
    }

    #[test]
    fn from_the_environment() {
        let read = |vars: &'static [(&str, &str)]| {
            let var = |name: &str| {
                vars.iter()
                    .find(|(key, _)| *key == name)
                    .map(|(_, value)| (*value).to_owned())
            };
            Builder::<Client>::from_vars(&PLATFORM, var)
        };
        for (vars, missing) in [
            (&[][..], "FLYBOOK_APP_ID and FLYBOOK_APP_SECRET are not set"),
            (
                &[("FLYBOOK_APP_ID", "i"), ("FLYBOOK_APP_SECRET", "")],
                "FLYBOOK_APP_SECRET is not set",
            ),
            (&[("FLYBOOK_APP_SECRET", "s")], "FLYBOOK_APP_ID is not set"),
        ] {
            assert!(read(vars).unwrap_err().to_string().contains(missing));
        }
        let vars = &[
            ("FLYBOOK_APP_ID", "i"),
            ("FLYBOOK_APP_SECRET", "s"),
            ("FLYBOOK_BASE_URL", "http://h"),
        ];
        let builder = read(vars).unwrap();
        assert_eq!(
            (builder.app_id.as_str(), builder.base_url.as_deref()),
            ("i", Some("http://h"))
        );
        let domain = |domain: &'static str| {
            let vars = [
                ("FLYBOOK_APP_ID", "i"),
                ("FLYBOOK_APP_SECRET", "s"),
                ("FLYBOOK_DOMAIN", domain),
            ];
            read(Box::leak(Box::new(vars))).map(|builder| builder.lark)
        };
        assert!(domain("lark").unwrap() && domain("Lark").unwrap() && !domain("feishu").unwrap());
        let error = domain("larksuite").unwrap_err().to_string();
        assert!(
            error.contains("FLYBOOK_DOMAIN is `larksuite`; it must be feishu or lark"),
            "{error}"
        );
    }
}
