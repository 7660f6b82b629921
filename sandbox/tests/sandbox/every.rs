//! Every operation of the real catalog is answered: with what it requires, and with everything it takes.

use std::collections::{BTreeMap, BTreeSet};

use flybook_sandbox::{
    App, Catalog, Sandbox,
    catalog::{AppKind, Operation, Reply, Shape, TokenKind},
};
use serde_json::{Value, json};

use crate::{
    bench::{self, raw},
    craft::{Craft, Crafted},
    fits::fits,
};

const CUSTOM: (&str, &str) = ("cli_custom", "custom-secret");
const STORE: (&str, &str) = ("cli_store", "store-secret");

/// Codes that the sandbox gives although the catalog has no row for them.
const UNLISTED: [i64; 1] = [
    // protocol.md §3.2: a malformed request
    9499,
];

/// What a caller of every kind of operation needs to have.
pub(crate) struct Callers {
    pub(crate) sandbox: Sandbox,
    custom: String,
    store: String,
    store_app: String,
    /// A chat that is there; whatever else is named is named by an example.
    there: BTreeMap<String, Value>,
}

/// The operations that do this.
fn doing<'c>(catalog: &'c Catalog, act: &'c str) -> impl Iterator<Item = &'c Operation> {
    let does = move |operation: &&Operation| operation.simulate.as_ref().is_some_and(|words| words.act == act);
    catalog.operations.iter().filter(does)
}

impl Callers {
    pub(crate) async fn new() -> Self {
        let sandbox = Sandbox::builder()
            .unlimited()
            .app(App::custom(CUSTOM.0, CUSTOM.1))
            .app(App::store(STORE.0, STORE.1))
            .helpdesk("12345", "ht-sometoken")
            .examples()
            .build();
        let mut callers = Self {
            sandbox,
            custom: String::new(),
            store: String::new(),
            store_app: String::new(),
            there: BTreeMap::new(),
        };
        callers.there = BTreeMap::from([("chat_id".to_owned(), callers.sandbox.chat_id().into())]);
        callers.custom = callers.issued(TokenKind::Tenant, AppKind::Custom).await;
        callers.store_app = callers.issued(TokenKind::App, AppKind::Store).await;
        callers.store = callers.issued(TokenKind::Tenant, AppKind::Store).await;
        callers
    }

    async fn issued(&self, token: TokenKind, of: AppKind) -> String {
        let catalog = self.sandbox.catalog();
        let act = match token {
            TokenKind::App => "issue app_token",
            _ => "issue tenant_token",
        };
        let operation = doing(catalog, act)
            .find(|operation| operation.simulate.as_ref().unwrap().roles["of"] == of.to_string())
            .unwrap();
        let request = Craft::new(catalog, false, 0, self.given(operation)).request(operation);
        let reply = self.send(operation, &request).await;
        let name = if token == TokenKind::App {
            "app_access_token"
        } else {
            "tenant_access_token"
        };
        reply.json()[name].as_str().unwrap().to_owned()
    }

    fn for_store(operation: &Operation) -> bool {
        operation.apps == [AppKind::Store]
    }

    /// What no catalog can tell: credentials, and a chat that is there.
    pub(crate) fn given(&self, operation: &Operation) -> BTreeMap<String, Value> {
        if !operation.tokens.is_empty() {
            return self.there.clone();
        }
        let (id, secret) = if Self::for_store(operation) { STORE } else { CUSTOM };
        let given = [
            ("app_id", id.into()),
            ("app_secret", secret.into()),
            ("app_ticket", json!(self.sandbox.app_ticket(id))),
            ("app_access_token", self.store_app.as_str().into()),
            ("tenant_key", self.sandbox.tenant_key().into()),
        ];
        given.map(|(name, value)| (name.to_owned(), value)).into()
    }

    async fn send(&self, operation: &Operation, request: &Crafted) -> bench::Reply {
        let mut headers: Vec<(&str, String)> = request
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect();
        headers.extend(self.credentials(operation));
        raw(
            &self.sandbox,
            &operation.method,
            &request.path,
            &headers,
            request.body.clone(),
        )
        .await
    }

    /// The headers that let a call in.
    pub(crate) fn credentials(&self, operation: &Operation) -> Vec<(&'static str, String)> {
        let mut headers = Vec::new();
        let token = match &operation.tokens[..] {
            [] => None,
            [TokenKind::User] => Some(self.sandbox.user_token(self.sandbox.open_id())),
            [TokenKind::App] if Self::for_store(operation) => Some(self.store_app.clone()),
            _ if Self::for_store(operation) => Some(self.store.clone()),
            _ => Some(self.custom.clone()),
        };
        headers.extend(token.map(|token| ("authorization", format!("Bearer {token}"))));
        if operation.auth.is_some() {
            headers.push(helpdesk_header());
        }
        headers
    }
}

