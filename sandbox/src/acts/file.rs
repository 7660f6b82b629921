//! Files and images: uploaded, and given back to the app that uploaded them.

use serde_json::json;

use super::{Act, Outcome, keys, message};
use crate::{
    refusal::{Refusal, code},
    store::File,
};

/// The most bytes of a file and of an image (im-v1/file/create.md, im-v1/image/create.md).
const FILE: usize = 30 * 1024 * 1024;
const IMAGE: usize = 10 * 1024 * 1024;

/// Keeps the bytes.
pub(super) fn upload(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let kind = act.operation.simulate.as_ref().map_or("", |words| words.thing());
    let Some(part) = act.part("file") else {
        return Err(act.refuse(code::SCHEMA, "file", "no bytes arrived"));
    };
    if part.content.is_empty() {
        return Err(act.refuse(code::EMPTY_FILE, "file", "the file has no bytes"));
    }
    let most = if kind == "image" { IMAGE } else { FILE };
    if part.content.len() > most {
        let why = format!("the {kind} has {} bytes, and {most} are the most", part.content.len());
        return Err(act.refuse(code::LARGE_FILE, "file", why));
    }
    let name = act.text("name");
    let prefix = if kind == "image" { "img_v3_" } else { "file_v3_" };
    let file = File {
        key: act.state.mint.id(prefix),
        kind: kind.to_owned(),
        file_type: act.text("type").to_owned(),
        name: if name.is_empty() {
            part.file_name.clone().unwrap_or_default()
        } else {
            name.to_owned()
        },
        app: act.app().to_owned(),
        tenant: act.tenant().to_owned(),
        time: act.now,
        bytes: part.content.clone(),
    };
    act.state.store.add_file(&file)?;
    let key = format!("{kind}_key");
    Ok(Outcome::Facts(json!({key: file.key})))
}

/// Gives back what the same app uploaded.
pub(super) fn download(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let kind = act.operation.simulate.as_ref().map_or("", |words| words.thing());
    let key = act.text("id");
    let file = act
        .state
        .store
        .stored(key)?
        .filter(|file| file.kind == kind && file.tenant == act.tenant());
    match file {
        Some(file) if file.app == act.app() => Ok(Outcome::File(file)),
        Some(_) => Err(act.refuse(code::OTHER_SENDER, "id", format!("`{key}` was uploaded by another app"))),
        None => Err(act.refuse(
            code::NO_FILE,
            "id",
            format!("there is no {kind} `{}`", key.escape_debug()),
        )),
    }
}

/// Gives back what a message names, whoever uploaded it.
pub(super) fn resource(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let message = message::find_or(act, "in", code::UNKNOWN_MESSAGE, code::FILE_CHAT)?;
    if message.recalled_by.is_some() {
        return Err(act.refuse(code::DELETED, "in", "the message was recalled"));
    }
    let merged = message.is_merged() || message.upper_message_id.is_some();
    if merged || matches!(message.msg_type.as_str(), "interactive" | "sticker") {
        let why = "merged messages, those inside them, cards and stickers give no files";
        return Err(act.refuse(code::NO_FILES, "in", why));
    }
    let (key, kind) = (act.text("id"), act.text("type"));
    let named = keys::named(&message.content).contains(&(if kind == "image" { "image" } else { "file" }, key));
    let file = act.state.store.stored(key)?.filter(|file| file.tenant == act.tenant());
    match file {
        Some(file) if named && file.kind == kind || act.exemplary("id") => Ok(Outcome::File(file)),
        _ => {
            let why = format!("File not in message: it names no {kind} `{}`", key.escape_debug());
            Err(act.refuse(code::NOT_IN_MESSAGE, "id", why))
        }
    }
}
