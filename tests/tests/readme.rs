//! What the README shows is what the house holds: its sample compiles, its commands exist.

use std::{fs, path::Path};

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap()
}

/// The first block of a language in a Markdown file.
fn block<'a>(text: &'a str, language: &str) -> &'a str {
    let (_, rest) = text.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("```").unwrap().0
}

#[test]
fn the_sample_is_the_downstream_program() {
    let program = read("tests/downstream/src/main.rs");
    let (_, program) = program.split_once("\n\n").unwrap();
    for readme in ["README.md", "README.zh.md"] {
        assert_eq!(block(&read(readme), "rust"), program, "{readme}");
    }
}

#[test]
fn ci_calls_the_readme_s_test_command() {
    let readme = read("README.md");
    let commands: Vec<&str> = readme
        .split("```sh\n")
        .skip(1)
        .map(|rest| rest.split_once("\n```").unwrap().0)
        .collect();
    assert_eq!(commands[..2], ["cargo xtask hello", "cargo xtask test"]);
    assert!(read(".ci/run").trim_end().ends_with("\ncargo xtask test"));
}
