//! Refusals as RFC 9457 has them, beyond Sails.

use super::{both, server};
use crate::support::app;
use serde_json::{Value, json};

const PROBLEM: Option<&str> = Some("application/problem+json");

#[tokio::test]
async fn refusals_are_problem_details_where_switched_on() {
    let server = both(|| app().config("http.problem_details", true)).await;
    server.create("user", json!({ "name": "a", "email": "a@example.com" })).await;
    let refused = server.send("POST", "/user", json!({ "age": "x" })).await;
    assert_eq!((refused.status, refused.header("content-type")), (400, PROBLEM));
    let body = refused.json();
    let members = ["type", "title", "status", "code"].map(|name| body[name].clone());
    assert_eq!(
        members,
        [json!("about:blank"), json!("Bad Request"), json!(400), json!("E_INVALID_NEW_RECORD")]
    );
    assert!(body["detail"].as_str().unwrap().contains("`name`"), "{body}");
    assert_eq!(body["problems"][0]["attr"], "name");
    assert_eq!((body.get("details"), body.get("message")), (None, None));
    let clash = server.send("POST", "/user", json!({ "name": "b", "email": "a@example.com" })).await.json();
    assert_eq!((&clash["code"], &clash["attrNames"]), (&json!("E_UNIQUE"), &json!(["email"])));
    assert!(clash["detail"].is_string(), "{clash}");
    for path in ["/user/999", "/nowhere"] {
        let missing = server.get(path).await;
        assert_eq!((missing.status, missing.header("content-type")), (404, PROBLEM), "{path}");
        assert_eq!(missing.json(), json!({ "type": "about:blank", "title": "Not Found", "status": 404 }));
    }
    let found = server.get("/user/1").await;
    assert_eq!(found.header("content-type"), Some("application/json; charset=utf-8"));
    let broken = server.request("POST", "/user").header("content-type", "application/json").body("{");
    let broken: Value = broken.send().await.unwrap().json().await.unwrap();
    assert_eq!((&broken["status"], &broken["code"]), (&json!(400), &json!("E_BODY_PARSE")));
}

#[tokio::test]
async fn they_are_as_in_sails_unless_a_route_wants_them() {
    let server = server().await;
    assert_eq!(server.get("/user/999").await.text, "Not Found");
    let server =
        both(|| app().route("GET /one/:id", json!({ "action": "user/findone", "problemDetails": true })))
            .await;
    assert_eq!(server.get("/one/999").await.json()["title"], "Not Found");
    assert_eq!(server.get("/user/999").await.text, "Not Found");
}
