//! The README's sample; a test holds the two together.

use flybook::{
    Client,
    im::v1::message::{Create, MessageContent, ReceiveIdType},
};

#[tokio::main]
async fn main() -> flybook::Result<()> {
    let client = Client::from_env()?; // FLYBOOK_APP_ID, FLYBOOK_APP_SECRET
    let content = MessageContent::text("Hello world");
    let sent = client.send(Create::new(ReceiveIdType::ChatId, "oc_…", content)).await?;
    println!("{} at {}", sent.message_id, sent.create_time);
    Ok(())
}
