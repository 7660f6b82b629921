//! Other people's clients on the sandbox: a stub written from the protocol, and the official SDKs for Python and Node.
//!
//! The stub needs `python3` and `openssl`, the Python SDK the package in `interop/requirements.txt`, the Node SDK `node` and what
//! `npm ci` puts into `interop/node`. Without them a test says what is missing and ends; with `FLYBOOK_INTEROP=required`, as CI
//! sets it, it fails.

use std::{io::Write, path::PathBuf, process::Stdio};

use flybook_sandbox::{Delivery, Failure, Sandbox, Webhook};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

use crate::bench::{SEND, TENANT, call};

const TOKEN: &str = "v-token-0001";
const KEY: &str = "kudryavka-encrypt-key";

/// A client in another process; it ends with the test.
pub(crate) struct Client {
    lines: Lines<BufReader<ChildStdout>>,
    pub(crate) process: Child,
}

impl Client {
    pub(crate) fn start(script: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(if script.ends_with(".py") { "python3" } else { "node" });
        command.arg(path(script)).args(arguments).kill_on_drop(true);
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let out = process.stdout.take().unwrap();
        Self {
            lines: BufReader::new(out).lines(),
            process,
        }
    }

    pub(crate) async fn says(&mut self) -> Value {
        loop {
            let line = self.lines.next_line().await.unwrap();
            // The SDKs write their logs there too.
            if let Ok(said) = serde_json::from_str(&line.expect("the client ended; its standard error says why")) {
                return said;
            }
        }
    }

    /// The next event it tells of.
    async fn receives(&mut self, kind: &str) -> Value {
        loop {
            let said = self.says().await;
            if said["received"].is_string() {
                assert_eq!(said["received"], kind);
                return said["event"].clone();
            }
        }
    }
}

fn path(script: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/interop")
        .join(script)
}

/// Whether a program is there; if not, says so, or fails where nothing may be left out.
async fn there(program: &str, arguments: &[&str], install: &str) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    if command.status().await.is_ok_and(|status| status.success()) {
        return true;
    }
    assert!(
        std::env::var_os("FLYBOOK_INTEROP").is_none_or(|value| value != "required"),
        "`{program} {}` does not run; {install}",
        arguments.join(" ")
    );
    // Past the harness, which keeps what a test prints to itself.
    let line = arguments.join(" ");
    _ = writeln!(
        std::io::stderr(),
        "left out: `{program} {line}` does not run; {install}"
    );
    false
}

async fn stub() -> bool {
    there("python3", &["--version"], "install Python 3").await
        && there("openssl", &["version"], "install openssl").await
}

pub(crate) async fn official_python() -> bool {
    let install = "run `pip install -r sandbox/tests/interop/requirements.txt`";
    there("python3", &["-c", "import lark_oapi"], install).await
}

pub(crate) async fn official_node() -> bool {
    let package = path("node/node_modules/@larksuiteoapi/node-sdk");
    let find = format!("require.resolve({:?})", package.display().to_string());
    let install = "run `npm ci` in sandbox/tests/interop/node";
    there("node", &["-e", &find], install).await
}

async fn card(sandbox: &Sandbox) -> String {
    let body = json!({"app_id": sandbox.app_id(), "app_secret": sandbox.app_secret()});
    let token = call(sandbox, "POST", TENANT, None, body).await.json();
    let token = token["tenant_access_token"].as_str().unwrap();
    let card = json!({"elements": [{"tag": "action", "actions": [
        {"tag": "button", "text": {"tag": "plain_text", "content": "Approve"}, "value": {"id": 7}}]}]});
    let body = json!({"receive_id": sandbox.chat_id(), "msg_type": "interactive", "content": card.to_string()});
    let sent = call(sandbox, "POST", SEND, Some(token), body).await.json();
    sent["data"]["message_id"].as_str().unwrap().to_owned()
}

async fn first_failure(delivery: &Delivery) -> Failure {
    delivery.attempted(1).await[0].failure.clone().unwrap()
}

