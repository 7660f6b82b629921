//! Every operation of the spec, from its own examples: what goes out, and what comes back from the sandbox.
#![allow(deprecated)]

use std::{collections::BTreeMap, pin::Pin};

use flybook::{Client, Error, Request};
use flybook_sandbox::{App, Sandbox};
use flybook_tests::recorder::Recorder;

include!(concat!(env!("OUT_DIR"), "/samples.rs"));

/// Sends a sample, with everything or not, and with a token of its own where one is given.
type Sender = Box<dyn Fn(&Client, bool, Option<&str>) -> Sending>;

type Sending = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// An operation, built with what is required and with everything.
struct Sample {
    file: &'static str,
    id: &'static str,
    tokens: &'static [flybook::TokenKind],
    apps: &'static [flybook::AppKind],
    send: Sender,
}

fn sample<R>(file: &'static str, id: &'static str, required: fn() -> R, full: fn() -> R) -> Sample
where
    R: Request + 'static,
{
    let send = move |client: &Client, everything: bool, token: Option<&str>| -> Sending {
        let mut call = client.send(if everything { full() } else { required() });
        if let Some(token) = token {
            call = call.token(token);
        }
        Box::pin(async move { call.await.map(drop) })
    };
    Sample {
        file,
        id,
        tokens: R::ENDPOINT.tokens,
        apps: R::ENDPOINT.apps,
        send: Box::new(send),
    }
}

impl Sample {
    fn takes_only(&self, kind: flybook::TokenKind) -> bool {
        self.tokens == [kind]
    }
}

#[tokio::test]
async fn the_wire_form_of_every_operation() {
    let mut files: BTreeMap<&str, String> = BTreeMap::new();
    for sample in samples() {
        for everything in [false, true] {
            let recorder = Recorder::new(r#"{"code":0,"msg":"success","data":{}}"#);
            let mut builder = Client::builder("cli_1", "secret")
                .base_url("https://open.example.com")
                .helpdesk("12345", "ht-sometoken")
                .retry(flybook::Retry::off())
                .transport(recorder.clone());
            if !sample.apps.contains(&flybook::AppKind::Custom) {
                builder = builder.store_app();
            }
            let client = builder.build().unwrap();
            let token = sample.takes_only(flybook::TokenKind::User).then_some("u-1");
            let _ = (sample.send)(&client, everything, token).await;
            let what = if everything {
                "with everything"
            } else {
                "with what is required"
            };
            let wire = recorder.wire_form();
            let wire = match wire.split_once("boundary=") {
                Some((_, rest)) => wire.replace(rest.lines().next().unwrap_or_default(), "BOUNDARY"),
                None => wire,
            };
            let text = files.entry(sample.file).or_default();
            text.push_str(&format!("## {} {what}\n{wire}\n\n", sample.id));
        }
    }
    for (file, text) in files {
        let name = file.trim_end_matches(".yaml").replace(['/', '.'], "_");
        insta::assert_snapshot!(format!("wire_{name}"), text);
    }
}

#[tokio::test]
async fn the_sandbox_answers_every_operation() {
    // A sandbox for each call: what one deletes is there for the next.
    let sandbox = || {
        Sandbox::builder()
            .app(App::custom("cli_slkdjalasdkjasd", "…"))
            .app(App::store("cli_store", "…"))
            .helpdesk("12345", "ht-sometoken")
            // The chat that the page of message.v4 sends to.
            .chat("oc_5ad11d72b830411d72b836c20")
            .examples()
            .build()
    };
    let client = |sandbox: &Sandbox, app: &str, store: bool| {
        let sandbox = sandbox.clone();
        let ticket = sandbox.app_ticket("cli_store").unwrap_or_default();
        let transport = move |call: flybook::Outgoing| {
            let sandbox = sandbox.clone();
            async move { Ok(sandbox.handle(call.into_http()).await) }
        };
        let builder = Client::builder(app, "…")
            .helpdesk("12345", "ht-sometoken")
            .transport(transport);
        let builder = if store {
            builder.store_app().app_ticket(ticket)
        } else {
            builder
        };
        builder.build().unwrap()
    };
    let mut failed = Vec::new();
    let mut sent = 0;
    for sample in samples() {
        // Token calls carry credentials that an example cannot know; tests of their own call them.
        if sample.id.starts_with("auth.v3.") || sample.id.starts_with("authen.v2.oauth.token") {
            continue;
        }
        sent += 1;
        for everything in [false, true] {
            let sandbox = sandbox();
            let client = if sample.apps.contains(&flybook::AppKind::Custom) {
                client(&sandbox, "cli_slkdjalasdkjasd", false)
            } else {
                client(&sandbox, "cli_store", true)
            };
            let user = sandbox.user_token(sandbox.open_id());
            let token = sample.takes_only(flybook::TokenKind::User).then_some(user.as_str());
            if let Err(error) = (sample.send)(&client, everything, token).await {
                failed.push(format!("{} (everything: {everything}): {error}", sample.id));
            }
        }
    }
    println!("{sent} operations sent");
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
}
