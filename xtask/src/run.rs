//! Runs cargo for the other commands.

use std::{
    path::Path,
    process::{Command, ExitCode},
    time::Instant,
};

/// Runs one cargo command and passes its exit code on.
pub(crate) fn cargo(root: &Path, arguments: &[&str]) -> ExitCode {
    match command(root, arguments).status() {
        Ok(status) => ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)),
        Err(error) => {
            eprintln!("error: cannot start cargo: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Everything that CI holds the house to, the quick things first.
pub(crate) fn all(root: &Path) -> ExitCode {
    let start = Instant::now();
    match steps(root) {
        Ok(()) => {
            println!("\nall steps passed in {} s", start.elapsed().as_secs());
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn steps(root: &Path) -> Result<(), String> {
    step(root, &["fmt", "--all", "--check"])?;
    step(root, &["xtask", "regenerate", "--check"])?;
    step(
        root,
        &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--all-features",
            "--",
            "--deny",
            "warnings",
        ],
    )?;
    step(root, &["test", "--workspace", "--all-features"])?;
    // Other packages of the workspace switch features on; alone, each service shows what it needs.
    for feature in features(root)? {
        step(
            root,
            &[
                "check",
                "--quiet",
                "--package",
                "flybook",
                "--no-default-features",
                "--features",
                &feature,
            ],
        )?;
    }
    step(root, &["build", "--quiet", "--package", "flybook-downstream"])?;
    step(root, &["xtask", "hello"])?;
    for door in [&["--socket"][..], &["--webhook", "0"]] {
        let bot = [
            "run",
            "--quiet",
            "--package",
            "flybook",
            "--example",
            "echo_bot",
            "--",
            "--once",
        ];
        step(root, &[&bot[..], door].concat())?;
    }
    step(root, &["xtask", "openapi", "--out", "target/openapi.json"])?;
    validate(root)?;
    // The programs that the benches measure; the measures themselves are commands of their own (BENCHMARKS.md).
    step(
        root,
        &[
            "check",
            "--quiet",
            "--manifest-path",
            "tests/bench/Cargo.toml",
            "--target-dir",
            "target/bench",
        ],
    )?;
    step(root, &["doc", "--workspace", "--all-features", "--no-deps"])
}

/// Holds the OpenAPI document to its own schema, where the validator is installed; CI installs it.
fn validate(root: &Path) -> Result<(), String> {
    const VALIDATOR: &str = "openapi-spec-validator";
    println!("\n$ {VALIDATOR} target/openapi.json");
    match Command::new(VALIDATOR)
        .arg("target/openapi.json")
        .current_dir(root)
        .status()
    {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err("target/openapi.json is not OpenAPI 3.1".to_owned()),
        Err(_) => {
            println!("left out: {VALIDATOR} is not installed (pip install {VALIDATOR})");
            Ok(())
        }
    }
}

fn step(root: &Path, arguments: &[&str]) -> Result<(), String> {
    let line = format!("cargo {}", arguments.join(" "));
    println!("\n$ {line}");
    let mut command = command(root, arguments);
    match command.env("RUSTDOCFLAGS", "--deny warnings").status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(format!("`{line}` failed")),
        Err(error) => Err(format!("cannot start `{line}`: {error}")),
    }
}

/// The features of the generated crate, a line each in its manifest.
fn features(root: &Path) -> Result<Vec<String>, String> {
    let path = root.join("generated").join("Cargo.toml");
    let manifest =
        std::fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let section = manifest
        .split("\n[features]\n")
        .nth(1)
        .and_then(|rest| rest.split("\n\n").next())
        .unwrap_or_default();
    let names = section
        .lines()
        .filter_map(|line| line.split_once(" = "))
        .map(|(name, _)| name);
    Ok(names
        .filter(|name| {
            !matches!(
                *name,
                "axum" | "default" | "full" | "redis" | "roundtrip" | "socket" | "tower" | "webhook"
            )
        })
        .map(str::to_owned)
        .collect())
}

fn command(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root);
    command
}
