//! The helpdesk in outline: what it keeps, its tickets, and who hears of them.

use flybook_sandbox::{App, Sandbox};
use serde_json::{Value, json};

use crate::{
    bench::{Reply, TENANT, call, raw},
    push::{Server, still},
};

const BASE: &str = "/open-apis/helpdesk/v1";

struct Desk {
    sandbox: Sandbox,
    app: String,
    agent: String,
}

impl Desk {
    async fn new() -> Self {
        let sandbox = still()
            .app(App::custom("cli_a", "s"))
            .user("ou_ada", "Ada")
            .user("ou_tom", "Tom")
            .build();
        let body = json!({"app_id": "cli_a", "app_secret": "s"});
        let token = call(&sandbox, "POST", TENANT, None, body).await.json();
        Self {
            app: token["tenant_access_token"].as_str().unwrap().to_owned(),
            agent: sandbox.user_token("ou_tom"),
            sandbox,
        }
    }

    async fn send(&self, token: &str, method: &str, path: &str, body: Value) -> Reply {
        let headers = [
            ("authorization", format!("Bearer {token}")),
            ("content-type", "application/json; charset=utf-8".to_owned()),
            // protocol.md §9.5
            ("x-lark-helpdesk-authorization", "MTIzNDU6aHQtc29tZXRva2Vu".to_owned()),
        ];
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        raw(&self.sandbox, method, &format!("{BASE}{path}"), &headers, body).await
    }

    async fn by_app(&self, method: &str, path: &str, body: Value) -> Value {
        self.send(&self.app, method, path, body).await.json()
    }

    async fn by_agent(&self, method: &str, path: &str, body: Value) -> Value {
        self.send(&self.agent, method, path, body).await.json()
    }
}

fn name(of: &str) -> String {
    format!("/{of}")
}

#[tokio::test]
async fn what_is_created_is_read_listed_changed_and_deleted() {
    // the pages under `helpdesk-v1/faq-management` and `helpdesk-v1/agent-function`
    let desk = Desk::new().await;
    let made = desk
        .by_agent(
            "POST",
            "/categories",
            json!({"name": "Rooms", "parent_id": "0", "language": "en_us"}),
        )
        .await;
    let id = made["data"]["category"]["category_id"].as_str().unwrap().to_owned();
    let path = format!("/categories/{id}");
    assert_eq!(desk.by_app("GET", &path, Value::Null).await["data"]["name"], "Rooms");
    let patch = json!({"name": "Offices"});
    assert_eq!(desk.by_agent("PATCH", &path, patch).await["code"], 0);
    let list = desk.by_app("GET", "/categories", Value::Null).await;
    assert_eq!(list["data"]["categories"][0]["name"], "Offices");
    assert_eq!(list["data"]["categories"][0]["parent_id"], "0");
    assert_eq!(desk.by_agent("DELETE", &path, Value::Null).await["code"], 0);
    assert_eq!(desk.by_app("GET", &path, Value::Null).await["code"], 154_004);

    for (question, tags) in [("Where is the wifi?", json!(["net"])), ("Where is lunch?", json!([]))] {
        let rich = json!([{"type": "text", "content": "There"}]).to_string();
        let faq = json!({"faq": {"question": question, "answer": "There", "answer_richtext": rich, "tags": tags}});
        let made = desk.by_agent("POST", "/faqs", faq).await;
        // Sent as JSON text, read as JSON.
        assert_eq!(made["data"]["faq"]["answer_richtext"][0]["content"], "There", "{made}");
    }
    let found = desk.by_app("GET", "/faqs/search?query=WIFI", Value::Null).await;
    assert_eq!(found["data"]["items"].as_array().unwrap().len(), 1);
    let list = desk.by_app("GET", "/faqs?page_size=1", Value::Null).await["data"].clone();
    assert_eq!((&list["has_more"], &list["total"]), (&json!(true), &json!(2)));
    let next = format!("/faqs?page_size=1&page_token={}", list["page_token"].as_str().unwrap());
    let next = desk.by_app("GET", &next, Value::Null).await;
    assert_eq!(next["data"]["items"][0]["question"], "Where is lunch?");

    for (key, visible) in [("a", true), ("b", false)] {
        let field = json!({"helpdesk_id": "12345", "key_name": key, "display_name": key, "field_type": "string", "description": "", "visible": visible,
            "required": false, "position": "1"});
        let made = desk.by_agent("POST", &name("ticket_customized_fields"), field).await;
        assert_eq!(made["code"], 0, "{made}");
    }
    let shown = desk.by_app("GET", "/customized_fields", Value::Null).await;
    assert_eq!(
        shown["data"]["ticket_customized_fields"].as_array().unwrap().len(),
        2,
        "{shown}"
    );
    let shown = desk
        .by_app("GET", "/ticket_customized_fields", json!({"visible": true}))
        .await;
    assert_eq!(shown["data"]["items"][0]["key_name"], "a");
    assert_eq!(shown["data"]["items"].as_array().unwrap().len(), 1);

    let schedules = json!({"agent_schedules": [{"agent_id": "ou_tom", "schedule": [{"start_time": "08:00", "end_time": "17:00", "weekday": 9}]}]});
    assert_eq!(desk.by_agent("POST", "/agent_schedules", schedules).await["code"], 0);
    let mine = desk.by_app("GET", "/agents/ou_tom/schedules", Value::Null).await;
    assert_eq!(mine["data"]["agent_schedule"]["schedule"][0]["end_time"], "17:00");
}

