//! What is known of an operation as data: the words of its `Endpoint`.

use proc_macro2::TokenStream;

use super::scope::Scope;
use crate::{
    format::{WIDTH, type_text},
    ir::Operation,
    name::pascal,
    spec::{Rate, Reply},
    words,
};

/// The facts as data, in words that fill lines; what is at its default is left out.
pub(super) fn endpoint(scope: &mut Scope<'_>, operation: &Operation) -> Vec<String> {
    let mut facts = Vec::new();
    let method = type_text(&scope.rt("Method"));
    facts.push(format!("id: {:?},", operation.id));
    facts.push(format!("method: {method}::{},", pascal(&operation.method)));
    facts.push(format!("path: {:?},", operation.path));
    facts.push(format!("page: {:?},", operation.page));
    // A list that is longer than a line is broken between its items, and nothing else is.
    let mut list = |fact: &str, items: Vec<String>| match items.as_slice() {
        [] => {}
        items if items.join(", ").len() + fact.len() + 14 <= WIDTH => {
            facts.push(format!("{fact}: &[{}],", items.join(", ")));
        }
        [first, between @ .., last] => {
            facts.push(format!("{fact}: &[{first},"));
            facts.extend(between.iter().map(|item| format!("{item},")));
            facts.push(format!("{last}],"));
        }
        [only] => facts.push(format!("{fact}: &[{only}],")),
    };
    let kinds = |kind: TokenStream, words: &[String]| {
        let kind = type_text(&kind);
        words
            .iter()
            .map(|word| format!("{kind}::{}", pascal(word)))
            .collect::<Vec<_>>()
    };
    if !operation.tokens.is_empty() {
        list("tokens", kinds(scope.rt("TokenKind"), &operation.tokens));
    }
    if operation.apps.is_empty() {
        list("apps", vec![String::new()]);
    } else if operation.apps != words::APPS {
        list("apps", kinds(scope.rt("AppKind"), &operation.apps));
    }
    let quoted = |texts: &[String]| texts.iter().map(|text| format!("{text:?}")).collect::<Vec<_>>();
    list("scopes", quoted(&operation.scopes));
    list("field_scopes", quoted(&operation.field_scopes));
    if !operation.rate.is_empty() {
        let rate = type_text(&scope.rt("Rate"));
        list(
            "rate",
            operation.rate.iter().map(|rate_of| window(&rate, *rate_of)).collect(),
        );
    }
    if let Some(paced) = &operation.paced {
        let [ty, rate] = ["Paced", "Rate"].map(|name| type_text(&scope.rt(name)));
        facts.push(format!(
            "paced: Some({ty} {{ by: {:?}, rate: {}, with: {:?} }}),",
            paced.by,
            window(&rate, paced.rate),
            paced.with
        ));
    }
    if let Some((field, in_query)) = &operation.dedupe {
        let place = if *in_query { "Query" } else { "Body" };
        facts.push(format!(
            "dedupe: Some({}::{place}({field:?})),",
            type_text(&scope.rt("Dedupe"))
        ));
    }
    for (fact, holds) in [("helpdesk", operation.helpdesk), ("sensitive", operation.sensitive)] {
        facts.extend(holds.then(|| format!("{fact}: true,")));
    }
    if operation.host != "open" {
        facts.push(format!(
            "host: {}::{},",
            type_text(&scope.rt("Host")),
            pascal(&operation.host)
        ));
    }
    let reply = match &operation.reply {
        Reply::Data => None,
        Reply::Flat => Some("Flat".to_owned()),
        Reply::Bytes => Some("Bytes".to_owned()),
        Reply::Key(key) => Some(format!("Key({key:?})")),
    };
    if let Some(reply) = reply {
        facts.push(format!("reply: {}::{reply},", type_text(&scope.rt("Reply"))));
    }
    if !operation.errors.is_empty() {
        facts.push("errors: Self::ERRORS,".to_owned());
    }
    facts.push(format!("..{}::DEFAULT", type_text(&scope.rt("Endpoint"))));
    facts
}

fn window(ty: &str, rate: Rate) -> String {
    let per = if rate.seconds == 60 { "per_minute" } else { "per_second" };
    format!("{ty}::{per}({})", rate.requests)
}
