//! What the sandbox does: a verb and a thing, and fields that the call or its reply really has.

use serde_json::Value;

use super::Checker;
use crate::{diagnostic::did_you_mean, spec::*, words};

/// Roles whose word is no field of the call.
const OTHERS: [&str; 4] = ["do", "of", "key", "with"];

impl<'a> Checker<'a> {
    pub(super) fn simulated(&mut self, module: &'a Module, operation: &'a Operation, simulate: &Spanned<Value>) {
        let text = |word: &str| simulate.value.get(word).and_then(Value::as_str);
        let spanned = |value: &str| Spanned {
            place: simulate.place.clone(),
            value: value.to_owned(),
        };
        let act = text("do").unwrap_or_default();
        self.act(&spanned(act), "simulate");
        let of_app = act.starts_with("issue ") && act != "issue user_token";
        if of_app != text("of").is_some() {
            let help = "`of: custom` or `of: store` goes with tokens of apps, and with them alone";
            self.report(&simulate.place, "`simulate` does not say for whom", help);
        }
        if let Some(missing) = simulate.value.get("missing").and_then(Value::as_i64)
            && !operation.errors.iter().any(|row| row.code == missing)
        {
            let message = format!("`{missing}` is no code of the operation");
            self.report(&simulate.place, message, "`missing` is a row of `errors`");
        }
        for (role, named) in simulate.value.as_object().into_iter().flatten() {
            let (false, Some(named)) = (OTHERS.contains(&role.as_str()), named.as_str()) else {
                continue;
            };
            let named = spanned(named);
            if role == "into" || (role == "without" && act.starts_with("read ")) {
                self.names_reply(module, operation, &named);
            } else {
                self.names_field(operation, &named, "simulate");
            }
        }
    }

    /// A verb and a thing.
    pub(super) fn act(&mut self, act: &Text, word: &str) {
        let (verb, thing) = act.value.split_once(' ').unwrap_or((&act.value, ""));
        let named = !thing.is_empty() && thing.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        if !named {
            let help = "a verb and a thing, as `send message` or `list reaction`";
            self.report(&act.place, format!("`{word}` does not say what is done to what"), help);
        } else if !words::VERBS.contains(&verb) {
            let help = did_you_mean(verb, words::VERBS.iter().copied());
            self.report(&act.place, format!("`{verb}` is no verb of `{word}`"), help);
        }
    }

    fn names_reply(&mut self, module: &'a Module, operation: &'a Operation, named: &Text) {
        let fields = operation
            .data
            .as_ref()
            .and_then(|data| self.index.payload_fields(module, data))
            .map_or(&[][..], |(_, fields)| fields);
        if !fields.iter().any(|field| field.name.value == named.value) {
            let help = did_you_mean(&named.value, fields.iter().map(|field| field.name.value.as_str()));
            let message = format!("`simulate` names the field `{}`, which the reply lacks", named.value);
            self.report(&named.place, message, help);
        }
    }
}
