//! The long connection as a client meets it, over a real socket.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{FutureExt, SinkExt, StreamExt};
use http::Request;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{Error, Message},
};

use super::{
    ClientConfig, DiscoveryFault, MOST,
    connection::control,
    frame::{CONTROL, DATA, Frame},
};
use crate::{App, Sandbox, base64};

struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

async fn ask(sandbox: &Sandbox, id: &str, secret: &str) -> (u16, Value) {
    let body = json!({"AppID": id, "AppSecret": secret}).to_string();
    let request = Request::post(super::DISCOVERY).body(Bytes::from(body)).unwrap();
    let reply = sandbox.handle(request).await;
    let body = serde_json::from_slice(reply.body()).unwrap_or(Value::Null);
    (reply.status().as_u16(), body)
}

async fn url(sandbox: &Sandbox) -> String {
    let (_, reply) = ask(sandbox, sandbox.app_id(), sandbox.app_secret()).await;
    reply["data"]["URL"].as_str().unwrap().to_owned()
}

impl Client {
    async fn connect(sandbox: &Sandbox) -> Self {
        let (stream, _) = tokio_tungstenite::connect_async(url(sandbox).await).await.unwrap();
        Self(stream)
    }

    async fn next(&mut self) -> Frame {
        Frame::decode(&self.0.next().await.unwrap().unwrap().into_data()).unwrap()
    }

    async fn send(&mut self, frame: &Frame) {
        self.0.send(Message::Binary(frame.encode().into())).await.unwrap();
    }

    async fn acknowledge(&mut self, mut frame: Frame, payload: Value) {
        frame.headers.push(("biz_rt".to_owned(), "5".to_owned()));
        frame.payload = Some(payload.to_string().into());
        self.send(&frame).await;
    }
}

async fn refused(sandbox: &Sandbox, url: String) -> (Option<String>, Option<String>) {
    let Err(Error::Http(response)) = tokio_tungstenite::connect_async(url).await else {
        panic!("the handshake passed");
    };
    assert!(sandbox.long_connections().open().len() <= MOST);
    let header = |name: &str| {
        response
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap().to_owned())
    };
    (header("handshake-status"), header("handshake-autherrcode"))
}

#[tokio::test]
async fn discovery_tells_an_address_and_the_configuration() {
    // protocol.md §6.1
    let sandbox = Sandbox::builder()
        .app(App::custom("cli_a", "s"))
        .app(App::custom("cli_off", "s").disabled())
        .app(App::store("cli_store", "s"))
        .build();
    let (_, nowhere) = ask(&sandbox, "cli_a", "s").await;
    assert!(nowhere["msg"].as_str().unwrap().contains("Sandbox::serve"), "{nowhere}");
    let _server = sandbox.serve(0).await.unwrap();
    let (status, reply) = ask(&sandbox, "cli_a", "s").await;
    assert_eq!((status, &reply["code"]), (200, &json!(0)));
    let config = json!({"ReconnectCount": -1, "ReconnectInterval": 120, "ReconnectNonce": 30, "PingInterval": 120});
    assert_eq!(reply["data"]["ClientConfig"], config);
    let url = reply["data"]["URL"].as_str().unwrap();
    assert!(url.starts_with("ws://127.0.0.1:"));
    for name in ["device_id=", "service_id=", "access_key=", "ticket="] {
        assert!(url.contains(name), "{url}");
    }
    for (id, secret) in [
        ("cli_a", "wrong"),
        ("cli_none", "s"),
        ("cli_a", ""),
        ("cli_off", "s"),
        ("cli_store", "s"),
    ] {
        let (status, reply) = ask(&sandbox, id, secret).await;
        let code = reply["code"].as_i64().unwrap();
        // Fatal: neither of the codes that ask for patience.
        assert!(status == 200 && ![0, 1, 1_000_040_343].contains(&code), "{id}: {reply}");
    }
    let sockets = sandbox.long_connections();
    for (fault, status, code) in [
        (DiscoveryFault::Status(502), 502, json!(502)),
        (DiscoveryFault::Code(1_000_040_343), 200, json!(1_000_040_343)),
        (DiscoveryFault::NoUrl, 200, json!(0)),
        (DiscoveryFault::Garbage, 200, Value::Null),
    ] {
        sockets.fail_discovery(1, fault);
        let (found, reply) = ask(&sandbox, "cli_a", "s").await;
        assert_eq!((found, &reply["code"]), (status, &code));
        assert!(reply["data"]["URL"].is_null());
    }
    assert_eq!(ask(&sandbox, "cli_a", "s").await.1["code"], 0);
    // The secret is in no record.
    assert!(!format!("{:?}", sandbox.calls()).contains("wrong"));
}

