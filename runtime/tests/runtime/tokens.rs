//! Tokens: fetched once, renewed ahead, replaced when refused, never when they are the caller's own.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use flybook_runtime::{Client, Outgoing, TransportError};
use tokio::task::JoinSet;

use crate::support::{Create, OfApp, OfUser, Open, SECRET, authorization, body, builder, ok, platform, response};

/// What a token endpoint of these tests does, call by call.
type Issue = dyn Fn(usize) -> Result<(String, u64), &'static str> + Send + Sync;

struct Issuer {
    client: Client,
    issued: Arc<AtomicUsize>,
    used: Arc<Mutex<Vec<String>>>,
}

impl Issuer {
    /// Issues with `issue`, after a second; accepts every token but those in `refused`.
    fn new(issue: Box<Issue>, refused: &'static [&'static str]) -> Self {
        let (issued, used) = (Arc::<AtomicUsize>::default(), Arc::<Mutex<Vec<String>>>::default());
        let (count, log, issue) = (issued.clone(), used.clone(), Arc::new(issue));
        let client = builder().transport(move |call: Outgoing| {
            let (count, log, issue) = (count.clone(), log.clone(), issue.clone());
            async move {
                if call.endpoint.id.starts_with("auth.") {
                    let number = count.fetch_add(1, Ordering::SeqCst) + 1;
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    return Ok::<_, TransportError>(match issue(number) {
                        Ok((token, life)) => response(
                            200,
                            format!(r#"{{"code":0,"tenant_access_token":"{token}","expire":{life}}}"#),
                        ),
                        Err(body) => response(200, body),
                    });
                }
                let token = authorization(&call).unwrap().replace("Bearer ", "");
                log.lock().unwrap().push(token.clone());
                tokio::time::sleep(Duration::from_millis(1)).await;
                // protocol §2.7
                Ok(match refused.contains(&token.as_str()) {
                    true => response(400, r#"{"code":99991663,"msg":"Invalid access token"}"#),
                    false => ok(&call),
                })
            }
        });
        Self {
            client: client.build().unwrap(),
            issued,
            used,
        }
    }

    fn issued(&self) -> usize {
        self.issued.load(Ordering::SeqCst)
    }

    /// The tokens the calls carried, since the last look.
    fn used(&self) -> Vec<String> {
        std::mem::take(&mut self.used.lock().unwrap())
    }

    /// Sends `count` calls at once; how many succeeded, and the texts of the errors.
    async fn send(&self, count: usize) -> (usize, Vec<String>) {
        let mut calls = JoinSet::new();
        for _ in 0..count {
            let client = self.client.clone();
            calls.spawn(async move { client.send(Create::default()).await.map_err(|error| error.to_string()) });
        }
        let outcomes = calls.join_all().await;
        let good = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        (good, outcomes.into_iter().filter_map(Result::err).collect())
    }
}

fn numbered(number: usize) -> Result<(String, u64), &'static str> {
    Ok((format!("t-{number}"), 7200))
}

