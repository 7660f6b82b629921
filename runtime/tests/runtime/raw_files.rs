//! Files by method and path.

use flybook_runtime::{File, Method};
use serde_json::json;

use crate::{
    files::Directory,
    http::{reply, serve},
    support::{always, body, builder, ok, platform, response},
};

const PATH: &str = "/open-apis/drive/v1/files/:file_token/download";

/// protocol §10.2: bytes on success, a range brings 206, a name only for a request that says JSON.
#[tokio::test]
async fn a_raw_download() {
    let named = "Content-Disposition: attachment; filename=\"a.txt\"\r\n";
    let (url, server) = serve(vec![
        reply("200 OK", named, "hello"),
        reply("206 Partial Content", "Content-Range: bytes 1-2/5\r\n", "el"),
    ])
    .await;
    let client = builder().base_url(url).build().unwrap();
    let directory = Directory::new("raw");
    let call = || client.raw(Method::Get, PATH).path("file_token", "a/b").token("t-1");
    let saved = call().to_file(directory.path("x")).await.unwrap();
    assert_eq!((saved.size, saved.file_name.as_deref()), (5, Some("a.txt")));
    assert_eq!(std::fs::read_to_string(directory.path("x")).unwrap(), "hello");
    let mut part = call().range(1..3).chunks().await.unwrap();
    assert_eq!(part.status().as_u16(), 206);
    assert_eq!(part.try_next().await.unwrap().as_deref(), Some(&b"el"[..]));
    let requests = server.await.unwrap();
    assert!(requests[0].starts_with("GET /open-apis/drive/v1/files/a%2Fb/download HTTP/1.1\r\n"));
    assert!(requests[0].contains("content-type: application/json; charset=utf-8\r\n"));
    assert!(requests[1].contains("range: bytes=1-2\r\n"));
}

#[tokio::test]
async fn a_failed_raw_download_names_its_place() {
    let directory = Directory::new("raw-failed");
    let refused = always(200, r#"{"code":1061004,"msg":"forbidden"}"#);
    let cut = platform(|_| {
        let mut response = response(200, "abc");
        response.headers_mut().insert("content-length", 9.into());
        response
    });
    for (client, path, what) in [
        (&refused, "x", "failed: 1061004, forbidden"),
        (
            &cut.0.build().unwrap(),
            "x",
            "failed: the exchange broke off: the body ended after 3 of 9 bytes",
        ),
        (&refused, "none/x", "was not sent: no file can be created beside"),
    ] {
        let call = client.raw(Method::Get, "/open-apis/x");
        let error = call.to_file(directory.path(path)).await.unwrap_err().to_string();
        assert!(error.starts_with(&format!("GET /open-apis/x {what}")), "{error}");
    }
    let error = refused.raw(Method::Get, "x").chunks().await.unwrap_err().to_string();
    assert!(error.starts_with("GET x was not sent: `x` is no path"), "{error}");
    assert_eq!(std::fs::read_dir(directory.path("")).unwrap().count(), 0);
}

/// protocol §9.5: the help desk's pictures want its header too.
#[tokio::test]
async fn a_raw_download_from_the_help_desk() {
    let (builder, seen) = platform(|_| response(200, "x"));
    let client = builder.helpdesk("12345", "ht-sometoken").build().unwrap();
    client
        .raw(Method::Get, "/open-apis/x")
        .helpdesk()
        .chunks()
        .await
        .unwrap();
    assert!(seen.last().headers.contains_key("x-lark-helpdesk-authorization"));
}

/// protocol §10.1: text before files, whatever the order of the calls.
#[tokio::test]
async fn a_raw_upload() {
    let (builder, seen) = platform(ok);
    let client = builder.build().unwrap();
    let call = || {
        client
            .raw(Method::Post, "/open-apis/x")
            .file("file", &File::from_bytes("a", "hello"))
    };
    call().part("size", 5).await.unwrap();
    let form = seen.last();
    let text = body(&form);
    assert!(text.find("name=\"size\"\r\n\r\n5").unwrap() < text.find("name=\"file\"; filename=\"a\"").unwrap());

    let both = "POST /open-apis/x was not sent: a body is either JSON or a form, not both";
    assert_eq!(call().json(&json!({})).await.unwrap_err().to_string(), both);
    let other = client.raw(Method::Post, "/open-apis/x").json(&json!({})).part("a", "b");
    assert_eq!(other.await.unwrap_err().to_string(), both);
}
