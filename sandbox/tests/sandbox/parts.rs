//! What chats hold beside messages, and what stands in the message lists of users.

use serde_json::{Value, json};

use crate::{bench::call, members::crew};

#[tokio::test]
async fn menus_are_three_by_five() {
    // im-v1/chat-menu_tree: 232070, 232071, 232072; menu_item/patch.md: only the fields that are named
    let (sandbox, token, path) = crew().await;
    let tree = format!("{path}/menu_tree");
    let menu = |name: &str, under: usize| {
        let child = json!({"chat_menu_item": {"action_type": "NONE", "name": "under"}});
        json!({"chat_menu_item": {"action_type": "NONE", "name": name}, "children": vec![child; under]})
    };
    let add = |menus: Vec<Value>| {
        let (sandbox, token, tree) = (sandbox.clone(), token.clone(), tree.clone());
        let body = json!({"menu_tree": {"chat_menu_top_levels": menus}});
        async move { call(&sandbox, "POST", &tree, Some(&token), body).await.json() }
    };
    assert_eq!(add(vec![menu("a", 6)]).await["code"], 232_071);
    let two = add(vec![menu("a", 5), menu("b", 0)]).await;
    let top = |reply: &Value| -> Vec<(String, String)> {
        let menus = reply["data"]["menu_tree"]["chat_menu_top_levels"].as_array().unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let each = menus.iter();
        each.map(|menu| {
            (
                text(&menu["chat_menu_top_level_id"]),
                text(&menu["chat_menu_item"]["name"]),
            )
        })
        .collect()
    };
    let [(a, _), (b, _)] = &top(&two)[..] else {
        panic!("{two}")
    };
    assert_eq!(add(vec![menu("c", 0), menu("d", 0)]).await["code"], 232_070);
    let sort = |ids: Value| {
        let (sandbox, token, path) = (sandbox.clone(), token.clone(), format!("{tree}/sort"));
        async move {
            call(
                &sandbox,
                "POST",
                &path,
                Some(&token),
                json!({"chat_menu_top_level_ids": ids}),
            )
            .await
            .json()
        }
    };
    assert_eq!(sort(json!([b])).await["code"], 232_072);
    assert_eq!(top(&sort(json!([b, a])).await)[0].1, "b");
    let body = json!({"update_fields": ["NAME"], "chat_menu_item": {"name": "new", "image_key": "img_1"}});
    let item = format!("{path}/menu_items/{a}");
    let patched = call(&sandbox, "PATCH", &item, Some(&token), body).await.json();
    assert_eq!(
        patched["data"]["chat_menu_item"],
        json!({"action_type": "NONE", "name": "new"})
    );
    let gone = json!({"chat_menu_top_level_ids": [b]});
    let left = call(&sandbox, "DELETE", &tree, Some(&token), gone).await.json();
    assert_eq!(top(&left), [(a.clone(), "new".to_owned())]);
    let read = call(&sandbox, "GET", &tree, Some(&token), Value::Null).await.json();
    assert_eq!(read["data"], left["data"]);
}

#[tokio::test]
async fn a_chat_has_twenty_tabs_of_its_own() {
    // im-v1/chat-tab: 232046, 232048, 232049; list_tabs.md: the tab of messages is there from the start and stays first
    let (sandbox, token, path) = crew().await;
    let tabs = format!("{path}/chat_tabs");
    let tab = json!({"tab_name": "Docs", "tab_type": "url", "tab_content": {"url": "https://www.feishu.cn"}});
    let add = |new: Vec<Value>| {
        let (sandbox, token, tabs) = (sandbox.clone(), token.clone(), tabs.clone());
        async move {
            call(&sandbox, "POST", &tabs, Some(&token), json!({"chat_tabs": new}))
                .await
                .json()
        }
    };
    let bad = json!({"tab_name": "Docs", "tab_type": "url", "tab_content": {"url": "ftp://x"}});
    assert_eq!(add(vec![bad]).await["code"], 232_048);
    let many = add(vec![tab.clone(); 20]).await;
    let all = many["data"]["chat_tabs"].as_array().unwrap();
    assert_eq!((all.len(), &all[0]["tab_type"]), (21, &json!("message")));
    assert_eq!(add(vec![tab]).await["code"], 232_046);
    let ids = [&all[0]["tab_id"], &all[1]["tab_id"], &all[2]["tab_id"]];
    let delete = format!("{tabs}/delete_tabs");
    let body = json!({"tab_ids": [ids[0]]});
    assert_eq!(
        call(&sandbox, "DELETE", &delete, Some(&token), body).await.code(),
        232_049
    );
    let left = call(&sandbox, "DELETE", &delete, Some(&token), json!({"tab_ids": [ids[1]]}))
        .await
        .json();
    assert_eq!(left["data"]["chat_tabs"].as_array().unwrap().len(), 20);
    let last = &all[20]["tab_id"];
    let sorted = call(
        &sandbox,
        "POST",
        &format!("{tabs}/sort_tabs"),
        Some(&token),
        json!({"tab_ids": [last, ids[2]]}),
    )
    .await
    .json();
    let sorted = &sorted["data"]["chat_tabs"];
    assert_eq!(
        (&sorted[0]["tab_id"], &sorted[1]["tab_id"], &sorted[2]["tab_id"]),
        (ids[0], last, ids[2])
    );
}

