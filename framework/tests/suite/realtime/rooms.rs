//! The documented room API over real connections.

use super::{client::Client, join, lifted};
use serde_json::{Value, json};
use topsail::sockets::LocalAdapter;

fn event(name: &str, data: Value) -> (String, Value) {
    (name.to_owned(), data)
}

#[tokio::test]
async fn rt_57_to_61_broadcasts_reach_the_members_once() {
    let server = lifted().await;
    let url = server.lifted.url();
    let (mut a, mut b, mut c) =
        (Client::connect(&url).await, Client::connect(&url).await, Client::connect(&url).await);
    join(&mut a, json!(["r1", "r2"])).await;
    join(&mut b, json!("r1")).await;
    a.post("/broadcast", json!({ "rooms": ["r1", "r2", "r3"], "event": "custom", "data": { "n": 1 } })).await;
    assert_eq!(a.settled().await, [event("custom", json!({ "n": 1 }))]);
    assert_eq!(b.settled().await, [event("custom", json!({ "n": 1 }))]);
    assert!(c.settled().await.is_empty());
    // Without an event, and without the sender.
    a.post("/broadcast", json!({ "rooms": "r1", "data": [1, 2], "omit": true })).await;
    assert!(a.settled().await.is_empty());
    assert_eq!(b.settled().await, [event("message", json!([1, 2]))]);
    // No rooms are nobody, not everyone.
    a.post("/broadcast", json!({ "rooms": [], "data": 1 })).await;
    a.post("/broadcast", json!({ "rooms": "", "data": 1 })).await;
    assert!(a.settled().await.is_empty() && b.settled().await.is_empty() && c.settled().await.is_empty());
    server.lifted.lower().await;
}

#[tokio::test]
async fn rt_62_to_66_by_id_from_anywhere() {
    let server = lifted().await;
    let url = server.lifted.url();
    let sockets = &server.lifted.app().sockets;
    let (mut a, mut b) = (Client::connect(&url).await, Client::connect(&url).await);
    sockets.broadcast(&a.id, "direct", 1).await.unwrap();
    assert_eq!(a.settled().await, [event("direct", json!(1))]);
    sockets.join(vec![a.id.as_str(), "no-such-id", &b.id], ["r", "s"]).await.unwrap();
    sockets.join(&a.id, "r").await.unwrap();
    sockets.send("r", "hi").await.unwrap();
    assert_eq!(a.settled().await, [event("message", json!("hi"))]);
    sockets.leave(&a.id, "r").await.unwrap();
    sockets.send("r", "again").await.unwrap();
    assert!(a.settled().await.is_empty());
    assert_eq!(b.settled().await, [event("message", json!("hi")), event("message", json!("again"))]);
    assert!(sockets.get(&b.id).unwrap().is_connected());
    assert!(sockets.get("AAAAAAAAAAAAAAAA").is_err());
    assert_eq!(sockets.io::<LocalAdapter>().unwrap().sockets().len(), 2);
    server.lifted.lower().await;
}

#[tokio::test]
async fn rt_67_68_leave_all_leaves_everything_but_the_own_room() {
    let server = lifted().await;
    let url = server.lifted.url();
    let sockets = &server.lifted.app().sockets;
    let (mut a, mut b) = (Client::connect(&url).await, Client::connect(&url).await);
    join(&mut a, json!(["L", "x"])).await;
    join(&mut b, json!("x")).await;
    sockets.leave_all("L").await.unwrap();
    assert_eq!(a.get("/mine").await["body"], json!([]));
    assert_eq!(b.get("/mine").await["body"], json!(["x"]));
    sockets.broadcast(&a.id, "direct", 1).await.unwrap();
    assert_eq!(a.settled().await, [event("direct", json!(1))]);
    sockets.leave_all(b.id.as_str()).await.unwrap();
    assert_eq!(b.get("/mine").await["body"], json!([]));
    server.lifted.lower().await;
}

