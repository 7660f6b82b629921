//! The pages of the console: whole, closed to other hosts, and with the vendored library as npm publishes it.

use std::{collections::BTreeMap, fs, path::Path, path::PathBuf, process::Command};

use flybook_sandbox::Sandbox;
use serde::Deserialize;
use sha2::{Digest, Sha512};

use crate::house::House;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("console")
}

#[tokio::test]
async fn every_file_is_served_as_it_lies() {
    let house = House::new(Sandbox::new()).await;
    let mut files = vec![("/".to_owned(), "index.html".to_owned(), "text/html; charset=utf-8")];
    for entry in fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let kind = match name.rsplit('.').next() {
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("svg") => "image/svg+xml",
            Some("html") => "text/html; charset=utf-8",
            _ => continue,
        };
        files.push((format!("/assets/{name}"), name, kind));
    }
    let library = "vendor/htm-preact.js";
    files.push((
        format!("/assets/{library}"),
        library.to_owned(),
        "text/javascript; charset=utf-8",
    ));
    for (path, name, kind) in files {
        let reply = house.get(&path).await;
        assert_eq!(reply.status, 200, "{path}: is it in sandbox/src/console/mod.rs?");
        assert_eq!(reply.body, fs::read_to_string(folder().join(&name)).unwrap(), "{name}");
        assert_eq!(reply.header("content-type"), kind, "{path}");
        let policy = reply.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'self';") && !policy.contains("unsafe"),
            "{policy}"
        );
        let tag = reply.header("etag").to_owned();
        let again = house.get_with(&path, &format!("If-None-Match: {tag}\r\n")).await;
        assert!(again.status == 304 && again.body.is_empty(), "{path}");
    }
    for path in [
        "/assets/",
        "/assets/README.md",
        "/assets/../Cargo.toml",
        "/assets/vendor/lock.json",
    ] {
        assert_eq!(house.get(path).await.status, 404, "{path}");
    }
}

// The policy forbids scripts within the page, and the rest of what it loads must be here.
#[test]
fn pages_load_nothing_from_elsewhere() {
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let Ok(text) = fs::read_to_string(&path) else { continue };
        for from in [
            "from \"http",
            "import(\"http",
            "src=\"http",
            "href=\"http",
            "url(",
            "innerHTML",
            "eval(",
        ] {
            assert!(!text.contains(from), "{} has {from}", path.display());
        }
        let inline = text.contains("<script>") || text.contains(" onclick=") || text.contains(" style=");
        assert!(!inline, "{}", path.display());
    }
}

#[test]
fn texts_are_whole_in_both_languages() {
    let texts = fs::read_to_string(folder().join("text.js")).unwrap();
    let table = texts
        .split("const TEXTS = {")
        .nth(1)
        .unwrap()
        .split("\n};")
        .next()
        .unwrap();
    let mut known = BTreeMap::new();
    let entries = table
        .replace("[\n    ", "[")
        .replace(",\n    \"", ", \"")
        .replace(",\n  ],", "],");
    for line in entries.lines().map(str::trim).filter(|line| line.contains(": [")) {
        let (key, both) = line.split_once(": ").unwrap();
        let both: [String; 2] =
            serde_json::from_str(both.trim_end_matches(',')).unwrap_or_else(|error| panic!("{error}: {line}"));
        let values = |text: &str| {
            (0..5)
                .filter(|at| text.contains(&format!("{{{at}}}")))
                .collect::<Vec<_>>()
        };
        assert_eq!(values(&both[0]), values(&both[1]), "{key}");
        assert!(known.insert(key.to_owned(), both).is_none(), "`{key}` is there twice");
    }
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let Ok(code) = fs::read_to_string(&path) else { continue };
        for (at, _) in code.match_indices("t(\"") {
            let name = code[..at].ends_with(|before: char| before.is_alphanumeric());
            let used = code[at + 3..].split('"').next().unwrap();
            let word = used.chars().all(|one| one.is_ascii_lowercase() || one == '_');
            let call = !name && !used.is_empty() && word;
            assert!(
                !call || known.contains_key(used),
                "{}: no text for `{used}`",
                path.display()
            );
        }
    }
}

/// What npm publishes, and which of its files lie here.
#[derive(Deserialize)]
struct Package {
    version: String,
    integrity: String,
    files: BTreeMap<String, String>,
}

#[test]
fn the_vendored_library_is_what_npm_publishes() {
    let lock = fs::read_to_string(folder().join("vendor/lock.json")).unwrap();
    let lock: BTreeMap<String, Package> = serde_json::from_str(&lock).unwrap();
    let listed: Vec<&String> = lock.values().flat_map(|package| package.files.keys()).collect();
    for entry in fs::read_dir(folder().join("vendor")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            name == "lock.json" || listed.contains(&&name),
            "{name} is not in lock.json"
        );
    }
    if !crate::house::there("npm", &["--version"], "install npm") {
        return;
    }
    let at = std::env::temp_dir().join(format!("flybook-vendor-{}", std::process::id()));
    fs::create_dir_all(&at).unwrap();
    for (name, package) in &lock {
        let wanted = format!("{name}@{}", package.version);
        let packed = Command::new("npm")
            .args(["pack", "--silent", &wanted])
            .current_dir(&at)
            .output()
            .unwrap();
        let said = String::from_utf8(packed.stdout).unwrap();
        let Some(archive) = said.lines().last().filter(|_| packed.status.success()) else {
            let why = String::from_utf8_lossy(&packed.stderr).into_owned();
            crate::house::left_out(&format!("npm pack {wanted}: {why}"));
            return;
        };
        let digest = Sha512::digest(fs::read(at.join(archive)).unwrap());
        assert_eq!(
            package.integrity,
            format!("sha512-{}", crate::house::base64(&digest)),
            "{wanted}"
        );
        for (ours, theirs) in &package.files {
            let unpacked = Command::new("tar")
                .args(["-xzOf", archive, theirs])
                .current_dir(&at)
                .output()
                .unwrap();
            assert!(unpacked.status.success(), "{theirs}");
            assert!(
                unpacked.stdout == fs::read(folder().join("vendor").join(ours)).unwrap(),
                "{ours} is not {theirs}"
            );
        }
    }
    fs::remove_dir_all(&at).unwrap();
}
