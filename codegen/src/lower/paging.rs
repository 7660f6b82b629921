//! Paging is seen from the fields, and `paged` says what deviates.

use super::{Lowering, flow::SENT};
use crate::{
    expr::{Leaf, TypeExpr},
    ir::*,
    spec::{self, Section},
};

impl<'a> Lowering<'a> {
    pub(super) fn paging(&self, module: &'a spec::Module, operation: &'a spec::Operation) -> Option<Paging> {
        let said = operation
            .paged
            .as_ref()
            .map(|paged| paged.value.clone())
            .unwrap_or_default();
        let spoken = |text: &Option<spec::Text>, usual: &str| match text {
            Some(text) => text.value.clone(),
            None => usual.to_owned(),
        };
        let asked = |wire: &str, leaves: &[Leaf]| {
            let at = self.asked(module, operation, wire)?;
            leaves.contains(&at.leaf).then_some(at)
        };
        let told = |wire: &str, leaves: &[Leaf]| {
            let at = self.told(module, operation, wire)?;
            leaves.contains(&at.leaf).then_some(at)
        };
        let (text, number) = ([Leaf::String, Leaf::Int], [Leaf::Int, Leaf::String]);
        let more = || told(&spoken(&said.more, "has_more"), &[Leaf::Bool, Leaf::Int]);
        let total = spoken(&said.total, "total");
        let way = if let Some(page) = &said.page {
            Way::Number {
                page: asked(&page.value, &[Leaf::Int])?,
                first: self.assumed(operation, &page.value).unwrap_or(1),
                total: told(&total, &[Leaf::Int])?,
            }
        } else if let Some(offset) = &said.offset {
            Way::Offset {
                offset: asked(&offset.value, &number)?,
                first: self.assumed(operation, &offset.value).unwrap_or_default(),
                more: more(),
                total: told(&total, &number),
                limit: said.limit.as_ref().and_then(|limit| {
                    let at = asked(&limit.value, &number)?;
                    Some((at, self.assumed(operation, &limit.value)))
                }),
            }
        } else {
            Way::Token {
                token: asked(&spoken(&said.token, "page_token"), &text).filter(At::is_optional)?,
                next: told(&spoken(&said.next, "page_token"), &text)?,
                more: more(),
            }
        };
        let members = self.members(module, operation)?;
        let lists: Vec<&Field> = match &said.items {
            Some(items) => members.iter().filter(|field| field.wire == items.value).collect(),
            None => members.iter().filter(|field| matches!(field.ty, Ty::List(_))).collect(),
        };
        let [
            Field {
                name: items,
                ty: Ty::List(item),
                optional: false,
                ..
            },
        ] = lists.as_slice()
        else {
            return None;
        };
        Some(Paging {
            item: (**item).clone(),
            items: items.clone(),
            way,
        })
    }

    /// The members of the reply's payload.
    fn members(&self, module: &'a spec::Module, operation: &'a spec::Operation) -> Option<Vec<Field>> {
        let (home, fields) = self.index.payload_fields(module, operation.data.as_ref()?)?;
        let flow = self.payload_flow(module, operation);
        Some(fields.iter().map(|field| self.member(home, field, flow)).collect())
    }

    /// A field of the reply, by its names on the wire.
    pub(super) fn told(&self, module: &'a spec::Module, operation: &'a spec::Operation, wire: &str) -> Option<At> {
        let (home, fields) = self.index.payload_fields(module, operation.data.as_ref()?)?;
        let flow = self.payload_flow(module, operation);
        self.at(wire, home, fields.iter().collect(), |home, field| {
            self.member(home, field, flow)
        })
    }

    /// A field of the call, by its names on the wire.
    fn asked(&self, module: &'a spec::Module, operation: &'a spec::Operation, wire: &str) -> Option<At> {
        let in_path = |section: Section| section == Section::Path;
        let fields = operation.fields.iter().filter(|(section, _)| !in_path(*section));
        self.at(wire, module, fields.map(|(_, field)| field).collect(), |home, field| {
            Field {
                optional: !field.required,
                ..self.member(home, field, SENT)
            }
        })
    }

    /// Follows `page_response.page_token` from one object into the next.
    fn at(
        &self,
        wire: &str,
        mut home: &'a spec::Module,
        mut fields: Vec<&'a spec::Field>,
        member: impl Fn(&spec::Module, &spec::Field) -> Field,
    ) -> Option<At> {
        let mut path = Vec::new();
        let mut names = wire.split('.').peekable();
        while let Some(name) = names.next() {
            let field = fields.iter().find(|field| field.name.value == name)?;
            let lowered = member(home, field);
            path.push((lowered.name, lowered.optional));
            match (names.peek(), lowered.ty) {
                (None, Ty::Leaf(leaf)) => return Some(At { path, leaf }),
                (None, _) => return None,
                (Some(_), _) => {
                    let expr = match &field.ty.value {
                        TypeExpr::Optional(inner) => inner,
                        expr => expr,
                    };
                    let (within, inner) = self.index.fields(home, expr)?;
                    (home, fields) = (within, inner.iter().collect());
                }
            }
        }
        None
    }

    /// The number that counts when the field is left out.
    fn assumed(&self, operation: &spec::Operation, wire: &str) -> Option<i64> {
        let mut fields = operation.fields.iter().map(|(_, field)| field);
        let default = &fields.find(|field| field.name.value == wire)?.default.as_ref()?.value;
        default.as_i64().or_else(|| default.as_str()?.parse().ok())
    }
}
