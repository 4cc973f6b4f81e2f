//! The events of records, as the blueprints make them.

use super::{client::Client, lifted, talking};
use crate::{
    models::{Pet, User},
    support::lift,
};
use serde_json::{Value, json};
use topsail::{orm::Origin, prelude::*};

type Events = Vec<(String, Value)>;

/// Without timestamps, so that events can be compared whole.
fn bare(events: Events) -> Events {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(map) => {
                map.retain(|key, _| key != "createdAt" && key != "updatedAt");
                map.values_mut().for_each(strip);
            }
            Value::Array(list) => list.iter_mut().for_each(strip),
            _ => {}
        }
    }
    events
        .into_iter()
        .map(|(name, mut data)| {
            strip(&mut data);
            (name, data)
        })
        .collect()
}

fn pet(data: Value) -> (String, Value) {
    ("pet".to_owned(), data)
}

fn user(data: Value) -> (String, Value) {
    ("user".to_owned(), data)
}

fn team(data: Value) -> (String, Value) {
    ("team".to_owned(), data)
}

async fn told(client: &mut Client) -> Events {
    bare(client.settled().await)
}

async fn people(server: &crate::support::Server, names: &[&str]) {
    for name in names {
        assert_eq!(server.send("POST", "/user", json!({ "name": name })).await.status, 200);
    }
}

#[tokio::test]
async fn rt_86_87_watchers_hear_of_new_records_and_follow_them() {
    let server = lifted().await;
    let url = server.lifted.url();
    let (mut a, mut b) = (Client::connect(&url).await, Client::connect(&url).await);
    b.get("/pet").await;
    assert_eq!(a.post("/pet", json!({ "name": "Rex" })).await["statusCode"], 200);
    let created =
        json!({ "verb": "created", "data": { "name": "Rex", "age": 0, "owner": null, "id": 1 }, "id": 1 });
    assert_eq!(told(&mut b).await, [pet(created)]);
    assert!(told(&mut a).await.is_empty());
    server.send("PATCH", "/pet/1", json!({ "age": 3 })).await;
    let previous = json!({ "name": "Rex", "age": 0, "owner": null, "id": 1 });
    let updated = json!({ "verb": "updated", "data": { "age": 3, "id": 1 }, "id": 1, "previous": previous });
    assert_eq!(told(&mut b).await, [pet(updated.clone())]);
    assert_eq!(told(&mut a).await, [pet(updated)], "who creates a record follows it");
    server.lifted.lower().await;
}

#[tokio::test]
async fn rt_88_over_http_nobody_is_left_out() {
    let server = lifted().await;
    let mut b = Client::connect(&server.lifted.url()).await;
    b.get("/pet").await;
    server.send("POST", "/pet", json!({ "name": "Rex" })).await;
    assert_eq!(told(&mut b).await[0].1["verb"], "created");
    server.lifted.lower().await;
}

#[tokio::test]
async fn rt_89_find_one_follows_the_record_and_watches_what_it_is_associated_with() {
    let server = lifted().await;
    people(&server, &["ann", "bob"]).await;
    let mut c = Client::connect(&server.lifted.url()).await;
    c.get("/pet").await;
    c.post("/leave", json!({ "rooms": "sails_model_create_pet" })).await;
    c.get("/user/1").await;
    let mut rooms: Vec<String> = serde_json::from_value(c.get("/mine").await["body"].clone()).unwrap();
    rooms.sort();
    let expected = [
        "sails_model_create_pet",
        "sails_model_create_team",
        "sails_model_create_user",
        "sails_model_user_1:user",
    ];
    assert_eq!(rooms, expected, "users point at users, so their class is among the associated ones");
    server.lifted.lower().await;
}

