//! A sandbox that listens, spoken to over a bare socket; and what tests need of other programs.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use flybook_sandbox::{Sandbox, Server};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// The operation with which tests send.
pub(crate) const CREATE: &str = "im.v1.message.create";

/// What came back: status, head and body.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let line = |line: &str| line.to_ascii_lowercase().starts_with(&format!("{name}: "));
        let found = self.head.lines().find(|one| line(one));
        found.map_or("", |line| &line[name.len() + 2..])
    }
}

/// A sandbox that listens.
pub(crate) struct House {
    pub(crate) sandbox: Sandbox,
    pub(crate) server: Server,
}

impl House {
    pub(crate) async fn new(sandbox: Sandbox) -> Self {
        let server = sandbox.serve(0).await.unwrap();
        Self { sandbox, server }
    }

    pub(crate) async fn raw(&self, request: String) -> Reply {
        let mut stream = TcpStream::connect(("127.0.0.1", self.server.port())).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut text = Vec::new();
        stream.read_to_end(&mut text).await.unwrap();
        let text = String::from_utf8_lossy(&text).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        Reply {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.get_with(path, "").await
    }

    pub(crate) async fn get_with(&self, path: &str, headers: &str) -> Reply {
        let port = self.server.port();
        self.raw(format!(
            "GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n{headers}\r\n"
        ))
        .await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        let (port, body) = (self.server.port(), body.to_string());
        let request = format!(
            "POST {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.raw(request).await
    }

    /// Sends from the form.
    pub(crate) async fn send(&self, operation: &str, values: Value) -> Reply {
        let form = json!({"operation": operation, "values": values});
        self.post("/_sandbox/send", form).await
    }

    /// Sends a text to the chat from the form.
    pub(crate) async fn says(&self, text: &str) -> Value {
        let values = json!({
            "receive_id_type": "chat_id", "receive_id": self.sandbox.chat_id(), "msg_type": "text", "content": {"text": text},
        });
        let reply = self.send(CREATE, values).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.json()
    }
}

/// Whether a program is there; if not, says so, or fails where nothing may be left out.
pub(crate) fn there(program: &str, arguments: &[&str], install: &str) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    if command.status().is_ok_and(|status| status.success()) {
        return true;
    }
    left_out(&format!("`{program} {}` does not run; {install}", arguments.join(" ")));
    false
}

/// Says that something was not tested, past the harness, which keeps to itself what a test prints; fails where that may not be.
pub(crate) fn left_out(why: &str) {
    let required = std::env::var_os("FLYBOOK_INTEROP").is_some_and(|value| value == "required");
    assert!(!required, "{why}");
    _ = writeln!(std::io::stderr(), "left out: {why}");
}

/// Base64 as npm has it in its integrity strings.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for digit in 0..4 {
            let at = (bits >> (18 - 6 * digit) & 63) as usize;
            text.push(if digit <= three.len() {
                char::from(DIGITS[at])
            } else {
                '='
            });
        }
    }
    text
}
