//! The call without types: for values that no typed request can hold.

use serde_json::Value;

use super::{
    Given, layout,
    layout::{Expr, quoted},
    rust::{SAVED, identity, to_file},
    secrets::Holes,
    typed::Typed,
    wire,
};
use crate::catalog::{Place, Reply};

/// Makes the call and prints the reply; the marks are what its body keeps secret.
pub(super) fn call(given: &Given<'_>, typed: &mut Typed<'_>, secrets: &mut Holes) -> String {
    let (catalog, operation, values) = (given.catalog, given.operation, given.values);
    let method = typed.path(&[], "Method");
    let mut verb = operation.method.to_ascii_lowercase();
    if let Some(first) = verb.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let path = typed.inner(Expr::Atom(quoted(&operation.path)), "path");
    let mut calls = vec![(
        "raw".to_owned(),
        Some(vec![Expr::Atom(format!("{method}::{verb}")), path]),
    )];
    for (place, setter) in [
        (Place::Path, "path"),
        (Place::Query, "query"),
        (Place::Header, "header"),
        (Place::Form, "part"),
    ] {
        for piece in wire::pieces(catalog, operation, place, values) {
            let name = Expr::Atom(quoted(&piece.name));
            let (setter, value) = if piece.is_file() {
                let file = typed.file(&Value::from(piece.text));
                typed.lets.push(("file".to_owned(), file));
                ("file", Expr::Atom("&file".to_owned()))
            } else if piece.is_secret() {
                (setter, typed.secret(piece.field))
            } else {
                let text = Expr::Atom(quoted(&piece.text));
                (setter, typed.inner(text, &piece.field.name))
            };
            calls.push((setter.to_owned(), Some(vec![name, value])));
        }
    }
    if operation.parameters_in(Place::Body).next().is_some() {
        let mut body = wire::body(catalog, operation, values).into();
        secrets.hide(catalog, operation.parameters_in(Place::Body), &mut body);
        let body = typed.json(&body);
        typed.lets.push(("body".to_owned(), body));
        calls.push(("json".to_owned(), Some(vec![Expr::Atom("&body".to_owned())])));
    }
    calls.extend(
        operation
            .auth
            .is_some()
            .then(|| ("helpdesk".to_owned(), Some(Vec::new()))),
    );
    calls.extend(identity(given));
    let bytes = operation.reply == Reply::Bytes;
    calls.extend(bytes.then(to_file));
    calls.push(("await?".to_owned(), None));
    let expr = Expr::Chain(Box::new(Expr::Atom("client".to_owned())), calls);
    match bytes {
        true => layout::line("saved", &expr) + SAVED,
        false => layout::line("reply", &expr) + "    println!(\"{reply:#}\");\n",
    }
}
