//! The room API across nodes.

use crate::{
    redis,
    support::{Fleet, Node, hears, hears_nothing, node},
};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn rt_78_a_socket_of_another_node_joins_hears_and_leaves() {
    let fleet = Fleet::new().await;
    let (one, two) = (fleet.lift().await, fleet.lift().await);
    let mut client = two.client().await;
    let sockets = &one.app().sockets;
    sockets.join(client.id.clone(), ["räume", "b"]).await.unwrap();
    sockets.broadcast(["räume", "b"], "hello", json!({ "n": 1 })).await.unwrap();
    hears(&mut client, "hello", json!({ "n": 1 })).await;
    sockets.leave(client.id.clone(), "räume").await.unwrap();
    sockets.broadcast("räume", "hello", json!(2)).await.unwrap();
    hears_nothing(&mut client, &one).await;
    sockets.broadcast("b", "hello", json!(3)).await.unwrap();
    hears(&mut client, "hello", json!(3)).await;
}

#[tokio::test]
async fn rt_77_a_broadcast_reaches_all_nodes_and_leaves_out_one_socket_of_any() {
    let fleet = Fleet::new().await;
    let (one, two, three) = (fleet.lift().await, fleet.lift().await, fleet.lift().await);
    let (mut a, mut b, mut c) = (one.client().await, two.client().await, three.client().await);
    for client in [&mut a, &mut b, &mut c] {
        client.post("/join", json!({ "room": "r" })).await;
    }
    one.app()
        .sockets
        .broadcast("r", "x", json!(1))
        .omit(b.id.parse::<topsail::SocketId>().unwrap())
        .await
        .unwrap();
    hears(&mut a, "x", json!(1)).await;
    hears(&mut c, "x", json!(1)).await;
    hears_nothing(&mut b, &one).await;
    b.post("/shout", json!({ "words": "all" })).await;
    hears(&mut a, "shout", json!("all")).await;
    hears(&mut c, "shout", json!("all")).await;
    hears_nothing(&mut b, &two).await;
}

#[tokio::test]
async fn rt_79_members_of_all_nodes_join_and_leave_together() {
    let fleet = Fleet::new().await;
    let (one, two) = (fleet.lift().await, fleet.lift().await);
    let (mut a, mut b) = (one.client().await, two.client().await);
    for client in [&mut a, &mut b] {
        client.post("/join", json!({ "room": "source" })).await;
    }
    let sockets = &one.app().sockets;
    sockets.add_room_members_to_rooms("source", ["x", "y"]).await.unwrap();
    sockets.broadcast("y", "y", json!(1)).await.unwrap();
    hears(&mut a, "y", json!(1)).await;
    hears(&mut b, "y", json!(1)).await;
    sockets.remove_room_members_from_rooms("source", "x").await.unwrap();
    sockets.broadcast("x", "x", json!(2)).await.unwrap();
    hears_nothing(&mut a, &one).await;
    hears_nothing(&mut b, &one).await;
    sockets.leave_all("source").keep_source_room().await.unwrap();
    sockets.broadcast("y", "y", json!(3)).await.unwrap();
    sockets.broadcast("source", "source", json!(4)).await.unwrap();
    hears(&mut a, "source", json!(4)).await;
    hears(&mut b, "source", json!(4)).await;
    sockets.leave_all("source").await.unwrap();
    sockets.broadcast("source", "source", json!(5)).await.unwrap();
    hears_nothing(&mut a, &one).await;
    hears_nothing(&mut b, &one).await;
}

#[tokio::test]
async fn what_one_node_sends_arrives_complete_and_in_order() {
    let fleet = Fleet::new().await;
    let (one, two) = (fleet.lift().await, fleet.lift().await);
    let mut client = two.client().await;
    let sockets = &one.app().sockets;
    for n in 0..500 {
        let room = format!("r{}", n % 7);
        sockets.join(client.id.clone(), room.as_str()).await.unwrap();
        sockets.broadcast(room.as_str(), "n", json!(n)).await.unwrap();
        sockets.leave(client.id.clone(), room.as_str()).await.unwrap();
    }
    for n in 0..500 {
        hears(&mut client, "n", json!(n)).await;
    }
}

