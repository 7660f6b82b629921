//! Replies that gateways broke: the code survives, and with it the replay of a call whose token was refused.

use flybook_runtime::Bytes;

use crate::support::{Create, always, platform, response};

/// protocol §1.5 (parser rule) and §2.7 (99991663: one more attempt with another token).
#[tokio::test]
async fn the_code_survives() {
    let deep = format!(
        r#"{{"code":99991663,"msg":"x","error":{{"details":{}{}}}}}"#,
        "[".repeat(300),
        "]".repeat(300)
    );
    let cases: [(&str, &[u8]); 14] = [
        ("bad \u{fffd} token", b"{\"code\":99991663,\"msg\":\"bad \xff token\"}"),
        ("x", deep.as_bytes()),
        ("x", b"{\"code\":99991663.0,\"msg\":\"x\"}"),
        ("x", b"{\"code\":\"99991663\",\"msg\":\"x\"}"),
        ("x", b"{\"code\":\" 99991663.0 \",\"msg\":\"x\"}"),
        ("x", b"{\"code\":99991663,\"msg\":\"x\",\"error\":{\"v\":1e999}}"),
        ("x", b"{\"error\":{\"v\":1e999},\"msg\":\"x\",\"code\":99991663}"),
        ("x", b"{\"code\":99991663,\"msg\":\"x\"}\n<!-- gw -->"),
        ("\u{fffd}\u{fffd}\u{fffd}", b"{\"code\":99991663,\"msg\":\"\\ud83d\"}"),
        ("x", b"\xef\xbb\xbf{\"code\":99991663,\"msg\":\"x\"}"),
        ("x", b"{\"code\":0,\"msg\":\"x\",\"code\":99991663,\"code\":0}"),
        (
            "a\nb",
            b"{\"msg\":\"a\nb\",\"code\":99991663,\"data\":{\"message_id\":{}}}",
        ),
        ("", b"{\"code\":99991663,\"data\":{\"message_id\":\"\\ud83d\"},\"ms"),
        ("x", b" { \"\\u0063ode\" : 99991663 , \"msg\" : \"x\" } "),
    ];
    for (message, body) in cases {
        for status in [200, 400] {
            let text = String::from_utf8_lossy(body).into_owned();
            let body = Bytes::copy_from_slice(body);
            let (builder, seen) = platform(move |_| response(status, body.clone()));
            let error = builder.build().unwrap().send(Create::default()).await.unwrap_err();
            assert_eq!((error.code(), error.message()), (Some(99991663), message), "{text}");
            assert_eq!((seen.tokens(), seen.calls().len()), (2, 2), "{text}");
        }
    }
}

/// A code that is none is no success either.
#[tokio::test]
async fn odd_codes_are_errors() {
    for body in [
        r#"{"code":99999999999999999999999,"msg":"x"}"#,
        r#"{"code":true,"msg":"x"}"#,
        r#"{"code":1.5,"msg":"x"}"#,
        r#"{"code":[],"msg":"x"}"#,
    ] {
        for status in [200, 400] {
            assert!(always(status, body).send(Create::default()).await.is_err(), "{body}");
        }
    }
}

#[tokio::test]
async fn success_is_whole() {
    let error = always(200, r#"{"code":0,"data":{"message_id":"a"}}{"code":99991663}"#)
        .send(Create::default())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("trailing characters"), "{error}");
    assert!(error.may_have_run());
    let marked = "\u{feff}{\"code\":0,\"data\":{\"message_id\":\"a\"}}\r\n";
    let reply = always(200, marked).send(Create::default()).await.unwrap();
    assert_eq!(reply.message_id, "a", "a byte order mark and white space do no harm");
}

/// Whatever comes in, the answer is a value or an error, never a panic.
#[tokio::test]
async fn every_prefix_and_every_flipped_bit() {
    let whole =
        br#"{"code":1,"msg":"a\ud83d\ude00\"","error":{"helps":[{"url":"u"}],"x":[1,{}]},"data":{"message_id":[2]}}"#;
    let prefixes = (0..whole.len()).map(|end| whole[..end].to_vec());
    let flipped = (0..whole.len() * 8).map(|bit| {
        let mut body = whole.to_vec();
        body[bit / 8] ^= 1 << (bit % 8);
        body
    });
    for body in prefixes.chain(flipped) {
        let (builder, _) = platform(move |_| response(400, body.clone()));
        let error = builder.build().unwrap().send(Create::default()).await.unwrap_err();
        assert!(!error.to_string().contains(char::is_control));
    }
}
