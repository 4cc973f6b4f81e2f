//! Several records in one request, beyond Sails.

use super::{Doors, bad, both, ids};
use crate::support::app;
use serde_json::{Value, json};
use topsail::{AppBuilder, BlueprintAction};

fn bulky() -> AppBuilder {
    app()
        .config("blueprints.bulk_create", true)
        .config("blueprints.bulk_update", true)
        .config("blueprints.bulk_destroy", true)
        .config("blueprints.max_bulk", 3)
}

async fn server() -> Doors {
    both(bulky).await
}

/// Three users whose ages are 1, 2 and 3.
async fn three(server: &Doors) {
    let made = server
        .send(
            "POST",
            "/user",
            json!([{ "name": "a", "age": 1 }, { "name": "b", "age": 2 }, { "name": "c", "age": 3 }]),
        )
        .await;
    assert_eq!((made.status, ids(&made.json())), (200, vec![1, 2, 3]), "{}", made.text);
}

#[tokio::test]
async fn a_list_creates_all_its_records_in_order_and_populated() {
    let server = server().await;
    server.create("pet", json!({ "name": "rex" })).await;
    let made = server
        .send("POST", "/user?role=b", json!([{ "name": "ann", "pets": [1] }, { "name": "bob", "role": "a" }]))
        .await;
    assert_eq!((made.status, made.names()), (200, vec!["ann".to_owned(), "bob".to_owned()]));
    let made = made.json();
    assert_eq!(ids(&made[0]["pets"]), [1]);
    assert_eq!((&made[0]["role"], &made[1]["role"]), (&json!("b"), &json!("a")), "the query is for all");
    assert_eq!(server.send("POST", "/user", json!([])).await.json(), json!([]));
}

#[tokio::test]
async fn all_problems_of_all_records_are_told_and_nothing_is_created() {
    let server = server().await;
    let refused = server
        .send("POST", "/user", json!([{ "name": "a" }, { "age": "x" }, { "name": "c", "age": -1 }]))
        .await;
    assert_eq!(refused.brief(), bad("E_INVALID_NEW_RECORDS"));
    let problems = refused.json()["problems"].clone();
    let told: Vec<_> =
        problems.as_array().unwrap().iter().map(|p| (p["index"].clone(), p["attr"].clone())).collect();
    let expected = [(1, "name"), (1, "age"), (2, "age")].map(|(at, attr)| (json!(at), json!(attr)));
    assert_eq!(told, expected, "{problems}");
    let shapes = server.send("POST", "/user", json!([{ "name": "a" }, 1, null])).await;
    assert_eq!(shapes.brief(), bad("E_INVALID_NEW_RECORDS"));
    assert_eq!(shapes.json()["problems"][1]["index"], 2, "{}", shapes.text);
    let too_many = json!([{ "name": "a" }, { "name": "b" }, { "name": "c" }, { "name": "d" }]);
    assert_eq!(server.send("POST", "/user", too_many).await.brief(), bad("E_INVALID_NEW_RECORDS"));
    let clash = json!([{ "name": "a", "email": "a@example.com" }, { "name": "b", "email": "a@example.com" }]);
    let clash = server.send("POST", "/user", clash).await;
    assert_eq!((clash.brief(), clash.json()["index"].clone()), (bad("E_UNIQUE"), json!(1)), "{}", clash.text);
    assert_eq!(server.get("/user").await.json(), json!([]), "all or nothing");
}

#[tokio::test]
async fn a_condition_updates_all_that_match() {
    let server = server().await;
    three(&server).await;
    let changed =
        server.send("PATCH", "/user?where={\"age\":{\">\":1}}", json!({ "role": "b", "id": 9 })).await;
    assert_eq!((changed.status, ids(&changed.json())), (200, vec![2, 3]), "{}", changed.text);
    assert_eq!(ids(&server.get("/user?role=b").await.json()), [2, 3]);
    let none = server.send("PATCH", "/user?where={\"age\":99}", json!({ "role": "b" })).await;
    assert_eq!((none.status, none.json()), (200, json!([])));
    let wrong = server.send("PATCH", "/user?where={\"age\":99}", json!({ "role": "z" })).await;
    assert_eq!(wrong.brief(), bad("E_INVALID_VALUES_TO_SET"), "also where nothing matches");
}

#[tokio::test]
async fn a_condition_destroys_all_that_match() {
    let server = server().await;
    three(&server).await;
    let gone = server.send("DELETE", "/user?where={\"age\":[1,3]}", json!({})).await;
    assert_eq!((gone.status, gone.names()), (200, vec!["a".to_owned(), "c".to_owned()]));
    let given = server.send("DELETE", "/user", json!({ "where": { "name": "b" } })).await;
    assert_eq!(ids(&given.json()), [2]);
    assert_eq!(server.get("/user").await.json(), json!([]));
}