#[tokio::test]
async fn rt_80_the_handle_of_a_socket_is_on_its_own_node_only() {
    let fleet = Fleet::new().await;
    let (one, two) = (fleet.lift().await, fleet.lift().await);
    let client = two.client().await;
    let error = one.app().sockets.get(client.id.as_str()).unwrap_err();
    assert_eq!(error.code(), "SAILS:HOOK:SOCKETS:NO_SUCH_SOCKET");
    assert!(two.app().sockets.get(client.id.as_str()).unwrap().is_connected());
}

#[tokio::test]
async fn a_socket_of_another_node_is_disconnected() {
    let fleet = Fleet::new().await;
    let (one, two) = (fleet.lift().await, fleet.lift().await);
    let mut client = two.client().await;
    one.app().sockets.disconnect(client.id.clone()).await.unwrap();
    assert_eq!(client.frame().await.as_deref(), Some("41"));
}

#[tokio::test]
async fn the_limit_of_rooms_holds_for_joins_of_other_nodes() {
    let fleet = Fleet::new().await;
    let one = fleet.lift().await;
    let two = Node(fleet.app().config("sockets.max_rooms", 3).lift_for_test().await.unwrap());
    let mut client = two.client().await;
    one.app().sockets.join(client.id.clone(), ["a", "b", "c", "d"]).await.unwrap();
    assert_eq!(client.frame().await.as_deref(), Some("41"));
}

#[tokio::test]
async fn a_slow_reader_is_gone_from_its_rooms_whichever_node_broadcasts() {
    let fleet = Fleet::new().await;
    let one = fleet.lift().await;
    let two = Node(fleet.app().config("sockets.max_buffer_size", 16).lift_for_test().await.unwrap());
    let mut slow = two.client().await;
    slow.post("/join", json!({ "room": "r" })).await;
    let words = "x".repeat(256 << 10);
    let until_gone = async {
        while !two.app().sockets.subscribers("r").is_empty() {
            one.app().sockets.broadcast("r", "x", &words).await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(30), until_gone).await.expect("it is taken out");
}

#[tokio::test]
async fn apps_with_other_prefixes_or_secrets_are_apart() {
    let fleet = Fleet::new().await;
    let (one, two) = (fleet.lift().await, fleet.lift().await);
    let neighbour = Fleet::new().await.lift().await;
    let stranger = node(&fleet.url, &fleet.prefix).config("session.secret", "another-secret-altogether");
    let stranger = Node(stranger.lift_for_test().await.unwrap());
    let mut client = two.client().await;
    client.post("/join", json!({ "room": "r" })).await;
    for other in [&neighbour, &stranger] {
        other.app().sockets.broadcast("r", "x", json!("not yours")).await.unwrap();
        other.app().sockets.blast("x", json!("not yours")).await.unwrap();
        other.app().sockets.disconnect(client.id.clone()).await.unwrap();
    }
    one.app().sockets.broadcast("r", "x", json!("yours")).await.unwrap();
    hears(&mut client, "x", json!("yours")).await;
}

#[tokio::test]
async fn rubbish_on_the_channel_does_no_harm() {
    let fleet = Fleet::new().await;
    let (one, two) = (fleet.lift().await, fleet.lift().await);
    let mut client = two.client().await;
    let mut connection = redis::connect(&fleet.url).await;
    for rubbish in [&b""[..], b"x", &[0; 32], &[255; 4096], br#"{"v":1,"node":"x","message":{}}"#] {
        let channel = format!("{}:topsail:nodes", fleet.prefix);
        let heard: i64 =
            ::redis::cmd("PUBLISH").arg(channel).arg(rubbish).query_async(&mut connection).await.unwrap();
        assert_eq!(heard, 2, "both nodes listen");
    }
    one.app().sockets.blast("x", json!(1)).await.unwrap();
    hears(&mut client, "x", json!(1)).await;
}
