//! Paging: the fields that lead from one page to the next.

use super::{Checker, types::bare};
use crate::{
    diagnostic::did_you_mean,
    expr::{Leaf, TypeExpr},
    spec::*,
};

/// What each word names: a field of the reply, or one of the call.
const OF_REPLY: [&str; 4] = ["items", "next", "more", "total"];

const TOKEN: TypeExpr = TypeExpr::Leaf(Leaf::String);
const INT: TypeExpr = TypeExpr::Leaf(Leaf::Int);
const BOOL: TypeExpr = TypeExpr::Leaf(Leaf::Bool);

impl<'a> Checker<'a> {
    pub(super) fn paged(&mut self, module: &'a Module, operation: &'a Operation, paged: &'a Spanned<Paged>) {
        let data = operation.data.as_ref();
        let reply = data
            .and_then(|data| self.index.payload_fields(module, data))
            .unwrap_or((module, &[]));
        let reply = (reply.0, reply.1.iter().collect::<Vec<_>>());
        let call = (
            module,
            operation.fields.iter().map(|(_, field)| field).collect::<Vec<_>>(),
        );
        for (word, named) in paged.value.said() {
            match OF_REPLY.contains(&word) {
                true => self.names_within(word, named, &reply, "the reply"),
                false => self.names_within(word, named, &call, "the call"),
            };
        }
        let paged_value = &paged.value;
        let is = |named: &Option<Text>, fits: fn(&TypeExpr) -> bool| match named {
            Some(named) => self
                .within(&reply, &named.value)
                .is_none_or(|field| fits(bare(&field.ty.value))),
            None => true,
        };
        let problems = [
            (
                is(&paged_value.items, |ty| matches!(ty, TypeExpr::List(_))),
                "`items` is not a list",
                "name the reply's list",
            ),
            (
                is(&paged_value.next, |ty| [TOKEN, INT].contains(ty)),
                "`next` is not a string or an int",
                "name the field with the next page's token",
            ),
            (
                is(&paged_value.more, |ty| [BOOL, INT].contains(ty)),
                "`more` is not a bool or an int",
                "name the field that says whether more follows",
            ),
        ];
        for (_, message, help) in problems.into_iter().filter(|(fits, ..)| !fits) {
            self.report(&paged.place, message, help);
        }
        let way = [("page", &paged_value.page), ("offset", &paged_value.offset)]
            .into_iter()
            .find_map(|(word, named)| Some((word, named.as_ref()?)));
        match way {
            Some(("page", page)) => self.counted(&reply, &call, page, paged_value),
            Some((_, offset)) => self.by_offset(&reply, &call, offset, paged_value),
            None => self.by_token(&call, paged),
        }
    }

    /// A token leads from page to page.
    fn by_token(&mut self, call: &(&'a Module, Vec<&'a Field>), paged: &Spanned<Paged>) {
        if let Some(total) = &paged.value.total {
            let help =
                "lists that are counted need `page` or `offset` as well; one that follows tokens needs no `total`";
            self.report(&total.place, "`total` stands without `page` or `offset`", help);
        }
        self.only_beside(&paged.value.limit, "limit", "offset");
        let token = paged.value.token.as_ref().map_or("page_token", |token| &token.value);
        let token = self.within(call, token);
        if token.is_some_and(|field| field.required || ![TOKEN, INT].contains(&field.ty.value)) {
            self.report(
                &paged.place,
                "the field that takes the token is not an optional string or int",
                "the first page is asked for without one",
            );
        }
    }

    /// Pages that are counted: the request takes a number, the reply says how many items there are.
    fn counted(
        &mut self,
        reply: &(&'a Module, Vec<&'a Field>),
        call: &(&'a Module, Vec<&'a Field>),
        page: &Text,
        paged: &Paged,
    ) {
        for (word, named) in [
            ("next", &paged.next),
            ("more", &paged.more),
            ("token", &paged.token),
            ("offset", &paged.offset),
        ] {
            if let Some(named) = named {
                let help = "keep `page` where pages are counted, `offset` where items are, or `next`, `more` and `token` where a token leads on";
                self.report(&named.place, format!("`{word}` stands beside `page`"), help);
            }
        }
        self.only_beside(&paged.limit, "limit", "offset");
        if self
            .within(call, &page.value)
            .is_some_and(|field| field.ty.value != INT)
        {
            let message = format!("`{}` is not an int", page.value);
            self.report(
                &page.place,
                message,
                "the next page is asked for with a number one higher",
            );
        }
        self.single_list(reply, page, paged);
        let total = paged.total.as_ref().map_or("total", |total| &total.value);
        let named = self.within(reply, total);
        let missing = named.is_none() && paged.total.is_none();
        if missing || named.is_some_and(|field| *bare(&field.ty.value) != INT) {
            let place = paged.total.as_ref().map_or(&page.place, |total| &total.place);
            let help = "name the reply's int that says how many items there are on all pages; nothing else tells where they end";
            self.report(place, format!("the reply has no int `{total}`"), help);
        }
    }

