//! Redis goes away and comes back.

use crate::{
    client::Client,
    redis::Own,
    support::{Fleet, Node, hears},
};
use serde_json::{Value, json};
use std::{
    io,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::time::{interval, timeout};

/// Two nodes whose sockets, but not their sessions, depend on a Redis of their own.
async fn two(own: &Own) -> (Node, Node) {
    let fleet = Fleet::at(own.url());
    let lift = async || Node(fleet.app().config("session.adapter", "memory").lift_for_test().await.unwrap());
    (lift().await, lift().await)
}

/// Broadcasts until the client hears it.
async fn reconnected(from: &Node, client: &mut Client) {
    let sockets = &from.app().sockets;
    let asking = async {
        let mut again = interval(Duration::from_millis(50));
        loop {
            again.tick().await;
            sockets.broadcast("r", "again", json!(0)).await.unwrap();
        }
    };
    // What Redis had taken before it hung comes first.
    let hearing = async { while client.event().await.0 != "again" {} };
    tokio::select! {
        () = hearing => {}
        () = asking => {}
    }
}

async fn local_delivery_goes_on(node: &Node, client: &mut Client) {
    let since = Instant::now();
    for n in 0..100 {
        node.app().sockets.broadcast("r", "local", json!(n)).await.unwrap();
        loop {
            let (event, data) = client.event().await;
            if event == "local" {
                assert_eq!(data, json!(n));
                break;
            }
        }
    }
    let joined = client.post("/join", json!({ "room": "late" })).await;
    assert_eq!(joined["statusCode"], 200);
    assert!(since.elapsed() < Duration::from_secs(5), "{:?}", since.elapsed());
}

#[tokio::test]
async fn a_restart_of_redis_needs_none_of_the_nodes() {
    let mut own = Own::start().await;
    let (one, two) = two(&own).await;
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    one.app().sockets.on_cut_off(move |is_cut_off| {
        let _ = tell.send(is_cut_off);
        async {}
    });
    let (mut a, mut b) = (one.client().await, two.client().await);
    for client in [&mut a, &mut b] {
        client.post("/join", json!({ "room": "r" })).await;
    }
    one.app().sockets.broadcast("r", "x", json!(1)).await.unwrap();
    hears(&mut a, "x", json!(1)).await;
    hears(&mut b, "x", json!(1)).await;
    for _ in 0..2 {
        own.kill();
        local_delivery_goes_on(&one, &mut a).await;
        assert!(one.app().sockets.is_cut_off());
        local_delivery_goes_on(&two, &mut b).await;
        own.restart().await;
        reconnected(&one, &mut b).await;
        reconnected(&two, &mut a).await;
    }
    assert!(!one.app().sockets.is_cut_off() && !two.app().sockets.is_cut_off());
    for expected in [true, false, true, false] {
        let is_cut_off = tokio::time::timeout(Duration::from_secs(5), told.recv()).await.expect("to be told");
        assert_eq!(is_cut_off, Some(expected));
    }
}

/// What is answered at `/health` once it says this of one of its checks.
async fn health_says(node: &Node, check: &str, state: &str) -> (u16, Value) {
    let asking = async {
        let mut again = interval(Duration::from_millis(50));
        loop {
            again.tick().await;
            let answer = reqwest::get(format!("{}/health", node.url())).await.unwrap();
            let (status, health) = (answer.status().as_u16(), answer.json::<Value>().await.unwrap());
            if health["checks"][check] == state {
                return (status, health["status"].clone());
            }
        }
    };
    let waited = timeout(Duration::from_secs(20), asking).await;
    waited.unwrap_or_else(|_| panic!("{check} should be {state}"))
}

/// Keeps the log of everything that runs on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_redis_that_goes_and_comes_back_shows_in_health_and_in_the_log() {
    let log = Log::default();
    let writer = log.clone();
    let _logging = tracing::subscriber::set_default(
        tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish(),
    );
    let mut own = Own::start().await;
    let node = Fleet::at(own.url()).lift().await;
    assert_eq!(health_says(&node, "nodes", "ok").await, (200, json!("ok")));
    own.kill();
    // Sessions lie in the same Redis: without them requests are not served as they should be.
    assert_eq!(health_says(&node, "sessions", "unreachable").await, (503, json!("failing")));
    assert_eq!(health_says(&node, "nodes", "unreachable").await.0, 503);
    own.restart().await;
    health_says(&node, "nodes", "ok").await;
    assert_eq!(health_says(&node, "sessions", "ok").await, (200, json!("ok")));
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for said in [
        "Redis is away",
        "Redis is back",
        "where sessions are kept: out of reach",
        "where sessions are kept: reached again",
    ] {
        assert!(log.contains(said), "{said}: {log}");
    }
}

#[tokio::test]
async fn a_node_that_is_cut_off_goes_on_and_counts_what_the_others_miss() {
    let mut own = Own::start().await;
    let (one, _two) = two(&own).await;
    own.kill();
    assert_eq!(health_says(&one, "nodes", "unreachable").await, (200, json!("degraded")));
    one.app().sockets.broadcast("r", "x", json!(1)).await.unwrap();
    let metrics = one.app().metrics().await;
    let value = |name: &str| metrics.iter().find(|s| s.name == name).unwrap().value;
    assert_eq!(value("topsail_nodes_cut_off"), 1);
    let lost = metrics
        .iter()
        .find(|s| s.name == "topsail_node_messages_lost_total" && s.label == Some(("direction", "out")));
    assert!(lost.unwrap().value >= 1);
}

#[tokio::test]
async fn only_what_changes_a_session_fails_while_redis_is_away() {
    let mut own = Own::start().await;
    let node = Fleet::at(own.url()).lift().await;
    let url = |path: &str| format!("{}{path}", node.url());
    let first = reqwest::get(url("/keep?value=1")).await.unwrap();
    let cookie = first.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let browser = reqwest::Client::builder().timeout(Duration::from_secs(10)).build().unwrap();
    let status = async |path: &str| {
        let asked = browser.get(url(path)).header("cookie", &cookie).send().await;
        asked.unwrap().status().as_u16()
    };
    assert_eq!(status("/kept").await, 200);
    own.kill();
    assert_eq!(status("/keep?value=2").await, 500);
    assert_eq!(status("/ping").await, 200);
    own.restart().await;
    let back = async {
        let mut again = interval(Duration::from_millis(50));
        while status("/keep?value=3").await != 200 {
            again.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), back).await.expect("sessions to work again");
}

#[tokio::test]
async fn a_redis_that_hangs_holds_nobody_up_for_long() {
    let own = Own::start().await;
    let (one, two) = two(&own).await;
    let (mut a, mut b) = (one.client().await, two.client().await);
    for client in [&mut a, &mut b] {
        client.post("/join", json!({ "room": "r" })).await;
    }
    own.signal("-STOP");
    local_delivery_goes_on(&one, &mut a).await;
    own.signal("-CONT");
    reconnected(&one, &mut b).await;
    reconnected(&two, &mut a).await;
}

#[tokio::test]
async fn nodes_are_lowered_while_redis_is_away() {
    let mut own = Own::start().await;
    let (one, two) = two(&own).await;
    own.kill();
    let since = Instant::now();
    one.0.lower().await;
    two.0.lower().await;
    assert!(since.elapsed() < Duration::from_secs(4), "{:?}", since.elapsed());
}