#[tokio::test]
async fn rt_93_updates_tell_what_was_set_and_what_was_before() {
    let server = lifted().await;
    people(&server, &["ann"]).await;
    let mut b = Client::connect(&server.lifted.url()).await;
    b.get("/user").await;
    server.send("PATCH", "/user/1", json!({ "name": "anna", "password": "secret" })).await;
    let events = b.settled().await;
    let (event, data) = &events[0];
    assert_eq!(event, "user");
    assert_eq!(data.as_object().unwrap().keys().collect::<Vec<_>>(), ["verb", "data", "id", "previous"]);
    assert_eq!(data["data"].as_object().unwrap().keys().collect::<Vec<_>>(), ["name", "id", "updatedAt"]);
    assert_eq!((&data["data"]["name"], &data["previous"]["name"]), (&json!("anna"), &json!("ann")));
    assert!(data["previous"].get("password").is_none(), "what answers hide, events hide");
    server.lifted.lower().await;
}

#[tokio::test]
async fn d19_what_custom_to_json_hides_is_in_no_event() {
    let server = lifted().await;
    let mut b = Client::connect(&server.lifted.url()).await;
    b.get("/badge").await;
    server.send("POST", "/badge", json!({ "title": "t", "code": "hush" })).await;
    server.send("PATCH", "/badge/1", json!({ "code": "hush2" })).await;
    server.send("DELETE", "/badge/1", json!({})).await;
    let events = b.settled().await;
    let verbs: Vec<&Value> = events.iter().map(|(_, data)| &data["verb"]).collect();
    assert_eq!(verbs, ["created", "updated", "destroyed"]);
    assert!(!format!("{events:?}").contains("hush"), "{events:?}");
    server.lifted.lower().await;
}

#[tokio::test]
async fn rt_94_a_new_owner_is_told_to_both_owners_before_the_pet() {
    let server = lifted().await;
    people(&server, &["ann", "bob"]).await;
    server.send("POST", "/pet", json!({ "name": "Rex", "owner": 1 })).await;
    let mut b = Client::connect(&server.lifted.url()).await;
    b.get("/user?populate=false").await;
    b.get("/pet?populate=false").await;
    server.send("PATCH", "/pet/1", json!({ "owner": 2 })).await;
    let events = told(&mut b).await;
    assert_eq!(
        events[0],
        user(json!({ "id": 1, "verb": "removedFrom", "attribute": "pets", "removedId": 1 }))
    );
    assert_eq!(events[1], user(json!({ "id": 2, "verb": "addedTo", "attribute": "pets", "addedId": 1 })));
    assert_eq!(
        (&events[2].1["verb"], &events[2].1["data"]),
        (&json!("updated"), &json!({ "owner": 2, "id": 1 }))
    );
    assert_eq!(events[2].1["previous"]["owner"]["name"], "ann", "populated one level");
    assert_eq!(events.len(), 3);
    server.lifted.lower().await;
}

#[tokio::test]
async fn rt_95_96_created_with_an_owner_and_with_children() {
    let server = lifted().await;
    people(&server, &["ann"]).await;
    let mut b = Client::connect(&server.lifted.url()).await;
    b.get("/user").await;
    b.get("/pet").await;
    server.send("POST", "/pet", json!({ "name": "Rex", "owner": 1 })).await;
    server.send("POST", "/pet", json!({ "name": "Tom" })).await;
    let events = told(&mut b).await;
    assert_eq!(events[0], user(json!({ "id": 1, "verb": "addedTo", "attribute": "pets", "addedId": 1 })));
    assert_eq!(
        (&events[1].1["verb"], &events[1].1["data"]["owner"]["name"]),
        (&json!("created"), &json!("ann"))
    );
    assert_eq!(events.len(), 3);
    server.send("POST", "/user", json!({ "name": "bob", "pets": [1, 2] })).await;
    let events = told(&mut b).await;
    assert_eq!(events[0], pet(json!({ "verb": "updated", "data": { "owner": 2 }, "id": 1 })));
    assert_eq!(events[1], pet(json!({ "verb": "updated", "data": { "owner": 2 }, "id": 2 })));
    assert_eq!(
        (&events[2].1["verb"], events[2].1["data"]["pets"].as_array().map(Vec::len)),
        (&json!("created"), Some(2))
    );
    assert_eq!(
        events[3],
        user(json!({ "id": 1, "verb": "removedFrom", "attribute": "pets", "removedId": 1 }))
    );
    assert_eq!(events.len(), 4);
    server.lifted.lower().await;
}

