//! Files of drive and media of documents: uploaded whole, or block by block (protocol §10.3).
//!
//! The sandbox has no folders and no documents for them, so it takes any place to upload to.

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{Act, DAY, Outcome};
use crate::{
    check::Violation,
    multipart::Part,
    refusal::{Refusal, code},
    store::{Document, File},
};

/// What documents that are uploads are kept as.
const UPLOAD: &str = "upload";
/// How large the blocks are (drive-v1/file/upload/introduction.md).
const BLOCK: i64 = 4 * 1024 * 1024;

/// Keeps the bytes of a file that comes whole.
pub(super) fn whole(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let part = arrived(act)?;
    if part.content.is_empty() {
        return Err(act.refuse(code::DRIVE_PARAMETER, "size", "the file has no bytes"));
    }
    fits(act, part)?;
    let kind = act.operation.simulate.as_ref().map_or("", |words| words.thing());
    let (name, file_type) = (act.text("name").to_owned(), act.text("type").to_owned());
    file(act, kind.to_owned(), name, file_type, part.content.clone())
}

/// Begins an upload.
pub(super) fn open(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let size = act.number("size").unwrap_or_default();
    if size <= 0 {
        return Err(act.refuse(code::DRIVE_PARAMETER, "size", "the file has no bytes"));
    }
    let id = act.state.mint.id("");
    let document = Document {
        id: id.clone(),
        within: String::new(),
        app: act.app().to_owned(),
        time: act.now,
        body: Map::from_iter([
            ("actor".to_owned(), act.actor().into()),
            ("kind".to_owned(), act.role("with").unwrap_or_default().into()),
            ("name".to_owned(), act.text("name").into()),
            ("type".to_owned(), act.text("type").into()),
            ("size".to_owned(), size.into()),
        ]),
    };
    act.state.store.put(UPLOAD, act.tenant(), &document)?;
    Ok(Outcome::Facts(
        json!({"upload_id": id, "block_size": BLOCK, "block_num": number(size)}),
    ))
}

/// Keeps a block; a repeat takes the place of the first.
pub(super) fn add(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let upload = begun(act)?;
    let part = arrived(act)?;
    let seq = act.number("at").unwrap_or_default();
    // What the documentation's examples name has no size, and takes anything.
    if let Some(size) = size(&upload) {
        if !(0..number(size)).contains(&seq) {
            let why = format!(
                "block num out of bounds: block {seq} of {}, the first of which is 0",
                number(size)
            );
            return Err(act.refuse(code::BLOCK_BEYOND, "at", why));
        }
        let due = BLOCK.min(size - seq * BLOCK);
        if act.number("size") != Some(due) {
            let why = format!("block {seq} of a file of {size} bytes has {due} bytes");
            return Err(act.refuse(code::OTHER_SIZE, "size", why));
        }
        fits(act, part)?;
    }
    act.state.store.put_block(&upload.id, seq, &part.content)?;
    Ok(Outcome::Facts(json!({})))
}

