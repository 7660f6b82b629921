//! Operations that issue tokens: the `token` word of the catalog.

use serde_json::{Value, json};

use crate::{
    access,
    app::App,
    catalog::{AppKind, TokenKind, TokenWords},
    check::Checked,
    refusal::{Refusal, code},
    state::State,
};

/// Issues what the words say to whom the arguments name.
pub(crate) fn issue(state: &mut State, words: TokenWords, sent: &Checked, now: u64) -> Result<Value, Refusal> {
    // A store app's tenant token is the only one that is bought with another token.
    let (app, tenant) = match (words.of, words.token) {
        (AppKind::Store, TokenKind::Tenant) => by_app_token(state, sent, now)?,
        (AppKind::Store, _) => {
            let app = by_secret(state, sent, words)?;
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
        (AppKind::Custom, _) => (by_secret(state, sent, words)?, state.home().to_owned()),
    };
    let State { tokens, mint, .. } = state;
    let (token, expire) = tokens.for_app(&app, &tenant, words.token, mint, now);
    Ok(match (words.token, app.kind) {
        (TokenKind::App, AppKind::Custom) => {
            json!({"app_access_token": token, "tenant_access_token": token, "expire": expire})
        }
        (TokenKind::App, AppKind::Store) => json!({"app_access_token": token, "expire": expire}),
        _ => json!({"tenant_access_token": token, "expire": expire}),
    })
}

fn by_secret(state: &State, sent: &Checked, words: TokenWords) -> Result<App, Refusal> {
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
    if app.kind != words.of {
        let code = if words.token == TokenKind::App {
            code::NO_APP_TOKEN
        } else {
            code::NO_TENANT_TOKEN
        };
        let message = format!(
            "get token fail: this operation is for {} apps, and `{id}` is a {} app",
            words.of, app.kind
        );
        return Err(Refusal::new(code, message));
    }
    Ok(app.clone())
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
