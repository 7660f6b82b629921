//! A bot that answers what it is told, text for text; "card" gets a card, and its button a toast.
//!
//! `cargo run -p flybook --example echo_bot` starts a sandbox of its own, where what you type is what a user says. With
//! `FLYBOOK_APP_ID` and `FLYBOOK_APP_SECRET` set it serves the platform. Ctrl-C ends it.

use std::{env, error::Error, future::pending, io, thread, time::Duration};

use clap::Parser;
use flybook::{
    Client, Event, Markup, Router,
    cardkit::v1::card::{ActionTriggered, Toast},
    im::v1::message::{MessageContent, Received, ReceivedContent, Reply},
    socket::LongConnection,
};
use flybook_sandbox::Sandbox;
use serde_json::json;
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

type Outcome = Result<(), Box<dyn Error>>;

/// A bot that answers what it is told: on a sandbox of its own, or on the platform with FLYBOOK_APP_ID and FLYBOOK_APP_SECRET.
#[derive(Parser)]
#[command(name = "echo_bot")]
struct Arguments {
    /// Ends after a text, a card and a click; on the sandbox only.
    #[arg(long)]
    once: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    let arguments = Arguments::parse();
    if env::var_os("FLYBOOK_APP_ID").is_some() {
        let client = Client::from_env()?;
        println!("serving {} on the platform; say something to the bot", client.app_id());
        return run(&client, pending()).await;
    }
    let sandbox = Sandbox::new();
    let server = sandbox.serve(0).await?;
    let client = Client::builder(sandbox.app_id(), sandbox.app_secret())
        .base_url(server.url())
        .build()?;
    run(&client, visit(&sandbox, arguments.once)).await
}

/// Serves until Ctrl-C, or until the visitor goes; what is being handled is finished first.
async fn run(client: &Client, visitor: impl Future<Output = Outcome>) -> Outcome {
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = async {
        let connection = LongConnection::new(client, bot(client));
        connection.run(stopped).await.map_err(Box::<dyn Error>::from)
    };
    let visiting = async {
        let end = tokio::select! {
            pressed = tokio::signal::ctrl_c() => pressed.map_err(Box::from),
            end = visitor => end,
        };
        drop(stop);
        end
    };
    // A door that cannot open ends it all.
    tokio::try_join!(serving, visiting).map(drop)
}

/// The bot itself.
fn bot(client: &Client) -> Router {
    let client = client.clone();
    Router::new()
        .on::<Received>(move |event| echo(client.clone(), event))
        .on::<ActionTriggered>(pressed)
        .on_failure(|failure| eprintln!("{failure}"))
}

async fn echo(client: Client, event: Event<Received>) -> flybook::Result<()> {
    let content = match event.message.content() {
        ReceivedContent::Text(text) if text.text == "card" => card(),
        // As markup, so that what somebody types mentions nobody.
        ReceivedContent::Text(text) => {
            let words = event.message.with_names(&text.text);
            MessageContent::text(Markup::new().text(words))
        }
        _ => MessageContent::text("I can only read texts."),
    };
    // Should the event come again, its id makes this the same answer.
    let reply = Reply::new(&event.message.message_id, content).uuid(&event.envelope.event_id);
    client.send(reply).await?;
    Ok(())
}

fn card() -> MessageContent {
    let button = json!({
        "tag": "button", "text": {"tag": "plain_text", "content": "Press me"},
        "behaviors": [{"type": "callback", "value": {"pressed": true}}],
    });
    MessageContent::interactive(json!({
        "schema": "2.0",
        "header": {"title": {"tag": "plain_text", "content": "A card"}, "template": "blue"},
        "body": {"elements": [button]},
    }))
}

async fn pressed(event: Event<ActionTriggered>) -> flybook::Result<Toast> {
    Ok(Toast::success(format!("You pressed {}", event.action.value)))
}

/// The sandbox's user: says hello, and then what is typed, a line at a time; presses the button of every card.
async fn visit(sandbox: &Sandbox, once: bool) -> Outcome {
    sandbox.long_connections().reach(1).await;
    say(sandbox, "Hello, bot").await?;
    if once {
        return say(sandbox, "card").await;
    }
    println!("(type what the user says, \"card\" for a card; Ctrl-C ends it)");
    let mut lines = typed();
    while let Some(line) = lines.recv().await {
        say(sandbox, &line).await?;
    }
    pending().await
}

async fn say(sandbox: &Sandbox, text: &str) -> Outcome {
    let user = sandbox.user(sandbox.open_id());
    let before = sandbox.messages().len();
    println!("user: {text}");
    user.says(sandbox.chat_id(), text)?;
    let answer = async {
        loop {
            let mut new = sandbox.messages_beyond(before).await;
            new.retain(|message| message.sender == sandbox.app_id());
            if let Some(answer) = new.pop() {
                return answer;
            }
            sandbox.messages_beyond(before + 1).await;
        }
    };
    let answer = timeout(Duration::from_secs(10), answer).await;
    let answer = answer.map_err(|_| "the bot did not answer within 10 s")?;
    println!("bot:  {}", answer.rendered());
    if answer.msg_type == "interactive" {
        let reply = user.clicks(&answer.message_id, "Press me").await?;
        println!("user presses the button");
        println!("bot:  [toast] {}", reply["toast"]["content"].as_str().unwrap_or("none"));
    }
    Ok(())
}

/// On a thread of its own, for reading from a terminal cannot be broken off; it ends with the program.
fn typed() -> mpsc::UnboundedReceiver<String> {
    let (sender, lines) = mpsc::unbounded_channel();
    thread::spawn(move || {
        let lines = io::stdin().lines().map_while(Result::ok);
        for line in lines.filter(|line| !line.trim().is_empty()) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}
