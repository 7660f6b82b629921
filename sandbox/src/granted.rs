//! What the scopes of an app, and of the user it acts for, let it see and ask for.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    access::{self, Caller},
    app::granted,
    catalog::{Catalog, Field, Look, Shape, Type},
    check::Checked,
    refusal::Refusal,
    state::State,
};

/// Scopes; none of either is all of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Granted {
    app: Option<BTreeSet<String>>,
    user: Option<BTreeSet<String>>,
}

impl Granted {
    /// Those of whoever makes a call.
    pub(crate) fn to_caller(state: &State, caller: Option<&Caller>) -> Self {
        caller.map_or_else(Self::default, |caller| Self {
            user: caller.scopes.clone(),
            ..Self::to_app(state, &caller.app)
        })
    }

    /// Those of an app that acts for itself.
    pub(crate) fn to_app(state: &State, app: &str) -> Self {
        Self {
            app: state.app(app).and_then(|app| app.scopes.clone()),
            user: None,
        }
    }

    fn hold(&self, wanted: &[String]) -> bool {
        granted(self.app.as_ref(), wanted) && granted(self.user.as_ref(), wanted)
    }

    /// Refuses values that only some may ask for, such as `user_id` as the kind of an id.
    pub(crate) fn admit(&self, checked: &Checked, caller: Option<&Caller>) -> Result<(), Refusal> {
        let missing = checked.wanted.iter().find(|wanted| !self.hold(wanted));
        match (missing, caller) {
            (Some(wanted), Some(caller)) => {
                let by_user = granted(self.app.as_ref(), wanted);
                Err(access::denied(&caller.app, caller.user.is_some(), by_user, wanted))
            }
            _ => Ok(()),
        }
    }

    /// Takes out the fields that are not for these scopes (protocol.md §9.2).
    pub(crate) fn strip(&self, catalog: &Catalog, kind: &Type, value: &mut Value) {
        if self.app.is_some() || self.user.is_some() {
            self.walk(catalog, kind, None, value);
        }
    }

    fn walk(&self, catalog: &Catalog, kind: &Type, tag: Option<&Value>, value: &mut Value) {
        match (kind, value) {
            (Type::List(inner), Value::Array(items)) => {
                items.iter_mut().for_each(|item| self.walk(catalog, inner, tag, item));
            }
            (Type::Map(inner), Value::Object(members)) => {
                members
                    .values_mut()
                    .for_each(|member| self.walk(catalog, inner, tag, member));
            }
            (Type::Fields(fields), value) => self.object(catalog, fields, value),
            (Type::Ref(name), value) => match catalog.shape(name) {
                Some(Shape::Fields(fields) | Shape::Keys(fields)) => self.object(catalog, fields, value),
                Some(Shape::Shapes(looks)) => {
                    if let Some(look) = Look::of(looks, value) {
                        self.walk(catalog, &look.kind, None, value);
                    }
                }
                Some(Shape::Union(union)) => {
                    let tag = union.tag.as_ref().map_or(tag.cloned(), |tag| value.get(tag).cloned());
                    let variant = union
                        .variants
                        .iter()
                        .find(|variant| Some(&variant.value) == tag.as_ref());
                    let Some(kind) = variant.and_then(|variant| variant.kind.as_ref()) else {
                        return;
                    };
                    match &union.content {
                        Some(content) => {
                            if let Some(payload) = value.get_mut(content) {
                                self.walk(catalog, kind, None, payload);
                            }
                        }
                        None => self.walk(catalog, kind, None, value),
                    }
                }
                Some(Shape::Values(_)) | None => {}
            },
            _ => {}
        }
    }

    fn object(&self, catalog: &Catalog, fields: &[Field], value: &mut Value) {
        let Value::Object(members) = value else { return };
        for field in fields {
            let tag = field.by.as_ref().and_then(|by| members.get(by)).cloned();
            let Some(member) = members.get_mut(&field.name) else {
                continue;
            };
            if self.hold(&field.scopes) {
                self.walk(catalog, &field.kind, tag.as_ref(), member);
            } else if !member.is_null() {
                members.shift_remove(&field.name);
            }
        }
    }
}
