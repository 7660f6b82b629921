//! Users who let an app act for them: the authorization page, its codes, and the tokens they buy.

use std::collections::{BTreeSet, HashMap};

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    check::Checked,
    refusal::{Refusal, code},
    state::State,
};

/// How long a code lives: five minutes (protocol.md §2.3).
const CODE_LIFE: u64 = 5 * 60 * 1000;
/// How long a refresh token lives, as the page's sample has it (protocol.md §2.1).
const REFRESH_LIFE: u64 = 604_800 * 1000;
const OFFLINE: &str = "offline_access";

/// What users have granted, by code and by refresh token.
#[derive(Default)]
pub(crate) struct Users {
    codes: HashMap<String, Code>,
    refresh: HashMap<String, Grant>,
}

/// What a user has granted to an app.
#[derive(Clone)]
struct Grant {
    app: String,
    open_id: String,
    scopes: BTreeSet<String>,
    expires: u64,
    used: bool,
}

struct Code {
    grant: Grant,
    redirect_uri: String,
    challenge: Option<String>,
}

impl Users {
    /// Makes every refresh token unknown at once.
    pub(crate) fn revoke(&mut self) {
        self.refresh.clear();
    }
}

/// Plays the user who opens the page and agrees: where the browser goes on to, or what the page would complain about.
pub(crate) fn authorize(state: &mut State, url: &str, open_id: &str, now: u64) -> Result<String, String> {
    let (_, query) = url.split_once('?').ok_or("the address has no query")?;
    let query: HashMap<&str, String> = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name, percent_decode_str(value).decode_utf8_lossy().into_owned()))
        .collect();
    let given = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    let app = state
        .app(given("client_id"))
        .ok_or("no app has this `client_id`")?
        .id
        .clone();
    if given("response_type") != "code" || given("redirect_uri").is_empty() {
        return Err("`response_type=code` and `redirect_uri` are needed".to_owned());
    }
    let scopes: Vec<&str> = given("scope").split_whitespace().collect();
    if scopes.len() > 50 {
        return Err(format!("{} scopes are asked for; 50 are the most", scopes.len()));
    }
    let challenge = match (given("code_challenge"), given("code_challenge_method")) {
        ("", _) => None,
        (challenge, "S256") => Some(challenge.to_owned()),
        _ => return Err("the sandbox knows the method S256 only".to_owned()),
    };
    let code = state.mint.id("");
    let redirect_uri = given("redirect_uri").to_owned();
    let (base, fragment) = redirect_uri.split_at(redirect_uri.find('#').unwrap_or(redirect_uri.len()));
    let mark = if base.contains('?') { '&' } else { '?' };
    let back = format!("{base}{mark}code={code}&state={}{fragment}", given("state"));
    let grant = Grant {
        app,
        open_id: open_id.to_owned(),
        scopes: scopes.into_iter().map(str::to_owned).collect(),
        expires: now + CODE_LIFE,
        used: false,
    };
    let code_of = Code {
        grant,
        challenge,
        redirect_uri,
    };
    state.users_signed_in.codes.insert(code, code_of);
    Ok(back)
}

/// Gives the tokens that a code or a refresh token buys (protocol.md §2.4).
pub(crate) fn grant(state: &mut State, sent: &Checked, now: u64) -> Result<Value, Refusal> {
    let refuse = |code: i64, why: &str| Err(Refusal::new(code, why.to_owned()));
    let id = sent.text("client_id");
    let Some(app) = state.app(id).cloned() else {
        return refuse(code::NO_APP, "no app has this client_id");
    };
    if app.secret != sent.text("client_secret") {
        return refuse(code::CLIENT_SECRET, "the client_secret is wrong");
    }
    if app.disabled {
        return refuse(code::APP_OFF, "the app is disabled");
    }
    let users = &mut state.users_signed_in;
    let grant = match sent.text("grant_type") {
        "authorization_code" => {
            let Some(known) = users.codes.get_mut(sent.text("code")) else {
                return refuse(code::UNKNOWN_CODE, "the code is unknown");
            };
            let verifier = Sha256::digest(sent.text("code_verifier").as_bytes());
            let proven = known
                .challenge
                .as_ref()
                .is_none_or(|challenge| *challenge == base64url(&verifier));
            let uri = sent.text("redirect_uri");
            match &known.grant {
                grant if grant.app != id => return refuse(code::OTHER_APP, "the code belongs to another app"),
                grant if grant.used => return refuse(code::USED_CODE, "the code has been used"),
                grant if grant.expires <= now => return refuse(code::OLD_CODE, "the code has expired"),
                _ if !uri.is_empty() && uri != known.redirect_uri => {
                    return refuse(code::REDIRECT, "the redirect_uri is not that of the page");
                }
                _ if !proven => return refuse(code::PKCE, "the code_verifier does not fit the challenge"),
                _ => {}
            }
            known.grant.used = true;
            known.grant.clone()
        }
        "refresh_token" => {
            let Some(known) = users.refresh.get_mut(sent.text("refresh_token")) else {
                return refuse(code::UNKNOWN_REFRESH, "the refresh token is unknown");
            };
            match known {
                grant if grant.app != id => return refuse(code::OTHER_APP, "the refresh token belongs to another app"),
                grant if grant.used => return refuse(code::USED_REFRESH, "the refresh token has been used"),
                grant if grant.expires <= now => return refuse(code::OLD_REFRESH, "the refresh token has expired"),
                _ => {}
            }
            known.used = true;
            known.clone()
        }
        _ => return refuse(code::GRANT_TYPE, "the grant_type is not supported"),
    };
    if !app.is_for(&grant.open_id) {
        return refuse(code::NOT_FOR_USER, "the app is not available to the user");
    }
    let asked: Vec<&str> = sent.text("scope").split_whitespace().collect();
    let scopes: BTreeSet<String> = match asked.is_empty() {
        true => grant.scopes.clone(),
        false => asked.iter().map(|scope| (*scope).to_owned()).collect(),
    };
    if scopes.len() < asked.len() {
        return refuse(code::SCOPE_TWICE, "a scope is asked for twice");
    }
    if !scopes.is_subset(&grant.scopes) {
        return refuse(code::SCOPE_NOT_GRANTED, "a scope was not granted by the user");
    }
    let tenant = state.home().to_owned();
    let State { tokens, mint, .. } = state;
    let access = tokens.for_user(id, &tenant, &grant.open_id, Some(scopes.clone()), mint, now);
    let list: Vec<&str> = scopes.iter().map(String::as_str).collect();
    let mut reply = json!({
        "access_token": access,
        "expires_in": 7200,
        "token_type": "Bearer",
        "scope": list.join(" "),
    });
    if scopes.contains(OFFLINE) {
        let refresh = mint.id("ur-");
        reply["refresh_token"] = refresh.clone().into();
        reply["refresh_token_expires_in"] = (REFRESH_LIFE / 1000).into();
        let next = Grant {
            scopes,
            expires: now + REFRESH_LIFE,
            used: false,
            ..grant
        };
        state.users_signed_in.refresh.insert(refresh, next);
    }
    Ok(reply)
}

fn base64url(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0, |group, byte| group << 8 | usize::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            text.push(LETTERS[group >> (18 - 6 * place) & 63].into());
        }
    }
    text
}
