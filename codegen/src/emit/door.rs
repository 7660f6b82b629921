//! The crate root, the client, and the named door: `client.im().v1().message().create(…)`.

use proc_macro2::TokenStream;
use quote::quote;

use super::{
    doc_comment, sample,
    scope::{Scope, ident},
    types::wire_macro,
};
use crate::{
    format::{Item, RustFile, deprecated_line, doc_lines},
    ir::{Api, Module, Service, Version},
};

/// What the crate's first page says between its sample and its services.
const FRONT: &str = include_str!("front.md");

/// Every file that holds no type of the platform.
pub(super) fn files(api: &Api) -> Result<Vec<RustFile>, syn::Error> {
    let mut files = vec![root(api)?, client(api)];
    for service in &api.services {
        files.push(service_file(service));
        files.extend(service.versions.iter().map(|version| version_file(service, version)));
    }
    Ok(files)
}

fn root(api: &Api) -> Result<RustFile, syn::Error> {
    let mut items = vec![Item::Lines(vec![
        quote!(
            mod client;
        ),
        quote!(
            mod platform;
        ),
    ])];
    if api.common.is_some() {
        items.push(Item::Plain(quote!(
            pub mod common;
        )));
    }
    for service in &api.services {
        let (name, feature) = (ident(&service.name), &service.feature);
        items.push(Item::Plain(quote!(#[cfg(feature = #feature)] pub mod #name;)));
    }
    items.push(Item::Lines(vec![
        quote!(
            pub use client::Client;
        ),
        quote!(
            #[doc(inline)]
            pub use flybook_runtime::*;
        ),
    ]));
    let mut doc = vec!["The Feishu / Lark open platform, typed.".to_owned()];
    let showcase = api.modules().find_map(|module| {
        let operation = module
            .operations
            .iter()
            .find(|operation| Some(&operation.id) == api.showcase.as_ref())?;
        Some((Scope::new(api, module), operation))
    });
    if let Some((scope, operation)) = showcase {
        let feature = api
            .services
            .iter()
            .find(|service| scope.module.home.0.first() == Some(&service.name));
        doc.extend([String::new(), "```no_run".to_owned()]);
        doc.extend(feature.map(|service| format!("# #[cfg(feature = {:?})]", service.feature)));
        doc.extend(sample::lines(&scope, operation)?);
        doc.push("```".to_owned());
    }
    doc.extend(FRONT.lines().map(str::to_owned));
    doc.extend(
        api.services
            .iter()
            .map(|service| format!("- `{}`: {}. {}", service.feature, service.title, service.doc)),
    );
    Ok(RustFile {
        path: "src/lib.rs".to_owned(),
        source: "spec/".to_owned(),
        attributes: quote!(#![allow(deprecated, clippy::large_enum_variant)]),
        doc,
        uses: TokenStream::new(),
        items,
    })
}

fn client(api: &Api) -> RustFile {
    let mut members = vec![
        quote! {
            #[doc = " A client of a custom app on Feishu. [`Client::builder`] has everything else."]
            pub fn new(app_id: impl Into<String>, app_secret: impl Into<Secret>) -> Result<Self> {
                Self::builder(app_id, app_secret).build()
            }
        },
        quote! {
            #[doc = " A client from the variables `FLYBOOK_APP_ID` and `FLYBOOK_APP_SECRET`; `FLYBOOK_DOMAIN=lark` speaks to Lark, `FLYBOOK_BASE_URL` to another server."]
            pub fn from_env() -> Result<Self> {
                Self::builder_from_env()?.build()
            }
        },
        quote! {
            #[doc = " Sets up a client step by step, with what the environment gives as for [`Client::from_env`]."]
            pub fn builder_from_env() -> Result<Builder<Self>> {
                Builder::from_env(&PLATFORM)
            }
        },
        quote! {
            #[doc = " Sets up a client step by step."]
            pub fn builder(app_id: impl Into<String>, app_secret: impl Into<Secret>) -> Builder<Self> {
                Builder::new(&PLATFORM, app_id, app_secret)
            }
        },
    ];
    for service in api.services.iter().filter(|service| service.has_operations()) {
        let (name, feature) = (ident(&service.name), &service.feature);
        let doc = doc_comment(&[&service.doc]);
        members.push(quote! {
            #doc
            #[cfg(feature = #feature)]
            #[inline]
            pub fn #name(&self) -> crate::#name::Service<'_> {
                crate::#name::Service(&self.0)
            }
        });
    }
    let items = vec![
        Item::Plain(quote! {
            #[doc = " A client of the platform; cloning it is cheap, and clones share tokens and connections."]
            #[doc = ""]
            #[doc = " What it can do besides the services below is in [`flybook_runtime::Client`]: `send`, `items`, `raw`."]
            #[derive(Clone, Debug)]
            pub struct Client(flybook_runtime::Client);
        }),
        Item::Impl {
            header: quote!(impl Client),
            members,
        },
        Item::Impl {
            header: quote!(impl From<flybook_runtime::Client> for Client),
            members: vec![quote!(
                fn from(client: flybook_runtime::Client) -> Self {
                    Self(client)
                }
            )],
        },
        Item::Impl {
            header: quote!(impl Deref for Client),
            members: vec![
                quote!(
                    type Target = flybook_runtime::Client;
                ),
                quote!(
                    fn deref(&self) -> &Self::Target {
                        &self.0
                    }
                ),
            ],
        },
    ];
    RustFile {
        path: "src/client.rs".to_owned(),
        source: "spec/".to_owned(),
        attributes: TokenStream::new(),
        doc: vec!["The client and the door to each service.".to_owned()],
        uses: quote! {
            use std::ops::Deref;
            use flybook_runtime::{Builder, Result, Secret};
            use crate::platform::PLATFORM;
        },
        items,
    }
}

fn service_file(service: &Service) -> RustFile {
    let members = service
        .versions
        .iter()
        .filter(|version| version.has_operations())
        .map(|version| {
            let name = ident(&version.name);
            let doc = format!(" Version {}.", version.name.trim_start_matches('v'));
            quote!(#[doc = #doc] #[inline] pub fn #name(self) -> #name::Version<'a> { #name::Version(self.0) })
        });
    let mut items = vec![Item::Lines(
        service.versions.iter().map(|version| module(&version.name)).collect(),
    )];
    items.extend(steps(
        "Service",
        &format!("{} by version.", service.title),
        members.collect(),
    ));
    RustFile {
        path: format!("src/{}/mod.rs", service.name),
        source: format!("spec/{}/", service.name),
        attributes: TokenStream::new(),
        doc: vec![service.doc.clone()],
        uses: client_import(service.has_operations()),
        items,
    }
}

fn version_file(service: &Service, version: &Version) -> RustFile {
    let names = version
        .modules
        .iter()
        .filter_map(|module| Some((module.home.0.last()?, module)));
    let members = names
        .clone()
        .filter(|(_, module)| !module.operations.is_empty())
        .map(|(name, module)| {
            let (name, doc) = (ident(name), doc_comment(&[&module.doc]));
            quote!(#doc #[inline] pub fn #name(self) -> #name::Methods<'a> { #name::Methods(self.0) })
        });
    let mut items = vec![Item::Lines(names.clone().map(|(name, _)| module(name)).collect())];
    let members: Vec<TokenStream> = members.collect();
    items.extend(steps(
        "Version",
        &format!("{} {} by resource.", service.title, version.name),
        members,
    ));
    RustFile {
        path: format!("src/{}/{}/mod.rs", service.name, version.name),
        source: format!("spec/{}/{}/", service.name, version.name),
        attributes: TokenStream::new(),
        doc: vec![format!(
            "{}, version {}.",
            service.title,
            version.name.trim_start_matches('v')
        )],
        uses: client_import(version.has_operations()),
        items,
    }
}

/// The door's steps hold the client.
fn client_import(wanted: bool) -> TokenStream {
    if wanted {
        quote!(
            use flybook_runtime::Client;
        )
    } else {
        TokenStream::new()
    }
}

fn module(name: &str) -> TokenStream {
    let name = ident(name);
    quote!(pub mod #name;)
}

/// A step on the way from the client to a method; none where nothing can be called.
fn steps(name: &str, doc: &str, members: Vec<TokenStream>) -> Vec<Item> {
    if members.is_empty() {
        return Vec::new();
    }
    let (name, doc) = (ident(name), doc_comment(&[doc]));
    vec![
        Item::Plain(quote! {
            #doc
            #[derive(Clone, Copy, Debug)]
            pub struct #name<'a>(pub(crate) &'a Client);
        }),
        Item::Impl {
            header: quote!(impl<'a> #name<'a>),
            members,
        },
    ]
}

/// The operations of a resource as methods.
pub(super) fn methods(scope: &mut Scope<'_>) -> Item {
    wire_macro(scope, "methods");
    let module: &Module = scope.module;
    let members = module.operations.iter().map(|operation| {
        let doc = doc_lines("    ", &[&operation.doc]);
        let note = deprecated_line("    ", operation.deprecated.as_deref());
        format!("{doc}{note}    {}({}),\n", operation.method_name, operation.name)
    });
    let steps = module.home.0.iter().map(|step| format!(".{step}()"));
    let door = format!("client{}", steps.collect::<String>());
    Item::Text(format!(
        "methods! {{\n    {door:?};\n\n{}}}",
        members.collect::<String>()
    ))
}