    /// Items that are counted: the request takes how many to pass over. Whatever the reply says tells the end, at last an empty page.
    fn by_offset(
        &mut self,
        reply: &(&'a Module, Vec<&'a Field>),
        call: &(&'a Module, Vec<&'a Field>),
        offset: &Text,
        paged: &Paged,
    ) {
        for (word, named) in [("next", &paged.next), ("token", &paged.token)] {
            if let Some(named) = named {
                let help = "keep `offset` where items are counted, or `next` and `token` where a token leads on";
                self.report(&named.place, format!("`{word}` stands beside `offset`"), help);
            }
        }
        self.single_list(reply, offset, paged);
        let taken = [
            (call, Some(offset)),
            (call, paged.limit.as_ref()),
            (reply, paged.total.as_ref()),
        ];
        for (fields, named) in taken {
            if let Some(named) = named
                && self
                    .within(fields, &named.value)
                    .is_some_and(|field| ![TOKEN, INT].contains(bare(&field.ty.value)))
            {
                let message = format!("`{}` is not a number", named.value);
                self.report(&named.place, message, "name an int, or a string that holds one");
            }
        }
    }

    fn single_list(&mut self, reply: &(&'a Module, Vec<&'a Field>), by: &Text, paged: &Paged) {
        let lists = reply.1.iter();
        let lists = lists.filter(|field| matches!(bare(&field.ty.value), TypeExpr::List(_)));
        if paged.items.is_none() && lists.count() != 1 {
            let help = "name the list whose items are counted: `items: …`";
            self.report(&by.place, "the reply does not have a single list", help);
        }
    }

    fn only_beside(&mut self, named: &Option<Text>, word: &str, other: &str) {
        if let Some(named) = named {
            let message = format!("`{word}` stands without `{other}`");
            self.report(
                &named.place,
                message,
                format!("it belongs to lists that go on by `{other}`"),
            );
        }
    }

    /// The field of this name, which may lead through objects: `page_response.page_token`.
    fn within(&self, fields: &(&'a Module, Vec<&'a Field>), name: &str) -> Option<&'a Field> {
        let (mut home, mut fields) = (fields.0, fields.1.clone());
        let mut names = name.split('.').peekable();
        loop {
            let name = names.next()?;
            let field = *fields.iter().find(|field| field.name.value == name)?;
            if names.peek().is_none() {
                return Some(field);
            }
            let (module, inner) = self.index.fields(home, bare(&field.ty.value))?;
            (home, fields) = (module, inner.iter().collect());
        }
    }

    /// A name that leads to a field, through objects that are there, or can be made when they are not.
    fn names_within(&mut self, word: &str, named: &Text, fields: &(&'a Module, Vec<&'a Field>), of: &str) {
        let (mut home, mut inside) = (fields.0, fields.1.clone());
        let names: Vec<&str> = named.value.split('.').collect();
        for (depth, name) in names.iter().enumerate() {
            let Some(field) = inside.iter().find(|field| field.name.value == *name) else {
                let help = did_you_mean(name, inside.iter().map(|field| field.name.value.as_str()));
                let message = format!("`{word}` names the field `{}`, which {of} lacks", named.value);
                return self.report(&named.place, message, help);
            };
            if depth + 1 == names.len() {
                return;
            }
            let Some((module, inner)) = self.index.fields(home, bare(&field.ty.value)) else {
                let message = format!("`{name}` in `{}` is no object", named.value);
                return self.report(
                    &named.place,
                    message,
                    "write the name of a field alone, or lead through objects",
                );
            };
            let made_up = of == "the call" && !field.required;
            if made_up && inner.iter().any(|field| field.required) {
                let message = format!("`{name}` need not be sent, and cannot be made for the next page");
                let help = format!("it has required fields; write `{name}!` if calls send it");
                return self.report(&named.place, message, help);
            }
            if of == "the reply" && matches!(field.ty.value, TypeExpr::Optional(_)) {
                let message = format!("`{name}` in `{}` may be absent", named.value);
                return self.report(
                    &named.place,
                    message,
                    "drop its `?`: an absent object reads as an empty one",
                );
            }
            (home, inside) = (module, inner.iter().collect());
        }
    }
}