#[tokio::test]
async fn a_ping_is_answered_with_the_configuration() {
    // protocol.md §6.4
    let sandbox = Sandbox::new();
    let _server = sandbox.serve(0).await.unwrap();
    let mut client = Client::connect(&sandbox).await;
    let sockets = sandbox.long_connections();
    sockets.set_config(ClientConfig {
        ping_interval: 7,
        ..ClientConfig::default()
    });
    client.send(&control("ping", None)).await;
    let pong = client.next().await;
    assert_eq!((pong.method, pong.header("type")), (CONTROL, Some("pong")));
    let config: Value = serde_json::from_slice(&pong.payload.unwrap()).unwrap();
    assert_eq!(config["PingInterval"], 7);
    assert_eq!(sockets.open()[0].pings, 1);
    sockets.ping();
    assert_eq!(client.next().await.header("type"), Some("ping"));
}

#[tokio::test]
async fn an_event_comes_in_chunks_and_its_acknowledgement_is_recorded() {
    // protocol.md §6.5 and §6.6
    let sandbox = Sandbox::new();
    let _server = sandbox.serve(0).await.unwrap();
    let mut client = Client::connect(&sandbox).await;
    let sockets = sandbox.long_connections();
    sockets.chunk_above(100);
    let said = sandbox.user(sandbox.open_id()).says(sandbox.chat_id(), "hi").unwrap();
    let mut whole = Vec::new();
    let last = loop {
        let frame = client.next().await;
        assert_eq!((frame.method, frame.header("type")), (DATA, Some("event")));
        whole.extend_from_slice(frame.payload.as_deref().unwrap());
        let number = |key: &str| frame.header(key).unwrap().parse::<usize>().unwrap();
        if number("seq") + 1 == number("sum") {
            assert!(number("sum") > 1);
            break frame;
        }
    };
    let event: Value = serde_json::from_slice(&whole).unwrap();
    assert_eq!(event["event"]["message"]["content"], "{\"text\":\"hi\"}");
    client
        .acknowledge(last, json!({"code": 200, "headers": null, "data": null}))
        .await;
    assert!(said.done().await);
    let ack = &sockets.acks()[0];
    assert_eq!((ack.code, ack.biz_rt, ack.late), (200, Some(5), false));
    assert_eq!(ack.event_id, said.deliveries[0].event_id());

    // A callback's answer travels in the acknowledgement (the vector of §6.6).
    sockets.chunk_above(0);
    let answer = async {
        let frame = client.next().await;
        assert_eq!(frame.header("sum"), Some("1"));
        let data = "eyJ0b2FzdCI6eyJ0eXBlIjoiaW5mbyIsImNvbnRlbnQiOiJvayJ9fQ==";
        client.acknowledge(frame, json!({"code": 200, "data": data})).await;
        let frame = client.next().await;
        let data = base64::encode(b"[]");
        client.acknowledge(frame, json!({"code": 200, "data": data})).await;
        let frame = client.next().await;
        client.acknowledge(frame, json!({"code": 200})).await;
    };
    let ask = || sandbox.call_back(sandbox.app_id(), "card.action.trigger", json!({}));
    let asked = async { (ask().await, ask().await, ask().await) };
    let ((right, wrong, nothing), ()) = tokio::join!(asked, answer);
    assert_eq!(right.unwrap(), json!({"toast": {"type": "info", "content": "ok"}}));
    assert_eq!(wrong.unwrap_err().code, 200_672);
    assert_eq!(nothing.unwrap(), json!({}));
}

#[tokio::test]
async fn an_event_that_is_not_acknowledged_comes_again() {
    // protocol.md §5.5 and §6.5: 3 s, then 15 s
    let start = std::time::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let sandbox = Sandbox::builder().start_at(start).build();
    let _server = sandbox.serve(0).await.unwrap();
    let mut client = Client::connect(&sandbox).await;
    let delivery = sandbox.push(sandbox.app_id(), "x", json!({})).unwrap();
    let first = client.next().await;
    sandbox.advance(Duration::from_secs(3));
    assert_eq!(delivery.attempted(1).await[0].failure.as_ref().unwrap().code, 200_341);
    sandbox.advance(Duration::from_secs(15));
    let second = client.next().await;
    assert_eq!(second.payload, first.payload);
    client.acknowledge(second, json!({"code": 500})).await;
    assert_eq!(delivery.attempted(2).await[1].failure.as_ref().unwrap().code, 200_671);
    // What comes too late is recorded, and changes nothing.
    client.acknowledge(first, json!({"code": 200})).await;
    sandbox.advance(Duration::from_secs(300));
    let third = client.next().await;
    client.acknowledge(third, json!({"code": 200})).await;
    assert!(delivery.done().await);
    let acks = sandbox.long_connections().acks();
    let late: Vec<bool> = acks.iter().map(|ack| ack.late).collect();
    assert_eq!(late, [false, true, false]);
}

