//! Pages of lists, in the members that the operation's reply has for them.

use serde_json::{Map, Value};

use super::Act;
use crate::{
    catalog::{Field, Type},
    check::Violation,
    refusal::{Refusal, code},
};

/// How many items a page holds where the operation does not say.
const PAGE: usize = 20;

/// Which items of a list a call asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) skip: usize,
    pub(crate) most: usize,
}

impl Act<'_> {
    /// Which items the call asks for, by page token, by page number or by offset.
    pub(crate) fn window(&self) -> Result<Window, Refusal> {
        let whole = |name: &str| {
            let given = self.given(name)?;
            let number = given.as_u64().or_else(|| given.as_str()?.parse().ok());
            number.and_then(|number| usize::try_from(number).ok())
        };
        let words = self.operation.paged.clone().unwrap_or_default();
        let size = words.limit.as_deref().unwrap_or("page_size");
        let most = whole(size).unwrap_or(PAGE).max(1);
        if let Some(offset) = words.offset {
            let skip = whole(&offset).unwrap_or_default();
            return Ok(Window { skip, most });
        }
        if let Some(page) = words.page {
            let page = whole(&page).unwrap_or(1).max(1);
            return Ok(Window {
                skip: (page - 1).saturating_mul(most),
                most,
            });
        }
        let name = words.token.as_deref().unwrap_or("page_token");
        let token = self.sent.text(name);
        let skip = match token {
            "" => 0,
            token if self.state.examples && self.sample_of(name) == Some(token) => 0,
            token => self.skipped(token).ok_or_else(|| {
                let violation = Violation::new(
                    name,
                    token,
                    "is not the token that the page before gave; begin without one",
                );
                Refusal::violations(code::SCHEMA, vec![violation])
            })?,
        };
        Ok(Window { skip, most })
    }

    /// A page of all items; for lists that are short.
    pub(crate) fn page(&self, all: Vec<Value>) -> Result<Value, Refusal> {
        let window = self.window()?;
        let total = all.len();
        let items: Vec<Value> = all
            .into_iter()
            .skip(window.skip)
            .take(window.most.saturating_add(1))
            .collect();
        Ok(self.page_of(items, window, Some(total)))
    }

    /// A page of the items from the window on, of which one more than the page holds shows that there are more.
    pub(crate) fn page_of(&self, mut items: Vec<Value>, window: Window, total: Option<usize>) -> Value {
        let next = (items.len() > window.most).then(|| window.skip + window.most);
        items.truncate(window.most);
        self.page_until(items, next, total)
    }

    /// These items as a page, and where the next one begins: the `skip` of its window.
    pub(crate) fn page_until(&self, items: Vec<Value>, next: Option<usize>, total: Option<usize>) -> Value {
        let words = self.operation.paged.clone().unwrap_or_default();
        let (more, token) = (next.is_some(), next.map(|next| self.token(next)).unwrap_or_default());
        let fields = self
            .operation
            .data
            .as_ref()
            .and_then(|data| self.catalog.members(data))
            .unwrap_or_default();
        let list = words
            .items
            .or_else(|| Some(list_of(fields)?.name.clone()))
            .unwrap_or_else(|| "items".to_owned());
        let mut page = Map::from_iter([
            (list, items.into()),
            (words.more.unwrap_or_else(|| "has_more".to_owned()), more.into()),
            (words.next.unwrap_or_else(|| "page_token".to_owned()), token.into()),
        ]);
        if let Some(total) = total {
            page.insert(words.total.unwrap_or_else(|| "total".to_owned()), total.into());
        }
        page.into()
    }

    fn sample_of(&self, name: &str) -> Option<&str> {
        let field = self.operation.parameters.iter().find(|field| field.name == name)?;
        field.example.as_ref()?.as_str()
    }

    fn given(&self, name: &str) -> Option<&Value> {
        let field = self.operation.parameters.iter().find(|field| field.name == name)?;
        self.sent.argument(name).or(field.default.as_ref())
    }

    // A token says where to go on, and belongs to the call that it was given to.
    fn token(&self, skip: usize) -> String {
        format!("{:016x}{skip:x}", self.asked())
    }

    fn skipped(&self, token: &str) -> Option<usize> {
        let (asked, skip) = token.split_at_checked(16)?;
        let same = u64::from_str_radix(asked, 16) == Ok(self.asked());
        usize::from_str_radix(skip, 16).ok().filter(|_| same)
    }

    fn asked(&self) -> u64 {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let mut hasher = DefaultHasher::new();
        self.operation.id.hash(&mut hasher);
        let paging = ["page_token", "page_size"];
        for (name, value) in &self.sent.arguments {
            let token = self.operation.paged.as_ref().and_then(|words| words.token.as_deref());
            if !paging.contains(&name.as_str()) && token != Some(name) {
                (name, value.to_string()).hash(&mut hasher);
            }
        }
        self.tenant().hash(&mut hasher);
        hasher.finish()
    }
}

fn list_of(fields: &[Field]) -> Option<&Field> {
    fields.iter().find(|field| matches!(field.kind, Type::List(_)))
}
