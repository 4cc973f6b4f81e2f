//! What those who run an app ask of it: how it is, and what it has counted.

use crate::{
    realtime::client::{Client, Handshake},
    support::{Server, app, lift},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::timeout;
use topsail::{AppBuilder, prelude::*};

const PATIENCE: Duration = Duration::from_secs(10);

async fn ping() -> Outcome {
    send("pong")
}

async fn join(app: App, req: Req) -> Outcome {
    app.sockets.join(&req, ["a", "b", "c"]).await?;
    ok(())
}

fn counted() -> AppBuilder {
    app()
        .action("ping", ping)
        .route("/ping", "ping")
        .action("join", join)
        .route("/join", "join")
        .config("metrics.enabled", true)
        .config("health.path", "/health")
}

fn in_production(app: AppBuilder) -> AppBuilder {
    app.config("environment", "production").config("session.secret", "a-secret-for-this-test-only-0123456789")
}

/// The numbers by name, with their label: `topsail_http_requests_total 2xx`.
async fn numbers(server: &Server) -> BTreeMap<String, u64> {
    let name = |s: &topsail::metrics::Sample| match s.label {
        Some((_, label)) => format!("{} {label}", s.name),
        None => s.name.to_owned(),
    };
    server.lifted.app().metrics().await.iter().map(|s| (name(s), s.value)).collect()
}

/// Waits until a number is this.
pub async fn becomes(server: &Server, name: &str, value: u64) {
    let waiting = async {
        while numbers(server).await[name] != value {
            tokio::task::yield_now().await;
        }
    };
    let waited = timeout(PATIENCE, waiting).await;
    assert!(waited.is_ok(), "{name} is {} and not {value}", numbers(server).await[name]);
}

#[tokio::test]
async fn what_happens_is_counted_where_it_happens() {
    let server = lift(
        counted().config("sockets.max_rooms", 3).config("sockets.only_allow_origins", json!(["http://good"])),
    )
    .await;
    let url = server.lifted.url();
    assert_eq!(server.get("/ping").await.status, 200);
    assert_eq!(server.get("/nowhere").await.status, 404);
    let mut client = Client::connect(&url).await;
    assert_eq!(client.get("/ping").await["statusCode"], 200);
    assert_eq!(client.get("/nowhere").await["statusCode"], 404);
    assert_eq!(client.get("/join").await["statusCode"], 429);
    assert_eq!(client.message("get", json!({ "no": "url" })).await["status"], 400);
    let elsewhere = Handshake { headers: vec![("origin", "http://bad".to_owned())], ..Handshake::default() };
    assert!(Client::with(&url, elsewhere).await.is_err());
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(200), "]".repeat(200));
    let sent = server.request("POST", "/ping").header("content-type", "application/json").body(deep);
    assert_eq!(sent.send().await.unwrap().status(), 400);
    server.lifted.app().sockets.blast("x", 1).await.unwrap();
    let numbers = numbers(&server).await;
    for (name, expected) in [
        ("topsail_http_requests_total 2xx", 1),
        ("topsail_http_requests_total 4xx", 2),
        ("topsail_http_requests_in_flight", 0),
        ("topsail_virtual_requests_total 2xx", 1),
        ("topsail_virtual_requests_total 4xx", 2),
        ("topsail_virtual_requests_in_flight", 0),
        ("topsail_frames_malformed_total", 1),
        ("topsail_sockets", 1),
        ("topsail_sockets_connected_total", 1),
        ("topsail_sockets_refused_total origin", 1),
        ("topsail_limits_hit_total max_rooms", 1),
        ("topsail_limits_hit_total json_depth", 1),
        ("topsail_broadcasts_total", 1),
        ("topsail_rooms", 0),
        ("topsail_nodes_cut_off", 0),
    ] {
        assert_eq!(numbers[name], expected, "{name}");
    }
    assert!(numbers["topsail_sessions"] >= 2 && numbers["topsail_connections"] >= 1, "{numbers:?}");
    client.close().await;
    becomes(&server, "topsail_sockets", 0).await;
    server.lifted.lower().await;
}

#[tokio::test]
async fn rooms_are_counted_without_those_of_single_sockets() {
    let server = lift(counted()).await;
    let mut clients =
        [Client::connect(&server.lifted.url()).await, Client::connect(&server.lifted.url()).await];
    for client in &mut clients {
        assert_eq!(client.get("/join").await["statusCode"], 200);
    }
    becomes(&server, "topsail_rooms", 3).await;
    server.lifted.lower().await;
}

