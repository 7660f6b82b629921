//! Content as it is sent: every form of the page im-v1/message/create_json, built as a user would build it.

use flybook::{
    Client, Markup,
    im::v1::message::{
        Card, CardTemplate, Create, DividerText, MediaContent, MessageContent, Post, PostAt, PostCodeBlock,
        PostContent, PostLink, PostNode, PostText, ReceiveIdType, SystemContent, SystemOptions, SystemParams,
        TextStyle,
    },
};
use flybook_tests::recorder::Recorder;
use serde_json::{Value, json};

const REPLY: &str = r#"{"code":0,"msg":"success","data":{}}"#;

/// Transcribed from the page on message contents (im-v1/message/create_json), with other words in place of the Chinese ones.
const REQUESTS: &str = include_str!("../fixtures/documented/im.v1.message.create.requests.json");

fn client(recorder: &Recorder) -> Client {
    Client::builder("cli_1", "secret")
        .base_url("https://open.example.com")
        .transport(recorder.clone())
        .build()
        .unwrap()
}

fn create(content: MessageContent) -> Create {
    Create::new(ReceiveIdType::ChatId, "oc_xxx", content)
}

/// The documented contents, as a user would build them, in the order of the page.
fn contents() -> Vec<MessageContent> {
    let post = Post::new()
        .title("A title")
        .paragraph([
            PostNode::text("First line:"),
            PostNode::link("a link", "http://www.feishu.cn"),
            PostNode::at("ou_1avnmsbv3k45jnk34j5"),
        ])
        .paragraph([PostNode::img("img_7ea74629-9191-4176-998c-2e603c9c5e8g")])
        .paragraph([PostNode::text("Second line:"), PostNode::text("a text")])
        .paragraph([PostNode::img("img_7ea74629-9191-4176-998c-2e603c9c5e8g")]);
    let divider = DividerText::new("New").i18n_text([("zh_CN", "New"), ("en_US", "New Session")]);
    let card = json!({
        "schema": "2.0",
        "config": {"update_multi": true, "style": {"text_size": {"normal_v2": {"default": "normal", "pc": "normal", "mobile": "heading"}}}},
        "body": {"direction": "vertical", "padding": "12px 12px 12px 12px", "elements": [
            {"tag": "markdown", "content": "A lake.", "text_align": "left", "text_size": "normal_v2", "margin": "0px 0px 0px 0px"},
            {"tag": "button", "text": {"tag": "plain_text", "content": "More"}, "type": "default", "width": "default", "size": "medium",
             "behaviors": [{"type": "open_url", "default_url": "https://baike.baidu.com/item/%E8%A5%BF%E6%B9%96/4668821", "pc_url": "", "ios_url": "", "android_url": ""}],
             "margin": "0px 0px 0px 0px"},
        ]},
        "header": {"title": {"tag": "plain_text", "content": "Travel"}, "subtitle": {"tag": "plain_text", "content": ""}, "template": "blue", "padding": "12px 12px 12px 12px"},
    });
    vec![
        MessageContent::text(" test content"),
        MessageContent::text("test content"),
        MessageContent::text("firstline \n secondline "),
        MessageContent::text(Markup::new().at("ou_xxxxxxx", "Tom").text(" text content")),
        MessageContent::text(Markup::new().bold(Markup::from("bold content").italic(", bold and italic content"))),
        MessageContent::text(Markup::new().link("Feishu Open Platform", "https://open.feishu.cn")),
        MessageContent::post(PostContent::new().zh_cn(post)),
        MessageContent::image("img_v2_xxx"),
        MessageContent::interactive(Card::entity("7371713483664506900")),
        MessageContent::interactive(
            CardTemplate::new("xxxxxxxxxxxx")
                .template_version_name("1.0.0")
                .template_variable([("key1", "value1"), ("key2", "value2")]),
        ),
        MessageContent::interactive(card),
        MessageContent::share_chat("oc_xxx"),
        MessageContent::share_user("ou_xxx"),
        MessageContent::audio("file_v2_xxx"),
        MediaContent::new("file_v2_xxx").image_key("img_v2_xxx").into(),
        MessageContent::file("file_v2_xxx"),
        MessageContent::sticker("file_v2_xxx"),
        SystemContent::new("divider", SystemParams::new().divider_text(divider))
            .options(SystemOptions::new().need_rollup(true))
            .into(),
    ]
}

#[tokio::test]
async fn every_documented_content_goes_out_as_documented() {
    let documented: Vec<Value> = serde_json::from_str(REQUESTS).unwrap();
    let contents = contents();
    assert_eq!(documented.len(), contents.len());
    for (documented, content) in documented.iter().zip(contents) {
        let recorder = Recorder::new(REPLY);
        client(&recorder).send(create(content)).await.unwrap();
        let sent: Value = serde_json::from_slice(&recorder.calls()[0].body).unwrap();
        assert_eq!(sent["msg_type"], documented["msg_type"]);
        let text = |body: &Value| serde_json::from_str::<Value>(body["content"].as_str().unwrap()).unwrap();
        let mut wanted = text(documented);
        // The page's sample gives a mention a name that its own table does not know.
        if let Some(at) = wanted.pointer_mut("/zh_cn/content/0/2") {
            at.as_object_mut().unwrap().remove("user_name");
        }
        assert_eq!(text(&sent), wanted);
    }
}

/// The tables of the page, where no sample shows them.
#[tokio::test]
async fn every_node_of_a_post_goes_out_as_its_table_says() {
    let post = Post::new()
        .paragraph([
            PostNode::from(
                PostText::new("t")
                    .un_escape(true)
                    .style([TextStyle::Bold, TextStyle::Underline]),
            ),
            PostLink::new("l", "https://open.feishu.cn")
                .style([TextStyle::Italic])
                .into(),
            PostAt::new("all").style([TextStyle::LineThrough]).into(),
        ])
        .paragraph([MediaContent::new("file_1").image_key("img_1")])
        .paragraph([PostNode::emotion("SMILE")])
        .paragraph([PostNode::Hr])
        .paragraph([PostCodeBlock::new("fn main() {}").language("RUST")])
        .paragraph([PostNode::md("1. item1\n2. item2")]);
    let recorder = Recorder::new(REPLY);
    client(&recorder)
        .send(create(MessageContent::post(PostContent::new().en_us(post))))
        .await
        .unwrap();
    let sent: Value = serde_json::from_slice(&recorder.calls()[0].body).unwrap();
    let content: Value = serde_json::from_str(sent["content"].as_str().unwrap()).unwrap();
    let wanted = json!({"en_us": {"content": [
        [
            {"tag": "text", "text": "t", "un_escape": true, "style": ["bold", "underline"]},
            {"tag": "a", "text": "l", "href": "https://open.feishu.cn", "style": ["italic"]},
            {"tag": "at", "user_id": "all", "style": ["lineThrough"]},
        ],
        [{"tag": "media", "file_key": "file_1", "image_key": "img_1"}],
        [{"tag": "emotion", "emoji_type": "SMILE"}],
        [{"tag": "hr"}],
        [{"tag": "code_block", "language": "RUST", "text": "fn main() {}"}],
        [{"tag": "md", "text": "1. item1\n2. item2"}],
    ]}});
    assert_eq!(content, wanted);
}
