//! A node in a process of its own, which can be killed.

use crate::support::{Fleet, hears, hears_nothing, node};
use serde_json::json;
use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const URL: &str = "TOPSAIL_TEST_NODE_URL";
const PREFIX: &str = "TOPSAIL_TEST_NODE_PREFIX";

/// The program of the other process; it does nothing where nobody has asked for a node.
#[tokio::test]
#[ignore = "it is a node, started by the test below"]
async fn a_node() {
    let (Ok(url), Ok(prefix)) = (std::env::var(URL), std::env::var(PREFIX)) else { return };
    let lifted = node(&url, &prefix).lift_for_test().await.unwrap();
    println!("\nlistening at {}", lifted.url());
    std::future::pending::<()>().await;
}

struct Process(Child);

impl Process {
    /// Starts it; gives its address as well.
    fn start(fleet: &Fleet) -> (Self, String) {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "process::a_node", "--ignored", "--nocapture"])
            .envs([(URL, &fleet.url), (PREFIX, &fleet.prefix)])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url =
            lines.map_while(Result::ok).find_map(|l| l.strip_prefix("listening at ").map(str::to_owned));
        (Self(child), url.expect("the node to be lifted"))
    }

    /// As `kill -9` does.
    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn rt_82_a_node_that_is_killed_takes_only_its_own_sockets_with_it() {
    let fleet = Fleet::new().await;
    let (one, two) = (fleet.lift().await, fleet.lift().await);
    let (mut third, url) = Process::start(&fleet);
    let (mut a, mut b) = (one.client().await, two.client().await);
    let mut c = crate::client::Client::connect(&url).await;
    for client in [&mut a, &mut b, &mut c] {
        client.post("/join", json!({ "room": "r" })).await;
    }
    c.post("/shout", json!({ "words": "hello" })).await;
    hears(&mut a, "shout", json!("hello")).await;
    hears(&mut b, "shout", json!("hello")).await;
    one.app().sockets.broadcast("r", "x", json!(1)).await.unwrap();
    hears(&mut c, "x", json!(1)).await;
    third.kill();
    assert_eq!(c.frame().await, None);
    let since = Instant::now();
    one.app().sockets.add_room_members_to_rooms("r", "s").await.unwrap();
    one.app().sockets.join(c.id.clone(), "s").await.unwrap();
    one.app().sockets.disconnect(c.id.clone()).await.unwrap();
    one.app().sockets.broadcast("s", "x", json!(2)).await.unwrap();
    one.app().sockets.leave_all("s").await.unwrap();
    assert!(since.elapsed() < Duration::from_secs(2), "nobody waits for it");
    hears(&mut b, "x", json!(1)).await;
    hears(&mut b, "x", json!(2)).await;
    hears_nothing(&mut b, &one).await;
    let (_again, url) = Process::start(&fleet);
    let mut c = crate::client::Client::connect(&url).await;
    two.app().sockets.broadcast(c.id.clone(), "x", json!(3)).await.unwrap();
    hears(&mut c, "x", json!(3)).await;
}
