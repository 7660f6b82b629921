//! `cargo xtask draft`: what a second draft leaves alone.
#![allow(clippy::unwrap_used)]

use std::{env, fs, path::Path, process::Command};

#[test]
fn what_the_spec_says_otherwise_on_purpose_stays() {
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pages/tests/pages");
    let spec = env::temp_dir().join(format!("flybook-draft-{}", std::process::id()));
    let _ = fs::remove_dir_all(&spec);
    let file = spec.join("notes/v1/note.yaml");
    let draft = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        let output = command
            .arg("draft")
            .arg("--out")
            .arg(&spec)
            .arg(&pages)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        fs::read_to_string(&file).unwrap()
    };
    let drafted = draft();
    let curated = drafted.replace("tokens: [tenant, user]", "tokens: [tenant]");
    assert_ne!(curated, drafted, "the page says that users may call it");

    fs::write(&file, &curated).unwrap();
    let row = "differences:\n  - at: notes.v1.note.create\n    what: tokens\n    why: The platform refuses users.\n";
    fs::write(spec.join("differences.yaml"), row).unwrap();
    assert_eq!(draft(), curated);

    fs::remove_file(spec.join("differences.yaml")).unwrap();
    assert_eq!(draft(), drafted, "without a reason, the page is followed");
    fs::remove_dir_all(&spec).unwrap();
}
