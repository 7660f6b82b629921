//! An app with its token, and short ways for it to call what is done to messages.

use flybook_sandbox::{App, Builder, Sandbox};
use serde_json::{Value, json};

use crate::{
    bench::{Reply, TENANT, call, raw},
    push::still,
};

pub(crate) struct Bot<'s> {
    pub(crate) sandbox: &'s Sandbox,
    pub(crate) token: String,
}

/// A sandbox of two apps.
pub(crate) fn two_apps() -> Builder {
    still().app(App::custom("cli_a", "a")).app(App::custom("cli_b", "b"))
}

/// The bots of [`two_apps`].
pub(crate) async fn two_bots(sandbox: &Sandbox) -> (Bot<'_>, Bot<'_>) {
    (
        Bot::of(sandbox, "cli_a", "a").await,
        Bot::of(sandbox, "cli_b", "b").await,
    )
}

impl<'s> Bot<'s> {
    pub(crate) async fn of(sandbox: &'s Sandbox, id: &str, secret: &str) -> Self {
        let reply = call(
            sandbox,
            "POST",
            TENANT,
            None,
            json!({"app_id": id, "app_secret": secret}),
        )
        .await;
        let token = reply.json()["tenant_access_token"].as_str().unwrap().to_owned();
        Self { sandbox, token }
    }

    pub(crate) async fn new(sandbox: &'s Sandbox) -> Self {
        Self::of(sandbox, sandbox.app_id(), sandbox.app_secret()).await
    }

    /// Any call; paths are those below `/open-apis/im/v1`.
    pub(crate) async fn call(&self, method: &str, path: &str, body: Value) -> Reply {
        let path = format!("/open-apis/im/v1{path}");
        call(self.sandbox, method, &path, Some(&self.token), body).await
    }

    /// What a call that must succeed gives.
    pub(crate) async fn done(&self, method: &str, path: &str, body: Value) -> Value {
        let reply = self.call(method, path, body).await;
        assert_eq!(reply.code(), 0, "{method} {path}: {reply:?}");
        reply.json()["data"].take()
    }

    pub(crate) async fn code(&self, method: &str, path: &str, body: Value) -> i64 {
        self.call(method, path, body).await.code()
    }

    /// Sends to a chat, and gives the message's id.
    pub(crate) async fn sends(&self, chat: &str, msg_type: &str, content: Value) -> String {
        let body = json!({"receive_id": chat, "msg_type": msg_type, "content": content.to_string()});
        let sent = self.done("POST", "/messages?receive_id_type=chat_id", body).await;
        sent["message_id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn says(&self, text: &str) -> String {
        self.sends(self.sandbox.chat_id(), "text", json!({"text": text})).await
    }

    /// Opens the chat with a user by a first text, and gives the message.
    pub(crate) async fn tells(&self, user: &str, text: &str) -> Value {
        let body = json!({"receive_id": user, "msg_type": "text", "content": json!({"text": text}).to_string()});
        self.done("POST", "/messages?receive_id_type=open_id", body).await
    }

    /// Uploads, and gives the key.
    pub(crate) async fn uploads(&self, kind: &str, file_type: &str, bytes: &[u8]) -> Reply {
        let (path, fields) = match kind {
            "image" => ("images", format!("{}message\r\n", part("image_type", ""))),
            _ => (
                "files",
                format!(
                    "{}{file_type}\r\n{}a.bin\r\n",
                    part("file_type", ""),
                    part("file_name", "")
                ),
            ),
        };
        let mut body = format!("{fields}{}", part(kind, "; filename=\"a.bin\"")).into_bytes();
        body.extend(bytes);
        body.extend(b"\r\n--b--\r\n");
        let headers = [
            ("content-type", "multipart/form-data; boundary=b".to_owned()),
            ("authorization", format!("Bearer {}", self.token)),
        ];
        raw(
            self.sandbox,
            "POST",
            &format!("/open-apis/im/v1/{path}"),
            &headers,
            body,
        )
        .await
    }

    pub(crate) async fn key(&self, kind: &str, file_type: &str, bytes: &[u8]) -> String {
        let reply = self.uploads(kind, file_type, bytes).await;
        let key = reply.json()["data"][format!("{kind}_key")].clone();
        key.as_str().unwrap_or_else(|| panic!("{reply:?}")).to_owned()
    }
}

fn part(name: &str, more: &str) -> String {
    format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n")
}

/// The text that a message of a reply holds.
pub(crate) fn text(message: &Value) -> String {
    let content: Value = serde_json::from_str(message["body"]["content"].as_str().unwrap()).unwrap();
    content["text"].as_str().unwrap().to_owned()
}
