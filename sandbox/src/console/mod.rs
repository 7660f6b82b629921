//! The pages of the console, as they lie in `sandbox/console`: no build step stands between them and the browser.

use std::sync::LazyLock;

use axum::{
    Router,
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use sha2::{Digest, Sha256};

use crate::{admin, base64};

/// Everything comes from here; pictures that the browser made itself may be shown too.
const POLICY: &str = "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// One file as it is served.
struct Asset {
    name: &'static str,
    kind: &'static str,
    content: &'static [u8],
    tag: LazyLock<String, fn() -> String>,
}

macro_rules! assets {
    ($($at:ident: $name:literal, $kind:expr;)*) => {
        $(static $at: Asset = Asset {
            name: $name,
            kind: $kind,
            content: include_bytes!(concat!("../../console/", $name)),
            tag: LazyLock::new(|| tag($at.content)),
        };)*
        static ASSETS: &[&Asset] = &[$(&$at),*];
    };
}

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

assets! {
    API: "api.js", JS;
    CARD: "card.js", JS;
    CARDINPUT: "cardinput.js", JS;
    CHATS_CSS: "chats.css", CSS;
    CHATS: "chats.js", JS;
    COMPOSE: "compose.js", JS;
    CONTROL: "control.js", JS;
    EXPLORER: "explorer.js", JS;
    FORM: "form.js", JS;
    ICON_SVG: "icon.svg", SVG;
    IDENTITY: "identity.js", JS;
    INDEX: "index.html", HTML;
    JSON: "json.js", JS;
    LIVE: "live.js", JS;
    LOGS: "logs.js", JS;
    MAIN: "main.js", JS;
    MANY: "many.js", JS;
    MARKDOWN: "markdown.js", JS;
    MESSAGE: "message.js", JS;
    OPERATIONS: "operations.js", JS;
    PARTS: "parts.js", JS;
    POST: "post.js", JS;
    RAWJSON: "rawjson.js", JS;
    REPLY: "reply.js", JS;
    ROUTE: "route.js", JS;
    SAMPLES: "samples.js", JS;
    SCOPES: "scopes.js", JS;
    STYLE_CSS: "style.css", CSS;
    TEXT: "text.js", JS;
    VIEWS_CSS: "views.css", CSS;
    VENDOR_HTM_PREACT: "vendor/htm-preact.js", JS;
}

fn tag(content: &[u8]) -> String {
    format!("\"{}\"", base64::hex(&Sha256::digest(content)[..16]))
}

/// The pages: `/`, and what they load from `/assets/`.
pub(crate) fn router() -> Router {
    Router::new()
        .route("/", get(async |headers: HeaderMap| serve(&INDEX, &headers)))
        .route(
            "/assets/{*name}",
            get(async |Path(name): Path<String>, headers: HeaderMap| {
                match ASSETS.iter().find(|asset| asset.name == name) {
                    Some(asset) => serve(asset, &headers),
                    None => (StatusCode::NOT_FOUND, "no such part of the console\n").into_response(),
                }
            }),
        )
        .layer(middleware::from_fn(admin::guard))
}

fn serve(asset: &'static Asset, headers: &HeaderMap) -> Response {
    let tag = HeaderValue::from_str(&asset.tag).unwrap_or(HeaderValue::from_static("\"\""));
    let known = headers.get(header::IF_NONE_MATCH) == Some(&tag);
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    let tag = [(header::ETAG, tag)];
    match known {
        true => (StatusCode::NOT_MODIFIED, fixed, tag).into_response(),
        false => (fixed, tag, [(header::CONTENT_TYPE, asset.kind)], asset.content).into_response(),
    }
}
