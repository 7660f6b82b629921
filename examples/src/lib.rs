//! Where the examples run: on a sandbox of their own, or on the platform when credentials are given.

pub mod recipes;
pub mod rows;

use std::{env, error::Error};

use flybook::{Client, im::v1::message::ReceiveIdType};
use flybook_sandbox::{Sandbox, Server};

/// A client and somebody to write to.
pub struct Stage {
    /// The client that an example uses.
    pub client: Client,
    /// The kind of ID in `receive_id`.
    pub receive_id_type: ReceiveIdType,
    /// Who gets what an example sends.
    pub receive_id: String,
    /// The sandbox and its server; `None` on the platform.
    pub sandbox: Option<(Sandbox, Server)>,
}

impl Stage {
    /// On the platform with `FLYBOOK_APP_ID`, `FLYBOOK_APP_SECRET` and `FLYBOOK_RECEIVE_ID` (a chat, a user or an email address),
    /// else on a sandbox that this starts.
    pub async fn set() -> Result<Self, Box<dyn Error>> {
        let Ok(receive_id) = env::var("FLYBOOK_RECEIVE_ID") else {
            if env::var_os("FLYBOOK_APP_ID").is_some() {
                return Err("FLYBOOK_APP_ID is set, FLYBOOK_RECEIVE_ID is not: set it to a chat (oc_…), a user (ou_…) or an email address".into());
            }
            return Self::on_sandbox().await;
        };
        let receive_id_type = match receive_id.as_bytes() {
            [b'o', b'c', b'_', ..] => ReceiveIdType::ChatId,
            [b'o', b'u', b'_', ..] => ReceiveIdType::OpenId,
            [b'o', b'n', b'_', ..] => ReceiveIdType::UnionId,
            id if id.contains(&b'@') => ReceiveIdType::Email,
            _ => ReceiveIdType::UserId,
        };
        Ok(Self {
            client: Client::from_env()?,
            receive_id_type,
            receive_id,
            sandbox: None,
        })
    }

    async fn on_sandbox() -> Result<Self, Box<dyn Error>> {
        let sandbox = Sandbox::new();
        let server = sandbox.serve(0).await?;
        let client = Client::builder(sandbox.app_id(), sandbox.app_secret())
            .base_url(server.url())
            .build()?;
        let receive_id = sandbox.chat_id().to_owned();
        Ok(Self {
            client,
            receive_id_type: ReceiveIdType::ChatId,
            receive_id,
            sandbox: Some((sandbox, server)),
        })
    }
}
