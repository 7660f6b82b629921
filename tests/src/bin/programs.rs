//! Runs the programs that the sandbox's console shows: those named as arguments, one after the other, and says which failed.
#![allow(deprecated)]

use std::{error::Error, pin::Pin, process::ExitCode};

type Program = fn() -> Pin<Box<dyn Future<Output = Result<(), Box<dyn Error>>>>>;

include!(concat!(env!("OUT_DIR"), "/programs.rs"));

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for name in std::env::args().skip(1) {
        let Some((_, program)) = PROGRAMS.iter().find(|(known, _)| *known == name) else {
            eprintln!("FAILED {name}: there is no such program");
            return ExitCode::FAILURE;
        };
        if let Err(error) = program().await {
            eprintln!("FAILED {name}: {error}");
            code = ExitCode::FAILURE;
        }
    }
    code
}
