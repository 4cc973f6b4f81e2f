use super::{Doors, bad, ids, server};
use serde_json::json;

#[tokio::test]
async fn bp_22_108_109_only_what_is_sent_changes_with_put_as_well() {
    let server = server().await;
    let before = server.create("user", json!({ "name": "ann", "age": 1, "bio": "x" })).await;
    let after = server.send("PATCH", "/user/1", json!({ "age": 6 })).await.json();
    assert_eq!((&after["age"], &after["bio"], &after["pets"]), (&json!(6), &json!("x"), &json!([])));
    assert_eq!(after["createdAt"], before["createdAt"], "bp_109");
    advances(&server, before["updatedAt"].as_i64()).await;
    let put = server.send("PUT", "/user/1", json!({ "age": 7 })).await.json();
    assert_eq!((&put["age"], &put["bio"]), (&json!(7), &json!("x")), "bp_22");
    assert_eq!(
        server.send("PATCH", "/user/1?age=50", json!({})).await.json()["age"],
        50,
        "the query gives values too"
    );
    assert_eq!(server.get("/user/update/1?age=9").await.json()["age"], 9);
}

/// The clock has milliseconds: an update in a later one says so (`bp_109`).
async fn advances(server: &Doors, before: Option<i64>) {
    for _ in 0..10_000 {
        let changed = server.send("PATCH", "/user/1", json!({ "age": 6 })).await.json();
        if changed["updatedAt"].as_i64() > before {
            return;
        }
    }
    panic!("updatedAt stays {before:?}");
}

#[tokio::test]
async fn bp_110_111_112_114_115_116_refusals() {
    let server = server().await;
    server.create("user", json!({ "name": "ann", "email": "ann@example.com" })).await;
    server.create("user", json!({ "name": "bob" })).await;
    let update = async |path: &str, values| server.send("PATCH", path, values).await;
    assert_eq!(update("/user/999", json!({ "age": 6 })).await.status, 404, "bp_110");
    assert_eq!(
        update("/user/1", json!({ "name": "" })).await.brief(),
        bad("E_INVALID_VALUES_TO_SET"),
        "bp_111"
    );
    assert_eq!(update("/user/1", json!({ "id": 50 })).await.json()["id"], 1, "bp_112");
    assert_eq!(
        update("/user/1", json!({ "pets": null })).await.brief(),
        bad("E_INVALID_VALUES_TO_SET"),
        "bp_114"
    );
    assert_eq!(
        update("/user/2", json!({ "email": "ann@example.com" })).await.brief(),
        bad("E_UNIQUE"),
        "bp_115"
    );
    assert_eq!(server.get("/user/2").await.json()["email"], json!(null), "bp_115");
    assert_eq!(update("/user/1", json!({})).await.status, 200, "bp_116");
    assert_eq!(update("/user/abc", json!({})).await.brief(), bad("E_INVALID_CRITERIA"));
    assert_eq!(update("/user/1", json!([{ "name": "z" }])).await.json()["name"], "ann", "a list is ignored");
}

#[tokio::test]
async fn bp_113_a_list_replaces_the_members() {
    let server = server().await;
    for name in ["rex", "tom", "abe"] {
        server.create("pet", json!({ "name": name })).await;
    }
    server.create("user", json!({ "name": "ann", "pets": [1, 2] })).await;
    let changed = server.send("PATCH", "/user/1", json!({ "pets": [2, 3], "age": 3 })).await.json();
    assert_eq!((ids(&changed["pets"]), &changed["age"]), (vec![2, 3], &json!(3)));
    assert_eq!(server.send("PATCH", "/user/1", json!({ "pets": [] })).await.json()["pets"], json!([]));
}