#[tokio::test]
async fn a_ticket_is_opened_answered_and_closed() {
    // the pages under `helpdesk-v1/ticket-management`
    let desk = Desk::new().await;
    let start = json!({"open_id": "ou_ada"});
    let begun = desk.by_app("POST", "/start_service", start.clone()).await["data"].clone();
    // Absent as long as the bot answers.
    assert!(begun.get("ticket_id").is_none());
    let chat = begun["chat_id"].as_str().unwrap().to_owned();
    let human = json!({"open_id": "ou_ada", "human_service": true, "appointed_agents": ["ou_tom"]});
    let begun = desk.by_app("POST", "/start_service", human).await["data"].clone();
    assert_eq!(begun["chat_id"], chat.as_str());
    let id = begun["ticket_id"].as_str().unwrap().to_owned();
    let ticket = |reply: Value| reply["data"]["ticket"].clone();
    let path = format!("/tickets/{id}");
    let open = ticket(desk.by_app("GET", &path, Value::Null).await);
    assert_eq!(
        (&open["guest"]["name"], &open["ticket_type"], &open["status"]),
        (&json!("Ada"), &json!(2), &json!(1))
    );
    assert_eq!(
        (&open["helpdesk_id"], &open["agents"][0]["name"]),
        (&json!("12345"), &json!("Tom"))
    );

    desk.sandbox.user("ou_ada").says(&chat, "Where is lunch?").unwrap();
    let answer = json!({"msg_type": "text", "content": json!({"text": "There"}).to_string()});
    let said = desk.by_app("POST", &format!("{path}/messages"), answer.clone()).await;
    assert!(
        said["data"]["message_id"].as_str().unwrap().starts_with("om_"),
        "{said}"
    );
    let texts: Vec<String> = desk
        .sandbox
        .messages_in(&chat)
        .iter()
        .map(|message| message.rendered())
        .collect();
    assert_eq!(texts, ["Where is lunch?", "There"]);
    let messages = desk.by_app("GET", &format!("{path}/messages"), Value::Null).await["data"].clone();
    assert_eq!(
        (&messages["total"], &messages["messages"][0]["user_name"]),
        (&json!(2), &json!("Ada"))
    );
    assert_eq!(
        messages["messages"][1]["content"],
        r#"{"msg_type":"text","content":"There"}"#
    );

    let change = json!({"status": 51, "tag_names": ["food"], "comment": "Easy", "solved": 2});
    assert_eq!(desk.by_agent("PUT", &path, change).await["code"], 0);
    let closed = ticket(desk.by_app("GET", &path, Value::Null).await);
    assert_eq!(
        (&closed["solve"], &closed["tags"][0]["name"]),
        (&json!(2), &json!("food"))
    );
    assert_eq!(
        (&closed["closed_by"]["name"], &closed["comments"]["content"]),
        (&json!("Tom"), &json!("Easy"))
    );
    assert_eq!(
        desk.by_app("POST", &format!("{path}/messages"), answer).await["code"],
        154_401
    );
    let again = desk.by_app("POST", "/start_service", start).await["data"].clone();
    assert_eq!(again["chat_id"], chat.as_str());
    let find = |query: &'static str| desk.by_app("GET", query, Value::Null);
    for (query, many) in [
        ("/tickets", 2),
        ("/tickets?status_list=51&guest_name=Ada", 1),
        ("/tickets?guest_id=ou_tom", 0),
        ("/tickets?agent_id=ou_tom", 1),
        ("/tickets?tags=food&solved=2", 1),
        ("/tickets?type=1", 1),
        ("/tickets?create_time_start=1&create_time_end=2", 0),
    ] {
        assert_eq!(find(query).await["data"]["total"], many, "{query}");
    }
}

