//! Sends "Hello world" and shows what went out, what came back and what the receiver sees.

use std::error::Error;

use flybook::{
    Request,
    im::v1::message::{self, MessageContent},
};
use flybook_examples::Stage;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let stage = Stage::set().await?;
    let request = message::Create::new(
        stage.receive_id_type.clone(),
        &stage.receive_id,
        MessageContent::text("Hello world"),
    );

    let endpoint = message::Create::ENDPOINT;
    let server = stage.sandbox.as_ref().map(|(_, server)| server.url());
    println!(
        "request     {} {}{}",
        endpoint.method,
        server.as_deref().unwrap_or("the platform, "),
        endpoint.path
    );
    println!("            {request:?}");

    let sent = stage.client.send(request).answered().await?;
    println!("message id  {}", sent.reply.message_id);
    println!("log id      {}", sent.log_id.as_deref().unwrap_or("none"));

    match &stage.sandbox {
        Some((sandbox, _)) => {
            for message in sandbox.messages_in(&sent.reply.chat_id) {
                println!("in {}  {}", message.chat_id, message.rendered());
            }
            println!("\nThis was a sandbox on your own machine; `cargo xtask sandbox` keeps one running.");
            println!(
                "For the real thing set FLYBOOK_APP_ID, FLYBOOK_APP_SECRET and FLYBOOK_RECEIVE_ID, and run this again."
            );
        }
        None => {
            println!("reads       {}", sent.reply.body.content);
            println!(
                "\nLook in the chat {}, and for the log id at https://open.feishu.cn/app under Logs.",
                sent.reply.chat_id
            );
        }
    }
    Ok(())
}
