//! The README's everyday pieces, run on a sandbox and held to what it saw.

use std::{env, fs, process};

use flybook_examples::{Stage, recipes};
use flybook_sandbox::Fault;

#[tokio::test]
async fn each_of_them_runs() {
    let stage = Stage::set().await.unwrap();
    let (sandbox, _server) = stage.sandbox.as_ref().expect("no credentials in tests");
    let (client, chat) = (&stage.client, stage.receive_id.as_str());
    let folder = env::temp_dir().join(format!("flybook-recipes-{}", process::id()));
    fs::create_dir_all(&folder).unwrap();
    let (picture, saved) = (folder.join("picture.png"), folder.join("saved"));
    fs::write(&picture, b"\x89PNG\r\n\x1a\n").unwrap();

    let text = recipes::send_text(client, chat).await.unwrap();
    let card = recipes::reply_with_card(client, &text.message_id).await.unwrap();
    let image = recipes::send_image(client, chat, &picture).await.unwrap();
    assert!(!image.message_id.is_empty());
    let user = sandbox.user(sandbox.open_id());
    let file = user.sends_file(chat, "notes.txt", "words").unwrap().message;
    let key = file.content["file_key"].as_str().unwrap();
    let size = recipes::download(client, &file.message_id, key, &saved).await.unwrap();
    assert_eq!(fs::read(&saved).unwrap(), b"words");
    // Its first attempt fails at a block.
    let fault = Fault::on("drive.v1.file.upload_part").nth(1).code(1061001);
    let failing = sandbox.fault(fault).unwrap();
    let token = recipes::upload(client, "fldbcO1UuPz8VwnpPx5a92abcef", &saved)
        .await
        .unwrap();
    assert_eq!((sandbox.uploaded(&token).unwrap(), failing.hits()), ("words".into(), 1));
    recipes::history(client, chat).await.unwrap();
    let reaction = recipes::react(client, &text.message_id).await.unwrap();
    recipes::recall(client, &text.message_id).await.unwrap();

    let messages = sandbox.messages_in(chat);
    let rendered: Vec<String> = messages.iter().map(|message| message.rendered()).collect();
    assert_eq!(rendered[0], "Hello world");
    assert_eq!(messages[1].parent_id.as_deref(), Some(text.message_id.as_str()));
    assert_eq!(messages[1].message_id, card.message_id);
    assert_eq!(messages[1].sent["header"]["title"]["content"], "Deployed");
    assert!(
        messages[2].sent["image_key"]
            .as_str()
            .is_some_and(|key| key.starts_with("img_"))
    );
    assert_eq!(size, fs::metadata(&saved).unwrap().len());
    assert!(!reaction.is_empty());
    let called = |operation| sandbox.calls_to(operation);
    assert_eq!(called("im.v1.image.create"), 1);
    assert_eq!(called("im.v1.message.resource.get"), 1);
    assert_eq!(called("im.v1.message.list"), 1);
    assert_eq!(called("im.v1.message.reaction.create"), 1);
    assert_eq!(called("im.v1.message.delete"), 1);
    fs::remove_dir_all(folder).unwrap();
}

/// The README shows the functions as they stand in the source, and each in under 15 lines.
#[test]
fn the_readme_shows_them_word_for_word() {
    let source = include_str!("../src/recipes.rs");
    let pieces: Vec<&str> = source
        .split("\n\n")
        .filter(|piece| piece.contains("pub async fn"))
        .collect();
    assert_eq!(pieces.len(), 8);
    for (name, readme) in [
        ("README.md", include_str!("../../README.md")),
        ("README.zh.md", include_str!("../../README.zh.md")),
    ] {
        for piece in &pieces {
            let piece = piece.trim_end();
            assert!(piece.lines().count() < 15, "{piece}");
            // The sentence above a piece is in the README's own language.
            let code = piece.split_once('\n').map_or(piece, |(_, code)| code);
            assert!(
                readme.contains(&format!("```rust\n{code}\n```")),
                "{name} does not show\n{code}"
            );
        }
    }
}
