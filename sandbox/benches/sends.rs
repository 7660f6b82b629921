//! How many sends a second the sandbox takes over loopback, against a bare echo in the same process, and whether stored messages
//! slow it down. Server and clients share the machine's cores; the processor's time for each request, of both together, says more than
//! the rate where others work on the machine too.
//!
//! `cargo bench -p flybook-sandbox --bench sends`

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{Router, body::Bytes, routing::post};
use flybook_sandbox::Sandbox;
use http::Request;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// How long each round takes, after a quarter of it to warm up.
const ROUND: Duration = Duration::from_secs(3);
const ROUNDS: usize = 3;
const STORED: usize = 100_000;
const TOKEN: &str = "/open-apis/auth/v3/tenant_access_token/internal";
const SEND: &str = "/open-apis/im/v1/messages?receive_id_type=chat_id";

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[tokio::main(worker_threads = 2)]
async fn main() -> Outcome {
    let echo = echo().await?;
    println!(
        "| connections | bare echo, requests/s | sends/s | ratio | CPU µs of an echo | of a send |\n|---:|---:|---:|---:|---:|---:|"
    );
    for connections in [16, 64] {
        let (mut bare, mut sends) = (Vec::new(), Vec::new());
        // In turn, so that a slow moment of the machine meets both.
        for _ in 0..ROUNDS {
            let sandbox = Sandbox::builder().unlimited().build();
            let server = sandbox.serve(0).await?;
            let send = message(&sandbox, server.port()).await?;
            bare.push(rate(echo, &request(echo, "/", None, &body(&sandbox)), connections).await?);
            sends.push(rate(server.port(), &send, connections).await?);
        }
        let (bare, sends) = (median(bare), median(sends));
        let ratio = sends.0 / bare.0;
        println!(
            "| {connections} | {:.0} | {:.0} | {ratio:.2} | {:.0} | {:.0} |",
            bare.0, sends.0, bare.1, sends.1
        );
    }

    let (mut few, mut many) = (Vec::new(), Vec::new());
    let full = Sandbox::builder().unlimited().build();
    fill(&full).await?;
    let server = full.serve(0).await?;
    for _ in 0..ROUNDS {
        let sandbox = Sandbox::builder().unlimited().build();
        let empty = sandbox.serve(0).await?;
        few.push(rate(empty.port(), &message(&sandbox, empty.port()).await?, 16).await?);
        many.push(rate(server.port(), &message(&full, server.port()).await?, 16).await?);
    }
    let (few, many) = (median(few), median(many));
    println!("\n| stored messages at first | sends/s | CPU µs of a send |\n|---:|---:|---:|");
    println!(
        "| 0 | {:.0} | {:.0} |\n| {STORED} | {:.0} | {:.0} |",
        few.0, few.1, many.0, many.1
    );
    println!("| ratio | {:.2} | {:.2} |", many.0 / few.0, many.1 / few.1);
    Ok(())
}

async fn echo() -> Outcome<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let port = listener.local_addr()?.port();
    let router = Router::new().route("/", post(async |body: Bytes| body));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(port)
}

fn body(sandbox: &Sandbox) -> String {
    let content = json!({"text": "Hello world"}).to_string();
    json!({"receive_id": sandbox.chat_id(), "msg_type": "text", "content": content}).to_string()
}

/// A token by a call without a socket.
async fn token(sandbox: &Sandbox) -> Outcome<String> {
    let body = json!({"app_id": sandbox.app_id(), "app_secret": sandbox.app_secret()}).to_string();
    let request = Request::post(TOKEN).header("content-type", "application/json");
    let reply = sandbox.handle(request.body(body.into())?).await;
    let reply: Value = serde_json::from_slice(reply.body())?;
    let token = reply["tenant_access_token"].as_str();
    Ok(token.ok_or("no token")?.to_owned())
}

async fn message(sandbox: &Sandbox, port: u16) -> Outcome<Vec<u8>> {
    Ok(request(port, SEND, Some(&token(sandbox).await?), &body(sandbox)))
}

fn request(port: u16, path: &str, token: Option<&str>, body: &str) -> Vec<u8> {
    let token = token.map_or_else(String::new, |token| format!("Authorization: Bearer {token}\r\n"));
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{token}Content-Type: application/json; charset=utf-8\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

async fn fill(sandbox: &Sandbox) -> Outcome {
    let authorization = format!("Bearer {}", token(sandbox).await?);
    let body = Bytes::from(body(sandbox));
    for _ in 0..STORED {
        let request = Request::post(SEND).header("authorization", &authorization);
        let request = request.header("content-type", "application/json");
        let reply = sandbox.handle(request.body(body.clone())?).await;
        if reply.status() != 200 {
            return Err(String::from_utf8_lossy(reply.body()).into());
        }
    }
    Ok(())
}

/// Requests a second, by so many connections that each wait for an answer before they ask again, and CPU µs for each.
async fn rate(port: u16, request: &[u8], connections: usize) -> Outcome<(f64, f64)> {
    let (count, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..connections {
        let (count, stop, request) = (count.clone(), stop.clone(), request.to_vec());
        asking.spawn(async move {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
            stream.set_nodelay(true)?;
            let mut buffer = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                stream.write_all(&request).await?;
                answer(&mut stream, &mut buffer).await?;
                count.fetch_add(1, Ordering::Relaxed);
            }
            io::Result::Ok(())
        });
    }
    tokio::time::sleep(ROUND / 4).await;
    let (begin, before, busy) = (Instant::now(), count.load(Ordering::Relaxed), cpu());
    tokio::time::sleep(ROUND).await;
    let done = (count.load(Ordering::Relaxed) - before) as f64;
    let measured = (done / begin.elapsed().as_secs_f64(), (cpu() - busy) * 1e6 / done);
    stop.store(true, Ordering::Relaxed);
    while let Some(ended) = asking.join_next().await {
        ended??;
    }
    Ok(measured)
}

/// Seconds of the processor that this process took so far; 0 where `/proc` does not tell.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // proc(5): the name in brackets is the second field, user and system time are the 14th and 15th, in hundredths.
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields).split(' ');
    let ticks = fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

/// Reads one answer, which has to be a good one.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<()> {
    buffer.clear();
    loop {
        if stream.read_buf(buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
        if !head.starts_with("http/1.1 200") {
            return Err(io::Error::other(String::from_utf8_lossy(buffer).into_owned()));
        }
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.and_then(|length| length.parse().ok()).unwrap_or_default();
        if buffer.len() >= end + 4 + length {
            return Ok(());
        }
    }
}

/// The middle one of each.
fn median(rounds: Vec<(f64, f64)>) -> (f64, f64) {
    let (mut rates, mut costs): (Vec<f64>, Vec<f64>) = rounds.into_iter().unzip();
    rates.sort_by(f64::total_cmp);
    costs.sort_by(f64::total_cmp);
    (rates[rates.len() / 2], costs[costs.len() / 2])
}
