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
    let steps: &[&[&str]] = &[
        &["fmt", "--all", "--check"],
        &["xtask", "regenerate", "--check"],
        &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--all-features",
            "--",
            "--deny",
            "warnings",
        ],
        &["test", "--workspace", "--all-features"],
        &["doc", "--workspace", "--all-features", "--no-deps"],
    ];
    let start = Instant::now();
    for step in steps {
        println!("\n$ cargo {}", step.join(" "));
        let mut command = command(root, step);
        if step.first() == Some(&"doc") {
            command.env("RUSTDOCFLAGS", "--deny warnings");
        }
        match command.status() {
            Ok(status) if status.success() => {}
            Ok(_) => {
                eprintln!("error: `cargo {}` failed", step.join(" "));
                return ExitCode::FAILURE;
            }
            Err(error) => {
                eprintln!("error: cannot start cargo: {error}");
                return ExitCode::FAILURE;
            }
        }
    }
    println!("\nall steps passed in {} s", start.elapsed().as_secs());
    ExitCode::SUCCESS
}

fn command(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root);
    command
}
