//! Users' sessions under random interleavings: refresh tokens work once, so none may be sent twice, whoever asks and whoever gives up.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use flybook_runtime::{Client, MemoryStore, Outgoing, SignIn};
use proptest::prelude::*;
use tokio::{task::JoinSet, time::Instant};

use crate::support::{OfUser, authorization, body, builder, ok, response};

#[derive(Clone, Debug)]
enum Step {
    Call { client: usize, count: usize },
    Cancelled { client: usize, after: u64 },
    Wait(u64),
    Revoke,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..2_usize, 1..5_usize).prop_map(|(client, count)| Step::Call { client, count }),
        2 => (0..2_usize, 0..900_u64).prop_map(|(client, after)| Step::Cancelled { client, after }),
        3 => (0..2_000_u64).prop_map(Step::Wait),
        1 => (0..7_500_000_u64).prop_map(Step::Wait),
        1 => Just(Step::Revoke),
    ]
}

/// protocol §2.4: each refresh token works once; the access token before it lives on until its own end.
#[derive(Default)]
struct Platform {
    issued: usize,
    used: HashSet<String>,
    /// The access tokens that are good, until when.
    good: Vec<(String, Instant)>,
    revoked: usize,
    wrongs: Vec<String>,
}

impl Platform {
    fn grant(&mut self, call: &Outgoing) -> http::Response<flybook_runtime::Bytes> {
        let sent: serde_json::Value = serde_json::from_str(body(call)).unwrap();
        if let Some(refresh) = sent["refresh_token"].as_str() {
            let latest = format!("ur-{}", self.issued);
            if refresh != latest || !self.used.insert(refresh.to_owned()) {
                self.wrongs
                    .push(format!("{refresh} was sent, and {latest} is the latest"));
                return response(400, r#"{"code":20073,"error":"invalid_grant"}"#);
            }
        }
        self.issued += 1;
        let number = self.issued;
        self.good
            .push((format!("u-{number}"), Instant::now() + Duration::from_secs(7200)));
        response(
            200,
            format!(
                r#"{{"code":0,"access_token":"u-{number}","expires_in":7200,"refresh_token":"ur-{number}","refresh_token_expires_in":604800,"scope":"a b"}}"#
            ),
        )
    }

    fn serve(&mut self, call: &Outgoing) -> http::Response<flybook_runtime::Bytes> {
        let token = authorization(call).unwrap().replace("Bearer ", "");
        let good = |(good, end): &(String, Instant)| *good == token && *end > Instant::now();
        match self.good.iter().any(good) {
            true => ok(call),
            // protocol §2.7
            false => response(400, r#"{"code":99991677,"msg":"token expire"}"#),
        }
    }
}

fn client(platform: &Arc<Mutex<Platform>>, store: MemoryStore) -> Client {
    let platform = platform.clone();
    let builder = builder().store(store).transport(move |call: Outgoing| {
        let platform = platform.clone();
        async move {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let answer = match call.endpoint.id {
                "authen.v2.oauth.token.create" => platform.lock().unwrap().grant(&call),
                _ => platform.lock().unwrap().serve(&call),
            };
            tokio::time::sleep(Duration::from_millis(200)).await;
            Ok(answer)
        }
    });
    builder.build().unwrap()
}

async fn run(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let (platform, store) = (Arc::<Mutex<Platform>>::default(), MemoryStore::new());
    let clients = [client(&platform, store.clone()), client(&platform, store)];
    clients[0].sign_in("user", SignIn::new("code")).await.unwrap();
    let mut calls = JoinSet::new();
    let call = |number: usize| {
        let client = &clients[number];
        client.send(OfUser {}).as_user(client.session("user")).into_future()
    };
    for step in steps {
        match step {
            Step::Call { client, count } => {
                for _ in 0..count {
                    let (call, platform) = (call(client), platform.clone());
                    calls.spawn(async move {
                        match call.await {
                            // Both its tokens were revoked.
                            Err(error) if error.is_token_rejected() && platform.lock().unwrap().revoked > 1 => Ok(()),
                            Err(error) => Err(error.to_string()),
                            Ok(_) => Ok(()),
                        }
                    });
                }
            }
            Step::Cancelled { client, after } => {
                let call = call(client);
                calls.spawn(async move {
                    let _ = tokio::time::timeout(Duration::from_millis(after), call).await;
                    Ok(())
                });
            }
            Step::Wait(millis) => tokio::time::sleep(Duration::from_millis(millis)).await,
            Step::Revoke => {
                let mut platform = platform.lock().unwrap();
                let now = Instant::now();
                // Two, while a new one is on its way.
                platform.revoked += platform.good.drain(..).filter(|(_, end)| *end > now).count();
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
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_refresh_token_is_sent_twice(steps in prop::collection::vec(step(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(run(steps))?;
    }
}
