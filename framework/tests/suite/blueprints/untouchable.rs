//! What no client writes, through whichever door: timestamps, and the key of a record that exists.

use super::{Doors, both, server};
use crate::support::app;
use serde_json::{Value, json};

/// Far from now, and no key that is given by itself.
const FORGED: i64 = 5;

fn forged(mut values: Value) -> Value {
    for name in ["id", "createdAt", "updatedAt"] {
        values[name] = json!(FORGED);
    }
    values
}

fn honest(record: &Value, what: &str) {
    for name in ["createdAt", "updatedAt"] {
        assert!(record[name].as_i64().unwrap() > FORGED, "{what}: {record}");
    }
}

async fn ann(server: &Doors) -> Value {
    let ann = server.create("user", json!({ "name": "ann" })).await;
    assert_eq!(ann["id"], 1);
    ann
}

const QUERY: &str = "id=5&createdAt=5&updatedAt=5";

#[tokio::test]
async fn dev_20_no_door_of_create_writes_timestamps() {
    let server = server().await;
    for (at, (method, path, body)) in [
        ("POST", "/user", json!({ "name": "a", "createdAt": FORGED, "updatedAt": FORGED })),
        ("POST", "/user?createdAt=5&updatedAt=5", json!({ "name": "b" })),
        ("GET", "/user/create?name=c&createdAt=5&updatedAt=5", json!({})),
    ]
    .into_iter()
    .enumerate()
    {
        let made = server.send(method, path, body).await;
        assert_eq!(made.json()["id"], at + 1, "{}", made.text);
        honest(&made.json(), path);
    }
    let routed = both(|| app().route("POST /at/:createdAt/:updatedAt", "user/create")).await;
    honest(&routed.send("POST", "/at/5/5", json!({ "name": "a" })).await.json(), "path parameters");
}

#[tokio::test]
async fn bp_112_dev_20_no_door_of_update_writes_the_key_or_a_timestamp() {
    let server = server().await;
    let before = ann(&server).await;
    for (method, path, body) in [
        ("PATCH", "/user/1".to_owned(), forged(json!({ "age": 1 }))),
        ("PUT", "/user/1".to_owned(), forged(json!({ "age": 2 }))),
        ("PATCH", format!("/user/1?{QUERY}"), json!({ "age": 3 })),
        ("PUT", format!("/user/1?{QUERY}"), json!({ "age": 4 })),
        ("GET", format!("/user/update/1?age=5&{QUERY}"), json!({})),
    ] {
        let after = server.send(method, &path, body).await.json();
        assert_eq!((&after["id"], &after["createdAt"]), (&json!(1), &before["createdAt"]), "{method} {path}");
        honest(&after, &path);
    }
    let ids = super::ids(&server.get("/user").await.json());
    assert_eq!(ids, [1]);
    let label = json!({ "slug": "other", "label": "x" });
    server.create("tag", json!({ "slug": "s" })).await;
    assert_eq!(server.send("PATCH", "/tag/s", label).await.json()["slug"], "s", "nor a text");
    let routed = both(|| app().route("PATCH /at/:id/:createdAt", "user/update")).await;
    let before = ann(&routed).await;
    let after = routed.send("PATCH", "/at/1/5", json!({ "age": 1 })).await.json();
    assert_eq!(after["createdAt"], before["createdAt"], "path parameters");
}

#[tokio::test]
async fn dev_20_no_bulk_writes_the_key_or_a_timestamp() {
    let server =
        both(|| app().config("blueprints.bulk_create", true).config("blueprints.bulk_update", true)).await;
    let values = json!([{ "name": "a", "createdAt": FORGED, "updatedAt": FORGED }, { "name": "b" }]);
    let made = server.send("POST", "/user?createdAt=5&updatedAt=5", values).await.json();
    for record in made.as_array().unwrap() {
        honest(record, "bulk create");
    }
    let changed =
        server.send("PATCH", &format!("/user?where=[1,2]&{QUERY}"), forged(json!({ "age": 1 }))).await;
    assert_eq!(super::ids(&changed.json()), [1, 2]);
    for (before, after) in made.as_array().unwrap().iter().zip(changed.json().as_array().unwrap()) {
        assert_eq!(after["createdAt"], before["createdAt"]);
        honest(after, "bulk update");
    }
}
