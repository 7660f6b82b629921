//! What the wire macros forgive, what they refuse, and what they write.

use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Decode, IntMillis, Json, Map, Millis, Param, Seconds, Secret, decode, key_union, open_enum, union, wire};

#[derive(Clone, Debug, Default, PartialEq)]
struct Sender {
    id: String,
    age: i64,
    score: f64,
    bot: bool,
    kind: Kind,
    status: Status,
    nick: Option<String>,
}
wire!(Sender, id, age, score, bot, kind = "type", status; nick = "nick_name",);

#[derive(Clone, Debug, Default)]
struct Page {
    items: Vec<Item>,
    labels: Map<i64>,
    any: Value,
    content: Json<Sender>,
    sent: Millis,
    next: Option<Box<Page>>,
    key: Secret,
}
decode!(Page, items, labels, any, content, sent, key; next);

#[derive(Clone, Debug, Default)]
struct Item {
    sender: Sender,
}
decode!(Item, sender);

#[derive(Clone, Debug, Default)]
struct Empty {}
wire!(Empty);

#[derive(Clone, Debug, Default)]
struct OnlyOptional {
    a: Option<i64>,
}
wire!(OnlyOptional; a);

open_enum! {
    enum Kind {
        User = "user",
        App = "app",
    }
}

open_enum! {
    enum Status: i64 {
        Active = 1,
        Gone = -2,
    }
}

#[derive(Clone, Debug)]
enum Node {
    Sender(Box<Sender>),
    Hr,
    Unknown(Value),
}
union!(Node: "tag", Sender(Box<Sender>) = "sender", Hr = "hr");

#[derive(Clone, Debug)]
enum Card {
    Template(Sender),
    Blank,
    Json(Value),
}
union!(Card: "type" / "data", Template(Sender) = "template", Blank = "blank"; Json);

#[derive(Clone, Debug)]
enum Content {
    Sender(Sender),
    Bare,
    Unknown(String, Value),
}
union!(Content, Sender(Sender) = "sender", Bare = "bare");

#[derive(Clone, Debug)]
enum Receiver {
    Chat(String),
    Numbers(Vec<i64>),
}
key_union!(Receiver, Chat(String) = "chat_id", Numbers(Vec<i64>) = "numbers");

fn from_text<T: Decode>(text: &str) -> Result<T, String> {
    T::decode(&mut serde_json::Deserializer::from_str(text)).map_err(|error| error.to_string())
}

/// Both ways in: JSON text, and a value already taken apart.
fn both<T: Decode + std::fmt::Debug>(text: &str) -> T {
    let direct = from_text::<T>(text).unwrap();
    let by_value = T::decode(serde_json::from_str::<Value>(text).unwrap()).unwrap();
    assert_eq!(format!("{direct:?}"), format!("{by_value:?}"), "{text}");
    direct
}

