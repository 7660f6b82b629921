//! What holds for the platform as a whole: hosts and error codes.

/// The two platforms and the error codes they share; generated code hands it in.
#[derive(Clone, Copy, Debug)]
pub struct Platform {
    /// The hosts of Feishu, for tenants in China.
    pub feishu: Hosts,
    /// The hosts of Lark, for all others.
    pub lark: Hosts,
    /// Codes any call may answer with, and what each means: `(code, "The cause; the cure.")`.
    pub errors: &'static [(i64, &'static str)],
    /// Codes the call for a user's tokens answers with, and what each means.
    pub sign_in_errors: &'static [(i64, &'static str)],
    /// Codes that refuse the token a call was sent with.
    pub token_errors: TokenErrors,
    /// Codes that say whether a repeated call may fare better.
    pub retry_errors: RetryErrors,
}

/// The hosts of one platform, each with its scheme and without a trailing slash.
#[derive(Clone, Copy, Debug)]
pub struct Hosts {
    /// The open platform, where nearly all calls go: `https://open.feishu.cn`.
    pub open: &'static str,
    /// Sign-in and authorization: `https://accounts.feishu.cn`.
    pub accounts: &'static str,
    /// The product's own site, for a few old calls: `https://www.feishu.cn`.
    pub web: &'static str,
}

/// Codes that refuse a token, by the kind of the token.
#[derive(Clone, Copy, Debug)]
pub struct TokenErrors {
    /// The tenant access token is invalid, expired, or not for this call.
    pub tenant: &'static [i64],
    /// The app access token is.
    pub app: &'static [i64],
    /// The user access token is.
    pub user: &'static [i64],
    /// The token, of whatever kind, is malformed.
    pub malformed: &'static [i64],
    /// The app ticket of a store app is; the platform pushes another.
    pub ticket: &'static [i64],
    /// The code or refresh token is used up, so that the user has to sign in again.
    pub sign_in: &'static [i64],
}

/// Codes by whether a repeated call may fare better; each means the same for every endpoint.
#[derive(Clone, Copy, Debug)]
pub struct RetryErrors {
    /// The call came too fast and did not run.
    pub limited: &'static [i64],
    /// The call did not run, and may soon.
    pub busy: &'static [i64],
    /// Repeating the call never helps, whatever the HTTP status.
    pub last: &'static [i64],
}

#[cfg(test)]
impl Platform {
    /// Feishu's hosts, and no code that means anything.
    pub(crate) const BARE: Self = {
        let hosts = Hosts {
            open: "https://open.feishu.cn",
            accounts: "https://accounts.feishu.cn",
            web: "https://www.feishu.cn",
        };
        Self {
            feishu: hosts,
            lark: hosts,
            errors: &[],
            sign_in_errors: &[],
            token_errors: TokenErrors {
                tenant: &[],
                app: &[],
                user: &[],
                malformed: &[],
                ticket: &[],
                sign_in: &[],
            },
            retry_errors: RetryErrors {
                limited: &[],
                busy: &[],
                last: &[],
            },
        }
    };
}

impl Platform {
    /// What the platform's table says about `code`.
    pub(crate) fn cause(&self, code: i64) -> Option<&'static str> {
        row(self.errors, code)
    }
}

impl TokenErrors {
    /// Whether `code` refuses a token the client fetched itself, so that a fresh one may help.
    pub(crate) fn is_own(&self, code: i64) -> bool {
        [self.tenant, self.app, self.malformed]
            .iter()
            .any(|codes| codes.contains(&code))
    }

    /// Whether `code` refuses a user's token.
    pub(crate) fn is_user(&self, code: i64) -> bool {
        self.user.contains(&code) || self.malformed.contains(&code)
    }

    /// Whether `code` refuses a token of any kind.
    pub(crate) fn is_any(&self, code: i64) -> bool {
        self.is_own(code) || self.user.contains(&code)
    }
}

/// The text beside `code` in a table of codes.
pub(crate) fn row(table: &'static [(i64, &'static str)], code: i64) -> Option<&'static str> {
    table.iter().find(|(each, _)| *each == code).map(|(_, cause)| *cause)
}