// protocol.md §9.5
fn helpdesk_header() -> (&'static str, String) {
    ("x-lark-helpdesk-authorization", "MTIzNDU6aHQtc29tZXRva2Vu".to_owned())
}

fn fault(catalog: &Catalog, operation: &Operation, reply: &bench::Reply) -> Result<(), String> {
    if operation.reply == Reply::Bytes && reply.status == 200 {
        let json = reply.headers["content-type"].to_str().unwrap().contains("json");
        return if json || reply.body.is_empty() {
            Err("no bytes".to_owned())
        } else {
            Ok(())
        };
    }
    let mut body = reply.json();
    if reply.code() != 0 {
        return Err(body.to_string());
    }
    let payload = match &operation.reply {
        Reply::Flat => {
            let members = body.as_object_mut().unwrap();
            members.retain(|name, _| name != "code" && name != "msg");
            body
        }
        Reply::Key(key) => body[key].take(),
        _ => body["data"].take(),
    };
    match &operation.data {
        Some(kind) => fits(catalog, "data", kind, None, &payload),
        None if payload == json!({}) => Ok(()),
        None => Err(format!("{payload} where nothing is expected")),
    }
}

#[tokio::test]
async fn every_operation_takes_a_good_request_and_gives_a_good_reply() {
    // catalog.json: parameters, examples, tokens, apps, auth, data
    let catalog = &*Catalog::embedded().unwrap();
    let variants = catalog.types.values().map(|definition| match &definition.shape {
        Shape::Union(union) => union.variants.len(),
        Shape::Shapes(looks) => looks.len(),
        _ => 1,
    });
    let variants = variants.max().unwrap();
    let mut faults = Vec::new();
    let mut kinds = BTreeSet::new();
    for operation in &catalog.operations {
        // A user has to sign in first; what this one gives is tested beside the client that does it.
        if operation
            .simulate
            .as_ref()
            .is_some_and(|words| words.act == "issue user_token")
        {
            continue;
        }
        let callers = Callers::new().await;
        let plans = (0..variants).map(|variant| (true, variant));
        let mut before = String::new();
        for (full, variant) in [(false, 0)].into_iter().chain(plans) {
            let mut given = callers.given(operation);
            // The same key again would only give the first message back.
            if let (Some(_), Some(dedupe)) = (operation.content(), &operation.dedupe) {
                given.insert(dedupe.clone(), format!("{full} {variant}").into());
            }
            let request = Craft::new(catalog, full, variant, given).request(operation);
            // The same once more is another thing: what was deleted is gone.
            let now = format!("{request:?}");
            if now == before {
                continue;
            }
            before = now;
            let reply = callers.send(operation, &request).await;
            let calls = callers.sandbox.calls();
            let call = calls.last().unwrap();
            let known = call.operation.as_ref() == Some(&operation.id) && call.unknown.is_empty();
            let known = known
                .then_some(())
                .ok_or_else(|| format!("is not what was meant: {call:?}"));
            if let Err(why) = fault(catalog, operation, &reply).and(known) {
                let id = &operation.id;
                faults.push(format!("{id} (full: {full}, variant {variant}): {why}\n{request:?}"));
                break;
            }
        }
        kinds.extend(callers.sandbox.messages().into_iter().map(|message| message.msg_type));
    }
    assert!(faults.is_empty(), "{} operations:\n{}", faults.len(), faults.join("\n"));
    assert!(kinds.len() > 10, "{kinds:?}");
}

#[tokio::test]
async fn every_refusal_has_a_code_that_the_catalog_lists() {
    // catalog.json: platform.errors and the operations' own errors
    let callers = Callers::new().await;
    let (sandbox, catalog) = (&callers.sandbox, callers.sandbox.catalog());
    let user = sandbox.user_token(sandbox.open_id());
    let odd = json!({"receive_id": "?", "receiver_id": "?", "chat_id": "?", "msg_type": "text", "content": "?"});
    let bodies = ["", "{", "{}", &odd.to_string()];
    for operation in &catalog.operations {
        let request = Craft::new(catalog, false, 0, callers.given(operation)).request(operation);
        let path = request.path.split('?').next().unwrap();
        let tokens = [
            "",
            "x",
            "t-unknown",
            &callers.custom,
            &callers.store,
            &callers.store_app,
            &user,
        ];
        for (token, helpdesk) in tokens.iter().flat_map(|token| [(token, false), (token, true)]) {
            let mut headers = vec![("authorization", format!("Bearer {token}"))];
            if helpdesk {
                headers.push(helpdesk_header());
            }
            for body in bodies {
                let reply = raw(sandbox, &operation.method, path, &headers, body.to_owned()).await;
                if reply.status == 200 {
                    continue;
                }
                let code = reply.code();
                let listed = operation.error(code).is_some() || catalog.platform.errors.contains_key(&code);
                assert!(listed || UNLISTED.contains(&code), "{}: {reply:?}", operation.id);
            }
        }
    }
}
