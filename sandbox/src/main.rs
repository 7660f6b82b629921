//! `flybook-sandbox`: a local Feishu on loopback, until Ctrl-C.

use std::{fs, io, io::Write, path::PathBuf, process::ExitCode, time::Duration};

use clap::Parser;
use flybook_sandbox::{Fault, Sandbox, Server, Webhook};
use tokio::sync::mpsc;

/// How long after a request URL failed its challenge it is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// A local Feishu for tests and first steps; it listens on 127.0.0.1 only. A line that is typed in becomes a message of its user.
#[derive(Parser)]
#[command(name = "flybook-sandbox", version)]
struct Arguments {
    /// The port to listen on; 0 takes any free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Pushes events to this request URL on this machine; without it they go over the app's long connections.
    #[arg(long, value_name = "URL", requires = "verification_token")]
    webhook: Option<String>,
    /// The token that every push to the request URL carries.
    #[arg(long, value_name = "TOKEN", requires = "webhook")]
    verification_token: Option<String>,
    /// Encrypts and signs what is pushed to the request URL.
    #[arg(long, value_name = "KEY", requires = "webhook")]
    encrypt_key: Option<String>,
    /// Lets the user say something every so many seconds.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    every: Option<u64>,
    /// Who is there, and what goes wrong: a YAML file as in `sandbox/scenarios`.
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Lets every call take so much longer: `50ms`, `2s`.
    #[arg(long, value_name = "TIME", value_parser = time)]
    delay: Option<Duration>,
    /// Answers every Nth call with a gateway's page and HTTP 502.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    fail_every: Option<u64>,
    /// Answers each call with HTTP 502 with this probability, from 0 to 1.
    #[arg(long, value_name = "PROBABILITY")]
    chance: Option<f64>,
    /// Where the chance of faults begins, so that they happen to the same calls in every run.
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Lets the sandbox's clock run so many times as fast.
    #[arg(long, value_name = "TIMES")]
    clock_scale: Option<f64>,
    /// Lets calls come as fast as they like, instead of as often as the platform takes them.
    #[arg(long)]
    unlimited: bool,
    /// Keeps chats, messages, files and people in this file, made when there is none, and begins with what it holds.
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
}

impl Arguments {
    fn webhook(&self) -> Option<Webhook> {
        let webhook = Webhook::new(self.webhook.as_ref()?, self.verification_token.as_deref()?);
        Some(match &self.encrypt_key {
            Some(key) => webhook.encrypt_key(key),
            None => webhook,
        })
    }

    /// The sandbox that is wanted, or why it cannot be.
    fn sandbox(&self) -> Result<Sandbox, String> {
        let mut builder = Sandbox::builder();
        if let Some(file) = &self.scenario {
            let shown = file.display();
            let text = fs::read_to_string(file).map_err(|error| format!("cannot read {shown}: {error}"))?;
            builder = builder.scenario(&text).map_err(|error| {
                let lines = error
                    .mistakes()
                    .iter()
                    .map(|mistake| format!("{shown}:{}:{}: {}", mistake.line, mistake.column, mistake.message));
                lines.collect::<Vec<_>>().join("\n")
            })?;
        }
        if let Some(seed) = self.seed {
            builder = builder.seed(seed);
        }
        if let Some(scale) = self.clock_scale {
            builder = builder.time_scale(scale);
        }
        if self.unlimited {
            builder = builder.unlimited();
        }
        if let Some(data) = &self.data {
            builder = builder.data(data);
        }
        // A scenario and a file say themselves who is there.
        let known = self.data.as_ref().is_some_and(|data| data.exists());
        if self.scenario.is_none() && !known {
            builder = builder.company();
        }
        let sandbox = builder.try_build().map_err(|error| error.to_string())?;
        let faults = [
            self.delay.map(|delay| Fault::any().delayed(delay)),
            self.fail_every.map(|number| Fault::any().every(number).status(502)),
            self.chance.map(|chance| Fault::any().chance(chance).status(502)),
        ];
        for fault in faults.into_iter().flatten() {
            sandbox.fault(fault).map_err(|error| error.to_string())?;
        }
        Ok(sandbox)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let sandbox = match arguments.sandbox() {
        Ok(sandbox) => sandbox,
        Err(why) => {
            eprintln!("flybook-sandbox: {why}");
            return ExitCode::FAILURE;
        }
    };
    let server = match sandbox.serve(arguments.port).await {
        Ok(server) => server,
        Err(error) => {
            eprintln!("flybook-sandbox: {}", refused(arguments.port, &error));
            return ExitCode::FAILURE;
        }
    };
    // A reader that went away early is no reason to stop serving.
    _ = greet(&sandbox, &server);
    tokio::select! {
        () = stopped() => {}
        () = push(&sandbox, &arguments) => {}
    }
    server.shutdown().await;
    ExitCode::SUCCESS
}

// The same times as in scenarios.
fn time(text: &str) -> Result<Duration, String> {
    flybook_sandbox::parse_time(text)
        .ok_or_else(|| "write a number and its unit: `50ms`, `2s`, `3min`, `1h`".to_owned())
}

fn greet(sandbox: &Sandbox, server: &Server) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "listening on {}", server.url())?;
    writeln!(out, "app id: {}", sandbox.app_id())?;
    writeln!(out, "app secret: {}", sandbox.app_secret())?;
    writeln!(out, "chat id: {}", sandbox.chat_id())?;
    writeln!(out, "open id: {}", sandbox.open_id())?;
    writeln!(out, "long connection: {}/callback/ws/endpoint", server.url())?;
    writeln!(out, "console: {}/", server.url())?;
    let (url, id, secret) = (server.url(), sandbox.app_id(), sandbox.app_secret());
    writeln!(out, "for your programs:")?;
    writeln!(
        out,
        "export FLYBOOK_BASE_URL={} FLYBOOK_APP_ID={} FLYBOOK_APP_SECRET={}",
        quoted(&url.to_string()),
        quoted(id),
        quoted(secret)
    )?;
    out.flush()
}

