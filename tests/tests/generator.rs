//! What the generator prints for each feature of the format, and what it says of each mistake.

use std::{fs, path::Path};

use flybook_codegen::{Error, Sources, generate, openapi};

fn features() -> Sources {
    include!("../fixtures/sources.rs").unwrap()
}

fn fixtures(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(folder);
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (
                path.file_stem().unwrap().to_string_lossy().into_owned(),
                fs::read_to_string(path).unwrap(),
            )
        })
        .collect();
    files.sort();
    files
}

#[test]
fn each_feature_of_the_format() {
    let output = generate(&features()).unwrap();
    for (name, _) in fixtures("features") {
        insta::assert_snapshot!(
            format!("feature_{name}"),
            output.files[&format!("src/demo/v1/{name}.rs")]
        );
    }
    for path in [
        "Cargo.toml",
        "src/lib.rs",
        "src/client.rs",
        "src/platform.rs",
        "src/common.rs",
        "src/demo/mod.rs",
        "src/demo/v1/mod.rs",
        "catalog.json",
    ] {
        insta::assert_snapshot!(format!("crate_{}", path.replace(['/', '.'], "_")), output.files[path]);
    }
}

#[test]
fn the_openapi_document() {
    insta::assert_snapshot!("openapi", openapi(&features()).unwrap());
}

#[test]
fn each_mistake_in_a_spec() {
    for (name, text) in fixtures("mistakes") {
        let mut sources = Sources::default();
        let shared = text.contains("common.");
        for (path, text) in features()
            .iter()
            .filter(|(path, _)| !path.starts_with("demo/v1/") && (shared || *path != "common.yaml"))
        {
            sources.insert(path, text);
        }
        sources.insert(format!("demo/v1/{name}.yaml"), text);
        match generate(&sources) {
            Err(Error::Spec(diagnostics)) => {
                insta::assert_snapshot!(format!("mistake_{name}"), diagnostics.render(&sources))
            }
            Err(Error::Generator(error)) => panic!("{name}: {error}"),
            Ok(_) => panic!("{name} has no mistake"),
        }
    }
}

#[test]
fn the_same_spec_gives_the_same_files() {
    assert_eq!(
        generate(&features()).unwrap().files,
        generate(&features()).unwrap().files
    );
}