#[tokio::test]
async fn never_all_and_never_too_many() {
    let server = server().await;
    three(&server).await;
    server.users(&["d"]).await;
    for query in [
        "",
        "?where={}",
        "?name=a",
        "?where={\"id\":{\">\":0}}",
        "?where={bad",
        "?where={\"password\":\"p\"}",
    ] {
        let path = format!("/user{query}");
        assert_eq!(
            server.send("DELETE", &path, json!({})).await.brief(),
            bad("E_INVALID_CRITERIA"),
            "{path}"
        );
        let patched = server.send("PATCH", &path, json!({ "age": 7 })).await;
        assert_eq!(patched.brief(), bad("E_INVALID_CRITERIA"), "{path}");
    }
    assert_eq!(server.get("/user?age=7").await.json(), json!([]));
    assert_eq!(server.get("/user").await.count(), 4);
    assert_eq!(server.send("DELETE", "/user/4", json!({})).await.json()["name"], "d", "one is one");
}

#[tokio::test]
async fn nothing_of_it_is_on_by_itself_and_a_route_or_a_model_may_have_it() {
    let off = super::server().await;
    off.users(&["a"]).await;
    assert_eq!(off.send("PATCH", "/user?where={\"id\":1}", json!({ "age": 1 })).await.status, 404);
    let refused = off.send("DELETE", "/user?where={\"id\":1}", json!({})).await;
    assert_eq!(refused.brief(), bad("E_INVALID_CRITERIA"));
    let refused = off.send("POST", "/user", json!([{ "name": "b" }])).await;
    assert_eq!(refused.brief(), bad("E_INVALID_NEW_RECORD"));
    let some = both(|| {
        app()
            .config("blueprints.controllers", json!({ "user": { "bulk_create": true } }))
            .route("POST /pets", json!({ "action": "pet/create", "bulk": true }))
            .route("POST /person", json!({ "action": "user/create", "bulk": false }))
    })
    .await;
    assert_eq!(some.send("POST", "/user", json!([{ "name": "b" }])).await.status, 200);
    assert_eq!(some.send("POST", "/person", json!([{ "name": "b" }])).await.status, 400);
    assert_eq!(some.send("POST", "/pets", json!([{ "name": "rex" }])).await.status, 200);
    assert_eq!(some.send("POST", "/pet", json!([{ "name": "rex" }])).await.status, 400);
    assert_eq!(some.get("/user").await.count(), 1);
}

#[tokio::test]
async fn policies_and_the_parser_of_the_app_stand_before_each_record() {
    let server = both(|| {
        bulky().config("policies", json!({ "pet/create": false })).blueprint_parser(|_, mut options| {
            if options.action == BlueprintAction::Create {
                options.new_record.insert("role".to_owned(), json!("b"));
            } else if options.action != BlueprintAction::Find {
                options.criteria = options.criteria.and_also(topsail::orm::Where::eq("name", "a"));
            }
            Ok(options)
        })
    })
    .await;
    assert_eq!(server.send("POST", "/pet", json!([{ "name": "rex" }])).await.status, 403);
    three(&server).await;
    assert_eq!(server.get("/user?role=b").await.count(), 3);
    assert_eq!(
        ids(&server.send("PATCH", "/user?where={\"age\":[1,2]}", json!({ "age": 5 })).await.json()),
        [1]
    );
    assert_eq!(ids(&server.send("DELETE", "/user?where={\"role\":\"b\"}", json!({})).await.json()), [1]);
}

#[tokio::test]
async fn each_record_has_its_event_after_the_commit() {
    let server = server().await;
    let mut listener = crate::realtime::client::Client::connect(&server.lifted.url()).await;
    listener.get("/pet").await;
    let ask = async |method: &str, path: &str, body: Value| {
        let answer = server.request(method, path).json(&body).send().await.unwrap();
        answer.status().as_u16()
    };
    assert_eq!(ask("POST", "/pet", json!([{ "name": "rex" }, { "name": "" , "owner": "x" }])).await, 400);
    assert_eq!(ask("POST", "/pet", json!([{ "name": "rex" }, { "name": "tom" }])).await, 200);
    assert_eq!(ask("PATCH", "/pet?where=[1,2]", json!({ "age": 4 })).await, 200);
    assert_eq!(ask("DELETE", "/pet?where=[1,2]", json!({})).await, 200);
    let mut told = Vec::new();
    for _ in 0..6 {
        let (name, event) = listener.event().await;
        let shown = event.get("data").or(event.get("previous")).map(|record| record["name"].clone());
        told.push((name, event["verb"].as_str().unwrap().to_owned(), event["id"].as_i64(), shown));
    }
    let pet = |verb: &str, id, name: Value| ("pet".to_owned(), verb.to_owned(), Some(id), Some(name));
    assert_eq!(
        told,
        [
            pet("created", 1, json!("rex")),
            pet("created", 2, json!("tom")),
            pet("updated", 1, Value::Null),
            pet("updated", 2, Value::Null),
            pet("destroyed", 1, json!("rex")),
            pet("destroyed", 2, json!("tom")),
        ]
    );
}
