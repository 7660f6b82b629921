//! Sends messages on bare reqwest, so many at once: `bare URL COUNT [CONCURRENT]`. Prints the seconds that took. The token is fetched
//! once, as anybody would.

use std::{sync::Arc, time::Instant};

use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[derive(Serialize)]
struct Credentials<'a> {
    app_id: &'a str,
    app_secret: &'a str,
}

#[derive(Deserialize)]
struct Token {
    tenant_access_token: String,
}

#[derive(Serialize)]
struct Create<'a> {
    receive_id: &'a str,
    msg_type: &'a str,
    content: String,
}

#[derive(Serialize)]
struct Text<'a> {
    text: &'a str,
}

#[derive(Deserialize)]
struct Envelope {
    code: i64,
    msg: String,
    data: Option<Message>,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Message {
    message_id: String,
    root_id: Option<String>,
    parent_id: Option<String>,
    thread_id: Option<String>,
    msg_type: String,
    create_time: String,
    update_time: String,
    deleted: bool,
    updated: bool,
    chat_id: String,
    sender: Sender,
    body: Body,
    #[serde(default)]
    mentions: Vec<Mention>,
    upper_message_id: Option<String>,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Sender {
    id: String,
    id_type: String,
    sender_type: String,
    tenant_key: String,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Body {
    content: String,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Mention {
    key: String,
    id: String,
    id_type: String,
    name: String,
    tenant_key: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("URL")?;
    let count: usize = arguments.next().ok_or("COUNT")?.parse()?;
    let concurrent: usize = arguments.next().as_deref().unwrap_or("1").parse()?;
    rustls::crypto::ring::default_provider().install_default().map_err(|_| "a provider is installed already")?;
    let client = reqwest::Client::builder().timeout(std::time::Duration::from_secs(30)).build()?;
    let (start, mut tasks) = (Instant::now(), JoinSet::new());
    let credentials = Credentials { app_id: "cli_bench", app_secret: "secret" };
    let token: Token =
        client.post(format!("{url}/open-apis/auth/v3/tenant_access_token/internal")).json(&credentials).send().await?.json().await?;
    let (url, token) = (Arc::<str>::from(url), Arc::<str>::from(token.tenant_access_token));
    for _ in 0..concurrent {
        tasks.spawn(send(client.clone(), url.clone(), token.clone(), count / concurrent));
    }
    while let Some(sent) = tasks.join_next().await {
        sent??;
    }
    println!("{}", start.elapsed().as_secs_f64());
    Ok(())
}

async fn send(client: reqwest::Client, url: Arc<str>, token: Arc<str>, count: usize) -> Result<()> {
    for _ in 0..count {
        let content = serde_json::to_string(&Text { text: "Hello world" })?;
        let reply: Envelope = client
            .post(format!("{url}/open-apis/im/v1/messages?receive_id_type=chat_id"))
            .bearer_auth(&token)
            .json(&Create { receive_id: "oc_bench", msg_type: "text", content })
            .send()
            .await?
            .json()
            .await?;
        if reply.code != 0 {
            return Err(reply.msg.into());
        }
        std::hint::black_box(reply.data.ok_or("no data")?.message_id);
    }
    Ok(())
}
