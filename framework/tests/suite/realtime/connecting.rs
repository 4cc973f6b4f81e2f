//! The handshake, who may connect, and the end of a connection.

use super::{
    client::{Client, Handshake, SDK},
    lifted, talking,
};
use crate::support::lift;
use serde_json::json;
use tokio_tungstenite::tungstenite;
use topsail::prelude::*;

fn with_headers(headers: &[(&'static str, &str)]) -> Handshake {
    Handshake {
        headers: headers.iter().map(|(n, v)| (*n, (*v).to_owned())).collect(),
        ..Handshake::default()
    }
}

#[tokio::test]
async fn rt_01_02_03_both_protocols_connect_and_know_their_id() {
    let server = lifted().await;
    for protocol in [3, 4] {
        let handshake = Handshake { protocol: Some(protocol), ..Handshake::default() };
        let mut client = Client::with(&server.lifted.url(), handshake).await.unwrap();
        assert_eq!(client.opening["upgrades"], json!([]));
        assert_eq!(client.opening["pingInterval"], 25_000);
        assert_eq!(client.opening["pingTimeout"], 60_000);
        let id = client.get("/id").await;
        // A JSON text is encoded twice over sockets.
        assert_eq!(id["body"], json!(json!(client.id).to_string()));
    }
    server.lifted.lower().await;
}

#[tokio::test]
async fn rt_04_a_ping_of_an_old_client_is_answered() {
    let server = lifted().await;
    let handshake = Handshake { protocol: Some(3), ..Handshake::default() };
    let mut client = Client::with(&server.lifted.url(), handshake).await.unwrap();
    client.raw("2").await;
    assert_eq!(client.frame().await.as_deref(), Some("3"));
    server.lifted.lower().await;
}

#[tokio::test]
async fn rt_05_07_polling_and_the_client_file_are_refused_by_default() {
    let server = lifted().await;
    assert_eq!(server.get("/socket.io/?EIO=4&transport=polling").await.status, 400);
    assert_eq!(server.get("/socket.io/socket.io.js").await.status, 400);
    assert_eq!(server.get("/socket.io").await.status, 404, "is no endpoint");
    server.lifted.lower().await;
}

#[tokio::test]
async fn rt_09_there_is_one_namespace() {
    let server = lifted().await;
    let mut client = Client::connect(&server.lifted.url()).await;
    client.raw("40/foo,").await;
    let answer = client.frame().await.unwrap();
    assert!(answer.starts_with("44/foo,") && answer.contains("Invalid namespace"), "{answer}");
    server.lifted.lower().await;
}

#[tokio::test]
async fn rt_08_the_path_can_be_another() {
    let server = lift(talking().config("sockets.path", "/socketsarefun")).await;
    assert!(Client::with(&server.lifted.url(), Handshake::default()).await.is_err());
    assert_eq!(server.get("/socketsarefun/?EIO=4&transport=polling").await.status, 400);
    server.lifted.lower().await;
}

#[tokio::test]
async fn rt_49_50_only_listed_origins_connect_and_clients_without_one() {
    let listed = json!(["http://good.example.com"]);
    let server = lift(talking().config("sockets.only_allow_origins", listed)).await;
    let url = server.lifted.url();
    assert!(Client::with(&url, with_headers(&[("origin", "http://good.example.com")])).await.is_ok());
    assert!(Client::with(&url, Handshake::default()).await.is_ok());
    for origin in ["http://bad.example.com", "null", &url] {
        assert!(Client::with(&url, with_headers(&[("origin", origin)])).await.is_err(), "{origin}");
    }
    // A session id that nobody has does not get past the check.
    let forged = Handshake {
        query: Some("sid=AAAAAAAAAAAAAAAA".to_owned()),
        ..with_headers(&[("origin", "http://bad.example.com")])
    };
    assert!(Client::with(&url, forged).await.is_err());
    server.lifted.lower().await;
}

#[tokio::test]
async fn the_same_origin_rule_admits_pages_of_the_app_alone() {
    let server = lift(talking().config("sockets.same_origin", true)).await;
    let url = server.lifted.url();
    assert!(Client::with(&url, with_headers(&[("origin", &url)])).await.is_ok());
    assert!(Client::with(&url, with_headers(&[("origin", "http://evil.example")])).await.is_err());
    server.lifted.lower().await;
}

#[tokio::test]
async fn rt_48_the_cookie_route_grants_a_session() {
    let server = lifted().await;
    let answer = server.get("/__getcookie").await;
    assert_eq!((answer.status, answer.text.as_str()), (200, "_sailsIoJSConnect();"));
    assert!(answer.header("content-type").unwrap().starts_with("application/javascript"));
    assert!(answer.header("set-cookie").unwrap().starts_with("sails.sid="));
    server.lifted.lower().await;
    let server = lift(talking().config("sockets.grant3rd_party_cookie", false)).await;
    assert_eq!(server.get("/__getcookie").await.status, 404);
    server.lifted.lower().await;
}

#[tokio::test]
async fn rt_56_lowering_the_app_ends_all_connections() {
    let server = lifted().await;
    let mut client = Client::connect(&server.lifted.url()).await;
    assert_eq!(server.lifted.app().sockets.count(), 1);
    let sockets = server.lifted.app().sockets.clone();
    server.lifted.lower().await;
    while client.frame().await.is_some() {}
    assert_eq!(sockets.count(), 0);
}

#[tokio::test]
async fn a_message_that_is_too_large_ends_the_connection_and_no_other() {
    let server = lift(talking().config("sockets.max_http_buffer_size", 10_000)).await;
    let mut other = Client::connect(&server.lifted.url()).await;
    let mut client = Client::connect(&server.lifted.url()).await;
    client.begin("post", json!({ "url": "/echo", "data": { "x": "y".repeat(20_000) } })).await;
    while client.frame().await.is_some() {}
    assert!(other.settled().await.is_empty());
    server.lifted.lower().await;
}

#[tokio::test]
async fn rt_51_52_53_the_app_decides_who_connects() {
    let app = talking().config("sockets.only_allow_origins", json!(["http://good.example.com"])).hook(Gate);
    let server = lift(app).await;
    let url = server.lifted.url();
    let asking = |query: &str| Handshake { query: Some(format!("{SDK}&{query}")), ..Handshake::default() };
    assert!(Client::with(&url, asking("pass=yes")).await.is_ok());
    let elsewhere =
        Handshake { headers: vec![("origin", "http://elsewhere".to_owned())], ..asking("pass=yes") };
    assert!(Client::with(&url, elsewhere).await.is_ok(), "the list of origins is not asked any more");
    for (query, told) in [("", "Forbidden"), ("pass=no", "not &lt;you&gt;")] {
        let Err(tungstenite::Error::Http(refusal)) = Client::with(&url, asking(query)).await else {
            panic!()
        };
        assert_eq!(refusal.status(), 400);
        assert_eq!(refusal.body().as_deref(), Some(told.as_bytes()));
    }
    server.lifted.lower().await;
}

struct Gate;

impl Hook for Gate {
    async fn initialize(&self, app: &App) -> Result<()> {
        app.sockets.before_connect(async |handshake: topsail::sockets::Handshake| {
            match handshake.query("pass").as_deref() {
                Some("yes") => Ok(()),
                Some(_) => bad_request("not <you>"),
                None => forbidden(),
            }
        });
        Ok(())
    }
}

#[tokio::test]
async fn rt_55_after_a_disconnect_the_session_can_be_changed() {
    let (sender, mut gone) = tokio::sync::mpsc::unbounded_channel();
    let server = lifted().await;
    let url = server.lifted.url();
    server.lifted.app().sockets.after_disconnect(move |id, session| {
        let sender = sender.clone();
        async move {
            session.set("count", 41).await?;
            sender.send(id.to_string()).unwrap();
            Ok(())
        }
    });
    let cookie =
        server.get("/count").await.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let client = Client::with(&url, with_headers(&[("cookie", &cookie)])).await.unwrap();
    let id = client.id.clone();
    client.close().await;
    assert_eq!(gone.recv().await, Some(id));
    // Saved once the function has ended: asked until then.
    let saved = async { while server.get("/count").await.json()["count"].as_i64().unwrap() < 42 {} };
    tokio::time::timeout(std::time::Duration::from_secs(10), saved).await.unwrap();
    server.lifted.lower().await;
}

#[tokio::test]
async fn s1_all_sockets_of_a_session_can_be_disconnected() {
    let server = lifted().await;
    let url = server.lifted.url();
    let sockets = &server.lifted.app().sockets;
    let mut other = Client::connect(&url).await;
    let cookie =
        server.get("/count").await.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let mut one = Client::with(&url, with_headers(&[("cookie", &cookie)])).await.unwrap();
    let mut two = Client::with(&url, with_headers(&[("cookie", &cookie)])).await.unwrap();
    let session = one.get("/session-id").await["body"].as_str().unwrap().trim_matches('"').parse().unwrap();
    assert_eq!(sockets.disconnect_session(&session).await, 2);
    assert_eq!((one.frame().await.as_deref(), two.frame().await.as_deref()), (Some("41"), Some("41")));
    assert_eq!(sockets.disconnect_session(&session).await, 0);
    assert!(other.settled().await.is_empty());
    server.lifted.lower().await;
}

#[tokio::test]
async fn a_reader_that_is_too_slow_loses_its_connection_and_nobody_else_a_message() {
    let server = lift(talking().config("sockets.max_buffer_size", 16)).await;
    let url = server.lifted.url();
    let sockets = &server.lifted.app().sockets;
    let mut slow = Client::connect(&url).await;
    super::join(&mut slow, json!("news")).await;
    let mut healthy = Client::connect(&url).await;
    super::join(&mut healthy, json!("news")).await;
    let page = "x".repeat(100_000);
    let flood = async {
        let mut sent = 0;
        while sockets.get(&slow.id).is_ok() {
            sockets.broadcast("news", "page", &page).await.unwrap();
            sent += 1;
            // The healthy one reads what it gets.
            assert_eq!(healthy.event().await.0, "page");
        }
        sent
    };
    let sent = tokio::time::timeout(std::time::Duration::from_secs(30), flood).await.unwrap();
    assert!(sent > 16);
    assert!(healthy.settled().await.is_empty());
    drop(slow);
    server.lifted.lower().await;
}
