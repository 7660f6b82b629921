//! The commands of the house: `cargo xtask <command>`.

mod audit;
mod draft;
mod openapi;
mod regenerate;
mod run;
mod spec;

use std::{path::Path, process::ExitCode};

use clap::Parser;

/// The commands of the Flybook house.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Command {
    /// Writes generated/ from spec/.
    Regenerate {
        /// Writes nothing; exits 1 when anything differs, naming the files.
        #[arg(long)]
        check: bool,
        /// Reads the spec from another folder.
        #[arg(long, value_name = "DIR")]
        spec: Option<std::path::PathBuf>,
        /// Writes to another folder.
        #[arg(long, value_name = "DIR")]
        out: Option<std::path::PathBuf>,
        /// Takes a spec as it was drafted: sentences that are still to be written are stood in for.
        #[arg(long)]
        drafts: bool,
    },
    /// Compares the spec with its documentation pages; exits 1 when a difference is not explained in differences.yaml.
    Audit {
        /// The folder of the raw pages.
        #[arg(long, value_name = "DIR", env = "FLYBOOK_DOCS")]
        docs: std::path::PathBuf,
        /// Reads the spec from another folder.
        #[arg(long, value_name = "DIR")]
        spec: Option<std::path::PathBuf>,
        /// Writes the report for programs too.
        #[arg(long, value_name = "FILE")]
        json: Option<std::path::PathBuf>,
        /// Adds the pages' JSON samples that FILE lacks, a line each, for `conform`.
        #[arg(long, value_name = "FILE")]
        samples: Option<std::path::PathBuf>,
    },
    /// Drafts spec files from documentation pages, or brings curated ones up to date.
    Draft {
        /// Where the spec is; files that are there are merged with, never overwritten.
        #[arg(long, value_name = "DIR")]
        out: Option<std::path::PathBuf>,
        /// Puts the page's own words beside what they belong to, as `#~` remarks that must not stay.
        #[arg(long)]
        notes: bool,
        /// Raw pages, or folders of them.
        #[arg(required = true, value_name = "PAGE.md")]
        pages: Vec<std::path::PathBuf>,
    },
    /// Sends "Hello world": on a sandbox of its own, or on the platform with FLYBOOK_APP_ID, FLYBOOK_APP_SECRET and FLYBOOK_RECEIVE_ID.
    Hello,
    /// Serves a local Feishu on loopback until stopped; `--help` after it tells of ports and webhooks.
    #[command(disable_help_flag = true)]
    Sandbox {
        /// What the sandbox's own program takes.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Writes the whole spec as an OpenAPI 3.1 document.
    Openapi {
        /// Where to.
        #[arg(long, value_name = "FILE")]
        out: std::path::PathBuf,
        /// Reads the spec from another folder.
        #[arg(long, value_name = "DIR")]
        spec: Option<std::path::PathBuf>,
        /// Takes a spec as it was drafted.
        #[arg(long)]
        drafts: bool,
    },
    /// Everything that CI holds the house to: format, lints, generated files, tests, docs, each feature alone.
    Test,
}

fn main() -> ExitCode {
    // The workspace's root, wherever the command is called from.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
    match Command::parse() {
        Command::Audit {
            docs,
            spec,
            json,
            samples,
        } => audit::audit(&spec.unwrap_or_else(|| root.join("spec")), docs, json.as_deref(), samples.as_deref()),
        Command::Draft { out, notes, pages } => draft::draft(&out.unwrap_or_else(|| root.join("spec")), &pages, notes),
        Command::Regenerate {
            check,
            spec,
            out,
            drafts,
        } => {
            let spec = spec.unwrap_or_else(|| root.join("spec"));
            let out = out.unwrap_or_else(|| root.join("generated"));
            regenerate::regenerate(&spec, &out, check, drafts)
        }
        Command::Hello => run::cargo(root, &["run", "--package", "flybook-examples", "--bin", "hello"]),
        Command::Sandbox { arguments } => {
            let run = ["run", "--package", "flybook-sandbox", "--"].into_iter();
            let all: Vec<&str> = run.chain(arguments.iter().map(String::as_str)).collect();
            run::cargo(root, &all)
        }
        Command::Openapi { out, spec, drafts } => {
            openapi::openapi(&spec.unwrap_or_else(|| root.join("spec")), &out, drafts)
        }
        Command::Test => run::all(root),
    }
}
