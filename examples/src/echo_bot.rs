//! A bot that answers what it is told, text for text; "card" gets a card, and its button a toast and a changed card.
//!
//! `cargo run -p flybook --example echo_bot` starts a sandbox of its own, where what you type is what a user says. With
//! `FLYBOOK_APP_ID` and `FLYBOOK_APP_SECRET` set it serves the platform. Ctrl-C ends it.

use std::{env, error::Error, future::pending, io, thread, time::Duration};

use axum::routing::post;
use clap::Parser;
use flybook::{
    Client, Event, Markup, Router, Value,
    cardkit::v1::card::{ActionReply, ActionTriggered, Toast},
    im::v1::message::{CallbackCard, MessageContent, Received, ReceivedContent, Reply},
    socket::LongConnection,
    webhook::Handler,
};
use flybook_sandbox::{Sandbox, Webhook};
use serde_json::json;
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
    time::timeout,
};

/// How long anything here may take.
const PATIENCE: Duration = Duration::from_secs(10);

type Outcome = Result<(), Box<dyn Error>>;

/// A bot that answers what it is told: on a sandbox of its own, or on the platform with FLYBOOK_APP_ID and FLYBOOK_APP_SECRET.
#[derive(Parser)]
#[command(name = "echo_bot")]
struct Arguments {
    /// Receives events over a long connection, as it does unless told otherwise.
    #[arg(long, conflicts_with = "webhook")]
    socket: bool,
    /// Receives events by webhook on this port of 127.0.0.1, 0 for any free one; the platform's keys are in FLYBOOK_ENCRYPT_KEY and
    /// FLYBOOK_VERIFICATION_TOKEN.
    #[arg(long, value_name = "PORT")]
    webhook: Option<u16>,
    /// Ends after a text, a card and a click; on the sandbox only.
    #[arg(long)]
    once: bool,
}

/// What the sandbox signs and encrypts with.
const KEYS: [&str; 2] = ["an-encrypt-key", "a-verification-token"];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    let arguments = Arguments::parse();
    if env::var_os("FLYBOOK_APP_ID").is_some() {
        let client = Client::from_env()?;
        let keys = ["FLYBOOK_ENCRYPT_KEY", "FLYBOOK_VERIFICATION_TOKEN"].map(|name| env::var(name).ok());
        let door = Door::open(arguments.webhook, keys).await?;
        let place = env::var("FLYBOOK_BASE_URL").unwrap_or_else(|_| "the platform".to_owned());
        println!("serving {} on {place}; say something to the bot", client.app_id());
        return run(&client, door, pending()).await;
    }
    let sandbox = Sandbox::new();
    let server = sandbox.serve(0).await?;
    let client = Client::builder(sandbox.app_id(), sandbox.app_secret())
        .base_url(server.url())
        .build()?;
    let door = Door::open(arguments.webhook, KEYS.map(|key| Some(key.to_owned()))).await?;
    let visitor = visit(&sandbox, door.url()?, arguments.once);
    run(&client, door, visitor).await
}

/// Where events come in.
enum Door {
    Socket,
    Webhook(TcpListener, [Option<String>; 2]),
}

impl Door {
    async fn open(port: Option<u16>, keys: [Option<String>; 2]) -> io::Result<Self> {
        let Some(port) = port else { return Ok(Self::Socket) };
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        println!("request URL: http://{}/", listener.local_addr()?);
        Ok(Self::Webhook(listener, keys))
    }

    fn url(&self) -> io::Result<Option<String>> {
        match self {
            Self::Socket => Ok(None),
            Self::Webhook(listener, _) => Ok(Some(format!("http://{}/", listener.local_addr()?))),
        }
    }

    async fn serve(self, client: &Client, stopped: oneshot::Receiver<()>) -> Outcome {
        let router = bot(client);
        match self {
            Self::Socket => LongConnection::new(client, router).run(stopped).await?,
            Self::Webhook(listener, [encrypt_key, token]) => {
                let mut handler = Handler::builder(router.clone());
                if let Some(key) = encrypt_key {
                    handler = handler.encrypt_key(key);
                }
                if let Some(token) = token {
                    handler = handler.verification_token(token);
                }
                let app = axum::Router::new().route("/", post(handler.build()?));
                let serving = axum::serve(listener, app).with_graceful_shutdown(async {
                    _ = stopped.await;
                });
                serving.await?;
                router.drain(PATIENCE).await;
            }
        }
        Ok(())
    }
}

/// Serves until Ctrl-C, or until the visitor goes; what is being handled is finished first.
async fn run(client: &Client, door: Door, visitor: impl Future<Output = Outcome>) -> Outcome {
    let (stop, stopped) = oneshot::channel::<()>();
    let visiting = async {
        let end = tokio::select! {
            pressed = tokio::signal::ctrl_c() => pressed.map_err(Box::from),
            end = visitor => end,
        };
        drop(stop);
        end
    };
    // A door that does not open ends it all.
    tokio::try_join!(door.serve(client, stopped), visiting).map(drop)
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
    MessageContent::interactive(with("blue", button))
}

fn with(colour: &str, element: Value) -> Value {
    json!({
        "schema": "2.0",
        "header": {"title": {"tag": "plain_text", "content": "A card"}, "template": colour},
        "body": {"elements": [element]},
    })
}

/// The new card takes the place of the old one, for everybody in the chat.
async fn pressed(event: Event<ActionTriggered>) -> flybook::Result<ActionReply> {
    let thanks = json!({"tag": "markdown", "content": "Thank you, it is **pressed**."});
    let toast = Toast::success(format!("You pressed {}", event.action.value));
    Ok(ActionReply::new()
        .toast(toast)
        .card(CallbackCard::raw(with("green", thanks))))
}

/// The sandbox's user: says hello, and then what is typed, a line at a time; presses the button of every card.
async fn visit(sandbox: &Sandbox, url: Option<String>, once: bool) -> Outcome {
    match url {
        Some(url) => {
            let [encrypt_key, token] = KEYS;
            let webhook = Webhook::new(url, token).encrypt_key(encrypt_key);
            sandbox.set_webhook(sandbox.app_id(), webhook).await?;
        }
        None => sandbox.long_connections().reach(1).await,
    }
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
    let answer = timeout(PATIENCE, answer).await;
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
