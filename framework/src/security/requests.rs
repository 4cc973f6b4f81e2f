//! CORS and CSRF through the whole path of an app.

#![allow(clippy::unwrap_used)]

use crate::{
    App, Outcome, Req, ok,
    session::requests::{Answer, ask, builder},
};
use ::http::StatusCode;
use serde_json::{Value, json};

async fn echo(req: Req) -> Outcome {
    ok(json!({ "method": req.method().as_str() }))
}

async fn app(config: &[(&str, Value)]) -> App {
    let mut builder = builder()
        .action("echo", echo)
        .route("/any", "echo")
        .route("GET /open", json!({ "action": "echo", "cors": true }))
        .route("PUT /one", json!({ "action": "echo", "cors": "http://one.example.com" }))
        .route("GET /off", json!({ "action": "echo", "cors": false }))
        .route("POST /free", json!({ "action": "echo", "csrf": false }))
        .route("GET /token", "security/grant-csrf-token");
    for (key, value) in config {
        builder = builder.config(key, value);
    }
    builder.load().await.unwrap()
}

async fn protected() -> (App, String, String) {
    let app = app(&[("security.csrf", true.into())]).await;
    let granted = ask(&app, "GET /token", &[], None).await;
    let token = granted.json()["_csrf"].as_str().unwrap().to_owned();
    let cookie = granted.cookie();
    (app, cookie, token)
}

fn cors_headers(answer: &Answer) -> usize {
    answer.headers.keys().filter(|name| name.as_str().starts_with("access-control-")).count()
}

#[tokio::test]
async fn ht_89_a_token_is_taken_from_each_of_its_six_places() {
    let (app, cookie, token) = protected().await;
    let refused = ask(&app, "POST /any", &[("cookie", &cookie)], Some(json!({}))).await;
    assert_eq!((refused.status, refused.text.as_str()), (StatusCode::FORBIDDEN, "Forbidden"));
    for header in ["csrf-token", "xsrf-token", "x-csrf-token", "x-xsrf-token"] {
        let passed = ask(&app, "POST /any", &[("cookie", &cookie), (header, &token)], Some(json!({}))).await;
        assert_eq!(passed.status, StatusCode::OK, "{header}");
    }
    let body = json!({ "_csrf": token });
    assert_eq!(ask(&app, "POST /any", &[("cookie", &cookie)], Some(body)).await.status, StatusCode::OK);
    let line = format!("POST /any?_csrf={token}");
    assert_eq!(ask(&app, &line, &[("cookie", &cookie)], None).await.status, StatusCode::OK);
    assert_eq!(ask(&app, "GET /any", &[], None).await.status, StatusCode::OK);
}

#[tokio::test]
async fn ht_90_tokens_are_bound_to_their_session() {
    let (app, cookie, token) = protected().await;
    let other = ask(&app, "GET /token", &[], None).await.cookie();
    let foreign = ask(&app, "POST /any", &[("cookie", &other), ("x-csrf-token", &token)], None).await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    let fresh = ask(&app, "GET /token", &[("cookie", &cookie)], None).await.json()["_csrf"].clone();
    assert_ne!(fresh, token);
    for token in [token.as_str(), fresh.as_str().unwrap()] {
        let passed = ask(&app, "POST /any", &[("cookie", &cookie), ("x-csrf-token", token)], None).await;
        assert_eq!(passed.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn ht_91_a_route_can_be_exempt_and_an_unknown_one_is_not() {
    let (app, cookie, _) = protected().await;
    for line in ["POST /free", "POST /FREE/"] {
        assert_eq!(ask(&app, line, &[("cookie", &cookie)], None).await.status, StatusCode::OK, "{line}");
    }
    let unknown = ask(&app, "POST /no/such", &[("cookie", &cookie)], None).await;
    assert_eq!(unknown.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn ht_92_without_the_protection_the_token_is_empty_and_none_is_needed() {
    let app = app(&[]).await;
    assert_eq!(ask(&app, "GET /token", &[], None).await.json(), json!({ "_csrf": "" }));
    assert_eq!(ask(&app, "POST /any", &[], None).await.status, StatusCode::OK);
}

#[tokio::test]
async fn ht_93_to_95_routes_have_cors_of_their_own() {
    let app = app(&[]).await;
    let origin = ("origin", "http://one.example.com");
    assert_eq!(cors_headers(&ask(&app, "GET /any", &[origin], None).await), 0);
    assert_eq!(ask(&app, "GET /open", &[], None).await.head("access-control-allow-origin"), "*");
    let one = ask(&app, "PUT /one", &[origin], None).await;
    assert_eq!((one.head("access-control-allow-origin"), one.head("vary")), (origin.1, "Origin"));
    let other = ask(&app, "PUT /one", &[("origin", "http://two.example.com")], None).await;
    assert_eq!((other.status, cors_headers(&other)), (StatusCode::OK, 0));
    let preflight = [origin, ("access-control-request-method", "PUT")];
    let asked = ask(&app, "OPTIONS /one", &preflight, None).await;
    assert_eq!((asked.status, asked.text.as_str()), (StatusCode::OK, ""));
    assert_eq!(asked.head("access-control-allow-methods"), "GET,HEAD,PUT,PATCH,POST,DELETE");
    let unasked = ask(&app, "OPTIONS /off", &[origin, ("access-control-request-method", "GET")], None).await;
    assert_eq!((unasked.status, cors_headers(&unasked)), (StatusCode::OK, 0));
}

#[tokio::test]
async fn with_cors_for_all_routes_every_path_answers_with_it() {
    let app = app(&[("security.cors.all_routes", true.into())]).await;
    for line in ["GET /any", "GET /no/such", "GET /favicon.ico"] {
        assert_eq!(ask(&app, line, &[], None).await.head("access-control-allow-origin"), "*", "{line}");
    }
    assert_eq!(cors_headers(&ask(&app, "GET /off", &[("origin", "http://a.example")], None).await), 0);
}

#[tokio::test]
async fn ht_96_unsafe_settings_stop_the_lift() {
    let refused = builder().config("security.cors.allow_credentials", true).load().await.err().unwrap();
    assert!(refused.to_string().contains("E_INVALID_SECURITY_CONFIG"), "{refused}");
    let cors = json!({ "allowCredentials": true });
    let refused = builder()
        .action("echo", echo)
        .route("GET /x", json!({ "action": "echo", "cors": cors }))
        .load()
        .await;
    let refused = refused.err().unwrap().to_string();
    assert!(refused.contains("E_UNSAFE") && refused.contains("/x"), "{refused}");
}
