//! Named types: objects and open enums, each with its wire line; unions stand beside.

use proc_macro2::TokenStream;
use quote::quote;

use super::{
    deprecated, doc_comment,
    scope::{Scope, ident},
    shapes::shapes,
    unions::{enumeration, row, union},
};
use crate::{
    format::{Item, deprecated_line, doc_lines, type_text},
    ir::{Field, Keyed, Kind, Parsed, Ty, TypeDef, Value},
    name::link,
};

pub(super) fn items(scope: &mut Scope<'_>, def: &TypeDef) -> Vec<Item> {
    match &def.kind {
        Kind::Object(fields) => object(scope, def, fields),
        Kind::Enum { integer, values } => {
            scope.rt("open_enum");
            vec![Item::Text(open_enum(def, *integer, values))]
        }
        Kind::Union {
            variants,
            tagging,
            otherwise,
        } => union(scope, def, variants, tagging, *otherwise),
        Kind::Shapes(cases) => shapes(scope, def, cases),
        Kind::Keys(keys) => {
            let entries = keys.iter().map(|key| row(scope, key)).collect();
            let wire = Item::Wire {
                name: wire_macro(scope, "key_union"),
                head: def.name.clone(),
                entries,
                rest: Vec::new(),
            };
            enumeration(scope, def, keys, TokenStream::new(), wire)
        }
    }
}

/// `open_enum! { … }`: each value with its meaning and its wire form.
fn open_enum(def: &TypeDef, integer: bool, values: &[Value]) -> String {
    let values = values.iter().map(|value| {
        let wire = match value.wire.as_str() {
            Some(text) => format!("{text:?}"),
            None => value.wire.to_string(),
        };
        let doc = doc_lines("        ", &[&value.doc]);
        let note = deprecated_line("        ", value.deprecated.as_deref());
        format!("{doc}{note}        {} = {wire},\n", value.name)
    });
    let doc = doc_lines("    ", &[&def.doc]);
    let repr = if integer { ": i64" } else { "" };
    let (name, values) = (&def.name, values.collect::<String>());
    format!("open_enum! {{\n{doc}    pub enum {name}{repr} {{\n{values}    }}\n}}")
}

/// A struct of fields, with a constructor and setters where it is sent.
fn object(scope: &mut Scope<'_>, def: &TypeDef, fields: &[Field]) -> Vec<Item> {
    let mut items = vec![structure(scope, &def.name, &[def.doc.as_str()], fields)];
    if def.sent {
        items.extend(constructor(scope, &def.name, &fields.iter().collect::<Vec<_>>()));
    }
    items.push(wire_line(scope, &def.name, fields, def.sent, def.received));
    if def.answers {
        items.extend(from_members(scope, def, fields));
    }
    let name = ident(&def.name);
    let mut members: Vec<TokenStream> = def.parsed.iter().map(|parsed| reader(scope, parsed)).collect();
    members.extend(def.keyed.iter().map(|keyed| lookup(scope, keyed)));
    if !members.is_empty() {
        items.push(Item::Impl {
            header: quote!(impl #name),
            members,
        });
    }
    items
}

/// `message.mention("@_user_1")`, or `message.with_names("@_user_1 hi")`.
fn lookup(scope: &mut Scope<'_>, keyed: &Keyed) -> TokenStream {
    let (doc, name, ty) = (doc_comment(&[&keyed.doc]), ident(&keyed.name), scope.ty(&keyed.item));
    let (list, by) = (ident(&keyed.list), ident(&keyed.by));
    match keyed.put.as_deref().map(ident) {
        Some(put) => quote! {
            #doc
            pub fn #name(&self, text: &str) -> String {
                let names = self.#list.iter().map(|item| (item.#by.as_str(), item.#put.as_str()));
                flybook_runtime::wire::with_names(text, names)
            }
        },
        None => quote! {
            #doc
            pub fn #name(&self, #by: &str) -> Option<&#ty> {
                self.#list.iter().find(|item| item.#by == #by)
            }
        },
    }
}

