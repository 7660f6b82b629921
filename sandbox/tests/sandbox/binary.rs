//! The program itself: what it prints, that it serves, and what it says of a port in use.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};

/// A running program; it ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flybook-sandbox"));
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn line(out: &mut BufReader<ChildStdout>, begins: &str) -> String {
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let rest = line.strip_prefix(begins);
    rest.unwrap_or_else(|| panic!("{line:?} does not begin with {begins:?}"))
        .trim_end()
        .to_owned()
}

// One call; what is answered is JSON, with status 200.
fn request(port: u16, method: &str, path: &str, token: &str, body: &Value) -> Value {
    let body = body.to_string();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head} {body}");
    serde_json::from_str(body).unwrap()
}

#[test]
fn it_says_where_it_listens_and_answers_there() {
    // design.md §6
    let mut running = Running(program(&[]).spawn().unwrap());
    let mut out = BufReader::new(running.0.stdout.take().unwrap());
    let address = line(&mut out, "listening on http://");
    let port: u16 = address.strip_prefix("127.0.0.1:").unwrap().parse().unwrap();
    let app_id = line(&mut out, "app id: ");
    let app_secret = line(&mut out, "app secret: ");
    assert!(line(&mut out, "chat id: ").starts_with("oc_"));
    assert!(line(&mut out, "open id: ").starts_with("ou_"));
    assert!(line(&mut out, "long connection: ").ends_with(&format!("{port}/callback/ws/endpoint")));
    assert_eq!(line(&mut out, "console: "), format!("http://{address}/"));
    line(&mut out, "for your programs:");
    assert_eq!(
        line(&mut out, "export "),
        format!("FLYBOOK_BASE_URL=http://{address} FLYBOOK_APP_ID={app_id} FLYBOOK_APP_SECRET={app_secret}")
    );

    let body = json!({"app_id": app_id, "app_secret": app_secret});
    let body = request(
        port,
        "POST",
        "/open-apis/auth/v3/tenant_access_token/internal",
        "",
        &body,
    );
    assert_eq!(body["code"], 0);
    assert!(
        body["tenant_access_token"].as_str().unwrap().starts_with("t-"),
        "{body}"
    );
}

#[test]
fn a_line_that_is_typed_in_reaches_the_request_url() {
    // protocol.md §5.2 and §7.6
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let mut command = program(&["--webhook", &url, "--verification-token", "v-token-0001"]);
    let mut running = Running(command.stdin(Stdio::piped()).spawn().unwrap());
    writeln!(running.0.stdin.take().unwrap(), "hi").unwrap();
    let exchange = |answer: &dyn Fn(&Value) -> Value| {
        let mut stream = BufReader::new(listener.accept().unwrap().0);
        let (mut head, mut long) = (String::new(), 0);
        while stream.read_line(&mut head).unwrap() > 2 {
            let last = head.to_ascii_lowercase();
            if let Some((_, value)) = last.lines().last().unwrap().split_once("content-length: ") {
                long = value.parse().unwrap();
            }
        }
        let mut body = vec![0; long];
        stream.read_exact(&mut body).unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        let answer = answer(&body).to_string();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", answer.len());
        stream
            .get_mut()
            .write_all(format!("{head}{answer}").as_bytes())
            .unwrap();
        body
    };
    exchange(&|body| json!({"challenge": body["challenge"]}));
    let event = exchange(&|_| json!({}));
    assert_eq!(event["header"]["token"], "v-token-0001");
    assert_eq!(event["event"]["message"]["content"], "{\"text\":\"hi\"}");
}

#[test]
fn a_port_in_use_is_told_in_one_line() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = program(&["--port", &port]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(
        said.contains(&format!("port {port} is in use")) && said.contains("--port"),
        "{said}"
    );
}

/// A directory of its own; it goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("flybook-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn what_a_file_keeps_is_there_after_a_restart() {
    // `--data`, as `--help` tells it
    let folder = Folder::new("kept");
    let data = folder.file("sandbox.db");
    let start = || {
        let mut running = Running(program(&["--data", &data]).spawn().unwrap());
        let mut out = BufReader::new(running.0.stdout.take().unwrap());
        let address = line(&mut out, "listening on http://");
        let port: u16 = address.strip_prefix("127.0.0.1:").unwrap().parse().unwrap();
        let (app_id, app_secret) = (line(&mut out, "app id: "), line(&mut out, "app secret: "));
        let chat = line(&mut out, "chat id: ");
        let body = json!({"app_id": app_id, "app_secret": app_secret});
        let token = request(
            port,
            "POST",
            "/open-apis/auth/v3/tenant_access_token/internal",
            "",
            &body,
        );
        let token = token["tenant_access_token"].as_str().unwrap().to_owned();
        (running, port, token, chat)
    };
    let (running, port, token, chat) = start();
    let body = json!({"receive_id": chat, "msg_type": "text", "content": "{\"text\":\"kept\"}"});
    let path = "/open-apis/im/v1/messages?receive_id_type=chat_id";
    let sent = request(port, "POST", path, &token, &body);
    // Killed, not asked to stop.
    drop(running);
    let (_running, port, token, again) = start();
    assert_eq!(again, chat);
    let id = sent["data"]["message_id"].as_str().unwrap();
    let found = request(
        port,
        "GET",
        &format!("/open-apis/im/v1/messages/{id}"),
        &token,
        &json!({}),
    );
    assert_eq!(found["data"]["items"][0]["body"]["content"], "{\"text\":\"kept\"}");
    let second = program(&["--data", &data]).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert!(
        String::from_utf8(second.stderr)
            .unwrap()
            .contains("another sandbox has it open")
    );
}

#[test]
fn data_that_cannot_be_had_is_told_in_one_line() {
    let folder = Folder::new("refused");
    let (text, other, newer) = (
        folder.file("notes.txt"),
        folder.file("other.db"),
        folder.file("newer.db"),
    );
    std::fs::write(&text, "no database, but long enough to have been one. ".repeat(40)).unwrap();
    let made = |path: &str, sql: &str| rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
    made(&other, "CREATE TABLE t (x)");
    made(&newer, "CREATE TABLE t (x); PRAGMA user_version = 999");
    for (data, told) in [
        (text, "it is no database; give `--data` another file"),
        (other, "is a database of something else"),
        (newer, "has version 999"),
        (folder.file("nowhere/sandbox.db"), "a directory that exists"),
    ] {
        let output = program(&["--data", &data]).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(output.stdout.is_empty());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.contains(told) && said.contains("--data"), "{said}");
    }
}
