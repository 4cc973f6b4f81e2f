//! Traps of the libraries below, each shown to be avoided.

use crate::{
    realtime::client::{Client, SDK},
    support::{Answer, app, lift},
};
use futures_util::StreamExt;
use serde_json::{Value, json};
use std::{
    sync::{Arc, Weak},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Notify,
    time::timeout,
};
use tokio_tungstenite::{connect_async, tungstenite::Message};
use topsail::prelude::*;

const PATIENCE: Duration = Duration::from_secs(10);

async fn ping() -> Outcome {
    send("pong")
}

fn pinging() -> topsail::AppBuilder {
    app().action("ping", ping).route("/ping", "ping")
}

/// Sends a text on a connection of its own and reads until the server ends it.
async fn raw(server: &crate::support::Server, text: &str) -> String {
    let mut stream = TcpStream::connect(server.lifted.address()).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut read = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut read)).await.expect("an end").unwrap();
    String::from_utf8_lossy(&read).into_owned()
}

#[tokio::test]
async fn t21_whoever_sends_headers_or_bodies_too_slowly_is_let_go() {
    let server =
        lift(pinging().config("http.header_read_timeout", 1).config("http.body_read_timeout", 1)).await;
    raw(&server, "GET /ping HTTP/1.1\r\nHost: x\r\n").await;
    let slow =
        "POST /ping HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
    let answer = raw(&server, slow).await;
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("E_BODY_TIMEOUT"), "{answer}");
    server.lifted.lower().await;
}

