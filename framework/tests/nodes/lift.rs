//! Lifts that cannot succeed say what to do.

use crate::support::Fleet;
use std::net::TcpListener;

async fn refused(key: &str, value: Option<&str>) -> String {
    let fleet = Fleet::new().await;
    fleet.app().config(key, value).lift_for_test().await.err().expect("a refusal").to_string()
}

#[tokio::test]
async fn a_redis_that_is_not_there_stops_the_lift() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("redis://user:hush-hush@127.0.0.1:{port}");
    for key in ["sockets.url", "session.url"] {
        let why = refused(key, Some(&url)).await;
        assert!(why.contains(key) && why.contains("start it"), "{why}");
        assert!(!why.contains("hush-hush"), "{why}");
    }
}

#[tokio::test]
async fn an_address_must_be_there_and_be_one() {
    for key in ["sockets.url", "session.url"] {
        assert!(refused(key, None).await.contains("redis://127.0.0.1:6379"));
        assert!(refused(key, Some("http://x")).await.contains(key));
    }
}
