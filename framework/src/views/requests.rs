//! Views and static files through the whole path of an app.

#![allow(clippy::unwrap_used)]

use crate::{
    App, AppBuilder, Discovered, Outcome, Req,
    session::requests::{ask, builder},
    view,
};
use ::http::StatusCode;
use serde_json::{Value, json};
use std::fs;

async fn page(req: Req) -> Outcome {
    let name = req.param("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    view("pages/hello", json!({ "name": name, "from": "action" }))
}

async fn lost() -> Outcome {
    view("pages/helo", json!({}))
}

/// An app in a folder of its own; the folder lives as long as the test.
async fn app(more: impl FnOnce(AppBuilder) -> AppBuilder) -> (App, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("views/layouts/layout.html", "<main>{% block body %}{% endblock %}</main>\n");
    write(
        "views/pages/hello.html",
        "{% extends \"layouts/layout.html\" %}{% block body %}{{ name }}|{{ from }}|{{ req.path }}|{{ _csrf }}{% endblock %}",
    );
    write("views/404.html", "<h1>Page not found (404)</h1>\n");
    write("assets/robots.txt", "User-agent: *\n");
    write("assets/any", "the file");
    let root: &'static str = Box::leak(folder.path().to_str().unwrap().to_owned().into_boxed_str());
    let discovered: &'static Discovered = Box::leak(Box::new(Discovered { root, ..Discovered::EMPTY }));
    let mut builder = builder();
    builder.discovered = discovered;
    let builder = builder
        .action("page", page)
        .action("lost", lost)
        .route("GET /page/:name", "page")
        .route("GET /lost", "lost")
        .route("GET /any", "page")
        .route("GET /own/:name", json!({ "action": "page", "locals": { "from": "route" } }))
        .route("GET /direct", json!({ "view": "404" }));
    (more(builder).load().await.unwrap(), folder)
}

const HTML: (&str, &str) = ("accept", "text/html");

#[tokio::test]
async fn a_view_is_rendered_in_its_layout_with_values_escaped() {
    let (app, _folder) = app(|builder| builder).await;
    let answer = ask(&app, "GET /page/%3Cb%3E%26", &[HTML], None).await;
    assert_eq!(answer.head("content-type"), "text/html; charset=utf-8");
    assert_eq!(answer.text, "<main>&lt;b&gt;&amp;|action|/page/%3Cb%3E%26|</main>\n");
    assert_eq!(ask(&app, "GET /direct", &[HTML], None).await.text, "<h1>Page not found (404)</h1>\n");
}

#[tokio::test]
async fn ht_100_the_locals_of_a_route_win() {
    let (app, _folder) = app(|builder| builder).await;
    assert!(ask(&app, "GET /own/Ann", &[HTML], None).await.text.starts_with("<main>Ann|route|"));
}

#[tokio::test]
async fn ht_79_a_missing_path_is_a_page_for_browsers_and_text_for_others() {
    let (app, _folder) = app(|builder| builder).await;
    let page = ask(&app, "GET /no/such", &[HTML], None).await;
    assert_eq!((page.status, page.text.as_str()), (StatusCode::NOT_FOUND, "<h1>Page not found (404)</h1>\n"));
    let text = ask(&app, "GET /no/such", &[], None).await;
    assert_eq!((text.status, text.text.as_str()), (StatusCode::NOT_FOUND, "Not Found"));
}

#[tokio::test]
async fn ht_99_a_missing_view_is_named_in_development_only() {
    let (app, _folder) = self::app(|builder| builder).await;
    let answer = ask(&app, "GET /lost", &[HTML], None).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(answer.json()["code"], "E_VIEW_FAILED");
    assert_eq!(answer.json()["view"], "pages/helo");
}

#[tokio::test]
async fn a_protected_app_gives_its_views_a_token_that_can_be_spent() {
    let (app, _folder) =
        app(|builder| builder.config("security.csrf", true).route("POST /any", "page")).await;
    let answer = ask(&app, "GET /page/Ann", &[HTML], None).await;
    let token = answer.text.rsplit('|').next().unwrap().split('<').next().unwrap().to_owned();
    assert!(token.len() > 40, "{}", answer.text);
    let cookie = answer.cookie();
    let headers = [("cookie", cookie.as_str()), ("x-csrf-token", token.as_str()), HTML];
    assert_eq!(ask(&app, "POST /any", &headers, None).await.status, StatusCode::OK);
}

#[tokio::test]
async fn ht_24_files_are_served_where_no_route_answers() {
    let (app, _folder) = app(|builder| builder).await;
    let file = ask(&app, "GET /robots.txt", &[], None).await;
    assert_eq!((file.text.as_str(), file.head("set-cookie")), ("User-agent: *\n", ""));
    assert_eq!(file.head("cache-control"), "public, max-age=0");
    assert!(ask(&app, "GET /any", &[HTML], None).await.text.starts_with("<main>"));
    assert_eq!(ask(&app, "POST /robots.txt", &[], None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(ask(&app, "GET /favicon.ico", &[], None).await.head("content-type"), "image/x-icon");
    let client = ask(&app, "GET /dependencies/topsail.io.js", &[], None).await;
    assert_eq!((client.status, client.head("set-cookie")), (StatusCode::OK, ""));
}

#[tokio::test]
async fn views_are_rendered_outside_of_requests_too() {
    let (app, _folder) =
        app(|builder| builder.config("views.locals", json!({ "req": { "path": "-" } }))).await;
    let text = app.render_view("pages/hello", json!({ "name": "Ann", "from": "mail" })).unwrap();
    assert_eq!(text, "<main>Ann|mail|-|</main>\n");
    assert!(app.render_view("nothing", ()).is_err());
}