/// A reply from one of its members alone, where the member's type tells which: `Ok(Toast::success("Saved"))`.
fn from_members(scope: &mut Scope<'_>, def: &TypeDef, fields: &[Field]) -> Vec<Item> {
    let name = ident(&def.name);
    let alone = |field: &&Field| {
        let mut others = fields.iter().filter(|other| other.wire != field.wire);
        matches!(field.ty, Ty::Named(_)) && others.all(|other| other.optional && other.ty != field.ty)
    };
    let from = |field: &Field| {
        let (ty, member) = (scope.ty(&field.ty), ident(&field.name));
        let made = match field.optional {
            true => quote!(Self::new().#member(#member)),
            false => quote!(Self::new(#member)),
        };
        Item::Impl {
            header: quote!(impl From<#ty> for #name),
            members: vec![quote!(fn from(#member: #ty) -> Self { #made })],
        }
    };
    fields.iter().filter(alone).map(from).collect()
}

/// `message.content()`: the text of a member, read by the tag of another.
fn reader(scope: &mut Scope<'_>, parsed: &Parsed) -> TokenStream {
    let (doc, name, ty) = (doc_comment(&[&parsed.doc]), ident(&parsed.name), scope.ty(&parsed.ty));
    let from = parsed.from.iter().map(|field| ident(field));
    let by = parsed.by.split('.').map(ident);
    quote! {
        #doc
        pub fn #name(&self) -> #ty {
            #ty::from_text(self.#(#by).*.as_str(), &self.#(#from).*)
        }
    }
}

/// `pub struct`, with every field public.
pub(super) fn structure<S: AsRef<str>>(scope: &mut Scope<'_>, name: &str, doc: &[S], fields: &[Field]) -> Item {
    let fields = fields.iter().collect::<Vec<_>>();
    let head = format!(
        "{}#[derive(Clone, Debug, Default)]\n#[non_exhaustive]\n",
        doc_lines("", doc)
    );
    Item::Text(head + &declaration(scope, name, &fields))
}

/// `pub struct Message { … }`
pub(super) fn declaration(scope: &mut Scope<'_>, name: &str, fields: &[&Field]) -> String {
    if fields.is_empty() {
        return format!("pub struct {name} {{}}");
    }
    let member = |field: &&Field| {
        let (doc, ty) = (doc_lines("    ", &[&field.doc]), type_text(&scope.field_ty(field)));
        format!("{doc}    pub {}: {ty},\n", field.name)
    };
    let members = fields.iter().map(member).collect::<String>();
    format!("pub struct {name} {{\n{members}}}")
}

/// `builder!(Message(id: String), text: String);`: `new` with what is required, and a setter for each of the rest. With more
/// than four required fields, `new` takes them as a struct of their own.
pub(super) fn constructor(scope: &mut Scope<'_>, name: &str, fields: &[&Field]) -> Vec<Item> {
    let (required, rest): (Vec<&Field>, Vec<&Field>) = fields.iter().partition(|field| field.is_argument());
    let mut items = Vec::new();
    let arguments = if required.len() > 4 {
        let bundle = format!("{name}Required");
        let doc = doc_lines("", &[format!("What every {} needs.", link(name))]);
        let declared = declaration(scope, &bundle, &required);
        items.push(Item::Text(format!("{doc}#[derive(Clone, Debug)]\n{declared}")));
        let names = required.iter().map(|field| field.name.as_str()).collect::<Vec<_>>();
        format!("{bundle} {{ {} }}", names.join(", "))
    } else {
        let arguments = required
            .iter()
            .map(|field| format!("{}: {}", field.name, scope.taken(&field.ty)));
        arguments.collect::<Vec<_>>().join(", ")
    };
    let entries = rest.iter().map(|field| {
        let note = field.deprecated.as_ref();
        let note = note
            .map(|note| format!("#[deprecated(note = {note:?})] "))
            .unwrap_or_default();
        let taken = if field.optional {
            scope.taken(&field.ty)
        } else {
            "_".to_owned()
        };
        format!("{note}{}: {taken}", field.name)
    });
    let entries = entries.collect();
    items.push(Item::Wire {
        name: wire_macro(scope, "builder"),
        head: format!("{name}({arguments})"),
        entries,
        rest: Vec::new(),
    });
    let members = rest
        .iter()
        .flat_map(|field| list_setters(scope, field))
        .collect::<Vec<_>>();
    if !members.is_empty() {
        let name = ident(name);
        items.push(Item::Impl {
            header: quote!(impl #name),
            members,
        });
    }
    items
}

/// The setter of a list or map that is no `Option`, and the method that adds one item to a list.
fn list_setters(scope: &mut Scope<'_>, field: &Field) -> Vec<TokenStream> {
    let (name, note) = (ident(&field.name), deprecated(field.deprecated.as_deref()));
    let mut members = Vec::new();
    if !field.optional {
        let input = scope.input(&field.ty, &name);
        let (ty, value) = (input.ty, input.value);
        let doc = doc_comment(&[format!("Sets [`{0}`](field@Self::{0}).", field.name)]);
        members.push(quote! {
            #doc
            #note
            pub fn #name(mut self, #name: #ty) -> Self {
                self.#name = #value;
                self
            }
        });
    }
    if let (Some(each), Ty::List(inner)) = (field.each.as_deref().map(ident), &field.ty) {
        let input = scope.input(inner, &each);
        let (ty, value) = (input.ty, input.value);
        let doc = doc_comment(&[format!("Adds one to [`{0}`](field@Self::{0}).", field.name)]);
        let list = if field.optional {
            quote!(#name.get_or_insert_default())
        } else {
            quote!(#name)
        };
        members.push(quote! {
            #doc
            #note
            pub fn #each(mut self, #each: #ty) -> Self {
                self.#list.push(#value);
                self
            }
        });
    }
    members
}

/// `decode!(Message, message_id, kind = "type"; root_id);`
pub(super) fn wire_line(scope: &mut Scope<'_>, name: &str, fields: &[Field], sent: bool, received: bool) -> Item {
    let wire = match (sent, received) {
        (true, true) => "wire",
        (true, false) => "encode",
        _ => "decode",
    };
    let entry = |field: &Field| match field.name == field.wire {
        true => field.name.clone(),
        false => format!("{} = {:?}", field.name, field.wire),
    };
    let own = || fields.iter().filter(|field| !field.rest);
    let entries = own().filter(|field| !field.optional).map(entry).collect();
    let mut rest: Vec<String> = own().filter(|field| field.optional).map(entry).collect();
    rest.extend(
        fields
            .iter()
            .filter(|field| field.rest)
            .map(|field| format!("..{}", field.name)),
    );
    Item::Wire {
        name: wire_macro(scope, wire),
        head: name.to_owned(),
        entries,
        rest,
    }
}

/// A macro of the runtime, by name.
pub(super) fn wire_macro(scope: &mut Scope<'_>, name: &'static str) -> &'static str {
    scope.rt(name);
    name
}