/// Makes a file of the blocks.
pub(super) fn merge(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let upload = begun(act)?;
    let (count, bytes) = act.state.store.blocks(&upload.id)?;
    if let Some(size) = size(&upload) {
        let due = number(size);
        if act.number("count") != Some(due) {
            return Err(act.refuse(code::DRIVE_PARAMETER, "count", format!("the upload has {due} blocks")));
        }
        if count < due {
            let why = format!("block missing, please upload all blocks: {count} of {due} arrived");
            return Err(act.refuse(code::BLOCKS_MISSING, "count", why));
        }
    }
    act.state.store.drop_blocks(&upload.id)?;
    act.state.store.drop_document(UPLOAD, act.tenant(), "", &upload.id)?;
    let text = |name: &str| {
        upload
            .body
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    file(act, text("kind"), text("name"), text("type"), bytes.into())
}

/// Gives back what the same app put into a document. The page lists no codes for what fails, only statuses.
pub(super) fn download(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let token = act.text("id");
    let found = act.state.store.stored(token)?;
    let found = found.filter(|file| file.kind == "media" && file.tenant == act.tenant());
    let (status, why) = match found {
        Some(file) if file.app == act.app() => return Ok(Outcome::File(file)),
        Some(_) => (StatusCode::FORBIDDEN, "is of a document that the app has no right to"),
        None => (StatusCode::NOT_FOUND, "is no file that is in a document"),
    };
    let name = act.role("id").unwrap_or_default();
    Err(Refusal::violations(code::SCHEMA, vec![Violation::new(name, token, why)]).with_status(status))
}

/// The upload that the call goes on with.
fn begun(act: &Act<'_>) -> Result<Document, Refusal> {
    let id = act.text("in");
    let found = act.state.store.document(UPLOAD, act.tenant(), "", id)?;
    let Some(upload) = found.filter(|upload| act.now.saturating_sub(upload.time) < DAY) else {
        return Err(act.refuse(
            code::UPLOAD_OVER,
            "in",
            format!(
                "upload id expire: there is no upload `{}`, or none any more",
                id.escape_debug()
            ),
        ));
    };
    let by = upload.body.get("actor").and_then(Value::as_str);
    if upload.app != act.app() || by.is_some_and(|by| by != act.actor()) {
        return Err(act.refuse(
            code::OTHER_UPLOADER,
            "in",
            "upload user not match: somebody else began it",
        ));
    }
    Ok(upload)
}

fn size(upload: &Document) -> Option<i64> {
    upload.body.get("size")?.as_i64()
}

/// How many blocks so many bytes make.
fn number(size: i64) -> i64 {
    size / BLOCK + i64::from(size % BLOCK > 0)
}

fn arrived<'a>(act: &Act<'a>) -> Result<&'a Part, Refusal> {
    act.part("file")
        .ok_or_else(|| act.refuse(code::DRIVE_PARAMETER, "file", "no bytes arrived"))
}

/// Whether size and checksum are those of the bytes that arrived; those of the documentation's examples are of bytes that nobody has.
fn fits(act: &Act<'_>, part: &Part) -> Result<(), Refusal> {
    let length = part.content.len();
    let said = act.number("size").and_then(|size| usize::try_from(size).ok());
    if said != Some(length) && !act.exemplary("size") {
        let why =
            format!("the actual size is inconsistent with the parameter declaration size: {length} bytes arrived");
        return Err(act.refuse(code::OTHER_SIZE, "size", why));
    }
    let sum = act.text("sum");
    let real = adler32(&part.content).to_string();
    if !sum.is_empty() && sum != real && !act.exemplary("sum") {
        let why = format!("checksum param Invalid: the Adler-32 checksum of what arrived is {real}");
        return Err(act.refuse(code::OTHER_CHECKSUM, "sum", why));
    }
    Ok(())
}

fn file(act: &mut Act<'_>, kind: String, name: String, file_type: String, bytes: Bytes) -> Result<Outcome, Refusal> {
    let file = File {
        key: act.state.mint.id("boxcn"),
        kind,
        file_type,
        name,
        app: act.app().to_owned(),
        tenant: act.tenant().to_owned(),
        time: act.now,
        bytes,
    };
    act.state.store.add_file(&file)?;
    Ok(Outcome::Facts(json!({"file_token": file.key})))
}

/// Adler-32 as RFC 1950 §8.2 defines it, byte by byte: slow, and no copy of what the client has.
fn adler32(bytes: &[u8]) -> u32 {
    let (sum, weighted) = bytes.iter().fold((1_u32, 0_u32), |(sum, weighted), byte| {
        let sum = (sum + u32::from(*byte)) % 65521;
        (sum, (weighted + sum) % 65521)
    });
    weighted << 16 | sum
}

#[cfg(test)]
mod tests {
    /// protocol §10.3
    #[test]
    fn published_vectors() {
        for (text, sum) in [
            ("", 1),
            ("a", 6_422_626),
            ("Wikipedia", 300_286_872),
            ("hello world", 436_929_629),
        ] {
            assert_eq!(super::adler32(text.as_bytes()), sum, "{text}");
        }
    }
}
