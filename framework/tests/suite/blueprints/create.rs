use super::{bad, ids, server};
use serde_json::{Value, json};
use topsail::Model;

#[tokio::test]
async fn bp_89_create_is_a_200_with_bp_90_every_value() {
    let server = server().await;
    let made = server.send("POST", "/user", json!({ "name": "ann" })).await;
    assert_eq!((made.status, made.header("location")), (200, None));
    let mut record = made.json();
    let map = record.as_object_mut().unwrap();
    assert!(map.remove("createdAt").unwrap().as_i64().unwrap() > 1_600_000_000_000);
    assert!(map.remove("updatedAt").unwrap().is_i64());
    assert_eq!(
        record,
        json!({
            "id": 1, "name": "ann", "email": null, "age": 0, "score": null, "active": true, "role": "a", "bio": "",
            "meta": null, "boss": null, "pets": [], "friends": [], "teams": [],
        })
    );
}

#[tokio::test]
async fn bp_91_92_dev_13_every_attribute_in_trouble_is_named() {
    let server = server().await;
    let refused = server.send("POST", "/user", json!({ "age": "x", "role": "z" })).await;
    assert_eq!(refused.brief(), bad("E_INVALID_NEW_RECORD"));
    let body = refused.json();
    let mut attrs: Vec<_> = body["problems"].as_array().unwrap().iter().map(|p| p["attr"].clone()).collect();
    attrs.dedup();
    assert_eq!(attrs, [json!("name"), json!("age"), json!("role")], "{body}");
    assert!(body["details"].as_str().unwrap().contains("`name`"), "bp_92 {body}");
    assert!(body["message"].as_str().unwrap().contains("POST /user"), "{body}");
}

#[tokio::test]
async fn bp_93_95_to_99_102_values() {
    let server = server().await;
    let create = async |mut values: Value| {
        values["name"] = json!("a");
        server.send("POST", "/user", values).await
    };
    assert_eq!(create(json!({ "email": "nope" })).await.brief(), bad("E_INVALID_NEW_RECORD"), "bp_93");
    assert_eq!(server.get("/user").await.json(), json!([]), "bp_93");
    assert_eq!(create(json!({ "nosuch": 1 })).await.json().get("nosuch"), None, "bp_95");
    assert_eq!(create(json!({ "age": "7" })).await.json()["age"], 7, "bp_96");
    for bad_values in [json!({ "age": "x" }), json!({ "bio": null }), json!({ "boss": { "name": "b" } })] {
        assert_eq!(
            create(bad_values.clone()).await.brief(),
            bad("E_INVALID_NEW_RECORD"),
            "bp_97 {bad_values}"
        );
    }
    assert_eq!(create(json!({ "score": null })).await.status, 200, "bp_99");
    assert_eq!(create(json!({ "id": "900" })).await.json()["id"], 900, "an explicit key");
}

#[tokio::test]
async fn bp_94_what_is_not_unique_is_named() {
    let server = server().await;
    server.create("user", json!({ "name": "a", "email": "a@example.com" })).await;
    let refused = server.send("POST", "/user", json!({ "name": "b", "email": "a@example.com" })).await;
    let mut body = refused.json();
    assert!(body["message"].is_string());
    body["message"] = Value::Null;
    assert_eq!(
        (refused.status, body),
        (
            400,
            json!({ "code": "E_UNIQUE", "message": null, "modelIdentity": "user", "attrNames": ["email"] })
        )
    );
}

#[tokio::test]
async fn values_that_are_not_unique_together_are_named_but_for_hidden_ones() {
    let server = server().await;
    server.create("seat", json!({ "number": 1 })).await;
    let refused = server.send("POST", "/seat", json!({ "number": 1 })).await;
    assert_eq!(refused.brief(), bad("E_UNIQUE"));
    assert_eq!(refused.json()["attrNames"], json!(["number"]));
    assert!(!refused.text.contains("hall"), "{}", refused.text);
    let over_socket = server.over_socket("POST", "/seat", json!({ "number": 1 })).await;
    assert_eq!(over_socket["body"]["attrNames"], json!(["number"]), "{over_socket}");
}

#[tokio::test]
async fn bp_100_101_dev_16_18_children_are_attached_and_leave_their_former_parent() {
    let server = server().await;
    server.create("pet", json!({ "name": "rex" })).await;
    let ann = server.create("user", json!({ "name": "ann", "pets": [1, 99] })).await;
    assert_eq!(ids(&ann["pets"]), [1]);
    let bob = server.create("user", json!({ "name": "bob", "pets": ["1"] })).await;
    assert_eq!(ids(&bob["pets"]), [1]);
    assert_eq!(server.get("/user/1/pets").await.json(), json!([]));
    for pets in [json!("nope"), json!([{ "name": "new" }]), json!(null), json!([null])] {
        let refused = server.send("POST", "/user", json!({ "name": "c", "pets": pets })).await;
        assert_eq!(refused.brief(), bad("E_INVALID_NEW_RECORD"), "dev_16 {pets}");
    }
    assert_eq!(server.get("/user").await.count(), 2, "dev_18: nothing is created on a refusal");
}

#[tokio::test]
async fn bp_103_the_query_gives_values_and_bp_104_the_body_wins() {
    let server = server().await;
    let from_query = server.send("POST", "/user?age=5", json!({ "name": "a" })).await.json();
    assert_eq!(from_query["age"], 5);
    let from_body = server.send("POST", "/user?age=5", json!({ "name": "a", "age": 6 })).await.json();
    assert_eq!(from_body["age"], 6);
}

#[tokio::test]
async fn bp_105_106_dev_17_a_list_creates_nothing() {
    let server = server().await;
    let refused = server.send("POST", "/category", json!([{ "title": "a" }, { "title": "b" }])).await;
    assert_eq!(refused.brief(), bad("E_INVALID_NEW_RECORD"));
    assert_eq!(server.get("/category").await.json(), json!([]));
    let malformed =
        server.request("POST", "/user").header("content-type", "application/json").body("{\"name\":");
    assert_eq!(malformed.send().await.unwrap().status(), 400, "bp_106");
}

#[tokio::test]
async fn dev_20_clients_write_neither_timestamps_nor_what_is_protected() {
    let server = server().await;
    let values =
        json!({ "name": "a", "createdAt": 1, "updatedAt": 1, "password": "p", "constructor": { "x": 1 } });
    let made = server.create("user", values).await;
    assert!(made["createdAt"].as_i64().unwrap() > 1 && made["updatedAt"].as_i64().unwrap() > 1);
    let stored = crate::models::User::find_one(server.lifted.app(), 1).await.unwrap().unwrap();
    assert_eq!(stored.password, "");
}

#[tokio::test]
async fn bp_03_the_shortcut_creates_from_the_query() {
    let server = server().await;
    server.create("pet", json!({ "name": "rex" })).await;
    let made = server.get("/user/create?name=zoe&age=4&pets=[1]").await;
    assert_eq!(made.status, 200, "{}", made.text);
    assert_eq!((&made.json()["name"], ids(&made.json()["pets"])), (&json!("zoe"), vec![1]));
}