#[tokio::test]
async fn t21_an_answer_to_head_does_not_claim_to_be_empty() {
    let server = lift(pinging()).await;
    let answer =
        raw(&server, "HEAD /ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.to_lowercase();
    assert!(answer.starts_with("http/1.1 200") && !answer.contains("content-length: 0"), "{answer}");
    server.lifted.lower().await;
}

#[tokio::test]
async fn t21_the_limit_of_the_configuration_is_the_only_one() {
    async fn size(axum::Json(body): axum::Json<Value>) -> Outcome {
        ok(body["a"].as_str().unwrap().len())
    }
    let app = app().action("size", size).route("POST /size", "size").config("http.body_limit", 4 << 20);
    let server = lift(app).await;
    let got = server.send("POST", "/size", json!({ "a": "x".repeat(3 << 20) })).await;
    assert_eq!((got.status, got.json()), (200, json!(3 << 20)));
    server.lifted.lower().await;
}

#[tokio::test]
async fn t21_addresses_that_axum_would_panic_at_are_served_or_refused() {
    let server = lift(pinging().route("GET /x/:a/:a", "ping").route("GET /{b}/c", "ping")).await;
    assert_eq!(server.get("/x/1/2").await.status, 200);
    assert_eq!(server.get("/%7Bb%7D/c").await.status, 200);
    server.lifted.lower().await;
    for bad in ["GET /files/*path", "GET /:", "GET /:id(\\d+)"] {
        let error =
            app().action("ping", ping).route(bad, "ping").lift_for_test().await.err().unwrap().to_string();
        assert!(error.contains(bad), "{error}");
    }
}

#[tokio::test]
async fn t22_what_a_failing_request_has_stored_is_kept() {
    async fn fails(req: Req) -> Outcome {
        req.session().set("seen", true).await?;
        panic!("after it was stored")
    }
    async fn seen(req: Req) -> Outcome {
        ok(req.session().get::<bool>("seen").await?)
    }
    let app =
        app().action("fails", fails).action("seen", seen).route("/fails", "fails").route("/seen", "seen");
    let server = lift(app).await;
    assert_eq!(server.get("/fails").await.status, 500);
    assert_eq!(server.get("/seen").await.json(), json!(true));
    server.lifted.lower().await;
}

#[tokio::test]
async fn t35_reading_first_and_writing_later_never_finds_the_database_locked() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/app.db", folder.path().display());
    let server = lift(app().config("datastores.default.url", &url)).await;
    let app = server.lifted.app().clone();
    let user = crate::models::User::create(&app).set(crate::models::User::NAME, "ann").await.unwrap();
    let writers = (0..20).map(|_| {
        let (app, id) = (app.clone(), user.id);
        tokio::spawn(async move {
            app.transaction(async |tx| {
                use crate::models::User;
                let before = User::find_one(tx, id).await?.or_not_found()?;
                User::update_one(tx, id).set(User::AGE, before.age + 1).await?;
                Ok(())
            })
            .await
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        timeout(PATIENCE, writer).await.unwrap().unwrap().unwrap();
    }
    assert_eq!(server.get("/user/1").await.json()["age"], 20, "no write was lost");
    drop(app);
    server.lifted.lower().await;
}

#[tokio::test]
async fn t41_what_a_client_sends_as_soon_as_it_is_connected_is_answered() {
    let server = lift(pinging()).await;
    let url = server.lifted.url();
    let clients = (0..50).map(async |_| {
        let mut client = Client::connect(&url).await;
        assert_eq!(client.get("/ping").await["body"], "pong");
    });
    futures_util::future::join_all(clients).await;
    server.lifted.lower().await;
}

#[tokio::test]
async fn t42_an_ack_is_never_compressed() {
    async fn long() -> Outcome {
        ok("x".repeat(10_000))
    }
    let app = app()
        .action("long", long)
        .route("/long", "long")
        .config("environment", "production")
        .config("session.secret", "a-secret-for-this-test-only-0123456789");
    let server = lift(app).await;
    let http = server.request("GET", "/long").header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(Answer::of(http).await.header("content-encoding"), Some("gzip"));
    let mut client = Client::connect(&server.lifted.url()).await;
    let headers = json!({ "accept-encoding": "gzip" });
    let ack = client.message("get", json!({ "url": "/long", "headers": headers })).await;
    assert!(ack["body"].as_str().unwrap().contains("xxxx"), "{ack}");
    assert!(ack["headers"].get("content-encoding").is_none(), "{ack}");
    server.lifted.lower().await;
}

/// No route of the suite asks for it but the one below.
#[response]
pub async fn explodes(_req: Req, _reply: Reply) -> Outcome {
    panic!("in a response of the app")
}

#[tokio::test]
async fn t42_a_panic_in_a_response_of_the_app_is_answered_too() {
    let server = lift(pinging().route("/explodes", json!({ "response": "explodes" }))).await;
    let mut client = Client::connect(&server.lifted.url()).await;
    assert_eq!(server.get("/explodes").await.status, 500);
    assert_eq!(client.get("/explodes").await["statusCode"], 500);
    assert_eq!(client.get("/ping").await["body"], "pong");
    server.lifted.lower().await;
}

#[tokio::test]
async fn t45_a_session_id_that_is_none_is_no_way_around_the_apps_decision() {
    let server = lift(pinging().hook(Guarded)).await;
    let url = server.lifted.url().replace("http", "ws");
    for query in ["", "&sid=x", "&sid=", "&x=1&sid=AAAAAAAAAAAAAAAA", "&sid=x&sid=AAAAAAAAAAAAAAAA"] {
        let asked = connect_async(format!("{url}/socket.io/?EIO=4&transport=websocket&{SDK}{query}")).await;
        let Ok((mut socket, _)) = asked else { continue };
        let first = timeout(PATIENCE, socket.next()).await.expect("an end");
        assert!(!matches!(first, Some(Ok(Message::Text(_)))), "{query}: {first:?}");
    }
    server.lifted.lower().await;
}

struct Guarded;
impl Hook for Guarded {
    async fn initialize(&self, app: &App) -> Result<()> {
        app.sockets.before_connect(|_| async { forbidden() });
        Ok(())
    }
}

/// Counts as long as an app holds it.
fn held() -> (Arc<()>, Weak<()>) {
    let held = Arc::new(());
    let weak = Arc::downgrade(&held);
    (held, weak)
}

async fn freed(weak: &Weak<()>) {
    let gone = async {
        while weak.upgrade().is_some() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, gone).await.expect("a lowered app is freed");
}

#[tokio::test]
async fn a_lowered_app_is_freed_and_the_other_one_stays() {
    let stays = lift(pinging()).await;
    let (held, weak) = held();
    let action = move || {
        let _held = held.clone();
        async { ok::<topsail::Any, _>("here") }
    };
    let mounted = axum::Router::new().route("/beside", axum::routing::get(async |_: Req| "beside"));
    let app = pinging().action("holds", action).route("/holds", "holds").mount(mounted).bootstrap(
        async |app: App| {
            drop(app);
            Ok(())
        },
    );
    let server = lift(app).await;
    let mut client = Client::connect(&server.lifted.url()).await;
    assert_eq!(client.get("/holds").await["statusCode"], 200);
    assert_eq!(client.request("get", "/user", json!({})).await["statusCode"], 200);
    assert_eq!(server.get("/holds").await.status, 200);
    assert_eq!(server.get("/beside").await.text, "beside");
    server.lifted.lower().await;
    drop((server.client, client));
    freed(&weak).await;
    assert_eq!(stays.get("/ping").await.status, 200);
    stays.lifted.lower().await;
}

#[tokio::test]
async fn an_app_that_is_only_loaded_or_fails_to_lift_is_freed() {
    let holding = || {
        let (held, weak) = held();
        let action = move || {
            let _held = held.clone();
            async { ok::<topsail::Any, _>("here") }
        };
        let app = pinging()
            .config("datastores.default.url", "sqlite::memory:")
            .config("models.migrate", "drop")
            .action("holds", action)
            .route("/holds", "holds");
        (app, weak)
    };
    let (app, weak) = holding();
    let app = app.load().await.unwrap();
    let request = axum::http::Request::get("/holds").body(axum::body::Body::empty()).unwrap();
    let answer = tower::ServiceExt::oneshot(app.router(), request).await.unwrap();
    assert_eq!(answer.status(), 200, "the router can be asked without a door");
    drop((app, answer));
    freed(&weak).await;
    let (app, weak) = holding();
    let failed = app.bootstrap(|_| async { Err(std::io::Error::other("no"))? }).lift_for_test().await;
    assert!(failed.is_err());
    freed(&weak).await;
}

#[tokio::test]
async fn requests_that_do_not_end_are_cut_off_when_the_app_is_lowered() {
    let entered = Arc::new(Notify::new());
    let seen = entered.clone();
    let hangs = move || {
        let seen = seen.clone();
        async move {
            seen.notify_one();
            std::future::pending::<()>().await;
            ok::<topsail::Any, _>(())
        }
    };
    let server =
        lift(app().action("hangs", hangs).route("/hangs", "hangs").config("shutdown_timeout", 50)).await;
    let request = tokio::spawn(server.request("GET", "/hangs").send());
    entered.notified().await;
    timeout(PATIENCE, server.lifted.lower()).await.expect("an end");
    assert!(timeout(PATIENCE, request).await.expect("an end").unwrap().is_err());
}

#[tokio::test]
async fn whoever_is_disconnected_by_the_lowering_does_not_come_back() {
    let server = lift(pinging()).await;
    let url = server.lifted.url();
    let mut client = Client::connect(&url).await;
    let lowering = tokio::spawn(server.lifted.lower());
    while client.frame().await.is_some() {}
    let again = timeout(
        PATIENCE,
        connect_async(format!("{}/socket.io/?EIO=4&transport=websocket", url.replace("http", "ws"))),
    );
    assert!(again.await.expect("an answer").is_err());
    lowering.await.unwrap();
}

#[tokio::test]
async fn a_hook_that_fails_at_the_end_of_the_lift_frees_the_port() {
    struct Late;
    impl Hook for Late {
        async fn lifted(&self, _: &App) -> Result<()> {
            Err(std::io::Error::other("too late"))?
        }
    }
    let free = lift(pinging()).await;
    let port = free.lifted.address().port();
    free.lifted.lower().await;
    let error = pinging().config("port", port).hook(Late).lift_for_test().await.err().unwrap().to_string();
    assert!(error.contains("too late"), "{error}");
    let again = lift(pinging().config("port", port)).await;
    assert_eq!(again.get("/ping").await.status, 200);
    again.lifted.lower().await;
}
