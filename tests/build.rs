//! Generates the fixture service, so that what the generator prints for each feature of the format is compiled and run.

use std::{env, error::Error, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=fixtures");
    let sources = include!("fixtures/sources.rs")?;
    let output = flybook_codegen::generate(&sources).map_err(|error| match error {
        flybook_codegen::Error::Spec(diagnostics) => diagnostics.render(&sources),
        flybook_codegen::Error::Generator(error) => error.to_string(),
    })?;
    let out = Path::new(&env::var("OUT_DIR")?).join("demo");
    for (path, text) in &output.files {
        let path = out.join(path);
        fs::create_dir_all(path.parent().unwrap_or(&out))?;
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
