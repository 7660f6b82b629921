//! How a request is written into a call.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::{
    scope::{Scope, ident},
    types::wire_macro,
};
use crate::{
    format::{WIDTH, filled, member_text},
    ir::{Argument, Operation, Put},
};

/// `parameters!(path(chat_id), query_opt(kind = "type"));`, or the function where that cannot say it.
pub(super) fn encode(scope: &mut Scope<'_>, operation: &Operation) -> Result<String, syn::Error> {
    fn simple(argument: &Argument) -> Option<(&str, &str, &Argument)> {
        let [put] = argument.puts.as_slice() else { return None };
        let (verb, wire) = plain(put).filter(|_| !is_union(argument))?;
        Some((verb, wire, argument))
    }
    let all: Option<Vec<_>> = operation.arguments.iter().map(simple).collect();
    if let (Some(all), None) = (all, &operation.paced) {
        let mut verbs: Vec<(String, Vec<String>)> = Vec::new();
        for (verb, wire, argument) in all {
            let verb = if argument.field.optional {
                format!("{verb}_opt")
            } else {
                verb.to_owned()
            };
            let name = &argument.field.name;
            let entry = if name == wire {
                name.clone()
            } else {
                format!("{name} = {wire:?}")
            };
            match verbs.last_mut() {
                Some((last, entries)) if *last == verb => entries.push(entry),
                _ => verbs.push((verb, vec![entry])),
            }
        }
        wire_macro(scope, "parameters");
        let whole = |(verb, entries): &(String, Vec<String>)| format!("{verb}({})", entries.join(", "));
        let groups: Vec<String> = verbs.iter().map(whole).collect();
        let line = format!("    parameters!({});", groups.join(", "));
        if line.len() <= WIDTH {
            return Ok(line);
        }
        let groups = groups.iter().map(|group| match group.len() + 9 <= WIDTH {
            true => format!("        {group},\n"),
            false => {
                let words = group.split_inclusive(", ").map(|word| word.trim_end().to_owned());
                format!("{},\n", filled("        ", words))
            }
        });
        return Ok(format!("    parameters!(\n{}    );", groups.collect::<String>()));
    }
    let encoder = scope.rt("Encoder");
    let mut puts = operation.arguments.iter().flat_map(puts).collect::<Vec<_>>();
    puts.extend(operation.paced.as_ref().map(|paced| {
        let field = ident(&paced.field);
        quote!(call.paced(&self.#field);)
    }));
    let function = member_text(&quote!(#[inline] fn encode(&self, call: &mut #encoder) { #(#puts)* }))?;
    Ok(format!("\n{function}"))
}

/// The method of the encoder that writes a field as it is, and the name on the wire.
fn plain(put: &Put) -> Option<(&'static str, &str)> {
    Some(match put {
        Put::Path(wire) => ("path", wire),
        Put::Query(wire) => ("query", wire),
        Put::QueryEach(wire) => ("query_each", wire),
        Put::QueryJoined(wire) => ("query_joined", wire),
        Put::Header(wire) => ("header", wire),
        Put::Member(wire) => ("put", wire),
        Put::Part(wire) => ("part", wire),
        Put::File(wire) => ("file", wire),
        Put::Tag(_) | Put::JsonText(_) | Put::Key => return None,
    })
}

/// Whether it writes the tag or the key of a union.
fn is_union(argument: &Argument) -> bool {
    argument.puts.iter().any(|put| matches!(put, Put::Tag(_) | Put::Key))
}

/// The lines of `encode` that one argument gives.
fn puts(argument: &Argument) -> Vec<TokenStream> {
    let field = ident(&argument.field.name);
    let optional = argument.field.optional;
    let union = is_union(argument);
    let value = if union && optional {
        quote!(union)
    } else {
        quote!(self.#field)
    };
    let reference = if union && optional {
        quote!(union)
    } else {
        quote!(&self.#field)
    };
    let lines: Vec<TokenStream> = argument
        .puts
        .iter()
        .map(|put| {
            let (verb, wire) = match (put, plain(put)) {
                (Put::Tag(wire), _) => return quote!(call.put(#wire, #value.tag());),
                (Put::JsonText(wire), _) => return quote!(call.put_json(#wire, #reference);),
                (Put::Member(wire), _) if union => return quote!(call.put(#wire, #reference);),
                (_, Some(plain)) => plain,
                (_, None) => return quote!(call.put(#value.key(), #reference);),
            };
            let verb = if optional {
                format_ident!("{verb}_opt")
            } else {
                ident(verb)
            };
            quote!(call.#verb(#wire, #reference);)
        })
        .collect();
    match union && optional {
        true => vec![quote!(if let Some(union) = &self.#field { #(#lines)* })],
        false => lines,
    }
}