#[tokio::test]
async fn rt_69_70_members_are_added_and_removed_together() {
    let server = lifted().await;
    let url = server.lifted.url();
    let sockets = &server.lifted.app().sockets;
    let (mut a, mut b) = (Client::connect(&url).await, Client::connect(&url).await);
    join(&mut a, json!("src")).await;
    join(&mut b, json!("d1")).await;
    sockets.add_room_members_to_rooms("src", ["d1", "d2"]).await.unwrap();
    assert_eq!(a.get("/mine").await["body"], json!(["d1", "d2", "src"]));
    sockets.remove_room_members_from_rooms("src", ["d1", "nowhere"]).await.unwrap();
    assert_eq!(a.get("/mine").await["body"], json!(["d2", "src"]));
    assert_eq!(b.get("/mine").await["body"], json!(["d1"]));
    server.lifted.lower().await;
}

#[tokio::test]
async fn rt_72_over_http_there_is_no_socket() {
    let server = lifted().await;
    assert_eq!(server.get("/id").await.json(), Value::Null);
    let refused = server.send("POST", "/join", json!({ "rooms": "r" })).await;
    assert_eq!(refused.status, 400);
    assert!(refused.text.contains("socket"), "{}", refused.text);
    // To omit a request that has no socket omits nobody.
    let mut a = Client::connect(&server.lifted.url()).await;
    join(&mut a, json!("r")).await;
    server.send("POST", "/broadcast", json!({ "rooms": "r", "event": "e", "data": 1, "omit": true })).await;
    assert_eq!(a.settled().await, [event("e", json!(1))]);
    server.lifted.lower().await;
}

#[tokio::test]
async fn rt_74_blast_reaches_everyone() {
    let server = lifted().await;
    let url = server.lifted.url();
    let sockets = &server.lifted.app().sockets;
    let (mut a, mut b) = (Client::connect(&url).await, Client::connect(&url).await);
    sockets.blast("e", json!({ "d": 1 })).await.unwrap();
    sockets.blast("", 2).omit(sockets.get(&a.id).unwrap().id()).await.unwrap();
    assert_eq!(a.settled().await, [event("e", json!({ "d": 1 }))]);
    assert_eq!(b.settled().await, [event("e", json!({ "d": 1 })), event("message", json!(2))]);
    server.lifted.lower().await;
}

#[tokio::test]
async fn the_server_can_end_a_connection_and_reset_all_rooms() {
    let server = lifted().await;
    let url = server.lifted.url();
    let sockets = &server.lifted.app().sockets;
    let (mut a, mut b) = (Client::connect(&url).await, Client::connect(&url).await);
    join(&mut b, json!(["x", "sails_model_user_1:user"])).await;
    sockets.reset_rooms().await;
    assert_eq!(b.get("/mine").await["body"], json!([]));
    sockets.get(&a.id).unwrap().disconnect().await;
    assert_eq!(a.frame().await.as_deref(), Some("41"));
    assert!(sockets.get(&a.id).is_err());
    assert!(b.settled().await.is_empty());
    server.lifted.lower().await;
}

#[tokio::test]
async fn messages_arrive_in_their_order() {
    let server = lifted().await;
    let url = server.lifted.url();
    let mut members = Vec::new();
    for _ in 0..10 {
        let mut client = Client::connect(&url).await;
        join(&mut client, json!("all")).await;
        members.push(client);
    }
    for n in 0..200 {
        server.lifted.app().sockets.broadcast("all", "n", n).await.unwrap();
    }
    for client in &mut members {
        let got: Vec<Value> = client.settled().await.into_iter().map(|(_, data)| data).collect();
        assert_eq!(got, (0..200).map(Value::from).collect::<Vec<_>>());
    }
    server.lifted.lower().await;
}

#[tokio::test]
async fn rooms_per_socket_are_limited() {
    let server = crate::support::lift(super::talking().config("sockets.max_rooms", 3)).await;
    let mut a = Client::connect(&server.lifted.url()).await;
    join(&mut a, json!(["x", "y"])).await;
    join(&mut a, json!(["x", "y"])).await;
    assert_eq!(a.post("/join", json!({ "rooms": "z" })).await["statusCode"], 429);
    a.post("/leave", json!({ "rooms": "x" })).await;
    join(&mut a, json!("z")).await;
    server.lifted.lower().await;
}
