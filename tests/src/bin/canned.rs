//! Answers every call with the same token and the same message: the other end of the benches. `canned` prints its URL.

use std::error::Error;

use axum::{Router, http::header, routing::post};

const TOKEN: &str =
    r#"{"code":0,"msg":"ok","tenant_access_token":"t-caecc734c2e3328a62489fe0648c4b98779515d3","expire":7200}"#;

/// The reply that the page of im.v1.message.create documents.
const MESSAGE: &str = include_str!("../../fixtures/documented/im.v1.message.create.reply.json");

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let json = || [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
    let router = Router::new()
        .route(
            "/open-apis/auth/v3/tenant_access_token/internal",
            post(async move || (json(), TOKEN)),
        )
        .route("/open-apis/im/v1/messages", post(async move || (json(), MESSAGE)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, router).await?;
    Ok(())
}
