//! populate, add, remove, replace.

use super::{Doors, bad, ids, server};
use serde_json::{Value, json};

/// Users 1 and 2, pets 1 to 3 of which user 1 has the first two.
async fn with_pets() -> Doors {
    let server = server().await;
    server.users(&["ann", "bob"]).await;
    for (name, owner) in [("rex", json!(1)), ("tom", json!(1)), ("abe", Value::Null)] {
        server.create("pet", json!({ "name": name, "owner": owner })).await;
    }
    server
}

#[tokio::test]
async fn bp_123_124_126_members_can_be_filtered() {
    let server = with_pets().await;
    let of_ann = async |query: &str| server.get(&format!("/user/1/pets?{query}")).await;
    assert_eq!(of_ann("name=rex&limit=1").await.names(), ["rex"]);
    assert_eq!(of_ann("sort=name DESC").await.names(), ["tom", "rex"]);
    assert_eq!(of_ann("where={\"name\":{\"contains\":\"o\"}}").await.names(), ["tom"]);
    assert_eq!(of_ann("skip=1").await.names(), ["tom"]);
    assert_eq!(of_ann("select=name&limit=1").await.json(), json!([{ "id": 1, "name": "rex", "owner": 1 }]));
    assert_eq!(server.get("/user/2/pets").await.json(), json!([]), "bp_124");
    assert_eq!(of_ann("nosuch=1").await.brief(), bad("E_INVALID_POPULATES"));
    assert_eq!(server.get("/user/999/pets").await.status, 404, "bp_126");
    assert_eq!(server.get("/user/abc/pets").await.brief(), bad("E_INVALID_CRITERIA"));
}

#[tokio::test]
async fn bp_125_127_no_single_record_is_a_404() {
    let server = with_pets().await;
    assert_eq!(server.get("/pet/3/owner").await.status, 404);
    assert_eq!(server.get("/pet/1/owner").await.json()["name"], "ann");
    assert_eq!(server.get("/pet/1/owner").await.json().get("pets"), None);
    server.send("DELETE", "/user/1", json!({})).await;
    assert_eq!(server.get("/pet/1/owner").await.status, 404, "a dangling key");
    assert_eq!(server.get("/pet/3/owner?limit=1").await.brief(), bad("E_INVALID_POPULATES"), "bp_127");
    assert_eq!(server.get("/user/2/boss?limit=1").await.brief(), bad("E_INVALID_POPULATES"), "bp_127");
}

#[tokio::test]
async fn bp_128_to_131_138_dev_15_add_links_and_takes_away() {
    let server = with_pets().await;
    let put = async |path: &str| server.send("PUT", path, json!({})).await;
    assert_eq!(ids(&put("/user/1/pets/3").await.json()["pets"]), [1, 2, 3]);
    let again = put("/user/1/pets/3").await;
    assert_eq!((again.status, ids(&again.json()["pets"])), (200, vec![1, 2, 3]), "bp_129");
    assert_eq!(put("/user/1/pets/999").await.status, 404, "bp_130");
    assert_eq!(put("/user/999/pets/1").await.status, 404);
    assert_eq!(put("/user/abc/pets/1").await.brief(), bad("E_INVALID_CRITERIA"), "bp_138");
    assert_eq!(put("/user/1/pets/abc").await.brief(), bad("E_INVALID_CRITERIA"), "dev_15");
    assert_eq!(ids(&put("/user/2/pets/1").await.json()["pets"]), [1], "bp_131");
    assert_eq!(ids(&server.get("/user/1/pets").await.json()), [2, 3], "bp_131");
    assert_eq!(ids(&server.get("/user/2/pets/add/2").await.json()["pets"]), [1, 2]);
}

#[tokio::test]
async fn bp_132_to_134_remove_keeps_the_child() {
    let server = with_pets().await;
    let delete = async |path: &str| server.send("DELETE", path, json!({})).await;
    assert_eq!(ids(&delete("/user/1/pets/1").await.json()["pets"]), [2]);
    assert_eq!(server.get("/pet/1").await.status, 200, "bp_133");
    let stranger = delete("/user/1/pets/3").await;
    assert_eq!((stranger.status, ids(&stranger.json()["pets"])), (200, vec![2]), "bp_134");
    assert_eq!(delete("/user/1/pets/999").await.status, 404);
    assert_eq!(server.get("/user/1/pets/remove/2").await.json()["pets"], json!([]));
}

#[tokio::test]
async fn a_required_back_reference_is_not_emptied() {
    let server = server().await;
    server.create("machine", json!({ "name": "m" })).await;
    server.create("seal", json!({ "name": "s", "machine": 1 })).await;
    assert_eq!(server.send("DELETE", "/machine/1/seals/1", json!({})).await.status, 400);
    assert_eq!(server.send("PUT", "/machine/1/seals", json!([])).await.status, 400);
    assert_eq!(ids(&server.get("/machine/1/seals").await.json()), [1]);
}

#[tokio::test]
async fn bp_135_136_137_dev_15_23_replace_makes_it_exactly_these() {
    let server = with_pets().await;
    let put = async |path: &str, body: Value| server.send("PUT", path, body).await;
    assert_eq!(ids(&put("/user/1/pets", json!([2, "3", 2])).await.json()["pets"]), [2, 3]);
    assert_eq!(put("/user/1/pets", json!([])).await.json()["pets"], json!([]));
    assert_eq!(ids(&server.get("/user/1/pets/replace?pets=[1,2]").await.json()["pets"]), [1, 2]);
    assert_eq!(ids(&server.get("/user/1/pets/replace?pets=3").await.json()["pets"]), [3]);
    assert_eq!(ids(&put("/user/1/pets", json!([1, 999])).await.json()["pets"]), [1]);
    for (path, body) in [
        ("/user/1/pets", json!({ "pets": [1] })),
        ("/user/1/pets", json!({})),
        ("/user/1/pets?pets=[1", json!({})),
        ("/user/1/pets", json!([null])),
        ("/user/1/pets", json!(["x"])),
    ] {
        assert_eq!(
            put(path, body.clone()).await.brief(),
            bad("E_INVALID_ASSOCIATED_IDS"),
            "bp_136 {path} {body}"
        );
    }
    assert_eq!(put("/user/999/pets", json!([1])).await.status, 404, "bp_137");
    assert_eq!(server.get("/pet/1?populate=false").await.json()["owner"], 1, "bp_137");
}

#[tokio::test]
async fn dev_22_many_to_many_shows_on_both_sides_and_links_once() {
    let server = server().await;
    server.users(&["ann", "bob"]).await;
    server.create("team", json!({ "title": "t1" })).await;
    server.create("team", json!({ "title": "t2", "members": [1, 2] })).await;
    for _ in 0..2 {
        assert_eq!(
            ids(&server.send("PUT", "/user/1/teams/1", json!({})).await.json()["teams"]),
            [1, 2],
            "dev_22"
        );
    }
    assert_eq!(ids(&server.get("/team/1/members").await.json()), [1]);
    assert_eq!(ids(&server.send("PUT", "/team/1/members", json!([2])).await.json()["members"]), [2]);
    assert_eq!(ids(&server.get("/user/1/teams").await.json()), [2]);
    assert_eq!(ids(&server.send("PUT", "/user/1/friends", json!([2])).await.json()["friends"]), [2]);
    assert_eq!(server.get("/user/2/friends").await.json(), json!([]), "one-sided");
}
