//! What is too much is refused with a word, counted, and holds nothing.

use crate::{
    noise::frame,
    operations::becomes,
    realtime::client::{Client, Handshake, SDK},
    support::{Server, app, lift},
};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{self, Message},
};
use topsail::{AppBuilder, prelude::*};

const PATIENCE: Duration = Duration::from_secs(10);

async fn ping() -> Outcome {
    send("pong")
}

fn pinging() -> AppBuilder {
    app().action("ping", ping).route("/ping", "ping")
}

fn from(address: &str) -> Handshake {
    Handshake { headers: vec![("x-forwarded-for", address.to_owned())], ..Handshake::default() }
}

/// The status and the code of a refused handshake.
async fn refusal(server: &Server, handshake: Handshake) -> (u16, Value) {
    let Err(tungstenite::Error::Http(refusal)) = Client::with(&server.lifted.url(), handshake).await else {
        panic!("it was admitted")
    };
    let body: Value = serde_json::from_slice(refusal.body().as_deref().unwrap()).unwrap();
    assert!(refusal.headers().contains_key("retry-after") && body["message"].is_string(), "{refusal:?}");
    (refusal.status().as_u16(), body["code"].clone())
}

#[tokio::test]
async fn an_address_that_connects_too_often_is_told_to_wait_and_others_are_not() {
    let limited = pinging()
        .config("http.trust_proxy", 1)
        .config("sockets.connection_rate", 1)
        .config("sockets.connection_burst", 2);
    let server = lift(limited).await;
    let url = server.lifted.url();
    for _ in 0..2 {
        Client::with(&url, from("198.51.100.1")).await.unwrap();
    }
    assert_eq!(refusal(&server, from("198.51.100.1")).await, (429, json!("E_CONNECTION_RATE")));
    assert_eq!(refusal(&server, from("1.1.1.1, 198.51.100.1")).await.0, 429);
    Client::with(&url, from("198.51.100.2")).await.unwrap();
    becomes(&server, "topsail_sockets_refused_total connection_rate", 2).await;
    assert_eq!(server.get("/ping").await.status, 200);
    server.lifted.lower().await;
}

#[tokio::test]
async fn a_node_takes_so_many_sockets_and_another_once_one_has_gone() {
    let server = lift(pinging().config("sockets.max_connections", 2)).await;
    let url = server.lifted.url();
    let (first, _second) = (Client::connect(&url).await, Client::connect(&url).await);
    assert_eq!(refusal(&server, Handshake::default()).await, (503, json!("E_TOO_MANY_SOCKETS")));
    becomes(&server, "topsail_sockets_refused_total max_connections", 1).await;
    first.close().await;
    becomes(&server, "topsail_handshakes_open", 1).await;
    let mut third = Client::connect(&url).await;
    assert_eq!(third.get("/ping").await["body"], "pong");
    server.lifted.lower().await;
}

#[tokio::test]
async fn t45_whoever_is_refused_holds_nothing() {
    let server = lift(pinging().config("sockets.only_allow_origins", json!(["http://good"]))).await;
    let url = server.lifted.url();
    for _ in 0..20 {
        let bad = Handshake { headers: vec![("origin", "http://bad".to_owned())], ..Handshake::default() };
        assert!(Client::with(&url, bad).await.is_err());
        assert_eq!(server.get("/socket.io/?EIO=4&transport=polling").await.status, 400);
    }
    becomes(&server, "topsail_sockets_refused_total origin", 20).await;
    becomes(&server, "topsail_handshakes_open", 0).await;
    becomes(&server, "topsail_sockets_connected_total", 0).await;
    server.lifted.lower().await;
}

#[tokio::test]
async fn t45_whoever_opens_a_connection_and_never_connects_is_let_go() {
    let server = lift(pinging().config("sockets.connect_timeout", 100)).await;
    let address =
        format!("{}/socket.io/?EIO=4&transport=websocket&{SDK}", server.lifted.url().replace("http", "ws"));
    let mut sockets = Vec::new();
    for _ in 0..10 {
        sockets.push(connect_async(&address).await.unwrap().0);
    }
    for socket in &mut sockets {
        let ended = async { while let Some(Ok(_)) = socket.next().await {} };
        timeout(PATIENCE, ended).await.expect("an end");
    }
    becomes(&server, "topsail_handshakes_open", 0).await;
    becomes(&server, "topsail_sockets_connected_total", 0).await;
    server.lifted.lower().await;
}

