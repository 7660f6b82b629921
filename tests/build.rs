//! Generates the fixture service, so that what the generator prints for each feature of the format is compiled and run,
//! and the table of `conform`.

use std::{env, error::Error, fs, path::Path};

extern crate self as flybook_sandbox;

#[allow(dead_code, unreachable_pub)]
#[path = "../sandbox/src/catalog/mod.rs"]
pub mod catalog;
#[allow(dead_code, unreachable_pub)]
#[path = "../sandbox/src/code/mod.rs"]
pub mod code;
#[allow(dead_code)]
#[path = "../sandbox/tests/sandbox/craft.rs"]
mod craft;
mod programs;

fn main() -> Result<(), Box<dyn Error>> {
    for path in [
        "fixtures",
        "../spec",
        "../generated/catalog.json",
        "../sandbox/src/catalog",
        "../sandbox/src/code",
    ] {
        println!("cargo::rerun-if-changed={path}");
    }
    println!("cargo::rerun-if-changed=../sandbox/tests/sandbox/craft.rs");
    let out = env::var("OUT_DIR")?;
    if cfg!(feature = "curated") {
        programs::write(Path::new(&out))?;
    }
    fixture_service(&Path::new(&out).join("demo"))?;
    let spec = spec(Path::new("../spec"), "")?.into_iter().collect();
    type Table = fn(&flybook_codegen::Sources) -> Result<String, flybook_codegen::Error>;
    let tables: [(&str, Table); 2] = [
        ("conform.rs", flybook_codegen::conform),
        ("samples.rs", flybook_codegen::samples),
    ];
    for (name, table) in tables {
        fs::write(
            Path::new(&out).join(name),
            table(&spec).map_err(|error| explain(error, &spec))?,
        )?;
    }
    Ok(())
}

fn fixture_service(out: &Path) -> Result<(), Box<dyn Error>> {
    let sources = include!("fixtures/sources.rs")?;
    let output = flybook_codegen::generate(&sources).map_err(|error| explain(error, &sources))?;
    for (path, text) in &output.files {
        let path = out.join(path);
        fs::create_dir_all(path.parent().unwrap_or(out))?;
        fs::write(path, samples_of(text))?;
    }
    let module = |name: &str, path: &str| format!("#[path = {:?}]\npub mod {name};\n", out.join("src").join(path));
    let modules = [
        ("client", "client.rs"),
        ("platform", "platform.rs"),
        ("common", "common.rs"),
        ("demo", "demo/mod.rs"),
    ];
    let root: String = modules.iter().map(|(name, path)| module(name, path)).collect();
    fs::write(out.join("modules.rs"), root)?;
    Ok(())
}

fn explain(error: flybook_codegen::Error, sources: &flybook_codegen::Sources) -> String {
    match error {
        flybook_codegen::Error::Spec(diagnostics) => diagnostics.render(sources),
        flybook_codegen::Error::Generator(error) => error.to_string(),
    }
}

/// The YAML files below a folder, by path relative to it.
fn spec(folder: &Path, prefix: &str) -> Result<Vec<(String, String)>, Box<dyn Error>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = format!("{prefix}{}", path.file_name().unwrap_or_default().to_string_lossy());
        if path.is_dir() {
            files.extend(spec(&path, &format!("{name}/"))?);
        } else if name.ends_with(".yaml") {
            files.push((name, fs::read_to_string(path)?));
        }
    }
    Ok(files)
}

/// The samples in the docs name the crate of the fixture service, so that they are compiled too.
fn samples_of(text: &str) -> String {
    let renamed = |line: &str| {
        line.replace("flybook::Client", "flybook_tests::client::Client")
            .replace("use flybook::", "use flybook_tests::")
            .replace("flybook::", "flybook_runtime::")
    };
    text.lines()
        .map(|line| {
            if line.starts_with("///") {
                renamed(line) + "\n"
            } else {
                format!("{line}\n")
            }
        })
        .collect()
}
