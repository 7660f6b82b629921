//! Operations that take an app's own credentials: those that issue tokens (the `token` word of the catalog) and others.

use serde_json::{Value, json};

use crate::{
    access,
    app::App,
    catalog::{AppKind, Operation, Place, TokenKind, Type},
    check::Checked,
    refusal::{Refusal, code},
    state::State,
    users,
};

/// Issues a token for an app of this kind to whom the arguments name.
pub(crate) fn issue(
    state: &mut State,
    token: TokenKind,
    of: Option<AppKind>,
    sent: &Checked,
    now: u64,
) -> Result<Value, Refusal> {
    if token == TokenKind::User {
        return users::grant(state, sent, now);
    }
    // A store app's tenant token is the only one that is bought with another token.
    let (app, tenant) = match (of, token) {
        (Some(AppKind::Store), TokenKind::Tenant) => by_app_token(state, sent, now)?,
        (Some(AppKind::Store), _) => {
            let app = by_secret(state, sent, token, of)?;
            if state
                .tickets
                .get(&app.id)
                .is_none_or(|ticket| ticket != sent.text("app_ticket"))
            {
                return Err(Refusal::new(
                    code::NO_APP_TOKEN,
                    "get app access token fail: `app_ticket` is not the latest one; have it pushed again",
                ));
            }
            (app, String::new())
        }
        _ => (by_secret(state, sent, token, of)?, state.home().to_owned()),
    };
    if !app.is_in(&tenant) {
        let message = "get tenant access token fail: no tenant with this `tenant_key` has the app";
        return Err(Refusal::new(code::NO_TENANT_TOKEN, message));
    }
    let State { tokens, mint, .. } = state;
    let (text, expire) = tokens.for_app(&app, &tenant, token, mint, now);
    Ok(match (token, app.kind) {
        (TokenKind::App, AppKind::Custom) => {
            json!({"app_access_token": text, "tenant_access_token": text, "expire": expire})
        }
        (TokenKind::App, AppKind::Store) => json!({"app_access_token": text, "expire": expire}),
        _ => json!({"tenant_access_token": text, "expire": expire}),
    })
}

/// Whether an operation that takes no token wants the app's own credentials instead.
pub(crate) fn wants_credentials(operation: &Operation) -> bool {
    let body = |name: &str| operation.parameters_in(Place::Body).find(|field| field.name == name);
    operation.tokens.is_empty()
        && body("app_id").is_some()
        && body("app_secret").is_some_and(|field| matches!(field.kind, Type::Secret))
}

/// Checks the app's credentials for an operation that issues nothing.
pub(crate) fn credentials(state: &State, operation: &Operation, sent: &Checked) -> Result<(), Refusal> {
    let app = known(state, sent)?;
    if operation.apps.is_empty() || operation.apps.contains(&app.kind) {
        return Ok(());
    }
    let code = match app.kind {
        AppKind::Custom => code::NO_TICKET,
        AppKind::Store => code::WRONG_APP,
    };
    let message = format!(
        "`{}` is not open to {} apps, and `{}` is one",
        operation.id, app.kind, app.id
    );
    Err(Refusal::new(code, message))
}

fn by_secret(state: &State, sent: &Checked, token: TokenKind, of: Option<AppKind>) -> Result<App, Refusal> {
    let app = known(state, sent)?;
    if let Some(of) = of.filter(|of| *of != app.kind) {
        let code = if token == TokenKind::App {
            code::NO_APP_TOKEN
        } else {
            code::NO_TENANT_TOKEN
        };
        let message = format!(
            "get token fail: this operation is for {} apps, and `{}` is a {} app",
            of, app.id, app.kind
        );
        return Err(Refusal::new(code, message));
    }
    Ok(app.clone())
}

/// The app whose credentials were sent.
fn known<'s>(state: &'s State, sent: &Checked) -> Result<&'s App, Refusal> {
    let id = sent.text("app_id");
    if id.is_empty() || sent.text("app_secret").is_empty() {
        return Err(Refusal::new(
            code::TOKEN_PARAMETER,
            "invalid param: `app_id` and `app_secret` are needed",
        ));
    }
    let app = state
        .app(id)
        .ok_or_else(|| Refusal::new(code::TOKEN_PARAMETER, "invalid param: no app has this `app_id`"))?;
    if app.secret != sent.text("app_secret") {
        return Err(Refusal::new(
            code::WRONG_SECRET,
            "wrong app secret: copy it from the console",
        ));
    }
    usable(app)?;
    Ok(app)
}

fn by_app_token(state: &State, sent: &Checked, now: u64) -> Result<(App, String), Refusal> {
    let token = state
        .tokens
        .find(sent.text("app_access_token"))
        .filter(|token| token.kind == TokenKind::App);
    let token = token.ok_or_else(|| access::invalid(TokenKind::App, "is not one that was issued, or was revoked"))?;
    if token.expires <= now {
        return Err(access::expired(TokenKind::App));
    }
    let app = state
        .app(&token.app)
        .ok_or_else(|| access::invalid(TokenKind::App, "belongs to an app that does not exist"))?;
    usable(app)?;
    let tenant = sent.text("tenant_key");
    if !state.tenants.iter().any(|known| known == tenant) {
        return Err(Refusal::new(
            code::NO_TENANT_TOKEN,
            "get tenant access token fail: no tenant with this `tenant_key` has the app",
        ));
    }
    Ok((app.clone(), tenant.to_owned()))
}

fn usable(app: &App) -> Result<(), Refusal> {
    if app.disabled {
        return Err(Refusal::new(
            code::APP_UNAVAILABLE,
            format!("app unauthorized: `{}` is disabled; enable it in the console", app.id),
        ));
    }
    Ok(())
}
