//! Shapes that stand in for nothing: `[]`, `{}` and "" where something else belongs.

use flybook_runtime::{Json, Map, decode};

use crate::support::{Create, always};

#[derive(Clone, Debug, Default, PartialEq)]
struct Inner {
    id: String,
}
decode!(Inner, id);

#[derive(Clone, Debug, Default, PartialEq)]
struct Outer {
    map: Map<i64>,
    list: Vec<i64>,
    object: Inner,
    some_map: Option<Map<i64>>,
    some_list: Option<Vec<i64>>,
    some_object: Option<Inner>,
    json: Json<Option<bool>>,
}
decode!(Outer, map, list, object, json; some_map, some_list, some_object);

#[test]
fn nothing_in_other_shapes() {
    for nothing in ["\"\"", "\" \"", "[]", "{}"] {
        let text = format!(
            r#"{{"map":{nothing},"list":{nothing},"object":{nothing},"some_map":{nothing},"some_list":{nothing},"some_object":{nothing}}}"#
        );
        let wanted = Outer {
            some_map: Some(Map::new()),
            some_list: Some(Vec::new()),
            some_object: Some(Inner::default()),
            ..Outer::default()
        };
        assert_eq!(serde_json::from_str::<Outer>(&text).unwrap(), wanted, "{text}");
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::from_value::<Outer>(value).unwrap(), wanted, "{text}");
    }
    for (text, json) in [
        (r#"{"json":true}"#, Some(true)),
        (r#"{"json":"true"}"#, Some(true)),
        (r#"{"json":"null"}"#, None),
        (r#"{"json":1}"#, Some(true)),
    ] {
        assert_eq!(serde_json::from_str::<Outer>(text).unwrap().json.0, json, "{text}");
    }
}

#[test]
fn something_in_another_shape_is_an_error() {
    for (member, what) in [
        (r#""map":"x""#, "invalid type: string \"x\", expected an object"),
        (r#""map":[1]"#, "invalid type: sequence, expected an object"),
        (r#""list":{"a":1}"#, "invalid type: map, expected a list"),
        (r#""list":"x""#, "invalid type: string \"x\", expected a list"),
        (r#""object":[{}]"#, "invalid type: sequence, expected an object"),
        (r#""some_object":[{}]"#, "invalid type: sequence, expected an object"),
        (r#""some_list":"x""#, "invalid type: string \"x\", expected a list"),
    ] {
        let error = serde_json::from_str::<Outer>(&format!("{{{member}}}"))
            .unwrap_err()
            .to_string();
        assert!(error.contains(what), "{member}: {error}");
    }
    let long = format!(r#"{{"list":"{}"}}"#, "content of somebody ".repeat(3));
    let error = serde_json::from_str::<Outer>(&long).unwrap_err().to_string();
    assert!(
        error.starts_with("`list`: invalid type: a long string, expected a list"),
        "{error}"
    );
}

#[tokio::test]
async fn an_empty_payload_may_be_a_list() {
    for data in ["[]", "\"\"", "null", "{}"] {
        let body = format!(r#"{{"code":0,"data":{data}}}"#).leak();
        assert_eq!(always(200, body).send(Create::default()).await.unwrap().message_id, "");
    }
}