/// protocol §2.2: path and body of the token call.
#[tokio::test]
async fn the_token_call() {
    let seen = Arc::new(Mutex::new(None));
    let here = seen.clone();
    let client = builder().transport(move |call: Outgoing| {
        here.lock().unwrap().get_or_insert(call);
        async { Ok(response(200, r#"{"code":0,"tenant_access_token":"t-1","expire":7200}"#)) }
    });
    client.build().unwrap().send(Create::default()).await.unwrap();
    let call = seen.lock().unwrap().take().unwrap();
    assert_eq!(
        call.url,
        "https://open.feishu.cn/open-apis/auth/v3/tenant_access_token/internal"
    );
    assert_eq!(body(&call), format!(r#"{{"app_id":"cli_1","app_secret":"{SECRET}"}}"#));
    assert_eq!(authorization(&call), None);
}

#[tokio::test(start_paused = true)]
async fn many_callers_one_token() {
    let issuer = Issuer::new(Box::new(numbered), &[]);
    assert_eq!(issuer.send(200).await, (200, vec![]));
    assert_eq!(issuer.send(200).await, (200, vec![]));
    assert_eq!((issuer.issued(), issuer.used().len()), (1, 400));
}

#[tokio::test(start_paused = true)]
async fn a_revoked_token_is_replaced_once() {
    let issuer = Issuer::new(Box::new(numbered), &["t-1"]);
    assert_eq!(issuer.send(200).await, (200, vec![]));
    assert_eq!(issuer.issued(), 2, "exactly one more");
    let used = issuer.used();
    assert_eq!(used.iter().filter(|token| *token == "t-1").count(), 200);
    assert_eq!(used.iter().filter(|token| *token == "t-2").count(), 200);
    // Later calls start with the new one.
    assert_eq!(issuer.send(1).await, (1, vec![]));
    assert_eq!((issuer.issued(), issuer.used()), (2, vec!["t-2".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn a_second_refusal_is_final() {
    let issuer = Issuer::new(Box::new(numbered), &["t-1", "t-2"]);
    let error = issuer.client.send(Create::default()).await.unwrap_err();
    assert!(error.is_token_rejected());
    assert_eq!((issuer.issued(), issuer.used().len()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_shared_by_those_who_waited() {
    let issue = |number| {
        if number == 1 {
            Err(r#"{"code":10015,"msg":"wrong secret"}"#)
        } else {
            numbered(number)
        }
    };
    let issuer = Issuer::new(Box::new(issue), &[]);
    let (good, errors) = issuer.send(200).await;
    assert_eq!((good, errors.len(), issuer.issued()), (0, 200, 1));
    // The runtime's own table names no codes: without the platform's, the message is what there is.
    let text = "auth.v3.tenant_access_token.internal failed: 10015, wrong secret";
    assert!(errors.iter().all(|error| error == text), "{}", errors[0]);
    // Who comes later tries again.
    assert_eq!(issuer.send(3).await, (3, vec![]));
    assert_eq!(issuer.issued(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_caller_leaves_its_token_to_the_others() {
    let issuer = Issuer::new(Box::new(numbered), &[]);
    let client = issuer.client.clone();
    let first = tokio::spawn(async move { client.send(Create::default()).await });
    tokio::task::yield_now().await;
    assert_eq!(issuer.issued(), 1);
    let client = issuer.client.clone();
    let second = tokio::spawn(async move { client.send(Create::default()).await });
    tokio::task::yield_now().await;
    first.abort();
    second.await.unwrap().unwrap();
    assert_eq!((issuer.issued(), issuer.used()), (1, vec!["t-1".to_owned()]));
}

/// protocol §2.2: renewed 180 s before the end.
#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_ahead_while_all_calls_go_on() {
    let issuer = Issuer::new(Box::new(numbered), &[]);
    issuer.send(1).await;
    tokio::time::advance(Duration::from_secs(7200 - 185)).await;
    issuer.send(5).await;
    assert_eq!((issuer.issued(), issuer.used()), (1, vec!["t-1".to_owned(); 6]));

    tokio::time::advance(Duration::from_secs(10)).await;
    assert_eq!(issuer.send(20).await, (20, vec![]));
    let used = issuer.used();
    assert_eq!(
        used.iter().filter(|token| *token == "t-1").count(),
        20,
        "no call waited"
    );
    tokio::time::sleep(Duration::from_secs(1)).await;
    issuer.send(1).await;
    assert_eq!((issuer.issued(), issuer.used()), (2, vec!["t-2".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn a_failed_renewal_keeps_the_old_token_while_it_lives() {
    let issue = |number| {
        if number == 1 {
            numbered(1)
        } else {
            Err(r#"{"code":5,"msg":"down"}"#)
        }
    };
    let issuer = Issuer::new(Box::new(issue), &[]);
    issuer.send(1).await;
    tokio::time::advance(Duration::from_secs(7200 - 100)).await;
    assert_eq!(issuer.send(1).await, (1, vec![]));
    assert_eq!(
        issuer.send(10).await,
        (10, vec![]),
        "and the next calls do not try at once"
    );
    assert_eq!((issuer.issued(), issuer.used()), (2, vec!["t-1".to_owned(); 12]));

    tokio::time::advance(Duration::from_secs(101)).await;
    let (good, errors) = issuer.send(3).await;
    assert_eq!(
        (good, errors.len(), issuer.issued()),
        (0, 3, 3),
        "a dead token is not used"
    );
}

#[tokio::test(start_paused = true)]
async fn odd_lives_do_no_harm() {
    for life in [0, 1, u64::MAX >> 1] {
        let issuer = Issuer::new(Box::new(move |number| Ok((format!("t-{number}"), life))), &[]);
        assert_eq!(issuer.send(3).await, (3, vec![]), "{life}");
    }
    for token in ["", "a\\nb"] {
        let issuer = Issuer::new(Box::new(move |_| Ok((token.to_owned(), 7200))), &[]);
        let (good, errors) = issuer.send(2).await;
        assert_eq!((good, issuer.issued()), (0, 1));
        assert!(errors[0].contains("no usable token"), "{}", errors[0]);
    }
}

#[tokio::test]
async fn a_given_token_is_never_replaced() {
    for code in [99991663, 99991668, 99991671, 99991677] {
        let (builder, seen) = platform(move |_| response(400, format!(r#"{{"code":{code},"msg":"no"}}"#)));
        let client = builder.build().unwrap();
        let error = client.send(Create::default()).as_user("u-1").await.unwrap_err();
        assert!(error.is_token_rejected());
        client.send(Create::default()).token("t-mine").await.unwrap_err();
        let used: Vec<_> = seen
            .calls()
            .iter()
            .map(|call| authorization(call).unwrap().to_owned())
            .collect();
        assert_eq!(
            (used, seen.tokens()),
            (vec!["Bearer u-1".to_owned(), "Bearer t-mine".to_owned()], 0)
        );
    }
    let (builder, seen) = platform(ok);
    let client = builder.build().unwrap();
    for token in ["", "u-\n", "u- 1", "u-飞"] {
        let error = client
            .send(Create::default())
            .as_user(token)
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains("the given token is empty or holds"), "{error}");
    }
    assert!(seen.calls().is_empty());
}

#[tokio::test]
async fn each_endpoint_gets_the_token_it_takes() {
    let (builder, seen) = platform(ok);
    let client = builder.build().unwrap();
    client.send(Open {}).await.unwrap();
    assert_eq!((authorization(&seen.last()), seen.tokens()), (None, 0));
    client.send(OfApp {}).await.unwrap();
    assert_eq!(authorization(&seen.last()), Some("Bearer a-1"));
    client.send(Create::default()).await.unwrap();
    assert_eq!(authorization(&seen.last()), Some("Bearer t-2"));
    client.send(OfApp {}).as_app().await.unwrap();
    client.send(Create::default()).as_tenant().await.unwrap();
    assert_eq!(seen.tokens(), 2);

    let before = seen.calls().len();
    let error = client.send(OfUser {}).await.unwrap_err().to_string();
    assert_eq!(
        error,
        "user was not sent: it takes a user access token; give one with `.as_user(token)`"
    );
    assert_eq!(seen.calls().len(), before);
    client.send(OfUser {}).as_user("u-1").await.unwrap();

    // What is said last counts.
    client.send(Create::default()).as_user("u-1").as_tenant().await.unwrap();
    assert_eq!(authorization(&seen.last()), Some("Bearer t-2"));
    client.send(OfApp {}).token("t-9").as_app().await.unwrap();
    assert_eq!(authorization(&seen.last()), Some("Bearer a-1"));
    client.send(Create::default()).as_tenant().as_user("u-1").await.unwrap();
    assert_eq!(authorization(&seen.last()), Some("Bearer u-1"));
}

/// protocol §2.2: ticket → app token → tenant token.
#[tokio::test]
async fn store_apps() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let (here, refuse) = (log.clone(), Arc::new(AtomicBool::new(true)));
    let client = builder().store_app().transport(move |call: Outgoing| {
        let tenant = body(&call).contains("tenant_key");
        here.lock().unwrap().push(format!(
            "{} {}",
            call.url.replace("https://open.feishu.cn/open-apis", ""),
            body(&call)
        ));
        // The first app token is refused, as one that was revoked.
        let reply = match call.endpoint.id {
            "auth.v3.app_access_token.create" if refuse.load(Ordering::SeqCst) => {
                r#"{"code":0,"app_access_token":"a-1","expire":7140}"#
            }
            "auth.v3.app_access_token.create" => r#"{"code":0,"app_access_token":"a-2","expire":7140}"#,
            _ if tenant && refuse.swap(false, Ordering::SeqCst) => r#"{"code":99991664,"msg":"invalid"}"#,
            _ if tenant => r#"{"code":0,"tenant_access_token":"t-1","expire":7140}"#,
            _ => r#"{"code":0}"#,
        };
        async move { Ok(response(200, reply)) }
    });
    let client = client.build().unwrap();
    let error = client.send(Create::default()).await.unwrap_err().to_string();
    assert!(error.contains("say which with `.tenant(tenant_key)`"), "{error}");
    let error = client
        .send(Create::default())
        .tenant("k")
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("a store app needs an app ticket first"), "{error}");
    assert!(error.contains("a store app needs an app ticket first"), "{error}");
    // protocol §2.2: the missing ticket is asked for, once.
    let error = client.send(Create::default()).tenant("k").await.unwrap_err();
    assert!(error.is_app_ticket_missing() && !error.may_have_run());
    let resend = format!(r#"/auth/v3/app_ticket/resend {{"app_id":"cli_1","app_secret":"{SECRET}"}}"#);
    assert_eq!(std::mem::take(&mut *log.lock().unwrap()), [resend]);

    client.set_app_ticket("ticket");
    client.send(Create::default()).tenant("k").await.unwrap();
    client.send(Create::default()).tenant("k").await.unwrap();
    client.send(Create::default()).tenant("l").await.unwrap();
    let app =
        format!(r#"/auth/v3/app_access_token {{"app_id":"cli_1","app_secret":"{SECRET}","app_ticket":"ticket"}}"#);
    let tenant =
        |app, key| format!(r#"/auth/v3/tenant_access_token {{"app_access_token":"{app}","tenant_key":"{key}"}}"#);
    let message = r#"/im/v1/messages?receive_id_type= {"content":""}"#.to_owned();
    assert_eq!(
        *log.lock().unwrap(),
        [
            app.clone(),
            tenant("a-1", "k"),
            app,
            tenant("a-2", "k"),
            message.clone(),
            message.clone(),
            tenant("a-2", "l"),
            message
        ]
    );
    let error = client.send(crate::support::Desk {}).await.unwrap_err().to_string();
    assert!(error.contains("it is not open to store apps"), "{error}");
}

/// Whatever token the platform gives, it refuses it: each call is sent twice and no more, and the next asks for a token again.
#[tokio::test(start_paused = true)]
async fn tokens_revoked_forever() {
    let issuer = Issuer::new(
        Box::new(|number| Ok((format!("t-{number}"), 7200))),
        &["t-1", "t-2", "t-3", "t-4"],
    );
    for call in 1..=2 {
        let error = issuer.client.send(Create::default()).await.unwrap_err();
        assert!(error.is_token_rejected() && !error.may_have_run(), "{error}");
        assert_eq!(error.attempts(), 1, "{error}");
        assert_eq!(issuer.used.lock().unwrap().len(), 2 * call);
        assert_eq!(issuer.issued.load(Ordering::SeqCst), 2 * call);
    }
    // And when it comes to its senses, all is well.
    issuer.client.send(Create::default()).await.unwrap();
}

/// The life of a token counts from when it was asked for, by a clock that only goes forward: no date in a reply changes it.
#[tokio::test(start_paused = true)]
async fn clocks_that_are_off_by_ten_minutes() {
    // RFC 9110 §6.6.1; what time it is here does not matter, for they are twenty minutes apart.
    for date in ["Sun, 06 Nov 1994 08:39:37 GMT", "Sun, 06 Nov 1994 08:59:37 GMT"] {
        let issued = Arc::<AtomicUsize>::default();
        let count = issued.clone();
        let client = builder().transport(move |call: Outgoing| {
            let mut reply = match call.endpoint.id.starts_with("auth.") {
                true => {
                    count.fetch_add(1, Ordering::SeqCst);
                    response(200, r#"{"code":0,"tenant_access_token":"t-1","expire":7200}"#)
                }
                false => ok(&call),
            };
            reply.headers_mut().insert("date", date.parse().unwrap());
            async { Ok::<_, TransportError>(reply) }
        });
        let client = client.build().unwrap();
        // protocol §2.2: renewed 180 s before its end, and not before.
        for (seconds, tokens) in [(0, 1), (7_000, 1), (30, 2)] {
            tokio::time::advance(Duration::from_secs(seconds)).await;
            client.send(Create::default()).await.unwrap();
            tokio::time::sleep(Duration::from_secs(1)).await;
            assert_eq!(issued.load(Ordering::SeqCst), tokens, "after {seconds} s more");
        }
    }
}
