//! The README's everyday pieces, word for word: one test compares them, another runs them.

use std::{error::Error, path::Path};

use flybook::{
    Client, File, Result, UploadError,
    drive::v1::file::{ParentType, UploadPrepare},
    im::v1::{
        image::{self, ImageType},
        message::{self, ContainerIdType, Message, MessageContent, ReceiveIdType},
        message_reaction::{self, Emoji},
        message_resource::{self, ResourceType},
    },
};
use serde_json::json;

/// Sends a text to a chat.
pub async fn send_text(client: &Client, chat_id: &str) -> Result<Message> {
    let content = MessageContent::text("Hello world");
    let request = message::Create::new(ReceiveIdType::ChatId, chat_id, content);
    client.send(request).await
}

/// Answers a message with a card.
pub async fn reply_with_card(client: &Client, message_id: &str) -> Result<Message> {
    let card = json!({
        "schema": "2.0",
        "header": {"title": {"tag": "plain_text", "content": "Deployed"}, "template": "green"},
        "body": {"elements": [{"tag": "markdown", "content": "Version **1.4** is live."}]},
    });
    let request = message::Reply::new(message_id, MessageContent::interactive(card));
    client.send(request).await
}

/// Uploads an image and sends it.
pub async fn send_image(client: &Client, chat_id: &str, path: &Path) -> Result<Message, Box<dyn Error>> {
    let file = File::from_path(path).await?;
    let image = client.send(image::Create::new(ImageType::Message, file)).await?;
    let content = MessageContent::image(image.image_key);
    let request = message::Create::new(ReceiveIdType::ChatId, chat_id, content);
    Ok(client.send(request).await?)
}

/// Saves a file that somebody sent; a download that fails leaves nothing behind.
pub async fn download(client: &Client, message_id: &str, file_key: &str, to: &Path) -> Result<u64> {
    let request = message_resource::Get::new(message_id, file_key, ResourceType::File);
    let saved = client
        .send(request)
        .to_file(to)
        .progress(|done, total| println!("{done} of {total:?} bytes"))
        .await?;
    Ok(saved.size)
}

/// Uploads a file of any size to a folder, block by block.
pub async fn upload(client: &Client, folder: &str, path: &Path) -> Result<String, Box<dyn Error>> {
    let file = File::from_path(path).await?;
    let request = UploadPrepare::new(file.name(), ParentType::Explorer, folder, file.size());
    let uploaded = match client.upload(request, file.clone()).await {
        // Goes on with the block that failed; the state can be kept as JSON as well, for up to 24 hours.
        Err(UploadError { state: Some(state), .. }) => client.resume_upload(state, file).await?,
        outcome => outcome?,
    };
    Ok(uploaded.file_token)
}

/// Prints what was said in a chat, page after page.
pub async fn history(client: &Client, chat_id: &str) -> Result<()> {
    let request = message::List::new(ContainerIdType::Chat, chat_id).page_size(50);
    let mut messages = client.items(request).limit(200);
    while let Some(message) = messages.try_next().await? {
        println!("{} {:?}", message.create_time, message.content());
    }
    Ok(())
}

/// Puts a reaction under a message.
pub async fn react(client: &Client, message_id: &str) -> Result<String> {
    let request = message_reaction::Create::new(message_id, Emoji::new("THUMBSUP"));
    Ok(client.send(request).await?.reaction_id)
}

/// Takes a message back.
pub async fn recall(client: &Client, message_id: &str) -> Result<()> {
    client.send(message::Delete::new(message_id)).await
}