#[tokio::test]
async fn rt_97_98_99_editing_a_collection() {
    let server = lifted().await;
    let url = server.lifted.url();
    people(&server, &["ann", "bob"]).await;
    for name in ["Rex", "Tom", "Abe"] {
        server.send("POST", "/pet", json!({ "name": name })).await;
    }
    server.send("PUT", "/user/1/pets/1", json!({})).await;
    let (mut a, mut b) = (Client::connect(&url).await, Client::connect(&url).await);
    b.get("/user").await;
    b.get("/pet").await;
    let removed = |id: i64, pet: i64| {
        user(json!({ "id": id, "verb": "removedFrom", "attribute": "pets", "removedId": pet }))
    };
    let added =
        |id: i64, pet: i64| user(json!({ "id": id, "verb": "addedTo", "attribute": "pets", "addedId": pet }));
    let owned =
        |id: i64, owner: Value| pet(json!({ "verb": "updated", "data": { "owner": owner }, "id": id }));
    // Added: the parent, the child, the former parent.
    a.request("put", "/user/2/pets/1", json!({})).await;
    assert_eq!(told(&mut b).await, [added(2, 1), owned(1, json!(2)), removed(1, 1)]);
    assert!(told(&mut a).await.is_empty());
    assert_eq!(a.get("/mine").await["body"], json!(["sails_model_pet_1:pet", "sails_model_user_2:user"]));
    // Again: nothing has changed.
    a.request("put", "/user/2/pets/1", json!({})).await;
    assert!(told(&mut b).await.is_empty());
    // Removed.
    a.request("delete", "/user/2/pets/1", json!({})).await;
    assert_eq!(told(&mut b).await, [removed(2, 1), owned(1, Value::Null)]);
    // Replaced: kept ones are silent.
    server.send("PUT", "/user/1/pets", json!([1, 2])).await;
    server.send("PUT", "/user/2/pets", json!([3])).await;
    told(&mut b).await;
    server.send("PUT", "/user/1/pets", json!([2, 3])).await;
    assert_eq!(
        told(&mut b).await,
        [added(1, 3), owned(3, json!(1)), removed(2, 3), removed(1, 1), owned(1, Value::Null)]
    );
    // By an update of the record itself.
    server.send("PATCH", "/user/1", json!({ "pets": [2] })).await;
    let events = told(&mut b).await;
    assert_eq!((&events[0].1["verb"], &events[0].1["data"]), (&json!("updated"), &json!({ "id": 1 })));
    assert_eq!(events[1..], [removed(1, 3), owned(3, Value::Null)]);
    server.lifted.lower().await;
}

#[tokio::test]
async fn rt_100_many_to_many_tells_both_sides() {
    let server = lifted().await;
    people(&server, &["ann"]).await;
    server.send("POST", "/team", json!({ "title": "red" })).await;
    let mut b = Client::connect(&server.lifted.url()).await;
    b.get("/user").await;
    b.get("/team").await;
    server.send("PUT", "/user/1/teams/1", json!({})).await;
    assert_eq!(
        told(&mut b).await,
        [
            user(json!({ "id": 1, "verb": "addedTo", "attribute": "teams", "addedId": 1 })),
            team(json!({ "id": 1, "verb": "addedTo", "attribute": "members", "addedId": 1 })),
        ]
    );
    server.send("DELETE", "/user/1/teams/1", json!({})).await;
    assert_eq!(
        told(&mut b).await,
        [
            user(json!({ "id": 1, "verb": "removedFrom", "attribute": "teams", "removedId": 1 })),
            team(json!({ "id": 1, "verb": "removedFrom", "attribute": "members", "removedId": 1 })),
        ]
    );
    // A collection without `via` tells the parent only.
    people(&server, &["bob"]).await;
    told(&mut b).await;
    server.send("PUT", "/user/1/friends/2", json!({})).await;
    assert_eq!(
        told(&mut b).await,
        [user(json!({ "id": 1, "verb": "addedTo", "attribute": "friends", "addedId": 2 }))]
    );
    server.lifted.lower().await;
}

