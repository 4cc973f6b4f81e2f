//! `GET /user/count`, beyond Sails.

use super::{bad, both, server};
use crate::support::app;
use serde_json::json;

#[tokio::test]
async fn count_says_how_many_match() {
    let server = both(|| app().config("blueprints.count", true)).await;
    server.users(&["ann", "bob", "anna"]).await;
    assert_eq!(server.get("/user/count").await.json(), json!({ "count": 3 }));
    assert_eq!(server.get("/user/count?name=ann&limit=1&skip=9").await.json(), json!({ "count": 1 }));
    let like = "/user/count?where={\"name\":{\"contains\":\"nn\"}}";
    assert_eq!(server.get(like).await.json(), json!({ "count": 2 }));
    assert_eq!(server.get("/user/count?password=p").await.brief(), bad("E_INVALID_CRITERIA"));
    assert_eq!(server.get("/user/count?nosuch=1").await.brief(), bad("E_INVALID_CRITERIA"));
    assert_eq!(server.get("/pet/count").await.json(), json!({ "count": 0 }));
}

#[tokio::test]
async fn a_record_called_count_is_found_unless_counting_is_on() {
    let server = server().await;
    server.create("tag", json!({ "slug": "count", "label": "x" })).await;
    assert_eq!(server.get("/tag/count").await.json()["label"], "x");
    assert_eq!(server.get("/user/count").await.brief(), bad("E_INVALID_CRITERIA"), "read as a key");
    let only_user =
        both(|| app().config("blueprints.controllers", json!({ "user": { "count": true } }))).await;
    only_user.create("tag", json!({ "slug": "count", "label": "x" })).await;
    assert_eq!(only_user.get("/tag/count").await.json()["label"], "x");
    assert_eq!(only_user.get("/user/count").await.json(), json!({ "count": 0 }));
}

#[tokio::test]
async fn counting_is_guarded_as_finding_is() {
    let guarded = |policies| {
        move || app().config("blueprints.count", true).config("policies", serde_json::Value::clone(&policies))
    };
    let server = both(guarded(json!({ "user/find": false, "*": true }))).await;
    assert_eq!(server.get("/user/count").await.status, 403);
    assert_eq!(server.get("/pet/count").await.status, 200);
    let server = both(guarded(json!({ "user/find": false, "user/count": true }))).await;
    assert_eq!(server.get("/user/count").await.status, 200);
}

#[tokio::test]
async fn counting_has_an_address_without_rest_and_by_a_route_of_the_app() {
    let server = both(|| {
        app()
            .config("blueprints.count", true)
            .config("blueprints.rest", false)
            .route("GET /people", "user/count")
    })
    .await;
    assert_eq!(server.get("/user/count").await.json(), json!({ "count": 0 }));
    assert_eq!(server.get("/people").await.json(), json!({ "count": 0 }));
    let server =
        both(|| app().config("blueprints.shortcuts", false).route("GET /people", "user/count")).await;
    assert_eq!(server.get("/people?age=1").await.json(), json!({ "count": 0 }));
}
