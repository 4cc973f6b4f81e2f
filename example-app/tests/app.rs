//! The app, lifted and asked over HTTP. What happens on open pages is tested in `tests/browser` of the repository.

#![allow(clippy::unwrap_used)]

mod support;

use support::Browser;
use topsail::{prelude::*, testing::Lifted};

async fn lift() -> Lifted {
    example_app::app().lift_for_test().await.unwrap()
}

async fn logged_in(lifted: &Lifted, name: &str) -> Browser {
    let mut browser = Browser::new(lifted);
    browser.log_in(name).await;
    browser
}

#[tokio::test]
async fn a_name_opens_the_desk() {
    let lifted = lift().await;
    let mut ann = Browser::new(&lifted);
    let login = ann.log_in("Ann").await;
    assert_eq!((login.status, login.location.as_deref()), (302, Some("/")));
    let desk = ann.page("/").await;
    assert_eq!(desk.status, 200);
    assert!(desk.body.contains(">Ann</span>"), "{}", desk.body);

    ann.json("POST", "/logout", None).await;
    assert_eq!(ann.page("/").await.location.as_deref(), Some("/login"));
    lifted.lower().await;
}

#[tokio::test]
async fn a_blank_name_is_told_so_and_a_name_is_never_markup() {
    let lifted = lift().await;
    let mut someone = Browser::new(&lifted);
    let login = someone.log_in("++").await;
    assert_eq!(login.status, 400);
    assert!(login.body.contains("Please tell us your name."), "{}", login.body);

    someone.log_in("%3Cb%3EEve").await;
    let desk = someone.page("/").await;
    assert!(desk.body.contains("&lt;b&gt;Eve") && !desk.body.contains("<b>Eve"), "{}", desk.body);
    lifted.lower().await;
}

#[tokio::test]
async fn without_a_login_pages_lead_to_it_and_scripts_are_refused() {
    let lifted = lift().await;
    let mut stranger = Browser::new(&lifted);
    let desk = stranger.page("/").await;
    assert_eq!((desk.status, desk.location.as_deref()), (302, Some("/login")));
    assert_eq!(stranger.json("GET", "/order", None).await.status, 403);
    assert_eq!(stranger.page("/login").await.status, 200);
    lifted.lower().await;
}

#[tokio::test]
async fn orders_are_created_edited_and_deleted_through_the_blueprints() {
    let lifted = lift().await;
    let mut ann = logged_in(&lifted, "Ann").await;
    let created =
        ann.json("POST", "/order", Some(json!({ "customer": "Tern", "item": "Rope", "quantity": 3 }))).await;
    assert_eq!(created.status, 200, "{}", created.body);
    let order = created.json();
    assert_eq!(order["status"], "pending");
    let path = format!("/order/{}", order["id"]);

    let edited = ann.json("PATCH", &path, Some(json!({ "item": "Better rope" }))).await;
    assert_eq!(edited.json()["item"], "Better rope");
    let moved = ann
        .json("PATCH", &format!("/orders/{}/status", order["id"]), Some(json!({ "status": "paid" })))
        .await;
    assert_eq!(moved.json()["status"], "paid", "{}", moved.body);
    let lost = ann.json("PATCH", "/orders/999/status", Some(json!({ "status": "paid" }))).await;
    assert_eq!(lost.status, 404);
    let wrong = ann
        .json("PATCH", &format!("/orders/{}/status", order["id"]), Some(json!({ "status": "eaten" })))
        .await;
    assert_eq!(wrong.status, 400);

    assert_eq!(ann.json("DELETE", &path, None).await.status, 200);
    assert_eq!(ann.json("GET", &path, None).await.status, 404);
    lifted.lower().await;
}

#[tokio::test]
async fn nothing_changes_without_a_token() {
    let lifted = lift().await;
    let mut ann = logged_in(&lifted, "Ann").await;
    let forged = ann.json_without_token("POST", "/order", json!({ "customer": "Eve", "item": "Sink" })).await;
    assert_eq!(forged.status, 403);
    lifted.lower().await;
}

#[tokio::test]
async fn no_one_speaks_for_another() {
    let lifted = lift().await;
    let mut ann = logged_in(&lifted, "Ann").await;
    for (method, path) in [
        ("POST", "/message"),
        ("GET", "/message"),
        ("POST", "/user"),
        ("PATCH", "/user/1"),
        ("DELETE", "/room/1"),
    ] {
        let refused = ann.json(method, path, Some(json!({ "text": "x", "author": 1, "name": "x" }))).await;
        assert_eq!(refused.status, 403, "{method} {path}");
    }
    let said = ann.json("POST", "/chat/1/messages", Some(json!({ "text": "Ahoy", "author": 7 }))).await;
    assert_eq!(said.json()["author"]["name"], "Ann", "{}", said.body);
    lifted.lower().await;
}
