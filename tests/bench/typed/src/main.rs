//! Sends messages typed, so many at once: `typed URL COUNT [CONCURRENT]`. Prints the seconds that took.

use std::time::Instant;

use flybook::{
    Client, Pacing,
    im::v1::message::{Create, MessageContent, ReceiveIdType},
};
use tokio::task::JoinSet;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("URL")?;
    let count: usize = arguments.next().ok_or("COUNT")?.parse()?;
    let concurrent: usize = arguments.next().as_deref().unwrap_or("1").parse()?;
    // All go to one chat, which would take five a second.
    let client = Client::builder("cli_bench", "secret").base_url(url).pacing(Pacing::Off).build()?;
    let (start, mut tasks) = (Instant::now(), JoinSet::new());
    for _ in 0..concurrent {
        tasks.spawn(send(client.clone(), count / concurrent));
    }
    while let Some(sent) = tasks.join_next().await {
        sent??;
    }
    println!("{}", start.elapsed().as_secs_f64());
    Ok(())
}

async fn send(client: Client, count: usize) -> Result<()> {
    for _ in 0..count {
        let request = Create::new(ReceiveIdType::ChatId, "oc_bench", MessageContent::text("Hello world"));
        let sent = client.send(request).await?;
        std::hint::black_box(sent.message_id);
    }
    Ok(())
}
