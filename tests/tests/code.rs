//! The code that the sandbox's console shows: what it sends is held against the values of the form, as the sandbox received them.

use std::{
    error::Error,
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use flybook_sandbox::{
    App, CallRecord, Catalog, Sandbox, Server,
    catalog::{AppKind, Operation, Shape, TokenKind, Type},
    code,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

const CUSTOM: (&str, &str) = ("cli_slkdjalasdkjasd", "secret");
const STORE: (&str, &str) = ("cli_store", "secret");

/// A program of the build (`programs.rs`), and what it was rendered from.
#[derive(Deserialize)]
struct Row {
    name: String,
    operation: String,
    values: Map<String, Value>,
    full: bool,
    rust: String,
    curl: String,
}

fn rows() -> Vec<Row> {
    serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/programs.json"))).unwrap()
}

/// An empty folder of this test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn programs_are_formatted_as_rustfmt_has_it() {
    let folder = folder("formatted");
    // The user's rustfmt has no settings of ours.
    fs::write(folder.join("rustfmt.toml"), "").unwrap();
    let mut command = Command::new("rustfmt");
    command
        .args(["--check", "--edition", "2024", "--config-path"])
        .arg(&folder);
    for row in rows() {
        let path = folder.join(format!("{}.rs", row.name));
        fs::write(&path, row.rust).unwrap();
        command.arg(path);
    }
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn every_form_has_a_typed_program() {
    let raw: Vec<String> = rows()
        .into_iter()
        .filter(|row| row.rust.contains(".raw("))
        .map(|row| row.operation)
        .collect();
    assert!(raw.is_empty(), "{raw:?}");
}

/// A sandbox with what the catalog's examples name, and a server in front of it.
async fn serve() -> (Sandbox, Server) {
    let sandbox = Sandbox::builder()
        .app(App::custom(CUSTOM.0, CUSTOM.1))
        .app(App::store(STORE.0, STORE.1))
        .helpdesk("12345", "ht-sometoken")
        .build();
    let server = sandbox.serve(0).await.unwrap();
    (sandbox, server)
}

/// The environment that the code of an app reads.
fn environment(sandbox: &Sandbox, url: &str, (id, secret): (&str, &str)) -> Vec<(&'static str, String)> {
    let secrets = [
        "APP_SECRET",
        "APP_TICKET",
        "APP_ACCESS_TOKEN",
        "CLIENT_SECRET",
        "CODE",
        "CODE_VERIFIER",
        "REFRESH_TOKEN",
    ];
    let mut variables: Vec<(&str, String)> = secrets.map(|name| (name, "some-secret".to_owned())).into();
    variables.extend([
        ("FLYBOOK_APP_ID", id.to_owned()),
        ("FLYBOOK_APP_SECRET", secret.to_owned()),
        ("FLYBOOK_BASE_URL", url.to_owned()),
        ("FLYBOOK_USER_TOKEN", sandbox.user_token(sandbox.open_id())),
        ("FLYBOOK_HELPDESK_ID", "12345".to_owned()),
        ("FLYBOOK_HELPDESK_TOKEN", "ht-sometoken".to_owned()),
        ("HELPDESK_ID", "12345".to_owned()),
        ("HELPDESK_TOKEN", "ht-sometoken".to_owned()),
    ]);
    // The card of an interaction is updated with the token of the callback.
    variables.push(("TOKEN", sandbox.user_token(sandbox.open_id())));
    variables
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_send_what_the_form_holds() {
    let (sandbox, server) = serve().await;
    let catalog = sandbox.catalog();
    let folder = folder("programs");
    fs::write(folder.join("bytes"), "bytes").unwrap();
    let mut faults = Vec::new();
    for app in [CUSTOM, STORE] {
        let mut runner = Command::new(env!("CARGO_BIN_EXE_programs"))
            .envs(environment(&sandbox, &server.url(), app))
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut names = runner.stdin.take().unwrap();
        let mut outcomes = BufReader::new(runner.stderr.take().unwrap()).lines();
        for row in rows() {
            let operation = catalog.operation(&row.operation).unwrap();
            if (operation.apps == [AppKind::Store]) != (app == STORE) {
                continue;
            }
            let before = sandbox.calls().len();
            writeln!(names, "{}", row.name).unwrap();
            let outcome = outcomes.next().unwrap().unwrap();
            if let Err(why) = sent(catalog, operation, &row, &sandbox.calls()[before..], Some(&outcome)) {
                faults.push(format!("{} {}: {why}\n{}", row.operation, row.values_text(), row.rust));
            }
        }
        drop(names);
        runner.wait().unwrap();
    }
    assert!(faults.is_empty(), "{} programs:\n{}", faults.len(), faults.join("\n\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_send_what_the_form_holds() -> Result<(), Box<dyn Error>> {
    let (sandbox, server) = serve().await;
    let catalog = sandbox.catalog();
    let folder = folder("commands");
    fs::write(folder.join("bytes"), "bytes")?;
    let (mut faults, mut rest) = (Vec::new(), String::new());
    let tenant = tenant_token(&server.url(), &folder)?;
    for row in rows() {
        if !row.full {
            rest.push_str(&row.curl);
            continue;
        }
        let operation = catalog.operation(&row.operation).unwrap();
        let before = sandbox.calls().len();
        let mut environment = environment(&sandbox, &server.url(), CUSTOM);
        if !operation.tokens.contains(&TokenKind::User) {
            environment.retain(|(name, _)| *name != "TOKEN");
            environment.push(("TOKEN", tenant.clone()));
        }
        let script = row.curl.replace("http://127.0.0.1:4000", &server.url());
        let output = Command::new("bash")
            .args(["-euc", &script])
            .envs(environment)
            .current_dir(&folder)
            .output()?;
        let errors = String::from_utf8_lossy(&output.stderr);
        if let Err(why) = sent(catalog, operation, &row, &sandbox.calls()[before..], None) {
            faults.push(format!("{}: {why}\n{}{errors}", row.operation, row.curl));
        }
    }
    assert!(faults.is_empty(), "{} commands:\n{}", faults.len(), faults.join("\n\n"));
    // Those for the platform itself are only read.
    let script = folder.join("rest.sh");
    fs::write(&script, rest)?;
    assert!(Command::new("bash").arg("-n").arg(script).status()?.success());
    Ok(())
}

/// A token, as the page of auth.v3.tenant_access_token.internal has it fetched.
fn tenant_token(url: &str, folder: &Path) -> Result<String, Box<dyn Error>> {
    let body = json!({"app_id": CUSTOM.0, "app_secret": CUSTOM.1}).to_string();
    let url = format!("{url}/open-apis/auth/v3/tenant_access_token/internal");
    let output = Command::new("curl")
        .args(["-s", "-H", "Content-Type: application/json", "-d", &body, &url])
        .current_dir(folder)
        .output()?;
    let reply: Value = serde_json::from_slice(&output.stdout)?;
    Ok(reply["tenant_access_token"].as_str().unwrap_or_default().to_owned())
}

impl Row {
    fn values_text(&self) -> String {
        Value::from(self.values.clone()).to_string()
    }
}

/// Whether a call arrived with the row's values and nothing else.
fn sent(
    catalog: &Catalog,
    operation: &Operation,
    row: &Row,
    calls: &[CallRecord],
    outcome: Option<&str>,
) -> Result<(), String> {
    let call = calls
        .iter()
        .rfind(|call| call.operation.as_ref() == Some(&operation.id));
    let call = call.ok_or_else(|| format!("nothing arrived; {outcome:?}"))?;
    // Who calls is known by the token; whether there is such a chat or user is another matter.
    if call.app.is_none() && !operation.tokens.is_empty() || !call.unknown.is_empty() {
        return Err(format!(
            "the sandbox does not know who calls or what: {call:?}, {outcome:?}"
        ));
    }
    if outcome.is_some_and(|outcome| outcome != "done") && call.code == 0 {
        return Err(format!("the program failed: {outcome:?}"));
    }
    let mut left = call.arguments.clone();
    let tags: Vec<&String> = operation
        .parameters
        .iter()
        .filter_map(|field| field.by.as_ref())
        .collect();
    for field in &operation.parameters {
        let keys = match &field.kind {
            Type::Ref(name) => match catalog.shape(name) {
                Some(Shape::Keys(keys)) => keys.as_slice(),
                _ => std::slice::from_ref(field),
            },
            _ => std::slice::from_ref(field),
        };
        let given = keys.iter().find_map(|key| row.values.get(&key.name));
        let found = left.shift_remove(&field.name);
        match (given, found) {
            (Some(given), Some(found)) if same(&field.kind, given, &found) => {}
            (None, None) => {}
            // The client fills in what makes a repeated call safe.
            (None, Some(_)) if operation.dedupe.as_ref() == Some(&field.name) => {}
            (given, found) => {
                let (name, tag) = (&field.name, tags.contains(&&field.name));
                return Err(format!("`{name}` (tag: {tag}) is {found:?} instead of {given:?}"));
            }
        }
    }
    Ok(())
}

/// Whether what arrived is what was given; the sandbox shows JSON text parsed, and hides secrets.
fn same(kind: &Type, given: &Value, found: &Value) -> bool {
    match (kind, given, found) {
        (_, _, Value::String(hidden)) if hidden == "***" => true,
        (Type::Json(_), Value::String(text), found) => {
            serde_json::from_str::<Value>(text).is_ok_and(|given| same(&Type::Any, &given, found))
        }
        (_, Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (_, Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(&Type::Any, one, other))
        }
        (_, Value::Object(one), Value::Object(other)) => {
            let member =
                |(name, value): (&String, &Value)| other.get(name).is_some_and(|other| same(&Type::Any, value, other));
            one.len() == other.len() && one.iter().all(member)
        }
        // JSON text inside an object: the members may come in another order.
        (_, Value::String(one), Value::String(other)) => {
            let [one_json, other_json] = [one, other].map(|text| serde_json::from_str::<Value>(text).ok());
            one == other || one_json.is_some() && one_json == other_json
        }
        _ => given == found,
    }
}

/// The whole code for a call, as the console shows it.
fn shown(operation: &str, values: Value, token: TokenKind, origin: Option<&str>) -> String {
    let catalog = Catalog::embedded().unwrap();
    let operation = catalog.operation(operation).unwrap();
    let samples = code::samples(&catalog, operation, values.as_object().unwrap(), token, origin);
    format!("{}\n{}\n{}", samples.cargo, samples.rust, samples.curl)
}

#[test]
fn code_to_read() {
    let origin = Some("http://127.0.0.1:4000");
    let text = json!({"receive_id_type": "chat_id", "receive_id": "oc_1", "msg_type": "text",
        "content": {"text": "Tom's \"hello\"\n$HOME"}, "uuid": "a-b"});
    insta::assert_snapshot!(
        "code_text",
        shown("im.v1.message.create", text, TokenKind::Tenant, origin)
    );
    let card = json!({"receive_id_type": "chat_id", "receive_id": "oc_1", "msg_type": "interactive",
        "content": "{\"schema\":\"2.0\",\"body\":{\"elements\":[{\"tag\":\"markdown\",\"content\":\"Version **1.4** is live.\"}]}}"});
    insta::assert_snapshot!(
        "code_card",
        shown("im.v1.message.create", card, TokenKind::Tenant, None)
    );
    let list = json!({"container_id_type": "chat", "container_id": "oc_1", "page_size": 50});
    insta::assert_snapshot!("code_list", shown("im.v1.message.list", list, TokenKind::User, origin));
    let upload = json!({"image_type": "message", "image": "./cat, asleep.png"});
    insta::assert_snapshot!(
        "code_upload",
        shown("im.v1.image.create", upload, TokenKind::Tenant, None)
    );
    let download = json!({"message_id": "om_1", "file_key": "file/1", "type": "file"});
    insta::assert_snapshot!(
        "code_download",
        shown("im.v1.message.resource.get", download, TokenKind::Tenant, None)
    );
    let helpdesk = json!({"msg_type": "text", "content": {"text": "Hello"}, "receiver_id": "ou_1"});
    insta::assert_snapshot!(
        "code_helpdesk",
        shown("helpdesk.v1.bot.message.create", helpdesk, TokenKind::Tenant, None)
    );
    let integers =
        json!({"chat_id": "oc_1", "member_id_type": "open_id", "succeed_type": 1, "id_list": ["ou_1", "ou_2"]});
    insta::assert_snapshot!(
        "code_integers",
        shown("im.v1.chat.members.create", integers, TokenKind::Tenant, None)
    );
    let secrets = json!({"app_id": "cli_1", "app_secret": "never shown"});
    insta::assert_snapshot!(
        "code_secrets",
        shown("auth.v3.tenant_access_token.internal", secrets, TokenKind::Tenant, None)
    );
    insta::assert_snapshot!(
        "code_empty",
        shown("im.v1.message.create", json!({}), TokenKind::Tenant, None)
    );
    // What no type has: another kind of message, another kind of ID, a member nobody knows, a list where text belongs.
    let unknown =
        json!({"receive_id_type": "card_id", "receive_id": "1", "msg_type": "hologram", "content": {"depth": 3}});
    insta::assert_snapshot!(
        "code_unknown",
        shown("im.v1.message.create", unknown, TokenKind::Tenant, None)
    );
    let odd = json!({"receive_id_type": "chat_id", "receive_id": "oc_1", "msg_type": "text", "content": {"text": "Hi", "mood": "gay"}});
    insta::assert_snapshot!(
        "code_odd_member",
        shown("im.v1.message.create", odd, TokenKind::Tenant, None)
    );
    let wrong = json!({"message_id": "om_1", "msg_type": ["text"], "content": 7, "uuid": ["a"]});
    insta::assert_snapshot!(
        "code_wrong",
        shown("im.v1.message.reply", wrong, TokenKind::Tenant, origin)
    );
}