#[tokio::test]
async fn fifty_connections_share_the_events_and_the_next_is_refused() {
    // protocol.md §6 (limits) and §6.2
    let sandbox = Sandbox::new();
    let _server = sandbox.serve(0).await.unwrap();
    let sockets = sandbox.long_connections();
    let first = url(&sandbox).await;
    let mut clients = vec![Client(tokio_tungstenite::connect_async(&first).await.unwrap().0)];
    // A ticket passes once.
    let (status, auth) = refused(&sandbox, first).await;
    assert!(status.as_deref() == Some("514") && auth.as_deref() != Some("1000040350"));
    while clients.len() < MOST {
        clients.push(Client::connect(&sandbox).await);
    }
    sockets.reach(MOST).await;
    let told = (Some("514".to_owned()), Some("1000040350".to_owned()));
    assert_eq!(refused(&sandbox, url(&sandbox).await).await, told);
    let mut chosen = std::collections::HashSet::new();
    for _ in 0..20 {
        let delivery = sandbox.push(sandbox.app_id(), "x", json!({})).unwrap();
        let waits: Vec<_> = clients.iter_mut().map(|client| Box::pin(client.next())).collect();
        let (frame, at, _) = futures_util::future::select_all(waits).await;
        clients[at].acknowledge(frame, json!({"code": 200})).await;
        assert!(delivery.done().await);
        chosen.insert(at);
    }
    // One of fifty twenty times over would be no chance.
    assert!(chosen.len() > 1);
    drop(clients);
    sockets.reach(0).await;
    for (status, auth) in [(403, None), (514, Some(1)), (500, None)] {
        sockets.refuse_handshakes(1, status, auth);
        let told = (Some(status.to_string()), auth.map(|auth| auth.to_string()));
        assert_eq!(refused(&sandbox, url(&sandbox).await).await, told);
    }
    sockets.silent_handshakes(1);
    let url = url(&sandbox).await;
    let address = url.strip_prefix("ws://").unwrap().split('/').next().unwrap();
    let mut silent = TcpStream::connect(address).await.unwrap();
    silent
        .write_all(b"GET /callback/ws/connect?x HTTP/1.1\r\n\r\n")
        .await
        .unwrap();
    silent.shutdown().await.unwrap();
    assert_eq!(silent.read(&mut [0]).await.unwrap(), 0);
    let (first, mut second) = (Client::connect(&sandbox).await, Client::connect(&sandbox).await);
    sockets.reach(2).await;
    sockets.only(&sockets.open()[1].id).close();
    assert!(matches!(second.0.next().await, Some(Ok(Message::Close(_)))));
    sockets.reach(1).await;
    sockets.only("cli_other").close();
    drop(first);
    sockets.reach(0).await;
}

#[tokio::test]
async fn connections_break_in_every_way_they_are_told_to() {
    let sandbox = Sandbox::new();
    let server = sandbox.serve(0).await.unwrap();
    let sockets = sandbox.long_connections();
    let mut client = Client::connect(&sandbox).await;
    sockets.close();
    assert!(matches!(client.0.next().await, Some(Ok(Message::Close(_)))));
    sockets.reach(0).await;

    let mut client = Client::connect(&sandbox).await;
    let delivery = sandbox.push(sandbox.app_id(), "x", json!({})).unwrap();
    client.next().await;
    sockets.reset();
    assert!(matches!(client.0.next().await, Some(Err(_))));
    sockets.reach(0).await;
    // Nobody waits for an acknowledgement that cannot come.
    assert_eq!(delivery.attempted(1).await[0].failure.as_ref().unwrap().code, 200_342);
    drop(delivery);

    let mut client = Client::connect(&sandbox).await;
    sockets.half_open();
    client.send(&control("ping", None)).await;
    sockets.flood(3);
    // The server has every chance to answer, for it runs on this thread.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(client.next().now_or_never().is_none() && sockets.open()[0].pings == 0);
    sockets.resume();
    for _ in 0..4 {
        assert_eq!(client.next().await.header("type"), Some("pong"));
    }
    assert_eq!(sockets.open()[0].pings, 1);
    client
        .0
        .send(Message::Binary(Bytes::from_static(&[0xff])))
        .await
        .unwrap();
    sockets.send_malformed();
    let mut unreadable = 0;
    loop {
        match client.0.next().await.unwrap().unwrap() {
            Message::Binary(bytes) => unreadable += usize::from(Frame::decode(&bytes).is_none()),
            Message::Text(_) => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(unreadable, 5);
    client.send(&control("ping", None)).await;
    client.next().await;
    assert_eq!(sockets.open()[0].garbage, 1);
    server.shutdown().await;
    assert!(client.0.next().await.is_none_or(|last| last.is_err()));
    sockets.reach(0).await;
}
