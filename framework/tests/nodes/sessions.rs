//! Sessions that all nodes share.

use crate::{
    client::{Client, Handshake},
    redis,
    support::{Fleet, Node},
};
use serde_json::{Value, json};

async fn browser(node: &Node, path: &str, cookie: Option<&str>) -> (Value, Option<String>) {
    let mut request = reqwest::Client::new().get(format!("{}{path}", node.url()));
    if let Some(cookie) = cookie {
        request = request.header("cookie", cookie);
    }
    let answer = request.send().await.unwrap();
    let set = answer.headers().get("set-cookie").and_then(|v| v.to_str().ok());
    let cookie = set.and_then(|v| v.split(';').next()).map(str::to_owned);
    (answer.json().await.unwrap_or_default(), cookie)
}

async fn with_cookie(node: &Node, cookie: &str) -> Client {
    let handshake = Handshake { headers: vec![("cookie", cookie.to_owned())], ..Handshake::default() };
    Client::with(&node.url(), handshake).await.unwrap()
}

#[tokio::test]
async fn what_one_node_has_stored_the_others_read_over_http_and_sockets() {
    let fleet = Fleet::new().await;
    let (one, two) = (fleet.lift().await, fleet.lift().await);
    let (_, cookie) = browser(&one, "/keep?value=7", None).await;
    let cookie = cookie.unwrap();
    assert_eq!(browser(&two, "/kept", Some(&cookie)).await.0, json!("7"));
    let mut socket = with_cookie(&two, &cookie).await;
    socket.post("/keep", json!({ "value": 8 })).await;
    assert_eq!(browser(&one, "/kept", Some(&cookie)).await.0, json!(8));
    assert_eq!(with_cookie(&one, &cookie).await.get("/kept").await["body"], 8);
}

#[tokio::test]
async fn the_sockets_of_a_session_are_disconnected_on_every_node() {
    let fleet = Fleet::new().await;
    let (one, two) = (fleet.lift().await, fleet.lift().await);
    let (_, cookie) = browser(&one, "/keep?value=7", None).await;
    let cookie = cookie.unwrap();
    let (mut a, mut b) = (with_cookie(&one, &cookie).await, with_cookie(&two, &cookie).await);
    let mut other = two.client().await;
    assert_eq!(browser(&one, "/logout", Some(&cookie)).await.0, json!(1));
    for client in [&mut a, &mut b] {
        assert_eq!(client.frame().await.as_deref(), Some("41"));
    }
    assert_eq!(other.get("/ping").await["body"], "pong");
    assert_eq!(browser(&two, "/kept", Some(&cookie)).await.0, json!(null), "the session is gone everywhere");
}

#[tokio::test]
async fn redis_forgets_a_session_when_it_expires() {
    let fleet = Fleet::new().await;
    let one = Node(fleet.app().config("session.idle_time", 600_000).lift_for_test().await.unwrap());
    browser(&one, "/keep?value=7", None).await;
    let mut connection = redis::connect(&fleet.url).await;
    let keys: Vec<String> = ::redis::cmd("KEYS")
        .arg(format!("{}:sess:*", fleet.prefix))
        .query_async(&mut connection)
        .await
        .unwrap();
    assert_eq!(keys.len(), 1);
    let left: i64 = ::redis::cmd("TTL").arg(&keys[0]).query_async(&mut connection).await.unwrap();
    assert!((590..=600).contains(&left), "{left}");
    let json: String = ::redis::cmd("GET").arg(&keys[0]).query_async(&mut connection).await.unwrap();
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap()["data"], json!({ "kept": "7" }));
}
