//! The platform's hosts and shared error codes.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use crate::{
    format::{Item, RustFile},
    ir::Api,
    spec::{Hosts, RetryErrors, TokenErrors},
};

pub(super) fn file(api: &Api) -> RustFile {
    let platform = &api.platform;
    let (feishu, lark) = (hosts(&platform.feishu), hosts(&platform.lark));
    let TokenErrors {
        tenant,
        app,
        user,
        malformed,
        ticket,
        sign_in,
    } = &platform.token_errors;
    let [tenant, app, user, malformed, ticket, sign_in] =
        [tenant, app, user, malformed, ticket, sign_in].map(|codes| list(codes));
    let RetryErrors { limited, busy, last } = &platform.retry_errors;
    let [limited, busy, last] = [limited, busy, last].map(|codes| list(codes));
    let errors = platform.errors.iter().map(|row| {
        let (code, doc) = (Literal::i64_unsuffixed(row.code), &row.doc);
        quote!((#code, #doc))
    });
    let named = platform.sign_in.as_ref().map(|named| &named.value);
    let mut operations = api.modules().flat_map(|module| &module.operations);
    let signs_in = operations.find(|operation| Some(&operation.id) == named);
    let sign_in_errors = signs_in.into_iter().flat_map(|operation| &operation.errors).map(|row| {
        let (code, doc) = (Literal::i64_unsuffixed(row.code), &row.doc);
        quote!((#code, #doc))
    });
    RustFile {
        path: "src/platform.rs".to_owned(),
        source: "spec/platform.yaml".to_owned(),
        attributes: TokenStream::new(),
        doc: vec!["The platform's hosts and the error codes that every endpoint shares.".to_owned()],
        uses: quote!(
            use flybook_runtime::{Hosts, Platform, RetryErrors, TokenErrors};
        ),
        items: vec![Item::Plain(quote! {
            pub(crate) static PLATFORM: Platform = Platform {
                feishu: #feishu,
                lark: #lark,
                errors: &[#(#errors),*],
                sign_in_errors: &[#(#sign_in_errors),*],
                token_errors: TokenErrors {
                    tenant: #tenant,
                    app: #app,
                    user: #user,
                    malformed: #malformed,
                    ticket: #ticket,
                    sign_in: #sign_in
                },
                retry_errors: RetryErrors { limited: #limited, busy: #busy, last: #last },
            };
        })],
    }
}

fn hosts(hosts: &Hosts) -> TokenStream {
    let Hosts { open, accounts, web } = hosts;
    quote!(Hosts { open: #open, accounts: #accounts, web: #web })
}

fn list(codes: &[i64]) -> TokenStream {
    let codes = codes.iter().map(|code| Literal::i64_unsuffixed(*code));
    quote!(&[#(#codes),*])
}
