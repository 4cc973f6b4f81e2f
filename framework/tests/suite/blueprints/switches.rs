//! What is switched on and off, for single models and actions.

use super::{bad, both};
use crate::support::{app, log_of_lift};
use serde_json::{Value, json};

#[tokio::test]
async fn single_actions_of_a_model_have_no_route() {
    let server = both(|| {
        app().config("blueprints.shortcut_writes", true).config(
            "blueprints.controllers",
            json!({ "user": { "except": ["destroy", "replace"] }, "pet": { "only": ["find", "findOne"] } }),
        )
    })
    .await;
    server.users(&["ann"]).await;
    assert_eq!(server.send("DELETE", "/user/1", json!({})).await.status, 404);
    assert_eq!(server.get("/user/destroy/1").await.status, 404);
    assert_eq!(server.send("PUT", "/user/1/pets", json!([])).await.status, 404);
    assert_eq!(server.send("PATCH", "/user/1", json!({ "age": 2 })).await.json()["age"], 2);
    assert_eq!(server.get("/pet").await.json(), json!([]));
    assert_eq!(server.get("/pet/1").await.brief().0, 404);
    assert_eq!(server.send("POST", "/pet", json!({ "name": "rex" })).await.status, 404);
    assert_eq!(server.get("/pet/create?name=rex").await.brief(), bad("E_INVALID_CRITERIA"), "read as a key");
    assert_eq!(server.get("/pet/1/owner").await.status, 404);
}

#[tokio::test]
async fn a_route_of_the_app_reaches_what_has_no_route_of_its_own() {
    let server = both(|| {
        app()
            .config("blueprints.controllers", json!({ "user": { "only": [] } }))
            .route("POST /people", "user/create")
    })
    .await;
    assert_eq!(server.get("/user").await.status, 404);
    assert_eq!(server.send("POST", "/people", json!({ "name": "ann" })).await.status, 200);
}

#[tokio::test]
async fn an_action_that_does_not_exist_cannot_be_switched_off() {
    let app = app().config("blueprints.controllers", json!({ "user": { "except": ["destory"] } }));
    let error = app.lift_for_test().await.err().unwrap().to_string();
    assert!(error.contains("did you mean `destroy`"), "{error}");
}

#[tokio::test]
async fn a_clash_of_unique_values_may_be_a_409() {
    let server = both(|| app().config("blueprints.conflict_status", 409)).await;
    server.create("user", json!({ "name": "a", "email": "a@example.com" })).await;
    server.create("user", json!({ "name": "b" })).await;
    let conflict = (409, "E_UNIQUE".to_owned());
    let taken = json!({ "name": "c", "email": "a@example.com" });
    assert_eq!(server.send("POST", "/user", taken.clone()).await.brief(), conflict);
    assert_eq!(server.send("PATCH", "/user/2", taken).await.brief(), conflict);
    let wrong = json!({ "email": "nope" });
    assert_eq!(server.send("POST", "/user", wrong).await.brief(), bad("E_INVALID_NEW_RECORD"));
}

#[tokio::test]
async fn criteria_are_as_large_as_the_settings_allow() {
    let server = both(|| {
        app()
            .config("blueprints.max_criteria_nodes", 3)
            .config("blueprints.max_criteria_depth", 2)
            .config("blueprints.max_criteria_values", 4)
            .config("blueprints.max_url_criteria", 100)
    })
    .await;
    let find = async |filter: Value| server.get(&format!("/user?where={filter}")).await;
    assert_eq!(find(json!({ "name": "a", "age": 1 })).await.status, 200);
    let wide = json!({ "name": "a", "age": 1, "score": 1, "bio": "b" });
    assert_eq!(find(wide.clone()).await.brief(), bad("E_INVALID_CRITERIA"), "nodes");
    let deep = json!({ "or": [{ "or": [{ "or": [{ "age": 1 }] }] }] });
    assert_eq!(find(deep).await.brief(), bad("E_INVALID_CRITERIA"), "depth");
    assert_eq!(find(json!({ "age": [1, 2, 3, 4] })).await.status, 200);
    assert_eq!(find(json!({ "age": [1, 2, 3, 4, 5] })).await.brief(), bad("E_INVALID_CRITERIA"), "values");
    let long = find(json!({ "name": "x".repeat(100) })).await;
    assert_eq!(long.brief(), bad("E_INVALID_CRITERIA"), "bytes");
    assert!(long.json()["details"].as_str().unwrap().contains("100 are allowed"), "{}", long.text);
    let given = server.over_socket("GET", "/user", json!({ "where": { "name": "x".repeat(100) } })).await;
    assert_eq!(given["statusCode"], 200, "a body is no address: {given}");
}

#[tokio::test]
async fn clients_and_the_app_s_own_code_have_their_limits_apart() {
    let server = both(|| app().config("models.max_criteria_nodes", 1)).await;
    server.create("user", json!({ "name": "a", "age": 1 })).await;
    let wide = json!({ "name": "a", "or": [{ "age": 1 }, { "age": 2 }] });
    let found = server.get(&format!("/user?where={wide}")).await;
    assert_eq!((found.status, found.json().as_array().map(Vec::len)), (200, Some(1)));
}

#[tokio::test]
async fn shortcuts_that_write_are_warned_of_in_production() {
    let folder = tempfile::tempdir().unwrap();
    let stored = ("datastores.default.url", json!(folder.path().join("data.sqlite")));
    let writes = ("blueprints.shortcut_writes", json!(true));
    let development = log_of_lift(&[stored.clone(), writes.clone()]).await;
    assert!(!development.contains("shortcut_writes"), "{development}");
    let production = [
        stored,
        ("environment", json!("production")),
        ("session.secret", json!("0123456789abcdef0123456789abcdef")),
        ("models.migrate", json!("safe")),
    ];
    let quiet = log_of_lift(&production).await;
    assert!(!quiet.contains("shortcut_writes"), "{quiet}");
    let warned = log_of_lift(&[&production[..], &[writes]].concat()).await;
    assert!(warned.contains("WARN") && warned.contains("`blueprints.shortcut_writes` is on"), "{warned}");
}
