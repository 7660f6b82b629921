//! What an app may answer to a callback, and what the user's client says of anything else.

use serde_json::{Map, Value};

use super::failure::{Failure, code};

const TOASTS: [&str; 4] = ["info", "success", "error", "warning"];

/// Judges the answer to a callback; `shown` is the card that it may replace.
pub(crate) fn judge(body: &[u8], shown: Option<&Value>) -> Result<Value, Failure> {
    let wrong = |what: String| Failure::new(code::WRONG_BODY, format!("the answer to the callback is wrong: {what}"));
    let reply = match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => members,
        Ok(_) => return Err(wrong("it must be a JSON object; `{}` changes nothing".to_owned())),
        Err(error) => return Err(wrong(format!("it is not JSON ({error}); `{{}}` changes nothing"))),
    };
    if let Some(toast) = present(&reply, "toast") {
        toast_is_right(toast).map_err(wrong)?;
    }
    if let Some(inline) = present(&reply, "inline")
        && !inline.is_object()
    {
        return Err(wrong("`inline` must be an object".to_owned()));
    }
    if let Some(card) = present(&reply, "card") {
        card_is_right(card, shown)?;
    }
    Ok(Value::Object(reply))
}

fn present<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    members.get(name).filter(|value| !value.is_null())
}

fn toast_is_right(toast: &Value) -> Result<(), String> {
    let Some(toast) = toast.as_object() else {
        return Err("`toast` must be an object".to_owned());
    };
    if let Some(kind) = present(toast, "type")
        && !kind.as_str().is_some_and(|kind| TOASTS.contains(&kind))
    {
        return Err(format!(
            "`toast.type` is {kind}; it must be one of {}",
            TOASTS.join(", ")
        ));
    }
    if present(toast, "content").is_some_and(|content| !content.is_string()) {
        return Err("`toast.content` must be a string".to_owned());
    }
    match present(toast, "i18n") {
        None => Ok(()),
        Some(Value::Object(texts)) if texts.values().all(Value::is_string) => Ok(()),
        Some(_) => Err("`toast.i18n` must be an object of strings by locale, such as `en_us`".to_owned()),
    }
}

fn card_is_right(card: &Value, shown: Option<&Value>) -> Result<(), Failure> {
    let wrong = |what: &str| {
        Err(Failure::new(
            code::WRONG_CARD,
            format!("the card in the answer is wrong: {what}"),
        ))
    };
    let Some(data) = card.get("data").and_then(Value::as_object) else {
        return wrong("`card.data` must be an object: the card itself, or the template's id and variables");
    };
    match card.get("type").and_then(Value::as_str) {
        Some("raw") => {
            let newer = shown.is_some_and(|shown| shown.get("schema").and_then(Value::as_str) == Some("2.0"));
            if newer && data.get("schema").and_then(Value::as_str) != Some("2.0") {
                let message = "a card of JSON 2.0 cannot be replaced by one of JSON 1.0; set `schema` to `2.0`";
                return Err(Failure::new(code::OLDER_CARD, message));
            }
            crate::card::check(&data.clone().into()).or_else(|why| wrong(&why.to_string()))
        }
        Some("template") if data.get("template_id").is_some_and(Value::is_string) => Ok(()),
        Some("template") => wrong("`card.data.template_id` must name the template"),
        _ => wrong("`card.type` must be `raw` or `template`"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn answers_are_judged_as_the_page_says() {
        // protocol.md §5.7: the members of an answer, and the codes a client shows
        let shown = json!({"schema": "2.0", "body": {}});
        let code_of = |body: &str| judge(body.as_bytes(), Some(&shown)).map_or_else(|failure| failure.code, |_| 0);
        for (code, body) in [
            (0, "{}"),
            (
                0,
                r#"{"toast":{"type":"info","content":"ok","i18n":{"zh_cn":"好","en_us":"ok"}}}"#,
            ),
            (0, r#"{"card":{"type":"raw","data":{"schema":"2.0","body":{}}}}"#),
            (
                0,
                r#"{"card":{"type":"template","data":{"template_id":"AAq1","template_variable":{}}}}"#,
            ),
            (0, r#"{"inline":{"title":"x"}}"#),
            (0, r#"{"toast":null,"card":null}"#),
            (200_672, ""),
            (200_672, "[]"),
            (200_672, r#"{"toast":{"type":"loud"}}"#),
            (200_672, r#"{"toast":{"content":1}}"#),
            (200_672, r#"{"toast":{"i18n":{"en_us":1}}}"#),
            (200_672, r#"{"inline":1}"#),
            (200_673, r#"{"card":{"type":"raw","data":"{}"}}"#),
            (200_673, r#"{"card":{"type":"other","data":{}}}"#),
            (200_673, r#"{"card":{"type":"template","data":{}}}"#),
            (200_830, r#"{"card":{"type":"raw","data":{"elements":[]}}}"#),
        ] {
            assert_eq!(code_of(body), code, "{body}");
        }
    }
}
