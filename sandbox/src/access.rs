//! Who may call: token, app, helpdesk and scopes, in the platform's order.

use std::collections::BTreeSet;

use http::{
    HeaderMap,
    header::{AUTHORIZATION, HeaderName},
};

use crate::{
    app::{App, granted},
    base64,
    catalog::{Operation, TokenKind},
    refusal::{Refusal, code},
    state::State,
    tokens::Token,
};

const HELPDESK: HeaderName = HeaderName::from_static("x-lark-helpdesk-authorization");

/// Who makes a call.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) app: String,
    pub(crate) tenant: String,
    /// The user, by open id, when the call is made as one.
    pub(crate) user: Option<String>,
    /// What that user granted; none is everything.
    pub(crate) scopes: Option<BTreeSet<String>>,
}

/// Lets a call in, or says why not. Operations without tokens are open to all.
pub(crate) fn admit(
    state: &State,
    operation: &Operation,
    headers: &HeaderMap,
    now: u64,
) -> Result<Option<Caller>, Refusal> {
    if operation.tokens.is_empty() {
        return Ok(None);
    }
    let (text, kind) = presented(headers)?;
    let token = state.tokens.find(text);
    let token = token
        .filter(|token| token.kind == kind)
        .ok_or_else(|| invalid(kind, "is not one that was issued, or was revoked"))?;
    if token.expires <= now {
        return Err(expired(kind));
    }
    let app = state
        .app(&token.app)
        .ok_or_else(|| invalid(kind, "belongs to an app that does not exist"))?;
    if app.disabled {
        return Err(Refusal::new(
            code::APP_DISABLED,
            format!("app not in use: `{}` is disabled; enable it in the console", app.id),
        ));
    }
    if !app.is_in(&token.tenant) {
        let message = format!(
            "unauthorized app: the tenant does not have `{}`; install it there",
            app.id
        );
        return Err(Refusal::new(code::WRONG_APP, message));
    }
    kinds(operation, token)?;
    if !operation.apps.is_empty() && !operation.apps.contains(&app.kind) {
        let message = format!("unauthorized app: `{}` is not open to {} apps", operation.id, app.kind);
        return Err(Refusal::new(code::WRONG_APP, message));
    }
    if operation.auth.as_deref() == Some("helpdesk") {
        helpdesk(state, headers)?;
    }
    scopes(operation, app, token)?;
    Ok(Some(Caller {
        app: token.app.clone(),
        tenant: token.tenant.clone(),
        user: token.user.clone(),
        scopes: token.scopes.clone(),
    }))
}

/// What the presented token stands for, whether or not it is good.
pub(crate) fn identity(headers: &HeaderMap) -> Option<TokenKind> {
    presented(headers).ok().map(|(_, kind)| kind)
}

fn presented(headers: &HeaderMap) -> Result<(&str, TokenKind), Refusal> {
    let missing = || {
        Refusal::new(
            code::NO_TOKEN,
            "Missing access token for authorization; send the header `Authorization: Bearer <token>`",
        )
    };
    let malformed = |what: &str| {
        let message = format!(
            "Invalid access token for authorization: {what}; it must read `Bearer t-…`, `Bearer u-…` or `Bearer a-…`"
        );
        Err(Refusal::new(code::MALFORMED_TOKEN, message))
    };
    let header = headers.get(AUTHORIZATION).ok_or_else(missing)?;
    let Ok(header) = header.to_str() else {
        return malformed("the header is not plain text");
    };
    let (scheme, text) = header.trim().split_once(' ').unwrap_or((header.trim(), ""));
    if scheme.is_empty() || scheme.eq_ignore_ascii_case("bearer") && text.trim().is_empty() {
        return Err(missing());
    }
    if !scheme.eq_ignore_ascii_case("bearer") {
        return malformed("the header does not begin with `Bearer `");
    }
    let text = text.trim();
    match text.get(..2) {
        Some("t-") => Ok((text, TokenKind::Tenant)),
        Some("a-") => Ok((text, TokenKind::App)),
        Some("u-" | "ey") => Ok((text, TokenKind::User)),
        _ => malformed("the token has an unknown prefix"),
    }
}

