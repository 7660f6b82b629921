//! The sandbox's console in a real browser, with the echo bot running beside it.
//!
//! Needs `chromium`, `node`, and what `npm ci` puts into `tests/browser`. Without them the test says what is missing and ends; with
//! `FLYBOOK_INTEROP=required`, as CI sets it, it fails. `browser/console.mjs` has the steps.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use flybook_sandbox::Sandbox;
use tokio::{process::Command, time::timeout};

/// More than everything in the browser takes on a slow machine.
const PATIENCE: Duration = Duration::from_secs(120);

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("browser")
}

fn find(program: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let mut paths = std::env::split_paths(&folders).map(|folder| folder.join(program));
    paths.find(|path| path.is_file())
}

/// The browser, or what is missing.
fn browser() -> Result<PathBuf, &'static str> {
    let browser = find("chromium").ok_or("`chromium` is not installed (apt-get install chromium)")?;
    find("node").ok_or("`node` is not installed (apt-get install nodejs npm)")?;
    let driver = folder().join("node_modules/playwright-core");
    let missing = "playwright-core is not there; run `npm ci` in tests/browser";
    driver.is_dir().then_some(browser).ok_or(missing)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_console_in_a_browser() {
    let browser = match browser() {
        Ok(browser) => browser,
        Err(missing) => {
            let required = std::env::var_os("FLYBOOK_INTEROP").is_some_and(|value| value == "required");
            assert!(!required, "{missing}");
            // Past the harness, which keeps what a test prints to itself.
            _ = writeln!(std::io::stderr(), "left out: {missing}");
            return;
        }
    };
    let sandbox = Sandbox::new();
    let server = sandbox.serve(0).await.unwrap();
    let mut bot = Command::new(env!("CARGO_BIN_EXE_echo_bot"));
    bot.env("FLYBOOK_APP_ID", sandbox.app_id())
        .env("FLYBOOK_APP_SECRET", sandbox.app_secret())
        .env("FLYBOOK_BASE_URL", server.url())
        .stdout(Stdio::null())
        .kill_on_drop(true);
    let mut bot = bot.spawn().unwrap();
    let sockets = sandbox.long_connections();
    tokio::select! {
        () = sockets.reach(1) => {}
        ended = bot.wait() => panic!("the echo bot ended: {ended:?}"),
    }

    let shots = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
    std::fs::create_dir_all(&shots).unwrap();
    let mut steps = Command::new("node");
    steps
        .args(["--test", "--test-reporter=spec", "console.mjs"])
        .current_dir(folder())
        .env("CONSOLE", server.url())
        .env("CHROMIUM", browser)
        .env("SHOTS", &shots)
        .kill_on_drop(true);
    let output = timeout(PATIENCE, steps.output()).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}\n{}\npictures of what failed are in {}",
        String::from_utf8_lossy(&output.stderr),
        shots.display()
    );

    let rendered: Vec<String> = sandbox.messages().iter().map(|message| message.rendered()).collect();
    for seen in [
        "sent from the explorer",
        "sent by keyboard",
        "<img src=x onerror=alert(1)>",
    ] {
        assert!(
            rendered.iter().any(|text| text == seen),
            "{seen} is not in {rendered:#?}"
        );
    }
    // What the bot answered to the click took the card's place.
    let card = sandbox
        .messages()
        .into_iter()
        .find(|message| message.msg_type == "interactive");
    assert!(card.unwrap().sent.to_string().contains("it is **pressed**"));
}
