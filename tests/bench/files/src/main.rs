//! Moves a file, and prints how much memory that took at most, in KiB: `files nothing|download|path|reader URL PATH SIZE`.

use flybook::{
    Client, File,
    im::v1::{
        chat,
        file::{Create, FileType, Get},
    },
};
use tokio::io::AsyncReadExt;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let what = arguments.next().ok_or("what")?;
    let url = arguments.next().ok_or("URL")?;
    let path = arguments.next().ok_or("PATH")?;
    let size: u64 = arguments.next().ok_or("SIZE")?.parse()?;
    let client = Client::builder("cli_bench", "secret").base_url(url).build()?;
    let upload = |file| {
        client
            .send(Create::new(FileType::Stream, "file", file))
            .token("t-bench")
    };
    match what.as_str() {
        "nothing" => drop(client.send(chat::Get::new("oc_bench")).token("t-bench").await?),
        "download" => {
            let saved = client
                .send(Get::new("file_bench"))
                .token("t-bench")
                .to_file(&path)
                .await?;
            assert_eq!(saved.size, size);
        }
        "path" => drop(upload(File::from_path(&path).await?).await?),
        "reader" => drop(upload(File::from_reader("file", tokio::io::repeat(0).take(size), size)).await?),
        _ => return Err("what is one of nothing, download, path, reader".into()),
    }
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .ok_or("no VmHWM")?;
    println!("{}", peak.trim().trim_end_matches(" kB"));
    Ok(())
}
