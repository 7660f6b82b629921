//! Random malformed requests to every operation: each is answered in the platform's shape, with a code and a status of 400 to 499.
//!
//! A hundred for each kind of operation in the tests; `FLYBOOK_FUZZ_CASES` says how many otherwise.

use std::collections::BTreeMap;

use flybook_sandbox::catalog::{Operation, Place, Reply, TokenKind};
use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner},
};

use crate::{
    bench::{self, platform_shaped},
    craft::{Craft, Crafted},
    every::Callers,
    spoil::{Spoilt, make_odd, odd, spoil, wrong},
};

const CASES: u32 = 100;

/// What operations have in common, as far as a request can be malformed.
fn kind(operation: &Operation) -> &'static str {
    let has = |place| operation.parameters_in(place).next().is_some();
    match () {
        () if operation.tokens.is_empty() => "those without a token",
        () if operation.reply == Reply::Bytes => "downloads",
        () if has(Place::Form) => "uploads",
        () if operation.auth.is_some() => "those of the helpdesk",
        () if operation.content().is_some() => "those that send messages",
        () if operation.tokens == [TokenKind::User] => "those for users",
        () if has(Place::Body) && has(Place::Query) => "bodies and queries",
        () if has(Place::Body) => "bodies",
        () if has(Place::Query) => "queries",
        () => "paths",
    }
}

#[test]
fn every_malformed_request_is_refused_in_the_platforms_shape() {
    // protocol.md §1.4: an integer code, a text, and an `error` whose log id is that of the header; §12: HTTP 400 to 499
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let callers = runtime.block_on(Callers::new());
    let catalog = callers.sandbox.catalog();
    let mut kinds: BTreeMap<&str, Vec<(&Operation, Crafted)>> = BTreeMap::new();
    for operation in &catalog.operations {
        let request = Craft::new(catalog, false, 0, callers.given(operation)).request(operation);
        kinds.entry(kind(operation)).or_default().push((operation, request));
    }
    let cases = std::env::var("FLYBOOK_FUZZ_CASES").map_or(CASES, |cases| cases.parse().unwrap());
    for (kind, operations) in &kinds {
        let config = Config {
            cases,
            max_global_rejects: cases * 20,
            failure_persistence: None,
            ..Config::default()
        };
        let strategy = (
            any::<prop::sample::Index>(),
            wrong(),
            prop::collection::vec(odd(), 0..4),
        );
        let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
        let outcome = runner.run(&strategy, |(at, wrong, odds)| {
            let (operation, crafted) = at.get(operations);
            let mut spoilt = Spoilt::new(operation, crafted, callers.credentials(operation));
            for odd in &odds {
                make_odd(odd, &mut spoilt);
            }
            if !spoil(catalog, operation, &wrong, &mut spoilt) {
                return Err(TestCaseError::reject("this cannot be wrong there"));
            }
            let Some(request) = spoilt.request() else {
                return Err(TestCaseError::reject("HTTP has no such request"));
            };
            let response = runtime.block_on(callers.sandbox.handle(request));
            let (parts, body) = response.into_parts();
            let reply = bench::Reply {
                status: parts.status,
                headers: parts.headers,
                body,
            };
            platform_shaped(&reply);
            prop_assert!(reply.status.is_client_error(), "{}: {reply:?}", operation.id);
            prop_assert_ne!(reply.code(), 0, "{}", operation.id);
            Ok(())
        });
        match outcome {
            Ok(()) => println!(
                "{kind}: {cases} malformed requests to {} operations, each refused",
                operations.len()
            ),
            Err(error) => panic!("{kind}: {error}"),
        }
    }
    assert!(kinds.len() > 8, "{:?}", kinds.keys());
}
