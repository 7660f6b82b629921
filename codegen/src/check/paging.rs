//! Paging: the fields that lead from one page to the next.

use super::{Checker, types::bare};
use crate::{
    diagnostic::did_you_mean,
    expr::{Leaf, TypeExpr},
    spec::*,
};

impl Checker<'_> {
    pub(super) fn paged(&mut self, module: &Module, operation: &Operation, paged: &Spanned<Paged>) {
        let data = operation.data.as_ref();
        let reply = data
            .and_then(|data| self.index.payload_fields(module, data))
            .map(|(_, fields)| fields)
            .unwrap_or_default();
        for (word, named) in [
            ("items", &paged.value.items),
            ("next", &paged.value.next),
            ("more", &paged.value.more),
            ("total", &paged.value.total),
        ] {
            if let Some(named) = named
                && !reply.iter().any(|field| field.name.value == named.value)
            {
                let help = did_you_mean(&named.value, reply.iter().map(|field| field.name.value.as_str()));
                self.report(
                    &named.place,
                    format!("`{word}` names the field `{}`, which the reply lacks", named.value),
                    help,
                );
            }
        }
        if let Some(token) = &paged.value.token {
            self.names_field(operation, token, "token");
        }
        let is = |named: &Option<Text>, fits: fn(&TypeExpr) -> bool| match named {
            Some(named) => reply
                .iter()
                .any(|field| field.name.value == named.value && fits(bare(&field.ty.value))),
            None => true,
        };
        if !is(&paged.value.items, |ty| matches!(ty, TypeExpr::List(_))) {
            self.report(&paged.place, "`items` is not a list", "name the reply's list");
        }
        if !is(&paged.value.next, |ty| matches!(ty, TypeExpr::Leaf(Leaf::String))) {
            self.report(
                &paged.place,
                "`next` is not a string",
                "name the field with the next page's token",
            );
        }
        if let Some(page) = &paged.value.page {
            return self.counted(operation, reply, page, &paged.value);
        }
        if let Some(total) = &paged.value.total {
            let help = "pages that are counted need `page` as well; a list that follows tokens needs no `total`";
            self.report(&total.place, "`total` stands without `page`", help);
        }
        let token = paged.value.token.as_ref().map_or("page_token", |token| &token.value);
        let token = operation.fields.iter().find(|(_, field)| field.name.value == token);
        if token.is_some_and(|(_, field)| field.required || field.ty.value != TypeExpr::Leaf(Leaf::String)) {
            let help = "the first page is asked for without one";
            self.report(
                &paged.place,
                "the field that takes the token is not an optional string",
                help,
            );
        }
    }

    /// Pages that are counted: the request takes a number, the reply says how many items there are.
    fn counted(&mut self, operation: &Operation, reply: &[Field], page: &Text, paged: &Paged) {
        for (word, named) in [("next", &paged.next), ("more", &paged.more), ("token", &paged.token)] {
            if let Some(named) = named {
                let help = "keep `page` where pages are counted, or `next`, `more` and `token` where a token leads on";
                self.report(&named.place, format!("`{word}` stands beside `page`"), help);
            }
        }
        self.names_field(operation, page, "page");
        let int = TypeExpr::Leaf(Leaf::Int);
        let mut fields = operation.fields.iter().map(|(_, field)| field);
        let field = fields.find(|field| field.name.value == page.value);
        if field.is_some_and(|field| field.required || field.ty.value != int) {
            let message = format!("`{}` is not an optional int", page.value);
            let help = "the first page is asked for without a number, the next with one more";
            self.report(&page.place, message, help);
        }
        let lists = reply
            .iter()
            .filter(|field| matches!(bare(&field.ty.value), TypeExpr::List(_)));
        if paged.items.is_none() && lists.count() != 1 {
            let help = "name the list whose items are counted: `items: …`";
            self.report(&page.place, "the reply does not have a single list", help);
        }
        let total = paged.total.as_ref().map_or("total", |total| &total.value);
        let named = reply.iter().find(|field| field.name.value == total);
        let missing = named.is_none() && paged.total.is_none();
        if missing || named.is_some_and(|field| *bare(&field.ty.value) != int) {
            let place = paged.total.as_ref().map_or(&page.place, |total| &total.place);
            let help = "name the reply's int that says how many items there are on all pages; nothing else tells where they end";
            self.report(place, format!("the reply has no int `{total}`"), help);
        }
    }
}
