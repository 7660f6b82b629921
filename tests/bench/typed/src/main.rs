//! Sends messages typed: `typed URL COUNT`.

use flybook::{
    Client, Pacing,
    im::v1::message::{Create, MessageContent, ReceiveIdType},
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("URL")?;
    let count: usize = arguments.next().ok_or("COUNT")?.parse()?;
    // All go to one chat, which would take five a second.
    let client = Client::builder("cli_bench", "secret").base_url(url).pacing(Pacing::Off).build()?;
    for _ in 0..count {
        let request = Create::new(ReceiveIdType::ChatId, "oc_bench", MessageContent::text("Hello world"));
        let sent = client.send(request).await?;
        std::hint::black_box(sent.message_id);
    }
    Ok(())
}