/// Of the old protocol nothing but the end of the connection ends a socket that has hardly begun.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn t45_whoever_is_gone_before_the_opening_packet_holds_nothing() {
    let server = lift(pinging()).await;
    let address = server.lifted.address();
    let many = (0..8).map(|_| {
        tokio::spawn(async move {
            for n in 0..250 {
                let mut stream = TcpStream::connect(address).await.unwrap();
                stream.set_zero_linger().unwrap();
                stream.write_all(&handshake_of(3)).await.unwrap();
                if n % 2 == 0 {
                    // The upgrade is answered; the opening packet follows.
                    stream.read_u8().await.unwrap();
                }
            }
        })
    });
    for one in many.collect::<Vec<_>>() {
        one.await.unwrap();
    }
    becomes(&server, "topsail_handshakes_open", 0).await;
    becomes(&server, "topsail_sockets", 0).await;
    becomes(&server, "topsail_connections", 0).await;
    server.lifted.lower().await;
}

/// A handshake as bytes.
fn handshake_of(protocol: u8) -> Vec<u8> {
    format!(
        "GET /socket.io/?EIO={protocol}&transport=websocket&{SDK} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n\
         Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    .into_bytes()
}

#[tokio::test]
async fn t45_whoever_is_gone_before_the_answer_holds_nothing() {
    let server = lift(pinging().config("sockets.connect_timeout", 100)).await;
    for n in 0..60 {
        let mut stream = TcpStream::connect(server.lifted.address()).await.unwrap();
        stream.write_all(&handshake_of(3 + n % 2)).await.unwrap();
        if n % 3 == 0 {
            // The server has begun to answer.
            stream.read_u8().await.unwrap();
        }
        // It asks to be connected, and is gone while it is.
        stream.write_all(&frame(1, b"40", true)).await.unwrap();
        // The connection is reset, not closed.
        stream.set_zero_linger().unwrap();
    }
    becomes(&server, "topsail_handshakes_open", 0).await;
    becomes(&server, "topsail_sockets", 0).await;
    becomes(&server, "topsail_connections", 0).await;
    server.lifted.lower().await;
}

#[tokio::test]
async fn a_socket_that_sends_more_requests_than_may_wait_is_ended_and_counted() {
    async fn hangs() -> Outcome {
        std::future::pending().await
    }
    let server = lift(
        pinging()
            .action("hangs", hangs)
            .route("/hangs", "hangs")
            .config("sockets.max_in_flight", 2)
            .config("sockets.max_pending", 5)
            .config("shutdown_timeout", 1),
    )
    .await;
    let url = server.lifted.url();
    let (mut greedy, mut other) = (Client::connect(&url).await, Client::connect(&url).await);
    for _ in 0..5 {
        greedy.begin("get", json!({ "url": "/hangs" })).await;
    }
    becomes(&server, "topsail_virtual_requests_in_flight", 2).await;
    greedy.begin("get", json!({ "url": "/hangs" })).await;
    assert_eq!(greedy.frame().await.as_deref(), Some("41"));
    becomes(&server, "topsail_limits_hit_total max_pending", 1).await;
    becomes(&server, "topsail_sockets", 1).await;
    assert_eq!(other.get("/ping").await["body"], "pong");
    server.lifted.lower().await;
}

#[tokio::test]
async fn a_message_larger_than_allowed_ends_its_connection_and_is_counted() {
    let server = lift(pinging().config("sockets.max_http_buffer_size", 10_000)).await;
    let url = server.lifted.url();
    let address = format!("{}/socket.io/?EIO=4&transport=websocket&{SDK}", url.replace("http", "ws"));
    let large = format!("42[\"post\",{{\"url\":\"/ping\",\"data\":\"{}\"}}]", "x".repeat(20_000));
    for message in [Message::text(large), Message::binary(vec![0; 20_000])] {
        let (mut socket, _) = connect_async(&address).await.unwrap();
        socket.send(Message::text("40")).await.unwrap();
        socket.send(message).await.unwrap();
        let ended = async { while let Some(Ok(_)) = socket.next().await {} };
        timeout(PATIENCE, ended).await.expect("an end");
    }
    becomes(&server, "topsail_handshakes_open", 0).await;
    becomes(&server, "topsail_limits_hit_total max_http_buffer_size", 2).await;
    assert_eq!(Client::connect(&url).await.get("/ping").await["body"], "pong");
    server.lifted.lower().await;
}

#[tokio::test]
async fn a_message_by_polling_that_is_larger_than_allowed_is_refused_and_counted() {
    let polling = pinging()
        .config("sockets.max_http_buffer_size", 10_000)
        .config("sockets.transports", json!(["polling", "websocket"]));
    let server = lift(polling).await;
    let open = server.get(&format!("/socket.io/?EIO=4&transport=polling&{SDK}")).await;
    let open: Value = serde_json::from_str(open.text.strip_prefix('0').unwrap()).unwrap();
    let path = format!("/socket.io/?EIO=4&transport=polling&sid={}", open["sid"].as_str().unwrap());
    let sent = server.request("POST", &path).body("4".repeat(20_000)).send().await.unwrap();
    assert_eq!(sent.status(), 413);
    becomes(&server, "topsail_limits_hit_total max_http_buffer_size", 1).await;
    server.lifted.lower().await;
}

#[tokio::test]
async fn more_headers_than_allowed_are_refused_over_both() {
    let server = lift(pinging().config("http.max_headers", 20)).await;
    let mut client = Client::connect(&server.lifted.url()).await;
    let with = |n: usize| (0..n).map(|n| (format!("x-{n}"), "v".to_owned())).collect::<Vec<_>>();
    for (count, status) in [(10, 200), (30, 431)] {
        let request = server.request("GET", "/ping");
        let request = with(count).into_iter().fold(request, |r, (name, value)| r.header(name, value));
        assert_eq!(request.send().await.unwrap().status(), status);
    }
    let headers: serde_json::Map<String, Value> = with(30).into_iter().map(|(n, v)| (n, v.into())).collect();
    let ack = client.message("get", json!({ "url": "/ping", "headers": headers })).await;
    assert_eq!(ack["status"], 400);
    assert!(ack["details"].as_str().unwrap().contains("http.max_headers"), "{ack}");
    becomes(&server, "topsail_limits_hit_total max_headers", 1).await;
    assert_eq!(client.get("/ping").await["body"], "pong");
    server.lifted.lower().await;
}

#[tokio::test]
async fn deep_data_is_refused_over_both_and_counted() {
    let server = lift(pinging().config("http.json_depth", 10)).await;
    let mut client = Client::connect(&server.lifted.url()).await;
    let nested = |depth| (1..depth).fold(json!({}), |inner, _| json!({ "a": inner }));
    assert_eq!(server.send("POST", "/ping", nested(10)).await.status, 200);
    assert_eq!(client.post("/ping", nested(10)).await["statusCode"], 200);
    assert_eq!(server.send("POST", "/ping", nested(11)).await.status, 400);
    let ack = client.post("/ping", nested(11)).await;
    assert!(ack["status"] == 400 && ack["details"].as_str().unwrap().contains("http.json_depth"), "{ack}");
    becomes(&server, "topsail_limits_hit_total json_depth", 2).await;
    server.lifted.lower().await;
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_and_counted() {
    let server = lift(pinging().config("http.body_limit", 1_000)).await;
    let got = server.send("POST", "/ping", json!({ "a": "x".repeat(2_000) })).await;
    assert!(got.status == 400 && got.text.contains("http.body_limit"), "{}", got.text);
    becomes(&server, "topsail_limits_hit_total body_limit", 1).await;
    server.lifted.lower().await;
}
