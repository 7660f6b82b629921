//! `cargo xtask regenerate`: what it writes, what it leaves alone, and what `--check` finds.
#![allow(clippy::unwrap_used)]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::SystemTime,
};

/// A spec and a place for what it gives, gone when the test ends.
struct House(PathBuf);

impl House {
    fn new(name: &str) -> Self {
        let house = Self(env::temp_dir().join(format!("flybook-regenerate-{name}-{}", std::process::id())));
        let _ = fs::remove_dir_all(&house.0);
        copy(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec"),
            &house.0.join("spec"),
        );
        house
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.join(path)
    }

    fn regenerate(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command
            .arg("regenerate")
            .arg("--spec")
            .arg(self.path("spec"))
            .arg("--out")
            .arg(self.path("out"));
        command.args(arguments).output().unwrap()
    }

    /// What `--check` prints, and that it writes nothing.
    fn check(&self) -> (Option<i32>, String) {
        let before = snapshot(&self.path("out"));
        let output = self.regenerate(&["--check"]);
        assert_eq!(snapshot(&self.path("out")), before, "--check wrote something");
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn snapshot(folder: &Path) -> Vec<(PathBuf, SystemTime, String)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(snapshot(&path));
        } else {
            let modified = path.metadata().unwrap().modified().unwrap();
            files.push((path.clone(), modified, fs::read_to_string(&path).unwrap()));
        }
    }
    files.sort();
    files
}

#[test]
fn a_second_run_changes_nothing() {
    let house = House::new("twice");
    let first = house.regenerate(&[]);
    let said = String::from_utf8(first.stdout).unwrap();
    assert!(first.status.success());
    assert!(
        said.lines()
            .any(|line| line.starts_with("added") && line.ends_with("im/v1/message.rs")),
        "{said}"
    );
    let summary = said.lines().last().unwrap();
    for word in ["services", "operations", "types", "events", " ms"] {
        assert!(summary.contains(word), "{summary}");
    }
    let before = snapshot(&house.path("out"));
    let second = house.regenerate(&[]);
    assert_eq!(
        String::from_utf8(second.stdout).unwrap().lines().count(),
        1,
        "only the summary"
    );
    assert_eq!(snapshot(&house.path("out")), before);
    assert_eq!(house.check().0, Some(0));
}

#[test]
fn check_finds_an_edit_a_missing_file_and_a_stale_one() {
    let house = House::new("check");
    house.regenerate(&[]);
    let message = house.path("out/src/im/v1/message.rs");
    let text = fs::read_to_string(&message).unwrap();
    fs::write(
        &message,
        text.replacen("pub message_id: String", "pub message_id: u64", 1),
    )
    .unwrap();
    fs::remove_file(house.path("out/src/client.rs")).unwrap();
    fs::create_dir_all(house.path("out/src/gone/v1")).unwrap();
    fs::write(house.path("out/src/gone/v1/old.rs"), "").unwrap();
    let (code, said) = house.check();
    assert_eq!(code, Some(1));
    for (verb, file) in [
        ("differs", "im/v1/message.rs"),
        ("missing", "client.rs"),
        ("stale", "gone/v1/old.rs"),
    ] {
        assert!(
            said.lines().any(|line| line.starts_with(verb) && line.ends_with(file)),
            "{verb} {file}: {said}"
        );
    }
    assert!(said.contains("-    pub message_id: u64"), "{said}");

    assert!(house.regenerate(&[]).status.success());
    assert_eq!(house.check().0, Some(0));
    assert!(
        !house.path("out/src/gone").exists(),
        "folders that held nothing else go too"
    );
}

#[test]
fn only_what_differs_is_written() {
    let house = House::new("differs");
    house.regenerate(&[]);
    let before = snapshot(&house.path("out"));
    fs::write(house.path("out/src/common.rs"), "// edited\n").unwrap();
    house.regenerate(&[]);
    let touched: Vec<_> = before
        .iter()
        .zip(snapshot(&house.path("out")))
        .filter(|(old, new)| old.1 != new.1)
        .map(|(old, _)| old.0.clone())
        .collect();
    assert_eq!(touched, [house.path("out/src/common.rs")]);
}

#[test]
fn a_mistake_writes_nothing() {
    let house = House::new("mistake");
    house.regenerate(&[]);
    let before = snapshot(&house.path("out"));
    let message = house.path("spec/im/v1/message.yaml");
    let text = fs::read_to_string(&message).unwrap();
    fs::write(
        &message,
        text.replacen("    scopes: [im:message,", "    scope: [im:message,", 1),
    )
    .unwrap();
    let output = house.regenerate(&[]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.contains("--> spec/im/v1/message.yaml:") && said.contains("did you mean `scopes`?"),
        "{said}"
    );
    assert_eq!(snapshot(&house.path("out")), before);
}
