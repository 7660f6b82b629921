//! What the platform says when it refuses a call.

use std::fmt;

use crate::{
    Secret,
    line::flat,
    scrap::{Members, Scrap},
    secret::masked,
};

/// An answer that says no: `{"code":230002,"msg":"…","error":{…}}`, in any of its documented shapes.
#[derive(Default)]
pub(crate) struct Refusal {
    pub(crate) code: Option<i64>,
    pub(crate) message: String,
    pub(crate) log_id: Option<String>,
    pub(crate) troubleshooter: Option<String>,
    pub(crate) help: Option<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) violations: Vec<FieldViolation>,
    pub(crate) details: Vec<Detail>,
}

/// A field of the request the platform objects to.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldViolation {
    /// The field: `content`.
    pub field: String,
    /// The value it had.
    pub value: String,
    /// What is wrong with it.
    pub description: String,
}

/// A remark of the platform on its refusal.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Detail {
    /// What it is about.
    pub key: String,
    /// What it says.
    pub value: String,
}

/// Without the value: it may be a secret.
impl fmt::Debug for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Detail")
            .field("key", &flat(&self.key, 100))
            .finish_non_exhaustive()
    }
}

/// Without the value: it may be a secret.
impl fmt::Debug for FieldViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FieldViolation")
            .field("field", &flat(&self.field, 100))
            .field("description", &flat(&self.description, 200))
            .finish_non_exhaustive()
    }
}

impl Refusal {
    /// Reads a body; `None` when it is no JSON object.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        let body = Scrap::new(body).object()?;
        // OAuth endpoints have a word here where the others have an object.
        let word = body.get("error");
        let error = word.object().unwrap_or_default();
        let (helps, scopes) = (error.get("helps"), error.get("permission_violations"));
        Some(Self {
            code: body.code(),
            message: first([
                body.get("msg"),
                body.get("message"),
                body.get("error_description"),
                error.get("message"),
                word,
            ]),
            log_id: optional([error.get("log_id"), error.get("logid"), body.get("log_id")]),
            troubleshooter: optional([error.get("troubleshooter")]),
            help: objects(helps)
                .chain(objects(scopes))
                .find_map(|each| optional([each.get("url")])),
            scopes: objects(scopes)
                .filter_map(|each| optional([each.get("scope"), each.get("subject")]))
                .collect(),
            violations: objects(error.get("field_violations"))
                .map(|each| FieldViolation {
                    field: first([each.get("field")]),
                    value: first([each.get("value")]),
                    description: first([each.get("description")]),
                })
                .collect(),
            details: objects(error.get("details"))
                .map(|each| Detail {
                    key: first([each.get("key")]),
                    value: first([each.get("value")]),
                })
                .collect(),
        })
    }

    /// Blots out the secrets of the request, which some services repeat in their complaints.
    pub(crate) fn mask(&mut self, secrets: &[Secret]) {
        let texts = [&mut self.message].into_iter();
        let texts = texts.chain(
            [&mut self.log_id, &mut self.troubleshooter, &mut self.help]
                .into_iter()
                .flatten(),
        );
        let texts = texts.chain(&mut self.scopes);
        let texts = texts.chain(
            self.violations
                .iter_mut()
                .flat_map(|each| [&mut each.field, &mut each.description]),
        );
        let texts = texts.chain(
            self.details
                .iter_mut()
                .flat_map(|each| [&mut each.key, &mut each.value]),
        );
        for text in texts {
            *text = masked(std::mem::take(text), secrets);
        }
    }

    /// The code a message of an old service carries inside: "… ErrCode: 11232; …".
    pub(crate) fn inner_code(&self) -> Option<i64> {
        let (_, rest) = self.message.split_once("ErrCode:")?;
        let digits = rest.trim_start();
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        digits[..end].parse().ok()
    }
}

/// The objects in a list.
fn objects(list: Scrap<'_>) -> impl Iterator<Item = Members<'_>> {
    list.items().into_iter().filter_map(Scrap::object)
}

/// The first that holds text.
fn optional<const N: usize>(values: [Scrap<'_>; N]) -> Option<String> {
    values.into_iter().find_map(Scrap::text)
}

fn first<const N: usize>(values: [Scrap<'_>; N]) -> String {
    optional(values).unwrap_or_default()
}