#[tokio::test]
async fn rt_101_d10_a_destroyed_record_is_told_and_its_room_emptied() {
    let server = lifted().await;
    people(&server, &["ann"]).await;
    server.send("POST", "/pet", json!({ "name": "Rex", "owner": 1 })).await;
    server.send("POST", "/team", json!({ "title": "red", "members": [1] })).await;
    let mut b = Client::connect(&server.lifted.url()).await;
    for model in ["/user", "/pet", "/team"] {
        b.get(model).await;
    }
    server.send("DELETE", "/user/1", json!({})).await;
    let events = told(&mut b).await;
    assert_eq!(
        (&events[0].1["verb"], &events[0].1["previous"]["name"]),
        (&json!("destroyed"), &json!("ann"))
    );
    assert_eq!(
        events[1..],
        [
            pet(json!({ "verb": "updated", "data": { "owner": null }, "id": 1 })),
            team(json!({ "id": 1, "verb": "removedFrom", "attribute": "members", "removedId": 1 })),
        ]
    );
    User::publish(server.lifted.app(), 1, json!({ "ghost": true })).await.unwrap();
    assert!(told(&mut b).await.is_empty());
    server.lifted.lower().await;
}

#[tokio::test]
async fn both_sides_and_the_model_between_hear_of_a_pair() {
    let server = lifted().await;
    server.send("POST", "/mate", json!({ "name": "ann" })).await;
    server.send("POST", "/vessel", json!({ "name": "Fame" })).await;
    let mut b = Client::connect(&server.lifted.url()).await;
    for model in ["/mate", "/vessel", "/berth"] {
        b.get(model).await;
    }
    let added = server.send("PUT", "/mate/1/vessels/1", json!({})).await;
    assert_eq!((added.status, &added.json()["vessels"][0]["name"]), (200, &json!("Fame")), "{}", added.text);
    let named = |model: &str, data: Value| (model.to_owned(), data);
    let berth = json!({ "id": 1, "mate": 1, "vessel": 1, "deck": "lower" });
    assert_eq!(
        told(&mut b).await,
        [
            named("mate", json!({ "id": 1, "verb": "addedTo", "attribute": "vessels", "addedId": 1 })),
            named("vessel", json!({ "id": 1, "verb": "addedTo", "attribute": "mates", "addedId": 1 })),
            named("berth", json!({ "id": 1, "verb": "created", "data": berth })),
        ]
    );
    assert_eq!(server.send("DELETE", "/berth/1", json!({})).await.status, 200);
    let events: Vec<_> =
        told(&mut b).await.into_iter().map(|(model, data)| (model, data["verb"].clone())).collect();
    let removed = |model: &str| (model.to_owned(), json!("removedFrom"));
    assert_eq!(events[..2], [removed("mate"), removed("vessel")]);
    assert_eq!(events[2], ("berth".to_owned(), json!("destroyed")));
    server.lifted.lower().await;
}

#[tokio::test]
async fn who_follows_any_record_hears_once_of_a_write_of_many() {
    let server = lifted().await;
    people(&server, &["ann", "bob", "cid"]).await;
    let url = server.lifted.url();
    let (mut all, mut one, mut none) =
        (Client::connect(&url).await, Client::connect(&url).await, Client::connect(&url).await);
    all.get("/user").await;
    one.get("/user/3").await;
    none.get("/vault").await;
    let app = server.lifted.app();
    let tx = app.orm().begin().await.unwrap();
    User::update(&tx, User::NAME.ne("cid")).set(User::NAME, "x").bulk_above(1).await.unwrap();
    User::destroy(&tx, User::NAME.eq("x")).bulk_above(1).await.unwrap();
    let changes = tx.commit().await.unwrap();
    app.pubsub().announce(app, &changes, &Origin::default()).await;
    let bulk = [user(json!({ "verb": "bulk" }))];
    assert_eq!((told(&mut all).await, told(&mut one).await), (bulk.to_vec(), bulk.to_vec()));
    assert!(told(&mut none).await.is_empty());
    // They follow what is left as before.
    server.send("PATCH", "/user/3", json!({ "name": "Dan" })).await;
    assert_eq!(told(&mut one).await[0].1["verb"], "updated");
    server.lifted.lower().await;
}

