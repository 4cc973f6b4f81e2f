//! The events of models across nodes.

use crate::{
    redis,
    support::{Fleet, Ship, hears_nothing},
};
use futures_util::StreamExt;
use serde_json::{Value, json};
use topsail::{
    orm::{Origin, Where},
    prelude::*,
};

#[tokio::test]
async fn watchers_on_other_nodes_hear_what_happens_to_records() {
    let fleet = Fleet::new().await;
    let (one, two) = (fleet.lift().await, fleet.lift().await);
    let (mut writer, mut reader) = (one.client().await, two.client().await);
    reader.get("/ship").await;
    let made = writer.post("/ship", json!({ "name": "Ann" })).await;
    assert_eq!(made["statusCode"], 200, "{made}");
    let id = made["body"]["id"].clone();
    let (event, created) = reader.event().await;
    assert_eq!(
        (event.as_str(), &created["verb"], &created["data"]["name"]),
        ("ship", &json!("created"), &json!("Ann"))
    );
    writer.request("patch", &format!("/ship/{id}"), json!({ "name": "Bob" })).await;
    let (_, updated) = reader.event().await;
    assert_eq!((&updated["verb"], &updated["data"]["name"]), (&json!("updated"), &json!("Bob")));
    assert_eq!((&updated["id"], &updated["previous"]["name"]), (&id, &json!("Ann")));
    writer.request("delete", &format!("/ship/{id}"), json!({})).await;
    let (_, destroyed) = reader.event().await;
    assert_eq!((&destroyed["verb"], &destroyed["id"]), (&json!("destroyed"), &id));
    // Nobody follows it any more.
    Ship::publish(one.app(), id.as_i64().unwrap(), json!("late")).await.unwrap();
    hears_nothing(&mut reader, &one).await;
}

#[tokio::test]
async fn a_write_of_many_records_is_told_on_every_node() {
    let fleet = Fleet::new().await;
    let (one, two) = (fleet.lift().await, fleet.lift().await);
    let ships = ["Ann", "Bob"].map(|name| json!({ "name": name, "code": name }));
    Ship::create_each(one.app(), ships).await.unwrap();
    let mut reader = two.client().await;
    reader.get("/ship/2").await;
    let tx = one.app().orm().begin().await.unwrap();
    Ship::update(&tx, Where::All).set(Ship::NAME, "x").bulk_above(1).skip_fetch().await.unwrap();
    let changes = tx.commit().await.unwrap();
    one.app().pubsub().announce(one.app(), &changes, &Origin::default()).await;
    assert_eq!(reader.event().await, ("ship".to_owned(), json!({ "verb": "bulk" })));
    hears_nothing(&mut reader, &one).await;
}

#[tokio::test]
async fn each_subscriber_hears_an_event_once_and_the_writer_not_at_all() {
    let fleet = Fleet::new().await;
    let (one, two, three) = (fleet.lift().await, fleet.lift().await, fleet.lift().await);
    let (mut a, mut b, mut c) = (one.client().await, two.client().await, three.client().await);
    for client in [&mut a, &mut b, &mut c] {
        client.get("/ship").await;
    }
    a.post("/ship", json!({ "name": "Ann" })).await;
    for client in [&mut b, &mut c] {
        assert_eq!(client.event().await.1["verb"], "created");
        hears_nothing(client, &one).await;
    }
    hears_nothing(&mut a, &one).await;
}

#[tokio::test]
async fn a_socket_that_another_node_has_subscribed_follows_the_record() {
    let fleet = Fleet::new().await;
    let (one, two) = (fleet.lift().await, fleet.lift().await);
    let mut client = two.client().await;
    let ship = Ship::create(one.app()).set(Ship::NAME, "Ann").set(Ship::CODE, "x").await.unwrap();
    Ship::subscribe(one.app(), client.id.clone(), ship.id).await.unwrap();
    hears_nothing(&mut client, &one).await;
    two.client().await.request("patch", &format!("/ship/{}", ship.id), json!({ "name": "Bob" })).await;
    let (event, data) = client.event().await;
    assert_eq!((event.as_str(), &data["data"]["name"]), ("ship", &json!("Bob")));
}

#[tokio::test]
async fn what_answers_hide_does_not_pass_through_redis() {
    let fleet = Fleet::new().await;
    let one = fleet.lift().await;
    let ship = Ship::create(one.app()).set(Ship::NAME, "Ann").set(Ship::CODE, "hush-hush").await.unwrap();
    let client = ::redis::Client::open(redis::shared()).unwrap();
    let mut wire = client.get_async_pubsub().await.unwrap();
    wire.subscribe(format!("{}:topsail:nodes", fleet.prefix)).await.unwrap();
    let mut wire = wire.into_on_message();
    let mut writer = one.client().await;
    writer.request("patch", &format!("/ship/{}", ship.id), json!({ "name": "Bob" })).await;
    writer.request("delete", &format!("/ship/{}", ship.id), json!({})).await;
    for verb in ["updated", "destroyed"] {
        let message = wire.next().await.unwrap();
        let text = String::from_utf8_lossy(&message.get_payload_bytes()[32..]).into_owned();
        let told: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(told["message"]["notices"]["notices"][0]["payload"]["verb"], verb, "{text}");
        assert!(!text.contains("hush-hush"), "{text}");
    }
}