#[tokio::test]
async fn only_apps_that_subscribed_hear_of_tickets() {
    // the pages `helpdesk-v1/event/subscribe`, `ticket/events/created`, `ticket/events/updated`, `ticket-message/events/created`
    let desk = Desk::new().await;
    let server = Server::default();
    desk.sandbox.set_webhook("cli_a", server.webhook()).await.unwrap();
    let ada = desk.sandbox.user("ou_ada");
    let start = |who: &str| json!({"open_id": who});
    desk.by_app("POST", "/start_service", start("ou_tom")).await;
    let events = json!({"events": [
        {"type": "helpdesk.ticket", "subtype": "ticket.created_v1"}, {"type": "helpdesk.ticket", "subtype": "ticket.updated_v1"},
        {"type": "helpdesk.ticket_message", "subtype": "ticket_message.created_v1"},
    ]});
    assert_eq!(
        desk.by_app("POST", "/events/subscribe", events.clone()).await["code"],
        0
    );
    let begun = desk.by_app("POST", "/start_service", start("ou_ada")).await;
    let chat = begun["data"]["chat_id"].as_str().unwrap().to_owned();
    let told = |kind: &str| {
        let bodies = server.bodies();
        let found = bodies.iter().find(|body| body["header"]["event_type"] == kind);
        found.map(|body| body["event"].clone())
    };
    let said = ada.says(&chat, "Where is lunch?").unwrap();
    assert!(said.done().await);
    let heard = told("helpdesk.ticket_message.created_v1").unwrap();
    assert_eq!(
        (&heard["sender_type"], &heard["text"]),
        (&json!(2), &json!("Where is lunch?"))
    );
    assert_eq!(heard["sender_id"]["open_id"], "ou_ada");
    let human = json!({"open_id": "ou_ada", "human_service": true});
    desk.by_app("POST", "/start_service", human).await;
    let last = ada.says(&chat, "Hello?").unwrap();
    assert!(last.done().await);
    let opened = told("helpdesk.ticket.created_v1").unwrap();
    assert_eq!(
        (&opened["guest"]["id"]["open_id"], &opened["stage"]),
        (&json!("ou_ada"), &json!(1))
    );
    let changed = told("helpdesk.ticket.updated_v1").unwrap();
    assert_eq!(
        (&changed["object"]["stage"], &changed["old_object"]["stage"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(desk.by_app("POST", "/events/unsubscribe", events).await["code"], 0);
    // The message itself is still told, the ticket's is not.
    assert!(ada.says(&chat, "Bye").unwrap().deliveries.len() < last.deliveries.len());
}