#[tokio::test]
async fn blueprints_tell_every_record_however_few_the_app_tells_by_itself() {
    let server = lift(talking().config("models.bulk_above", 1).config("blueprints.bulk_update", true)).await;
    people(&server, &["ann", "bob"]).await;
    let mut b = Client::connect(&server.lifted.url()).await;
    b.get("/user").await;
    let written = server.send("PATCH", r#"/user?where={"name":{"!=":"x"}}"#, json!({ "name": "c" })).await;
    assert_eq!(written.status, 200, "{}", written.text);
    let ids: Vec<Value> = told(&mut b).await.into_iter().map(|(_, data)| data["id"].clone()).collect();
    assert_eq!(ids, [1, 2]);
    server.lifted.lower().await;
}

#[tokio::test]
async fn records_that_go_with_what_they_point_at_are_told_each() {
    let server = lifted().await;
    server.send("POST", "/folder", json!({ "name": "f" })).await;
    for name in ["p", "q"] {
        server.send("POST", "/paper", json!({ "name": name, "folder": 1 })).await;
    }
    server.send("POST", "/stamp", json!({ "label": "s", "folder": 1 })).await;
    let mut b = Client::connect(&server.lifted.url()).await;
    for model in ["/folder", "/paper", "/stamp"] {
        b.get(model).await;
    }
    let gone = server.send("DELETE", "/folder/1", json!({})).await;
    assert_eq!(gone.status, 200, "{}", gone.text);
    let events = told(&mut b).await;
    let seen: Vec<_> = events
        .iter()
        .map(|(name, data)| format!("{name} {} {}", data["id"], data["verb"].as_str().unwrap()))
        .collect();
    assert_eq!(
        seen,
        [
            "stamp 1 updated",
            "paper 1 destroyed",
            "folder 1 removedFrom",
            "paper 2 destroyed",
            "folder 1 removedFrom",
            "folder 1 destroyed",
        ],
        "{events:#?}"
    );
    assert_eq!(events[0].1["data"]["folder"], Value::Null);
    assert_eq!(events[1].1["previous"]["name"], "p");
    server.lifted.lower().await;
}

#[tokio::test]
async fn rt_102_keys_that_are_texts() {
    let server = lifted().await;
    let mut b = Client::connect(&server.lifted.url()).await;
    b.get("/tag").await;
    server.send("POST", "/tag", json!({ "slug": "rust", "label": "Rust" })).await;
    server.send("PATCH", "/tag/rust", json!({ "label": "R" })).await;
    let events = told(&mut b).await;
    assert_eq!(
        events[0].1,
        json!({ "verb": "created", "data": { "slug": "rust", "label": "Rust" }, "id": "rust" })
    );
    assert_eq!(
        (&events[1].1["id"], &events[1].1["data"]),
        (&json!("rust"), &json!({ "label": "R", "slug": "rust" }))
    );
    server.lifted.lower().await;
}

#[tokio::test]
async fn rt_103_failed_requests_tell_nothing() {
    let server = lifted().await;
    people(&server, &["ann"]).await;
    let mut b = Client::connect(&server.lifted.url()).await;
    b.get("/user").await;
    server.send("PATCH", "/user/1", json!({ "age": "abc" })).await;
    server.send("PATCH", "/user/9", json!({ "age": 1 })).await;
    server.send("POST", "/user", json!({})).await;
    server.send("DELETE", "/user/9", json!({})).await;
    server.send("PUT", "/user/9/pets/1", json!({})).await;
    assert!(told(&mut b).await.is_empty());
    server.lifted.lower().await;
}

#[tokio::test]
async fn rt_105_a_mirrored_route_tells_the_one_who_asks_as_well() {
    let server =
        lift(talking().route("PATCH /mirrored/:id", json!({ "action": "pet/update", "mirror": true }))).await;
    server.send("POST", "/pet", json!({ "name": "Rex" })).await;
    let mut a = Client::connect(&server.lifted.url()).await;
    a.request("patch", "/mirrored/1", json!({ "age": 2 })).await;
    assert_eq!(told(&mut a).await[0].1["verb"], "updated");
    a.request("patch", "/pet/1", json!({ "age": 3 })).await;
    assert!(told(&mut a).await.is_empty());
    server.lifted.lower().await;
}

#[tokio::test]
async fn rt_91_92_without_auto_watch_only_the_rows_are_followed() {
    let app = talking().config("blueprints.auto_watch", false).route("GET /people", "user/find");
    let server = lift(app).await;
    people(&server, &["ann"]).await;
    for path in ["/user", "/people"] {
        let mut a = Client::connect(&server.lifted.url()).await;
        a.get(path).await;
        assert_eq!(a.get("/mine").await["body"], json!(["sails_model_user_1:user"]), "{path}");
    }
    server.lifted.lower().await;
}

#[tokio::test]
async fn rt_83_84_models_can_be_followed_and_published_by_hand() {
    let server = lifted().await;
    let app = server.lifted.app();
    let (mut a, mut b) =
        (Client::connect(&server.lifted.url()).await, Client::connect(&server.lifted.url()).await);
    Pet::subscribe(app, &a.id, [1, 2]).await.unwrap();
    Pet::publish(app, vec![1, 2], json!({ "x": 1 })).await.unwrap();
    assert_eq!(told(&mut a).await, [pet(json!({ "x": 1 })), pet(json!({ "x": 1 }))]);
    Pet::unsubscribe(app, &a.id, 1).await.unwrap();
    Pet::publish(app, 1, "gone").await.unwrap();
    assert!(told(&mut a).await.is_empty() && told(&mut b).await.is_empty());
    // Joining the room is the same.
    assert_eq!(Pet::room_name(5), "sails_model_pet_5:pet");
    app.sockets.join(&b.id, Pet::room_name(5)).await.unwrap();
    let out = app.sockets.get(&a.id).unwrap();
    app.sockets.join(&out, Pet::room_name(5)).await.unwrap();
    Pet::publish(app, 5, json!([1])).omit(&out).await.unwrap();
    assert_eq!(told(&mut b).await, [pet(json!([1]))]);
    assert!(told(&mut a).await.is_empty());
    server.lifted.lower().await;
}

#[tokio::test]
async fn a_room_of_a_record_joined_by_hand_hears_its_events() {
    let server = lifted().await;
    server.send("POST", "/pet", json!({ "name": "Rex" })).await;
    let mut a = Client::connect(&server.lifted.url()).await;
    server.lifted.app().sockets.join(&a.id, Pet::room_name(1)).await.unwrap();
    server.send("PATCH", "/pet/1", json!({ "age": 1 })).await;
    assert_eq!(told(&mut a).await[0].1["verb"], "updated");
    server.lifted.lower().await;
}

#[tokio::test]
async fn a_connection_that_ends_leaves_nothing_behind() {
    let server = lifted().await;
    let sockets = &server.lifted.app().sockets;
    let mut a = Client::connect(&server.lifted.url()).await;
    let mut b = Client::connect(&server.lifted.url()).await;
    a.get("/pet").await;
    a.close().await;
    // The goodbye is noticed in its own time; a deadline bounds the wait.
    let gone = async {
        while sockets.count() > 1 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), gone).await.unwrap();
    assert!(sockets.subscribers("sails_model_create_pet").is_empty());
    server.send("POST", "/pet", json!({ "name": "Rex" })).await;
    assert!(told(&mut b).await.is_empty());
    server.lifted.lower().await;
}