#[test]
fn null_and_absence_are_the_default() {
    let nulls = r#"{"id":null,"age":null,"score":null,"bot":null,"type":null,"status":null,"nick_name":null}"#;
    assert_eq!(both::<Sender>(nulls), Sender::default());
    assert_eq!(both::<Sender>("{}"), Sender::default());
    assert_eq!(both::<Sender>("null"), Sender::default());

    let page: Page =
        both(r#"{"items":null,"labels":null,"any":null,"content":null,"sent":null,"next":null,"key":null}"#);
    assert!(page.items.is_empty() && page.labels.is_empty() && page.any.is_null() && page.next.is_none());
    assert_eq!((page.content.0, page.sent), (Sender::default(), Millis(0)));

    let page: Page = both(r#"{"items":[null,{"sender":null}],"labels":{"a":null}}"#);
    assert_eq!((page.items.len(), page.labels["a"]), (2, 0));
    assert!(matches!(both::<Node>("null"), Node::Unknown(Value::Null)));
}

#[test]
fn scalars_stand_in_for_each_other() {
    let sender: Sender =
        both(r#"{"id":7,"age":"42","score":"1.5","bot":"1","type":5,"status":"1","nick_name":true,"extra":{"a":[1]}}"#);
    assert_eq!(
        (sender.id.as_str(), sender.age, sender.score, sender.bot),
        ("7", 42, 1.5, true)
    );
    assert_eq!(
        (sender.kind, sender.status),
        (Kind::Unknown("5".into()), Status::Active)
    );
    assert_eq!(sender.nick.as_deref(), Some("true"));

    for (text, number) in [
        ("3.0", 3),
        ("\"3.0\"", 3),
        ("\" 3 \"", 3),
        ("\"\"", 0),
        ("true", 1),
        ("-9007199254740993", -9007199254740993),
    ] {
        assert_eq!(both::<i64>(text), number, "{text}");
    }
    for (text, truth) in [
        ("0", false),
        ("1", true),
        ("\"0\"", false),
        ("\"true\"", true),
        ("\"False\"", false),
        ("\"\"", false),
        ("1.0", true),
    ] {
        assert_eq!(both::<bool>(text), truth, "{text}");
    }
    assert_eq!(both::<f64>("7"), 7.0);
}

#[test]
fn big_integers_keep_their_digits() {
    assert_eq!(both::<String>("9007199254740993"), "9007199254740993");
    assert_eq!(both::<String>("18446744073709551615"), "18446744073709551615");
    assert_eq!(both::<i64>("\"9007199254740993\""), 9007199254740993);
    assert!(
        from_text::<i64>("18446744073709551615")
            .unwrap_err()
            .contains("an integer of at most 64 bits")
    );
}

#[test]
fn keys_may_hold_escapes_and_repeat() {
    assert_eq!(both::<Sender>(r#"{"\u0069d":"a","id":"b"}"#).id, "b");
}

#[test]
fn unknown_values_are_kept() {
    let sender: Sender = both(r#"{"type":"robot","status":9}"#);
    assert_eq!(
        (&sender.kind, sender.status),
        (&Kind::Unknown("robot".into()), Status::Unknown(9))
    );
    assert_eq!(serde_json::to_value(&sender).unwrap()["type"], "robot");
    assert_eq!(
        (Kind::from("app"), Kind::from("user".to_owned())),
        (Kind::App, Kind::User)
    );
    assert_eq!(
        (Kind::App.as_str(), format!("{:>5}", Kind::App).as_str()),
        ("app", "  app")
    );
    assert_eq!(
        (Status::Gone.as_i64(), Status::from(-2), Status::default()),
        (-2, Status::Gone, Status::Unknown(0))
    );
    assert_eq!(
        (Kind::User.param().as_ref(), Status::Gone.param().as_ref()),
        ("user", "-2")
    );
    assert_eq!(Kind::default(), Kind::Unknown(String::new()));
}

#[test]
fn a_wrong_shape_names_the_whole_path() {
    for (text, path) in [
        (
            r#"{"items":[{},{"sender":{"id":{}}}]}"#,
            "`items[1].sender.id`: invalid type: map, expected a string",
        ),
        (r#"{"items":{"a":1}}"#, "`items`: invalid type: map, expected a list"),
        (
            r#"{"items":[3]}"#,
            "`items[0]`: invalid type: integer `3`, expected an object",
        ),
        (
            r#"{"labels":{"a b":[]}}"#,
            "`labels.a b`: invalid type: sequence, expected an integer",
        ),
        (
            r#"{"next":{"next":{"sent":"soon"}}}"#,
            "`next.next.sent`: invalid value: string \"soon\", expected an integer",
        ),
        (
            r#"{"content":"{\"id\":[]}"}"#,
            "`content.id`: invalid type: sequence, expected a string",
        ),
        (
            r#"{"content":{"id":[]}}"#,
            "`content.id`: invalid type: sequence, expected a string",
        ),
    ] {
        let error = from_text::<Page>(text).unwrap_err();
        assert!(error.starts_with(path), "{error}");
        assert!(error.contains(" at line 1 column "), "{error}");
        let value: Value = serde_json::from_str(text).unwrap();
        let error = Page::deserialize(value).unwrap_err().to_string();
        assert!(error.starts_with(path), "{error}");
    }
    let error = from_text::<Vec<Vec<String>>>(r#"[[],["",{}]]"#).unwrap_err();
    assert!(error.starts_with("`[1][1]`: invalid type"), "{error}");
    let error = from_text::<i64>(&format!("\"{}\"", "x".repeat(99))).unwrap_err();
    assert!(!error.contains("xx"), "content has no place in an error: {error}");
}

#[test]
fn objects_leave_out_what_is_none() {
    let sender = Sender {
        kind: Kind::App,
        status: Status::Gone,
        ..Sender::default()
    };
    let written = json!({"id":"","age":0,"score":0.0,"bot":false,"type":"app","status":-2});
    assert_eq!(serde_json::to_value(&sender).unwrap(), written);
    let named = serde_json::to_value(Sender {
        nick: Some("n".into()),
        ..sender
    })
    .unwrap();
    assert_eq!(named["nick_name"], "n");
    assert_eq!(serde_json::to_string(&Empty::default()).unwrap(), "{}");
    assert_eq!(
        serde_json::to_string(&OnlyOptional { a: Some(1) }).unwrap(),
        r#"{"a":1}"#
    );
    assert_eq!(both::<OnlyOptional>(r#"{"a":"1"}"#).a, Some(1));
    both::<Empty>(r#"{"a":1}"#);
}

#[test]
fn unions_with_the_tag_inside() {
    let node: Node = both(r#"{"id":"a","tag":"sender"}"#);
    let Node::Sender(sender) = &node else {
        panic!("{node:?}")
    };
    assert_eq!(sender.id, "a");
    let written = serde_json::to_value(&node).unwrap();
    assert_eq!((&written["tag"], &written["id"]), (&json!("sender"), &json!("a")));
    assert!(matches!(both::<Node>(r#"{"tag":"hr","x":1}"#), Node::Hr));
    assert_eq!(serde_json::to_string(&Node::Hr).unwrap(), r#"{"tag":"hr"}"#);

    let unknown: Node = both(r#"{"tag":"new","x":1}"#);
    assert!(matches!(&unknown, Node::Unknown(whole) if whole["x"] == 1));
    assert_eq!(serde_json::to_value(&unknown).unwrap(), json!({"tag":"new","x":1}));
    let error = from_text::<Vec<Node>>(r#"[{"tag":"sender","id":{}}]"#).unwrap_err();
    assert!(error.starts_with("`[0].id`: invalid type: map"), "{error}");
}

#[test]
fn unions_with_a_key_for_the_payload() {
    let card: Card = both(r#"{"data":{"id":"a"},"type":"template"}"#);
    assert!(matches!(&card, Card::Template(sender) if sender.id == "a"));
    let written = serde_json::to_value(&card).unwrap();
    assert_eq!(
        (&written["type"], &written["data"]["id"]),
        (&json!("template"), &json!("a"))
    );
    assert_eq!(serde_json::to_string(&Card::Blank).unwrap(), r#"{"type":"blank"}"#);
    assert!(matches!(both::<Card>(r#"{"type":"template"}"#), Card::Template(sender) if sender == Sender::default()));
    assert!(matches!(both::<Card>(r#"{"type":"blank","data":{}}"#), Card::Blank));
    let raw = json!({"schema":"2.0"});
    assert_eq!(serde_json::to_value(Card::Json(raw.clone())).unwrap(), raw);
    assert!(matches!(both::<Card>(r#"{"schema":"2.0"}"#), Card::Json(whole) if whole == raw));
}

#[test]
fn unions_with_the_tag_beside() {
    let content = Content::from_parts("sender", json!({"id":"a"}));
    assert!(matches!(&content, Content::Sender(sender) if sender.id == "a"));
    assert_eq!(
        (content.tag(), &serde_json::to_value(&content).unwrap()["id"]),
        ("sender", &json!("a"))
    );
    assert_eq!(
        (
            Content::Bare.tag(),
            serde_json::to_string(&Content::Bare).unwrap().as_str()
        ),
        ("bare", "{}")
    );
    assert!(matches!(Content::from_parts("bare", Value::Null), Content::Bare));
    assert!(matches!(Content::from_text("bare", "null"), Content::Bare));
    for (tag, value) in [("new", json!({"x":1})), ("sender", json!(["odd"]))] {
        let unknown = Content::from_parts(tag, value.clone());
        assert!(matches!(unknown, Content::Unknown(..)));
        assert_eq!((unknown.tag(), serde_json::to_value(&unknown).unwrap()), (tag, value));
    }
    assert_eq!(Content::default().tag(), "");
}

#[test]
fn unions_that_choose_the_key() {
    let receiver = Receiver::Chat("oc_1".into());
    assert_eq!(
        (receiver.key(), serde_json::to_value(&receiver).unwrap()),
        ("chat_id", json!("oc_1"))
    );
    let receiver = Receiver::Numbers(vec![1]);
    assert_eq!(
        (receiver.key(), serde_json::to_value(&receiver).unwrap()),
        ("numbers", json!([1]))
    );
}

#[test]
fn json_in_a_string() {
    let inner = Sender {
        id: "\"a\"".into(),
        ..Sender::default()
    };
    let text = serde_json::to_value(Json(inner.clone())).unwrap();
    assert!(text.is_string());
    assert_eq!(Json::<Sender>::decode(text).unwrap().0, inner);
    assert_eq!(both::<Json<Sender>>(r#"{"id":"a"}"#).id, "a");
    assert_eq!(both::<Json<Vec<i64>>>("\"[1,2]\"").0, [1, 2]);
    assert_eq!(both::<Json<Vec<i64>>>("[1,2]").0, [1, 2]);
    assert_eq!(both::<Json<i64>>("\"\"").0, 0);
    assert_eq!(both::<Json<i64>>("3").0, 3);
}

#[test]
fn moments() {
    assert_eq!(both::<Millis>("\"1615380573411\""), Millis(1615380573411));
    assert_eq!(both::<Millis>("1615380573411"), Millis(1615380573411));
    assert_eq!(
        serde_json::to_string(&(Millis(5), Seconds(6), IntMillis(7))).unwrap(),
        r#"["5","6",7]"#
    );
    let moment = SystemTime::UNIX_EPOCH + Duration::from_secs(3);
    assert_eq!(
        (Seconds::from(moment), Millis::from(moment).to_system_time()),
        (Seconds(3), moment)
    );
    assert_eq!(
        Seconds(-1).to_system_time(),
        SystemTime::UNIX_EPOCH - Duration::from_secs(1)
    );
    for extreme in [i64::MAX, i64::MIN] {
        let _ = (Seconds(extreme).to_system_time(), Millis(extreme).to_system_time());
    }
}

#[test]
fn a_secret_is_written_but_never_shown() {
    let page: Page = both(r#"{"key":"hunter2"}"#);
    assert!(!format!("{page:?}").contains("hunter2"));
    let secret: Secret = serde_json::from_str("\"hunter2\"").unwrap();
    assert_eq!(
        (secret.expose(), serde_json::to_string(&secret).unwrap().as_str()),
        ("hunter2", "\"hunter2\"")
    );
    assert_eq!(format!("{secret:?}"), "Secret(***)");
}