/// A message, a click and a failing handler, however the client is reached.
async fn converse(sandbox: &Sandbox, client: &mut Client) {
    let user = sandbox.user(sandbox.open_id());
    // Longer than a chunk, and with characters that chunks may cut in two.
    let text = "飞书".repeat(2000);
    let said = user.says(sandbox.chat_id(), &text).unwrap();
    let event = client.receives("im.message.receive_v1").await;
    assert_eq!(event["header"]["event_id"], said.deliveries[0].event_id());
    assert_eq!(event["header"]["app_id"], sandbox.app_id());
    assert_eq!(event["event"]["message"]["message_id"], said.message.message_id);
    assert_eq!(event["event"]["sender"]["sender_id"]["open_id"], sandbox.open_id());
    let content: Value = serde_json::from_str(event["event"]["message"]["content"].as_str().unwrap()).unwrap();
    assert_eq!(content["text"], text);
    assert!(said.done().await);

    let card = card(sandbox).await;
    let (reply, event) = tokio::join!(user.clicks(&card, "Approve"), client.receives("card.action.trigger"));
    assert_eq!(reply.unwrap()["toast"]["content"], "clicked");
    assert_eq!(event["event"]["action"]["value"], json!({"id": 7}));
    assert_eq!(event["event"]["context"]["open_message_id"], card);

    let failing = user.says(sandbox.chat_id(), "fail").unwrap();
    client.receives("im.message.receive_v1").await;
    assert_eq!(first_failure(&failing.deliveries[0]).await.code, 200_671);

    let old = sandbox
        .push(sandbox.app_id(), "p2p_chat_create", json!({"chat_id": "oc_1"}))
        .unwrap();
    let event = client.receives("p2p_chat_create").await;
    assert_eq!(event["uuid"], old.event_id());
    assert!(old.done().await);
}

async fn over_the_socket(script: &str) {
    let sandbox = Sandbox::new();
    let server = sandbox.serve(0).await.unwrap();
    let sockets = sandbox.long_connections();
    sockets.chunk_above(1000);
    let mut client = Client::start(
        script,
        &["socket", &server.url(), sandbox.app_id(), sandbox.app_secret()],
    );
    tokio::select! {
        () = sockets.reach(1) => {}
        ended = client.process.wait() => panic!("the client ended before it connected: {ended:?}"),
    }
    converse(&sandbox, &mut client).await;
    assert_eq!(sockets.open()[0].pings, 1);
    let codes: Vec<i64> = sockets.acks().iter().map(|ack| ack.code).collect();
    assert_eq!(codes, [200, 200, 500, 200]);
    assert!(sockets.acks().iter().all(|ack| !ack.late));
    drop(client);
    sockets.reach(0).await;
}

/// `wrong`: a token and a key that the client does not let through.
async fn over_the_webhook(script: &str, wrong: [&str; 2]) {
    let sandbox = Sandbox::new();
    let mut client = Client::start(script, &["webhook", TOKEN, KEY]);
    let url = format!("http://127.0.0.1:{}/", client.says().await["port"]);
    let wrong = Webhook::new(&url, wrong[0]).encrypt_key(wrong[1]);
    assert!(sandbox.set_webhook(sandbox.app_id(), wrong).await.is_err());
    let webhook = Webhook::new(&url, TOKEN).encrypt_key(KEY);
    sandbox.set_webhook(sandbox.app_id(), webhook).await.unwrap();
    converse(&sandbox, &mut client).await;
}

#[tokio::test]
async fn a_stub_written_from_the_protocol_connects_and_acknowledges() {
    if stub().await {
        over_the_socket("stub.py").await;
    }
}

#[tokio::test]
async fn a_stub_written_from_the_protocol_verifies_and_decrypts() {
    if stub().await {
        over_the_webhook("stub.py", ["v-token-0002", KEY]).await;
    }
}

#[tokio::test]
async fn the_official_python_sdk_connects_and_acknowledges() {
    if official_python().await {
        over_the_socket("official.py").await;
    }
}

#[tokio::test]
async fn the_official_python_sdk_verifies_and_decrypts() {
    if official_python().await {
        over_the_webhook("official.py", ["v-token-0002", KEY]).await;
    }
}

#[tokio::test]
async fn the_official_node_sdk_connects_and_acknowledges() {
    if official_node().await {
        over_the_socket("node/official.mjs").await;
    }
}

#[tokio::test]
async fn the_official_node_sdk_verifies_and_decrypts() {
    if official_node().await {
        // It does not look at the token.
        over_the_webhook("node/official.mjs", [TOKEN, "kudryavka-encrypt-cat"]).await;
    }
}