#[tokio::test]
async fn an_announcement_has_revisions() {
    // im-v1/chat-announcement: the revision that a change builds on
    let (sandbox, token, path) = crew().await;
    let path = format!("{path}/announcement");
    let payload = json!({"blocks": [{"type": "paragraph"}]}).to_string();
    let change =
        json!({"requestType": "InsertBlocksRequestType", "insertBlocksRequest": {"payload": payload}}).to_string();
    let patch = |revision: &str| {
        let (sandbox, token, path) = (sandbox.clone(), token.clone(), path.clone());
        let body = json!({"revision": revision, "requests": [change]});
        async move { call(&sandbox, "PATCH", &path, Some(&token), body).await.code() }
    };
    assert_eq!((patch("0").await, patch("7").await), (0, 232_001));
    let read = call(&sandbox, "GET", &path, Some(&token), Value::Null).await.json();
    assert_eq!(
        (&read["data"]["revision"], &read["data"]["owner_id_type"]),
        (&json!("1"), &json!("app_id"))
    );
    let content: Value = serde_json::from_str(read["data"]["content"].as_str().unwrap()).unwrap();
    assert_eq!(content["body"]["blocks"], json!([{"type": "paragraph"}]));
}

#[tokio::test]
async fn cards_in_message_lists_belong_to_users() {
    // im-v2/app_feed_card: create names those who did not get the card, an update those who never had it
    let (sandbox, token, _) = crew().await;
    let feed = "/open-apis/im/v2/app_feed_card";
    let card = json!({"biz_id": "b1", "title": "News", "link": {"link": "https://www.feishu.cn/"}});
    let body = json!({"app_feed_card": card, "user_ids": ["ou_ada", "ou_nobody"]});
    let made = call(&sandbox, "POST", feed, Some(&token), body).await.json();
    assert_eq!(made["data"]["biz_id"], "b1");
    assert_eq!(made["data"]["failed_cards"].as_array().unwrap().len(), 1, "{made}");
    assert_eq!(made["data"]["failed_cards"][0]["user_id"], "ou_nobody");
    let batch = format!("{feed}/batch");
    let change = |user: &str| json!({"app_feed_card": {"biz_id": "b1", "title": "Old"}, "user_id": user, "update_fields": ["1"]});
    let body = json!({"feed_cards": [change("ou_ada"), change("ou_tom")]});
    let changed = call(&sandbox, "PUT", &batch, Some(&token), body).await.json();
    let failed = &changed["data"]["failed_cards"];
    assert_eq!(
        failed,
        &json!([{"biz_id": "b1", "user_id": "ou_tom", "reason": "NOT_CREATED"}])
    );
    let body = json!({"feed_cards": [{"biz_id": "b1", "user_id": "ou_ada"}]});
    for failures in [0, 1] {
        let gone = call(&sandbox, "DELETE", &batch, Some(&token), body.clone())
            .await
            .json();
        assert_eq!(
            gone["data"]["failed_cards"].as_array().unwrap().len(),
            failures,
            "{gone}"
        );
    }
}
