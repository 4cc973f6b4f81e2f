//! Clients by hand, as light as can be: many of them, and one that stops reading.

use crate::{
    noise::frame,
    operations::becomes,
    realtime::client::{Client, SDK},
    support::{Server, app, lift},
};
use futures_util::future::join_all;
use serde_json::json;
use std::{process::Command, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    sync::mpsc,
    time::timeout,
};
use topsail::{AppBuilder, prelude::*};

const PATIENCE: Duration = Duration::from_secs(60);

async fn ping() -> Outcome {
    send("pong")
}

/// Whoever connects is in the room `news`.
struct Newsreaders;

impl Hook for Newsreaders {
    async fn initialize(&self, app: &App) -> Result<()> {
        let sockets = app.sockets.clone();
        app.sockets.on_connect(move |socket, _| {
            let sockets = sockets.clone();
            async move {
                sockets.join(socket.id(), "news").await?;
                Ok(())
            }
        });
        Ok(())
    }
}

fn newsreading() -> AppBuilder {
    app()
        .hook(Newsreaders)
        .action("ping", ping)
        .route("/ping", "ping")
        .config("sockets.ping_interval", 600_000)
}

/// A socket of which nothing has been read yet.
async fn connect(server: &Server, receive_buffer: Option<u32>) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    if let Some(bytes) = receive_buffer {
        socket.set_recv_buffer_size(bytes).unwrap();
    }
    let mut stream = socket.connect(server.lifted.address()).await.unwrap();
    let handshake = format!(
        "GET /socket.io/?EIO=4&transport=websocket&{SDK} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n\
         Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(handshake.as_bytes()).await.unwrap();
    stream.write_all(&frame(1, b"40", true)).await.unwrap();
    stream
}

/// Reads so many messages of an event whose name is nowhere else, and gives what was read last.
async fn messages(stream: &mut TcpStream, count: usize) -> Vec<u8> {
    let mut last = Vec::new();
    let mut bytes = vec![0; 4096];
    let mut seen = 0;
    // A read can end in the middle of a message.
    while seen < count || !last.ends_with(b"]") {
        let read = stream.read(&mut bytes).await.unwrap();
        assert!(read > 0, "the connection was ended after {seen} messages");
        seen += bytes[..read].iter().filter(|byte| **byte == b'~').count();
        last.drain(..last.len().saturating_sub(100));
        last.extend_from_slice(&bytes[..read]);
    }
    assert_eq!(seen, count);
    last
}

#[test]
fn t41_a_burst_to_a_thousand_healthy_clients_loses_nothing() {
    // Twice a thousand connections are more than a process usually may have.
    let status = Command::new("sh")
        .args(["-c", "ulimit -n 4096 && exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "crowd::a_burst", "--ignored", "--nocapture"])
        .status()
        .unwrap();
    assert!(status.success());
}

#[tokio::test]
#[ignore = "run by the test above, with enough file descriptors"]
async fn a_burst() {
    const CLIENTS: usize = 1_000;
    const MESSAGES: usize = 500;
    let server = lift(newsreading()).await;
    let mut clients = Vec::new();
    for _ in 0..CLIENTS / 50 {
        clients.extend(join_all((0..50).map(|_| connect(&server, None))).await);
    }
    becomes(&server, "topsail_sockets", CLIENTS as u64).await;
    let sockets = server.lifted.app().sockets.clone();
    let joined = async {
        while sockets.subscribers("news").len() < CLIENTS {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, joined).await.unwrap();
    for n in 0..MESSAGES {
        sockets.broadcast("news", "~", n).await.unwrap();
    }
    let reading = join_all(clients.iter_mut().map(|client| messages(client, MESSAGES)));
    for last in timeout(PATIENCE, reading).await.expect("all messages") {
        let last = String::from_utf8_lossy(&last).into_owned();
        assert!(last.ends_with("42[\"~\",499]"), "in their order");
    }
    assert_eq!(sockets.count(), CLIENTS, "nobody was disconnected");
    server.lifted.lower().await;
}

#[tokio::test]
async fn t43_an_ack_survives_a_full_buffer() {
    const REQUESTS: u64 = 1_500;
    let server = lift(newsreading().config("sockets.max_buffer_size", 16)).await;
    let mut client = Client::connect(&server.lifted.url()).await;
    for _ in 0..REQUESTS {
        client.begin("get", json!({ "url": "/ping" })).await;
    }
    let mut missing: std::collections::BTreeSet<u64> = (1..=REQUESTS).collect();
    while !missing.is_empty() {
        let frame = client.frame().await.expect("an ack");
        let id = frame.strip_prefix("43").and_then(|rest| rest.split('[').next()).expect("an ack");
        assert!(frame.contains("pong") && missing.remove(&id.parse().unwrap()), "{frame}");
    }
    server.lifted.lower().await;
}

#[tokio::test]
async fn t46_whoever_stops_reading_leaves_its_rooms_and_its_hook_runs() {
    let server =
        lift(newsreading().config("http.tcp_user_timeout", 1).config("sockets.max_buffer_size", 16)).await;
    let sockets = server.lifted.app().sockets.clone();
    let (gone, mut seen) = mpsc::unbounded_channel();
    sockets.after_disconnect(move |id, _| {
        let gone = gone.clone();
        async move {
            let _ = gone.send(id);
            Ok(())
        }
    });
    let silent = connect(&server, Some(4096)).await;
    let joined = async {
        while sockets.subscribers("news").is_empty() {
            tokio::task::yield_now().await;
        }
        sockets.subscribers("news")[0]
    };
    let id = timeout(PATIENCE, joined).await.unwrap();
    let page = "x".repeat(100_000);
    let flood = async {
        while !sockets.subscribers("news").is_empty() {
            sockets.broadcast("news", "page", &page).await.unwrap();
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, flood).await.expect("it has left its room");
    let disconnected = timeout(PATIENCE, seen.recv()).await.expect("its hook has run");
    assert_eq!(disconnected, Some(id));
    becomes(&server, "topsail_handshakes_open", 0).await;
    becomes(&server, "topsail_limits_hit_total max_buffer_size", 1).await;
    // All the while it was there.
    drop(silent);
    server.lifted.lower().await;
}
