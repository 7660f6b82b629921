//! The token engine under random interleavings of calls, cancellations, revocations and the passing of time.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use flybook_runtime::{Client, MemoryStore, Outgoing};
use proptest::prelude::*;
use tokio::{task::JoinSet, time::Instant};

use crate::support::{Create, authorization, builder, ok, response};

#[derive(Clone, Debug)]
enum Step {
    /// So many calls of a client begin.
    Call { client: usize, count: usize },
    /// A call whose caller gives up after so many milliseconds.
    Cancelled { client: usize, after: u64 },
    /// Time passes while calls are under way.
    Wait(u64),
    /// The platform revokes its latest token.
    Revoke,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..2_usize, 1..5_usize).prop_map(|(client, count)| Step::Call { client, count }),
        2 => (0..2_usize, 0..900_u64).prop_map(|(client, after)| Step::Cancelled { client, after }),
        3 => (0..2_000_u64).prop_map(Step::Wait),
        1 => (0..7_500_000_u64).prop_map(Step::Wait),
        2 => Just(Step::Revoke),
    ]
}

/// The platform: one living token at a time, as its clients must see it.
#[derive(Default)]
struct Platform {
    issued: usize,
    /// The end of the latest token.
    end: Option<Instant>,
    revoked: HashSet<String>,
    /// The tokens each client was told are no good.
    dead: [HashSet<String>; 2],
    wrongs: Vec<String>,
}

impl Platform {
    /// protocol §2.2: a token lives for two hours; §2.1 and the slack of the official clients: renewed 180 s before its end.
    fn issue(&mut self) -> http::Response<flybook_runtime::Bytes> {
        let latest = format!("t-{}", self.issued);
        let left = self.end.map(|end| end.saturating_duration_since(Instant::now()));
        if !self.revoked.contains(&latest) && left.is_some_and(|left| left > Duration::from_secs(185)) {
            self.wrongs.push(format!("{latest} was replaced with {left:?} left"));
        }
        self.issued += 1;
        self.end = Some(Instant::now() + Duration::from_secs(7200));
        let token = format!(
            r#"{{"code":0,"tenant_access_token":"t-{}","expire":7200}}"#,
            self.issued
        );
        response(200, token)
    }

    fn serve(&mut self, client: usize, token: &str, call: &Outgoing) -> http::Response<flybook_runtime::Bytes> {
        // protocol §2.7
        if self.revoked.contains(token) {
            self.dead[client].insert(token.to_owned());
            return response(400, r#"{"code":99991663,"msg":"Invalid access token"}"#);
        }
        ok(call)
    }
}

fn client(number: usize, platform: &Arc<Mutex<Platform>>, store: Option<MemoryStore>) -> Client {
    let platform = platform.clone();
    let builder = builder().transport(move |call: Outgoing| {
        let platform = platform.clone();
        async move {
            if call.endpoint.id.starts_with("auth.") {
                tokio::time::sleep(Duration::from_millis(300)).await;
                let issued = platform.lock().unwrap().issue();
                tokio::time::sleep(Duration::from_millis(200)).await;
                return Ok(issued);
            }
            let token = authorization(&call).unwrap().replace("Bearer ", "");
            if platform.lock().unwrap().dead[number].contains(&token) {
                let wrong = format!("client {number} sent {token}, known to be dead");
                platform.lock().unwrap().wrongs.push(wrong);
            }
            tokio::time::sleep(Duration::from_millis(70)).await;
            let served = platform.lock().unwrap().serve(number, &token, &call);
            Ok(served)
        }
    });
    match store {
        Some(store) => builder.store(store).build().unwrap(),
        None => builder.build().unwrap(),
    }
}

async fn run(steps: Vec<Step>, shared: bool) -> Result<(), TestCaseError> {
    let platform = Arc::<Mutex<Platform>>::default();
    let store = shared.then(MemoryStore::new);
    let clients = [0, 1].map(|number| client(number, &platform, store.clone()));
    let mut calls = JoinSet::new();
    for step in steps {
        match step {
            Step::Call { client, count } => {
                // Without a store, the two know nothing of each other.
                let client = &clients[if shared { client } else { 0 }];
                for _ in 0..count {
                    let (call, platform) = (client.send(Create::default()).into_future(), platform.clone());
                    calls.spawn(async move {
                        match call.await {
                            // Its first token was revoked, and the one it was sent with again is too.
                            Err(error) if error.is_token_rejected() && platform.lock().unwrap().revoked.len() > 1 => {
                                Ok(())
                            }
                            Err(error) => Err(error.to_string()),
                            Ok(_) => Ok(()),
                        }
                    });
                }
            }
            Step::Cancelled { client, after } => {
                let call = clients[if shared { client } else { 0 }]
                    .send(Create::default())
                    .into_future();
                calls.spawn(async move {
                    let _ = tokio::time::timeout(Duration::from_millis(after), call).await;
                    Ok(())
                });
            }
            Step::Wait(millis) => tokio::time::sleep(Duration::from_millis(millis)).await,
            Step::Revoke => {
                let mut platform = platform.lock().unwrap();
                let latest = format!("t-{}", platform.issued);
                platform.revoked.insert(latest);
            }
        }
    }
    let all = tokio::time::timeout(Duration::from_secs(600), calls.join_all()).await;
    let all = all.map_err(|_| TestCaseError::fail("the calls never end"))?;
    let failed: Vec<String> = all.into_iter().filter_map(Result::err).collect();
    prop_assert!(failed.is_empty(), "{failed:?}");
    let wrongs = std::mem::take(&mut platform.lock().unwrap().wrongs);
    prop_assert!(wrongs.is_empty(), "{wrongs:?}");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// No token known to be dead is sent, none is fetched twice for one death, and every call comes to an end.
    #[test]
    fn the_engine_keeps_its_promises(steps in prop::collection::vec(step(), 1..40), shared: bool) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(run(steps, shared))?;
    }
}
