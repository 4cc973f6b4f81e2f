//! Sessions as requests see them, through the whole path of an app.

#![allow(clippy::unwrap_used)]

use crate::{App, AppBuilder, Discovered, Outcome, Req, bad_request, http::http_service, ok, server_error};
use ::http::{HeaderMap, Request, StatusCode, header};
use axum::body::Body;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

/// An answer that was read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// One header, or an empty text.
    pub(crate) fn head(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// What a browser sends back.
    pub(crate) fn cookie(&self) -> String {
        self.head("set-cookie").split(';').next().unwrap().to_owned()
    }
}

/// Asks an app over its HTTP door; a body is sent as JSON.
pub(crate) async fn ask(app: &App, line: &str, headers: &[(&str, &str)], body: Option<Value>) -> Answer {
    let (method, path) = line.split_once(' ').unwrap();
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = match body {
        Some(json) => {
            request = request.header(header::CONTENT_TYPE, "application/json");
            Body::from(json.to_string())
        }
        None => Body::empty(),
    };
    let response = http_service(app).oneshot(request.body(body).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    Answer {
        status: parts.status,
        headers: parts.headers,
        text: String::from_utf8_lossy(&bytes).into_owned(),
    }
}

/// An app without files, that keeps nothing on disk.
pub(crate) fn builder() -> AppBuilder {
    AppBuilder::new(&Discovered::EMPTY)
        .config("datastores.default.url", "sqlite::memory:")
        .config("models.migrate", "drop")
        .config("log.level", "error")
}

async fn count(req: Req) -> Outcome {
    let count = req.session().get::<i64>("count").await?.unwrap_or(0) + 1;
    req.session().set("count", count).await?;
    if req.param("fail").is_some() {
        return server_error("on purpose");
    }
    ok(json!({ "count": count }))
}

async fn show(req: Req) -> Outcome {
    if !req.session().is_some() {
        return bad_request("no session");
    }
    ok(req.session().all().await?)
}

async fn destroy(req: Req) -> Outcome {
    req.session().destroy().await?;
    ok(json!({ "destroyed": true }))
}

async fn login(req: Req) -> Outcome {
    req.session().regenerate().await?;
    req.session().set("userId", 7).await?;
    ok(())
}

async fn app() -> App {
    builder()
        .action("session/count", count)
        .action("session/show", show)
        .action("session/destroy", destroy)
        .action("session/login", login)
        .route("/count", "session/count")
        .route("/show", "session/show")
        .route("/show.json", "session/show")
        .route("/destroy", "session/destroy")
        .route("/login", "session/login")
        .load()
        .await
        .unwrap()
}

#[tokio::test]
async fn ht_85_the_first_answer_sets_a_cookie_and_the_next_do_not() {
    let app = app().await;
    let first = ask(&app, "GET /count", &[], None).await;
    assert!(first.head("set-cookie").contains("; Path=/; HttpOnly; SameSite=Lax"));
    let cookie = first.cookie();
    let second = ask(&app, "GET /count", &[("cookie", &cookie)], None).await;
    assert_eq!((second.json()["count"].as_i64(), second.head("set-cookie")), (Some(2), ""));
    assert_eq!(ask(&app, "GET /count", &[], None).await.json()["count"], 1);
}

#[tokio::test]
async fn ht_25_also_a_404_sets_a_cookie_and_what_looks_like_a_file_does_not() {
    let app = app().await;
    let missing = ask(&app, "GET /no/such", &[], None).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert!(missing.cookie().starts_with("sails.sid="));
    let file = ask(&app, "GET /no/such.png", &[], None).await;
    assert_eq!((file.status, file.head("set-cookie")), (StatusCode::NOT_FOUND, ""));
    let routed = ask(&app, "GET /show.json", &[], None).await;
    assert_eq!((routed.status, routed.head("set-cookie")), (StatusCode::BAD_REQUEST, ""));
}

#[tokio::test]
async fn the_header_nosession_counts_over_sockets_only() {
    let app = app().await;
    let answer = ask(&app, "GET /show", &[("nosession", "true")], None).await;
    assert_eq!(answer.json(), json!({}));
}

#[tokio::test]
async fn ht_87_a_destroyed_session_is_followed_by_an_empty_one() {
    let app = app().await;
    let cookie = ask(&app, "GET /count", &[], None).await.cookie();
    let destroyed = ask(&app, "GET /destroy", &[("cookie", &cookie)], None).await;
    assert_eq!((destroyed.status, destroyed.head("set-cookie")), (StatusCode::OK, ""));
    let next = ask(&app, "GET /count", &[("cookie", &cookie)], None).await;
    assert_eq!(next.json()["count"], 1);
    assert_ne!(next.cookie(), cookie);
}

#[tokio::test]
async fn a_login_rotates_the_id_and_keeps_the_data() {
    let app = app().await;
    let before = ask(&app, "GET /count", &[], None).await.cookie();
    let after = ask(&app, "GET /login", &[("cookie", &before)], None).await.cookie();
    assert_ne!(before, after);
    let shown = ask(&app, "GET /show", &[("cookie", &after)], None).await;
    assert_eq!(shown.json(), json!({ "count": 1, "userId": 7 }));
    assert_eq!(ask(&app, "GET /show", &[("cookie", &before)], None).await.json(), json!({}));
}

#[tokio::test]
async fn a_failing_request_keeps_its_changes() {
    let app = app().await;
    let failed = ask(&app, "GET /count?fail=1", &[], None).await;
    assert_eq!(failed.status, StatusCode::INTERNAL_SERVER_ERROR);
    let next = ask(&app, "GET /count", &[("cookie", &failed.cookie())], None).await;
    assert_eq!(next.json()["count"], 2);
}

#[tokio::test]
async fn cookies_are_set_and_read_by_actions() {
    use crate::cookies::Cookie;
    async fn set(app: App) -> Outcome {
        ok(json!({}))?
            .with_cookie(Cookie::new("flavour", "oat & raisin").path("/cookies").http_only())?
            .with_cookie(Cookie::new("signedone", "v1").signed(&app))?
            .with_cookie(Cookie::clear("gone"))
    }
    async fn read(req: Req) -> Outcome {
        ok(json!({ "flavour": req.cookies().get("flavour"), "signed": req.cookies().signed("signedone") }))
    }
    let app = builder()
        .action("cookies/set", set)
        .action("cookies/read", read)
        .route("/set", "cookies/set")
        .route("/read", "cookies/read")
        .load()
        .await
        .unwrap();
    let answer = ask(&app, "GET /set", &[], None).await;
    let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap()).collect();
    assert_eq!(cookies[0], "flavour=oat%20%26%20raisin; Path=/cookies; HttpOnly");
    assert_eq!(cookies[2], "gone=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT");
    let pairs: Vec<_> = cookies.iter().map(|c| c.split(';').next().unwrap()).collect();
    let read = ask(&app, "GET /read", &[("cookie", &pairs.join("; "))], None).await;
    assert_eq!(read.json(), json!({ "flavour": "oat & raisin", "signed": "v1" }));
}
