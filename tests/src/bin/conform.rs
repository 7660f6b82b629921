//! Reads bodies typed and writes them again, a JSON line each: what is lost on the way is missing in the spec.
//!
//! In: `{"op":"POST /open-apis/…","part":"request"|"response","body":…}` or `{"event":"im.message.receive_v1","body":…}`.
//! Out: `{"ok":true,"body":…}` or `{"ok":false,"error":"…"}`.

use std::io::{self, BufRead, Write};

use flybook_tests::conform::conform;
use serde_json::json;

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    // By bytes: a line that is no text must not end the run.
    for line in io::stdin().lock().split(b'\n') {
        let answer = match conform(&String::from_utf8_lossy(&line?)) {
            Ok(body) => json!({"ok": true, "body": body}),
            Err(error) => json!({"ok": false, "error": error}),
        };
        writeln!(out, "{answer}")?;
    }
    Ok(())
}