#[tokio::test]
async fn the_page_of_numbers_is_prometheus_text_and_no_request_of_the_app() {
    let server = lift(counted().config("policies", json!({ "*": false }))).await;
    let page = server.get("/__topsail/metrics").await;
    assert_eq!(
        (page.status, page.header("content-type")),
        (200, Some("text/plain; version=0.0.4; charset=utf-8"))
    );
    assert!(page.text.contains("# TYPE topsail_sockets gauge\ntopsail_sockets 0\n"), "{}", page.text);
    assert!(page.text.contains("topsail_http_requests_total{status=\"2xx\"} 0\n"), "{}", page.text);
    assert!(page.header("set-cookie").is_none());
    assert_eq!(numbers(&server).await["topsail_sessions"], 0);
    server.lifted.lower().await;
    let server = lift(app()).await;
    assert_eq!(server.get("/__topsail/metrics").await.status, 404, "it is off unless it is asked for");
    server.lifted.lower().await;
}

#[tokio::test]
async fn in_production_the_numbers_are_for_those_who_were_chosen() {
    let unchosen = in_production(counted()).lift_for_test().await.err().unwrap().to_string();
    assert!(
        unchosen.contains("metrics.enabled") && unchosen.contains("TOPSAIL_METRICS__TOKEN"),
        "{unchosen}"
    );
    let token = "a-token-of-this-test";
    let server = lift(in_production(counted()).config("metrics.token", token)).await;
    for (given, status) in [
        (None, 401),
        (Some("Bearer wrong"), 401),
        (Some("Basic a-token-of-this-test"), 401),
        (Some(""), 401),
        (Some("Bearer a-token-of-this-test"), 200),
        (Some("bearer a-token-of-this-test"), 200),
    ] {
        let asked = server.request("GET", "/__topsail/metrics");
        let asked = given.into_iter().fold(asked, |asked, given| asked.header("authorization", given));
        assert_eq!(asked.send().await.unwrap().status(), status, "{given:?}");
    }
    server.lifted.lower().await;
}

#[tokio::test]
async fn what_the_framework_answers_hides_no_route_of_the_app() {
    for (key, value) in [("health.path", "/ping"), ("metrics.path", "/ping"), ("metrics.path", "/health")] {
        let error = counted().config(key, value).lift_for_test().await.err().unwrap().to_string();
        assert!(error.contains(key) && error.contains("choose another"), "{error}");
    }
}

#[tokio::test]
async fn an_app_that_is_well_says_so_and_opens_no_session_for_it() {
    let server = lift(counted()).await;
    let got = server.get("/health").await;
    let checks = json!({ "datastores": { "default": "ok" }, "sessions": "ok" });
    assert_eq!((got.status, got.json()), (200, json!({ "status": "ok", "checks": checks })));
    assert!(got.header("set-cookie").is_none() && got.header("cache-control") == Some("no-store"));
    assert_eq!(numbers(&server).await["topsail_sessions"], 0);
    assert_eq!(server.request("HEAD", "/health").send().await.unwrap().status(), 200);
    server.lifted.lower().await;
    let server = lift(app()).await;
    assert_eq!(server.get("/health").await.status, 404, "it is off unless it is asked for");
    server.lifted.lower().await;
}

#[tokio::test]
async fn a_datastore_that_does_not_answer_in_time_is_told_and_waited_for_no_longer() {
    let server =
        lift(counted().config("datastores.default.max_connections", 1).config("health.timeout", 50)).await;
    let app = server.lifted.app().clone();
    assert_eq!(server.get("/health").await.status, 200);
    let held = app.begin().await.unwrap();
    // Asked once a second at most: until then the former answer stands.
    let failing = async {
        loop {
            let got = server.get("/health").await;
            if got.status == 503 {
                return got.json();
            }
        }
    };
    let told: Value = timeout(PATIENCE, failing).await.expect("a 503");
    assert_eq!(told["status"], "failing");
    assert_eq!(told["checks"]["datastores"]["default"], "unreachable");
    held.rollback().await.unwrap();
    let well = async { while server.get("/health").await.status != 200 {} };
    timeout(PATIENCE, well).await.expect("a 200");
    drop(app);
    server.lifted.lower().await;
}

#[tokio::test]
async fn an_app_that_is_being_lowered_wants_no_more_requests() {
    let server = lift(counted()).await;
    let app = server.lifted.app().clone();
    assert!(app.health().await.serves());
    server.lifted.lower().await;
    let health = app.health().await;
    assert_eq!((health.status, health.serves()), (topsail::health::Status::Lowering, false));
}
