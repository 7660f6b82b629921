//! `flybook-sandbox`: a local Feishu on loopback, until Ctrl-C.

use std::{io, io::Write, process::ExitCode};

use clap::Parser;
use flybook_sandbox::{Sandbox, Server};

/// A local Feishu for tests and first steps; it listens on 127.0.0.1 only.
#[derive(Parser)]
#[command(name = "flybook-sandbox", version)]
struct Arguments {
    /// The port to listen on; 0 takes any free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let sandbox = Sandbox::new();
    let server = match sandbox.serve(arguments.port).await {
        Ok(server) => server,
        Err(error) => {
            eprintln!("flybook-sandbox: {}", refused(arguments.port, &error));
            return ExitCode::FAILURE;
        }
    };
    // A reader that went away early is no reason to stop serving.
    _ = greet(&sandbox, &server);
    stopped().await;
    server.shutdown().await;
    ExitCode::SUCCESS
}

fn greet(sandbox: &Sandbox, server: &Server) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "listening on {}", server.url())?;
    writeln!(out, "app id: {}", sandbox.app_id())?;
    writeln!(out, "app secret: {}", sandbox.app_secret())?;
    writeln!(out, "chat id: {}", sandbox.chat_id())?;
    writeln!(out, "open id: {}", sandbox.open_id())?;
    out.flush()
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
