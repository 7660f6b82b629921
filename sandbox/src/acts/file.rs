//! Files and images: uploaded, and given back to the app that uploaded them.

use serde_json::json;

use super::{Act, Outcome};
use crate::{
    refusal::{Refusal, code},
    store::File,
};

/// Keeps the bytes.
pub(super) fn upload(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let kind = act.operation.simulate.as_ref().map_or("", |words| words.thing());
    let Some(part) = act.part("file") else {
        return Err(act.refuse(code::SCHEMA, "file", "no bytes arrived"));
    };
    if part.content.is_empty() {
        return Err(act.refuse(code::EMPTY_FILE, "file", "the file has no bytes"));
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
