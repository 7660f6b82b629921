//! Types and fields as JSON Schema, with the facts of the spec beside them.

use serde_json::{Map, Value, json};

use super::{OpenApi, schema_name, texts};
use crate::{
    expr::{Leaf, TypeExpr, TypeName},
    index::TypeId,
    spec::*,
};

impl OpenApi<'_> {
    pub(super) fn type_def(&self, module: &Module, def: &TypeDef) -> Value {
        let mut value = match &def.kind {
            TypeKind::Object(fields) => self.object(module, fields),
            TypeKind::Enum(values) => {
                let kind = if values.iter().any(|value| value.value.is_number()) {
                    "integer"
                } else {
                    "string"
                };
                let known: Vec<&Value> = values.iter().map(|value| &value.value).collect();
                let docs: Map<String, Value> = values
                    .iter()
                    .map(|value| (value.key(), value.doc.as_str().into()))
                    .collect();
                let scopes: Map<String, Value> = values
                    .iter()
                    .filter(|value| !value.scopes.is_empty())
                    .map(|value| (value.key(), texts(&value.scopes).into()))
                    .collect();
                let mut schema = json!({"type": kind, "x-known-values": known, "x-value-descriptions": docs});
                if !scopes.is_empty() {
                    schema["x-value-scopes"] = scopes.into();
                }
                schema
            }
            TypeKind::Union {
                variants,
                tag,
                content,
                otherwise,
            } => {
                let mut forms: Vec<Value> = variants
                    .iter()
                    .map(|variant| self.variant(module, variant, tag.as_ref(), content.as_ref()))
                    .collect();
                if *otherwise {
                    forms.push(json!({"description": "Any other JSON."}));
                }
                let known: Vec<&str> = variants.iter().map(|variant| variant.value.value.as_str()).collect();
                json!({"anyOf": forms, "x-known-values": known})
            }
            TypeKind::Keys(keys) => {
                let properties: Map<String, Value> = keys
                    .iter()
                    .filter_map(|key| Some((key.value.value.clone(), self.key(module, key)?)))
                    .collect();
                let any: Vec<Value> = keys.iter().map(|key| json!({"required": [key.value.value]})).collect();
                json!({"type": "object", "properties": properties, "anyOf": any})
            }
            TypeKind::Shapes(shapes) => {
                let mut forms: Vec<Value> = shapes.iter().map(|shape| self.shape(module, shape)).collect();
                forms.push(json!({"description": "Any other JSON."}));
                json!({"anyOf": forms})
            }
            TypeKind::Broken => json!({}),
        };
        value["description"] = def.doc.value.as_str().into();
        if !def.parsed.is_empty() {
            let parsed = def.parsed.iter().map(|parsed| {
                let mut schema = self.ty(module, &parsed.ty.value);
                schema["x-chosen-by"] = parsed.by.value.as_str().into();
                (parsed.from.value.clone(), schema)
            });
            value["x-parsed"] = parsed.collect::<Map<_, _>>().into();
        }
        value
    }

    fn key(&self, module: &Module, key: &Variant) -> Option<Value> {
        let mut value = self.ty(module, &key.ty.as_ref()?.value);
        if let Some(doc) = &key.doc {
            value["description"] = doc.as_str().into();
        }
        if let Some(example) = &key.example {
            value["examples"] = json!([example.value]);
        }
        Some(value)
    }

    /// A shape: what it holds, with the members that tell it from others.
    fn shape(&self, module: &Module, shape: &Variant) -> Value {
        let mut value = self.variant(module, shape, None, None);
        for (word, members) in [("x-has", &shape.has), ("x-lacks", &shape.lacks)] {
            if !members.is_empty() {
                value[word] = texts(members).into();
            }
        }
        value
    }

    /// A variant under the tag that chooses it.
    fn variant(&self, module: &Module, variant: &Variant, tag: Option<&Text>, content: Option<&Text>) -> Value {
        let mut value = self.form(module, variant, tag, content);
        value["title"] = variant.value.value.as_str().into();
        if let Some(doc) = &variant.doc {
            value["description"] = doc.as_str().into();
        }
        if let Some(example) = &variant.example {
            value["examples"] = json!([example.value]);
        }
        value
    }

    fn form(&self, module: &Module, variant: &Variant, tag: Option<&Text>, content: Option<&Text>) -> Value {
        let payload = variant.ty.as_ref().map(|ty| self.ty(module, &ty.value));
        let Some(tag) = tag else {
            return payload.unwrap_or_else(|| json!({"type": "object"}));
        };
        let value = json!({"type": "string", "const": variant.value.value});
        let mut own = json!({"type": "object", "required": [tag.value], "properties": {&tag.value: value}});
        match (payload, content) {
            (Some(payload), Some(content)) => {
                own["required"] = json!([tag.value, content.value]);
                own["properties"][&content.value] = payload;
                own
            }
            (Some(payload), None) => json!({"allOf": [own, payload]}),
            (None, _) => own,
        }
    }

    pub(super) fn object(&self, module: &Module, fields: &[Field]) -> Value {
        self.members(module, &fields.iter().collect::<Vec<_>>())
    }

    /// An object of these members; one key of several stands among them.
    pub(super) fn members(&self, module: &Module, fields: &[&Field]) -> Value {
        let mut properties = Map::new();
        let mut spread = Vec::new();
        let mut others = None;
        for field in fields {
            match self.keys(module, field) {
                Some(reference) => spread.push(reference),
                None if field.rest.is_some() => {
                    others = self.ty(module, &field.ty.value).get("additionalProperties").cloned()
                }
                None => {
                    properties.insert(field.name.value.clone(), self.facts(module, field, true));
                }
            }
        }
        let required = fields
            .iter()
            .filter(|field| field.required && self.keys(module, field).is_none());
        let required: Vec<&str> = required.map(|field| field.name.value.as_str()).collect();
        let mut value = json!({"type": "object", "properties": properties});
        if !required.is_empty() {
            value["required"] = required.into();
        }
        if let Some(others) = others {
            value["additionalProperties"] = others;
        }
        if !spread.is_empty() {
            value["allOf"] = spread.into();
        }
        value
    }

    fn keys(&self, module: &Module, field: &Field) -> Option<Value> {
        let TypeExpr::Named(named) = &field.ty.value else {
            return None;
        };
        let id = self.index.id(&module.path, named);
        matches!(self.index.get(&id)?.kind, TypeKind::Keys(_)).then(|| self.named(module, named))
    }

    /// A field's schema with its limits; what stands beside a reference is allowed in 3.1.
    pub(super) fn facts(&self, module: &Module, field: &Field, doc: bool) -> Value {
        let mut value = self.ty(module, &field.ty.value);
        if doc {
            value["description"] = field.doc.value.as_str().into();
        }
        for (limit, given) in &field.limits {
            let word = match limit.as_str() {
                "min_len" => "minLength",
                "max_len" => "maxLength",
                "min" => "minimum",
                "max" => "maximum",
                "min_items" => "minItems",
                _ => "maxItems",
            };
            value[word] = given.value.clone();
        }
        if let Some(default) = &field.default {
            value["default"] = default.value.clone();
        }
        if let Some(example) = &field.example {
            value["examples"] = json!([example.value]);
        }
        if !field.scopes.is_empty() {
            value["x-scopes"] = texts(&field.scopes).into();
        }
        if let Some((_, tag)) = field.ty.value.by() {
            value["x-chosen-by"] = tag.into();
        }
        if let Some(since) = &field.since {
            value["x-since"] = since.as_str().into();
        }
        if field.deprecated.is_some() {
            value["deprecated"] = true.into();
        }
        value
    }

    pub(super) fn ty(&self, module: &Module, expr: &TypeExpr) -> Value {
        match expr {
            TypeExpr::Leaf(leaf) => leaf_schema(*leaf),
            TypeExpr::List(inner) => json!({"type": "array", "items": self.ty(module, inner)}),
            TypeExpr::Map(inner) => json!({"type": "object", "additionalProperties": self.ty(module, inner)}),
            TypeExpr::Json(inner) => {
                json!({"type": "string", "contentMediaType": "application/json", "contentSchema": self.ty(module, inner)})
            }
            TypeExpr::Boxed(inner) | TypeExpr::Optional(inner) => self.ty(module, inner),
            TypeExpr::Named(name) | TypeExpr::By(name, _) => self.named(module, name),
        }
    }

    fn named(&self, module: &Module, name: &TypeName) -> Value {
        let TypeId { module: home, name } = self.index.id(&module.path, name);
        json!({"$ref": format!("#/components/schemas/{}", schema_name(&home, &name))})
    }
}

fn leaf_schema(leaf: Leaf) -> Value {
    match leaf {
        Leaf::String => json!({"type": "string"}),
        Leaf::Bool => json!({"type": "boolean"}),
        Leaf::Int => json!({"type": "integer", "format": "int64"}),
        Leaf::Float => json!({"type": "number", "format": "double"}),
        Leaf::Any => json!({}),
        Leaf::Secret => json!({"type": "string", "format": "password"}),
        Leaf::File => json!({"type": "string", "format": "binary"}),
        Leaf::Millis => json!({"type": "string", "x-unit": "ms"}),
        Leaf::Seconds => json!({"type": "string", "x-unit": "s"}),
        Leaf::IntMillis => json!({"type": "integer", "format": "int64", "x-unit": "ms"}),
        Leaf::IntSeconds => json!({"type": "integer", "format": "int64", "x-unit": "s"}),
    }
}