/// A token that cannot be used, in the code of its kind.
pub(crate) fn invalid(kind: TokenKind, why: &str) -> Refusal {
    let (code, name) = match kind {
        TokenKind::Tenant => (code::TENANT_TOKEN, "tenant_access_token"),
        TokenKind::User => (code::USER_TOKEN, "user_access_token"),
        TokenKind::App => (code::APP_TOKEN, "app_access_token"),
    };
    Refusal::new(
        code,
        format!("Invalid access token for authorization: the {name} {why}; get a new one"),
    )
}

/// A token that ran out, in the code of its kind.
pub(crate) fn expired(kind: TokenKind) -> Refusal {
    match kind {
        TokenKind::User => Refusal::new(
            code::USER_TOKEN_EXPIRED,
            "token expire: the user_access_token has expired; refresh it",
        ),
        _ => invalid(kind, "has expired"),
    }
}

fn kinds(operation: &Operation, token: &Token) -> Result<(), Refusal> {
    let accepted =
        operation.tokens.contains(&token.kind) || token.for_app_too && operation.tokens.contains(&TokenKind::App);
    if accepted {
        return Ok(());
    }
    let mut refusal = invalid(token.kind, "is of a kind this operation does not take");
    let wanted: Vec<&str> = operation
        .tokens
        .iter()
        .map(|kind| match kind {
            TokenKind::Tenant => "tenant_access_token",
            TokenKind::User => "user_access_token",
            TokenKind::App => "app_access_token",
        })
        .collect();
    refusal.message = format!(
        "{}; `{}` takes {}",
        refusal.message.trim_end_matches("; get a new one"),
        operation.id,
        wanted.join(" or ")
    );
    Err(refusal)
}

fn helpdesk(state: &State, headers: &HeaderMap) -> Result<(), Refusal> {
    let refuse = |why: &str| {
        let message = format!(
            "unauthorized: the header `X-Lark-Helpdesk-Authorization` {why}; it holds base64 of `<helpdesk id>:<helpdesk token>`"
        );
        // Its value is a credential and is never quoted.
        Err(Refusal::service(
            code::HELPDESK,
            "X-Lark-Helpdesk-Authorization",
            "",
            message,
        ))
    };
    let Some(header) = headers.get(HELPDESK) else {
        return refuse("is missing");
    };
    let credentials = base64::decode(header.as_bytes()).and_then(|bytes| String::from_utf8(bytes).ok());
    let Some(credentials) = credentials else {
        return refuse("is not base64 of text");
    };
    match credentials.split_once(':') {
        Some((id, token)) if !id.is_empty() && !token.is_empty() => match &state.helpdesk {
            Some(known) if *known != credentials => refuse("names a helpdesk or token that is not known"),
            _ => Ok(()),
        },
        _ => refuse("does not hold an id and a token"),
    }
}

fn scopes(operation: &Operation, app: &App, token: &Token) -> Result<(), Refusal> {
    let (wanted, by_user) = (&operation.scopes, token.kind == TokenKind::User);
    if !app.has_any(wanted) {
        return Err(denied(&app.id, by_user, false, wanted));
    }
    if by_user && !granted(token.scopes.as_ref(), wanted) {
        return Err(denied(&app.id, by_user, true, wanted));
    }
    Ok(())
}

/// A call that wants one of these scopes: of the app, or of the user where the app has one.
pub(crate) fn denied(app: &str, for_user: bool, by_user: bool, wanted: &[String]) -> Refusal {
    let list = wanted.join(", ");
    let identity = if for_user { "user" } else { "tenant" };
    let console = format!(
        "https://open.feishu.cn/app/{app}/auth?q={}&op_from=openapi&token_type={identity}",
        wanted.join(",")
    );
    let (code, message) = if by_user {
        let message = format!(
            "Unauthorized. The user has not granted the app any of [{list}]; have the user authorize again with one of them"
        );
        (code::USER_SCOPE, message)
    } else {
        let message = format!("Access denied. One of the following scopes is required: [{list}]. Add one at {console}");
        (code::APP_SCOPE, message)
    };
    Refusal::scopes(code, message, wanted, console)
}