// For a POSIX shell; the ids and secrets of scenarios can be anything.
fn quoted(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_-.:/".contains(letter);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

// Writes a line; nobody reading is no reason to stop.
fn say(line: &str) {
    let mut out = io::stdout().lock();
    _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

// Everything that goes on beside serving; it never ends by itself.
async fn push(sandbox: &Sandbox, arguments: &Arguments) {
    if let Some(webhook) = arguments.webhook() {
        subscribe(sandbox, webhook).await;
    }
    tokio::join!(talk(sandbox, arguments.every), overhear(sandbox));
}

// The app may be started after the sandbox.
async fn subscribe(sandbox: &Sandbox, webhook: Webhook) {
    let mut told = None;
    while let Err(failure) = sandbox.set_webhook(sandbox.app_id(), webhook.clone()).await {
        if told.as_ref() != Some(&failure) {
            eprintln!("flybook-sandbox: the request URL is not taken yet: {failure}; trying again");
            told = Some(failure);
        }
        tokio::time::sleep(AGAIN).await;
    }
    say("webhook: the app gave the challenge back");
}

async fn talk(sandbox: &Sandbox, every: Option<u64>) {
    let mut lines = typed();
    let mut count = 0_u64;
    loop {
        let tick = async {
            match every {
                Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
                None => std::future::pending().await,
            }
        };
        let text = tokio::select! {
            Some(line) = lines.recv() => line,
            () = tick => {
                count += 1;
                format!("message {count}")
            }
        };
        match sandbox.user(sandbox.open_id()).says(sandbox.chat_id(), &text) {
            Ok(said) => {
                // There is one app.
                if let Some(delivery) = said.deliveries.into_iter().next() {
                    tokio::spawn(async move {
                        if let Some(failure) = delivery.attempted(1).await.first().and_then(|one| one.failure.clone()) {
                            eprintln!("flybook-sandbox: \"{text}\" was not taken: {failure}; it is sent again in 15 s");
                        }
                    });
                }
            }
            Err(failure) => eprintln!("flybook-sandbox: {failure}"),
        }
    }
}

// What the app writes, so that one sees it answer.
async fn overhear(sandbox: &Sandbox) {
    let mut seen = sandbox.messages().len();
    loop {
        let new = sandbox.messages_beyond(seen).await;
        seen += new.len();
        for message in new.iter().filter(|message| message.sender == sandbox.app_id()) {
            say(&format!("app: {}", message.rendered()));
        }
    }
}

// A thread of its own, for reading from a terminal cannot be broken off; it ends with the program.
fn typed() -> mpsc::UnboundedReceiver<String> {
    let (sender, lines) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in io::stdin().lines().map_while(Result::ok) {
            if !line.trim().is_empty() && sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

fn refused(port: u16, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!(
                "port {port} is in use by another program; choose another with --port, or leave it out for any free one"
            )
        }
        io::ErrorKind::PermissionDenied => {
            format!("port {port} is not open to this user; choose one above 1023 with --port")
        }
        _ => format!("cannot listen on 127.0.0.1:{port}: {error}"),
    }
}

#[cfg(unix)]
async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => _ = tokio::signal::ctrl_c().await,
    }
}

#[cfg(not(unix))]
async fn stopped() {
    _ = tokio::signal::ctrl_c().await;
}
