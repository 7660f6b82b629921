//! In which direction each type travels: that decides what it can do.

use std::collections::HashMap;

use crate::{
    expr::TypeExpr,
    index::{Index, TypeId},
    spec::{Payload, Spec},
};

/// In which directions a type travels.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Flow {
    pub(super) sent: bool,
    pub(super) received: bool,
}

pub(super) const SENT: Flow = Flow {
    sent: true,
    received: false,
};
pub(super) const RECEIVED: Flow = Flow {
    sent: false,
    received: true,
};

/// Which way each type travels, from where it is mentioned.
pub(super) fn flows(spec: &Spec, index: &Index<'_>) -> HashMap<TypeId, Flow> {
    let mut flows: HashMap<TypeId, Flow> = HashMap::new();
    let mut open: Vec<(TypeId, Flow)> = Vec::new();
    for module in &spec.modules {
        let mut mention = |exprs: Vec<&TypeExpr>, flow: Flow| {
            open.extend(
                exprs
                    .into_iter()
                    .flat_map(TypeExpr::names)
                    .map(|name| (index.id(&module.path, name), flow)),
            );
        };
        for operation in &module.operations {
            let folded = operation.folded();
            let sent = operation
                .fields
                .iter()
                .filter(|(section, field)| !folded.contains(&(*section, &field.name.value)));
            mention(sent.map(|(_, field)| &field.ty.value).collect(), SENT);
            mention(operation.data.iter().flat_map(Payload::exprs).collect(), RECEIVED);
        }
        for event in &module.events {
            mention(event.body.exprs(), RECEIVED);
            mention(event.reply.iter().map(|reply| &reply.value).collect(), SENT);
        }
    }
    while let Some((id, flow)) = open.pop() {
        let known = flows.entry(id.clone()).or_default();
        let both = Flow {
            sent: known.sent || flow.sent,
            received: known.received || flow.received,
        };
        if *known == both {
            continue;
        }
        *known = both;
        let Some(def) = index.get(&id) else { continue };
        open.extend(
            def.exprs()
                .into_iter()
                .flat_map(TypeExpr::names)
                .map(|name| (index.id(&id.module, name), both)),
        );
    }
    flows
}
