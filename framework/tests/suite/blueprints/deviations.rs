//! Where Sails fails and we do not: deviations that no behaviour of the list names.

use super::{bad, both, ids, server};
use crate::{realtime::client::Client, support::app};
use serde_json::{Value, json};

#[tokio::test]
async fn dev_07_old_names_of_operators_are_refused() {
    let server = server().await;
    for old in ["lessThan", "greaterThanOrEqual", "not", "!", "<>"] {
        let filter = json!({ "age": { old: 1 } });
        let refused = server.get(&format!("/user?where={filter}")).await;
        assert_eq!(refused.brief(), bad("E_INVALID_CRITERIA"), "{old}");
    }
}

#[tokio::test]
async fn dev_14_a_clash_in_replace_is_e_unique_and_changes_nothing() {
    let server = server().await;
    server.create("holder", json!({ "name": "ann" })).await;
    for number in ["p1", "p2"] {
        server.create("passport", json!({ "number": number })).await;
    }
    let clash = server.send("PUT", "/holder/1/passports", json!([1, 2])).await;
    assert_eq!(clash.brief(), bad("E_UNIQUE"));
    assert_eq!(server.get("/holder/1/passports").await.json(), json!([]), "not even the first");
    let one = server.send("PUT", "/holder/1/passports", json!([2])).await.json();
    assert_eq!(ids(&one["passports"]), [2]);
}

#[tokio::test]
async fn dev_19_an_attribute_called_id_is_no_key_unless_it_is_one() {
    let server = server().await;
    server.create("parcel", json!({ "code": "x", "id": "first" })).await;
    let changed = server.send("PATCH", "/parcel/x", json!({ "id": "second", "code": "y" })).await.json();
    assert_eq!((&changed["id"], &changed["code"]), (&json!("second"), &json!("x")));
    assert_eq!(server.get("/parcel/x").await.json()["id"], "second");
    assert_eq!(server.send("DELETE", "/parcel/x", json!({})).await.json()["code"], "x");
}

#[tokio::test]
async fn dev_21_members_are_shown_without_members_of_their_own() {
    let server = server().await;
    server.users(&["ann"]).await;
    server.create("pet", json!({ "name": "rex", "owner": 1 })).await;
    assert_eq!(server.get("/user/1/pets?populate=owner").await.json()[0]["owner"], 1);
}

#[tokio::test]
async fn dev_24_mirror_is_one_rule_for_every_verb() {
    let server = both(|| crate::realtime::talking().config("blueprints.mirror", true)).await;
    let mut client = Client::connect(&server.lifted.url()).await;
    for path in ["/user", "/pet"] {
        client.get(path).await;
    }
    for (method, path, body, expected) in [
        ("post", "/user", json!({ "name": "ann" }), vec!["created"]),
        ("post", "/pet", json!({ "name": "rex" }), vec!["created"]),
        ("patch", "/pet/1", json!({ "age": 2 }), vec!["updated"]),
        ("put", "/user/1/pets/1", json!({}), vec!["addedTo", "updated"]),
        ("delete", "/user/1/pets/1", json!({}), vec!["removedFrom", "updated"]),
        ("put", "/user/1/pets", json!([1]), vec!["addedTo", "updated"]),
        ("delete", "/pet/1", json!({}), vec!["destroyed", "removedFrom"]),
    ] {
        let ack = client.request(method, path, body).await;
        assert_eq!(ack["statusCode"], 200, "{method} {path}: {ack}");
        let mut verbs: Vec<String> = client
            .settled()
            .await
            .iter()
            .map(|(_, event)| event["verb"].as_str().unwrap().to_owned())
            .collect();
        verbs.sort();
        assert_eq!(verbs, expected, "{method} {path}");
    }
}

#[tokio::test]
async fn dev_18_what_fails_half_way_leaves_nothing_and_tells_nobody() {
    let server = both(crate::realtime::talking).await;
    server.create("user", json!({ "name": "ann", "email": "ann@example.com" })).await;
    server.create("user", json!({ "name": "bob" })).await;
    server.create("pet", json!({ "name": "rex", "owner": 1 })).await;
    server.create("team", json!({ "title": "t", "members": [1] })).await;
    let mut listener = Client::connect(&server.lifted.url()).await;
    for path in ["/user", "/pet", "/team"] {
        listener.get(path).await;
    }
    let taken = |mut values: Value| {
        values["email"] = json!("ann@example.com");
        values
    };
    for (method, path, body) in [
        ("POST", "/user", taken(json!({ "name": "c", "pets": [1], "teams": [1] }))),
        ("PATCH", "/user/2", taken(json!({ "pets": [1], "teams": [1] }))),
        ("PUT", "/user/2", taken(json!({ "pets": [], "friends": [1] }))),
    ] {
        assert_eq!(server.send(method, path, body).await.brief(), bad("E_UNIQUE"), "{method} {path}");
    }
    // Here the first statement is done when the second is refused.
    server.create("machine", json!({ "name": "m" })).await;
    server.create("seal", json!({ "name": "s", "machine": 1 })).await;
    assert_eq!(server.send("DELETE", "/machine/1", json!({})).await.status, 400);
    assert_eq!(server.get("/machine/1").await.status, 200);
    assert!(listener.settled().await.is_empty());
    assert_eq!(ids(&server.get("/user/1/pets").await.json()), [1]);
    assert_eq!(ids(&server.get("/team/1/members").await.json()), [1]);
    assert_eq!(server.get("/user").await.count(), 2);
}

#[tokio::test]
async fn a_version_that_is_no_longer_so_is_a_409_and_changes_nothing() {
    let server = both(|| app().config("blueprints.bulk_update", true)).await;
    server.create("parcel", json!({ "code": "x", "id": "1", "version": 7 })).await;
    server.create("parcel", json!({ "code": "y", "id": "1" })).await;
    let update = async |path: &str, values: Value| server.send("PATCH", path, values).await;
    assert_eq!(update("/parcel/x", json!({ "id": "2", "version": 1 })).await.json()["version"], 2);
    let stale = (409, "E_STALE".to_owned());
    assert_eq!(update("/parcel/x", json!({ "id": "3", "version": 1 })).await.brief(), stale);
    assert_eq!(update("/parcel/x?version=1", json!({ "id": "3" })).await.brief(), stale);
    let both_of_them = "/parcel?where=[\"x\",\"y\"]";
    assert_eq!(
        update(both_of_them, json!({ "id": "3", "version": 1 })).await.brief(),
        stale,
        "y alone is fresh"
    );
    assert_eq!(server.get("/parcel?id=3").await.json(), json!([]));
    assert_eq!(
        update("/parcel/x", json!({ "id": "3" })).await.json()["version"],
        3,
        "unasked, it overwrites"
    );
}
