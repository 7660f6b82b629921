//! Runs the programs that the sandbox's console shows: those named on the standard input, a line each; how each ended is a line
//! of the standard error.
#![allow(deprecated)]

use std::{error::Error, io, pin::Pin};

type Program = fn() -> Pin<Box<dyn Future<Output = Result<(), Box<dyn Error>>>>>;

include!(concat!(env!("OUT_DIR"), "/programs.rs"));

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    for name in io::stdin().lines() {
        let name = name?;
        let program = PROGRAMS.iter().find(|(known, _)| *known == name);
        let outcome = match program {
            Some((_, program)) => program().await.map_err(|error| error.to_string()),
            None => Err("there is no such program".to_owned()),
        };
        eprintln!(
            "{}",
            outcome.map_or_else(|error| error.replace('\n', " "), |()| "done".to_owned())
        );
    }
    Ok(())
}
