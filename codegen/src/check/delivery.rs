//! How events are told from each other and kept in order, and what callbacks are answered with.

use super::{Checker, Use, types::bare};
use crate::{
    diagnostic::{Place, did_you_mean},
    expr::{Leaf, TypeExpr},
    spec::*,
};

impl<'a> Checker<'a> {
    pub(super) fn delivery(&mut self, module: &'a Module, event: &'a Event) {
        for (path, word) in [(&event.dedupe, "dedupe"), (&event.order, "order")] {
            let Some(path) = path else { continue };
            let body = self.index.payload_fields(module, &event.body);
            let along = body.map(|(home, fields)| self.index.along_fields(home, fields, &path.value));
            let along = along.unwrap_or_default();
            let text = along
                .last()
                .is_some_and(|last| *bare(&last.ty.value) == TypeExpr::Leaf(Leaf::String));
            if along.len() != path.value.split('.').count() || !text {
                let help = format!("`{word}` leads over the body's own fields to a `string`, as `message.message_id`");
                self.report(
                    &path.place,
                    format!("`{}` leads to no text of the body", path.value),
                    help,
                );
            }
        }
        for scope in event.reach.iter().flat_map(|(_, scopes)| scopes) {
            if !event.scopes.iter().any(|known| known.value == scope.value) {
                let help = did_you_mean(&scope.value, event.scopes.iter().map(|scope| scope.value.as_str()));
                self.report(
                    &scope.place,
                    format!("`reach` names the scope `{}`, which the event lacks", scope.value),
                    help,
                );
            }
        }
        if let Some(when) = &event.when {
            self.act(when, "when");
        }
        match (&event.reply, &event.late) {
            (Some(reply), late) => self.callback(module, reply, late.as_ref()),
            (None, Some(late)) => {
                let help = "an event is answered with nothing; say with `reply` what a callback is answered with";
                self.report(&late.place, "`late` needs `reply`", help);
            }
            (None, None) => {}
        }
    }

    fn callback(
        &mut self,
        module: &'a Module,
        reply: &'a Spanned<TypeExpr>,
        late: Option<&'a Spanned<serde_json::Value>>,
    ) {
        self.expr(module, reply, Use::Nested);
        let fields = match &reply.value {
            TypeExpr::Leaf(Leaf::Any) => None,
            TypeExpr::Named(name) => match self.index.resolve(&module.path, name).map(|def| &def.kind) {
                Some(TypeKind::Object(fields)) => Some(fields),
                // What is not there has been reported.
                None | Some(TypeKind::Broken) => return,
                Some(_) => return self.no_reply(&reply.place),
            },
            _ => return self.no_reply(&reply.place),
        };
        let Some(late) = late else { return };
        let Some(members) = late.value.as_object() else {
            let help = "write the reply as it goes out, as `{toast: {type: info, content: …}}`";
            return self.report(&late.place, "`late` is no object", help);
        };
        let Some(fields) = fields else { return };
        for member in members.keys() {
            if !fields.iter().any(|field| field.name.value == *member) {
                let help = did_you_mean(member, fields.iter().map(|field| field.name.value.as_str()));
                self.report(&late.place, format!("the reply has no member `{member}`"), help);
            }
        }
    }

    fn no_reply(&mut self, place: &Place) {
        let help = "name a type with `fields`, or write `any`";
        self.report(place, "the reply of a callback is an object", help);
    }
}
