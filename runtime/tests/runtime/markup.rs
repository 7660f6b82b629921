//! The markup of text messages; the forms are those of the page im-v1/message/create_json (protocol §7.1, row `text`).

use flybook_runtime::Markup;

fn plain(text: &str) -> String {
    Markup::from(text).to_string()
}

#[test]
fn every_form_of_the_page() {
    assert_eq!(
        Markup::new().at("ou_xxxxxxx", "Tom").text(" text content").to_string(),
        r#"<at user_id="ou_xxxxxxx">Tom</at> text content"#
    );
    assert_eq!(Markup::new().at_all().to_string(), r#"<at user_id="all"></at>"#);
    let nested = Markup::from("bold content").italic(", bold and italic content");
    assert_eq!(
        Markup::new().bold(nested).to_string(),
        "<b>bold content<i>, bold and italic content</i></b>"
    );
    assert_eq!(Markup::new().underline("u").strike("s").to_string(), "<u>u</u><s>s</s>");
    assert_eq!(
        Markup::new()
            .link("Feishu Open Platform", "https://open.feishu.cn")
            .to_string(),
        "[Feishu Open Platform](https://open.feishu.cn)"
    );
    assert_eq!(
        String::from(Markup::from("firstline ").newline().text(" secondline ")),
        "firstline \n secondline "
    );
    assert_eq!(Markup::new().raw("<b>x</b>").to_string(), "<b>x</b>");
}

/// The page knows no escape; a broken tag is sent as it stands.
#[test]
fn words_begin_no_tag_and_no_link() {
    for words in [
        r#"<at user_id="all"></at>"#,
        r#"< at user_id="all">"#,
        r#"<AT user_id=all>"#,
        "</at>",
        "<b>",
    ] {
        for text in [
            plain(words),
            Markup::new().bold(words).to_string()[3..].to_owned(),
            Markup::new().link(words, "https://x.y").to_string(),
        ] {
            assert!(text.contains("<\u{200B}"), "{text}");
            assert!(!text.to_lowercase().contains("<at"), "{text}");
        }
    }
    // A name holds no tag at all, or nobody would be mentioned.
    let named = |name: &str| Markup::new().at("ou_1", name).to_string();
    assert_eq!(named("Tom <x>"), "<at user_id=\"ou_1\">Tom ＜x＞</at>");
    assert_eq!(named("</at>"), "<at user_id=\"ou_1\">＜/at＞</at>");
    // Nor in pieces.
    let pieces = Markup::from("<")
        .text("at user_id=\"all\">")
        .text("[x]")
        .text("(https://x.y)");
    assert_eq!(
        pieces.to_string(),
        "<\u{200B}at user_id=\"all\">[x]\u{200B}(https://x.y)"
    );
    assert_eq!(plain("[x](https://x.y)"), "[x]\u{200B}(https://x.y)");
}

#[test]
fn harmless_words_stay_as_they_are() {
    for words in ["1 < 2", "i <3 you", "a <= b", "f(x) [1] (2)", "@all", "a > b"] {
        assert_eq!(plain(words), words);
    }
}

#[test]
fn ids_and_addresses_stay_inside() {
    assert_eq!(
        Markup::new().at("x\"><at user_id=\"all", "").to_string(),
        r#"<at user_id="xatuser_idall"></at>"#
    );
    assert_eq!(
        Markup::new().link("a [b]", " https://x.y/(1) 2)<at>").to_string(),
        "[a ［b］](https://x.y/%281%29%202%29%3Cat%3E)"
    );
}
