//! What blueprints offer beyond Sails where it is switched on: further levels of populate, conditions on associations.

use super::{
    bad,
    doors::{Doors, both},
    ids, server,
};
use crate::support::app;
use serde_json::json;

async fn families(config: &'static [(&'static str, bool)]) -> Doors {
    let server = both(|| config.iter().fold(app(), |app, (key, on)| app.config(key, *on))).await;
    server.users(&["ann", "bob"]).await;
    for (name, age, owner) in [("Rex", 3, 1), ("Tom", 9, 1), ("Kit", 1, 2)] {
        server.create("pet", json!({ "name": name, "age": age, "owner": owner })).await;
    }
    server.create("team", json!({ "title": "red", "members": [1, 2] })).await;
    server
}

#[tokio::test]
async fn populates_have_one_level_unless_more_are_switched_on() {
    let server = families(&[]).await;
    assert_eq!(server.get("/user?populate=pets.owner").await.brief(), bad("E_INVALID_POPULATES"), "bp_76");
    let server = families(&[("blueprints.nested_populate", true)]).await;
    let users = server.get("/user?populate=pets.owner,teams.members.pets&limit=2").await.json();
    assert_eq!(users[0]["pets"][0]["owner"]["name"], "ann");
    assert_eq!(ids(&users[0]["teams"][0]["members"][1]["pets"]), [3]);
    assert_eq!(
        ids(&users[1]["teams"][0]["members"][0]["pets"]),
        [1, 2],
        "a member of two lists is whole in both"
    );
    let one = server.get("/pet/3?populate=owner.teams").await.json();
    assert_eq!(one["owner"]["teams"][0]["title"], "red");
    assert!(!server.get("/pet?populate=owner.pets").await.text.contains("password"));
    for deep in ["pets.owner.pets.owner", "pets.nosuch", "pets.owner.password", "pets..owner"] {
        let refused = server.get(&format!("/user?populate={deep}")).await;
        assert_eq!(refused.brief(), bad("E_INVALID_POPULATES"), "{deep}");
    }
    let vast = server.get("/user?populate=teams.members.pets&limit=1000").await;
    assert_eq!(vast.brief(), bad("E_INVALID_POPULATES"));
    assert!(vast.json()["details"].as_str().unwrap().contains("100000 are allowed"), "{}", vast.text);
}

#[tokio::test]
async fn conditions_on_associations_are_refused_unless_they_are_switched_on() {
    let queries = [
        ("/user?where={\"pets\":{\"any\":{\"age\":{\">\":3}}}}", vec![1]),
        ("/user?pets[any][age][>]=3", vec![1]),
        ("/user?pets[none][name]=Kit", vec![1]),
        ("/pet?owner[is][name]=ann&age[<]=5", vec![1]),
        ("/pet?where={\"owner\":{\"is\":{\"teams\":{\"any\":{\"title\":\"red\"}}}}}", vec![1, 2, 3]),
        ("/user/1/pets?owner[is][name]=ann", vec![1, 2]),
    ];
    let closed = families(&[]).await;
    let open = families(&[("blueprints.association_filters", true)]).await;
    for (path, found) in queries {
        let code = if path.contains("/1/pets") { "E_INVALID_POPULATES" } else { "E_INVALID_CRITERIA" };
        assert_eq!(closed.get(path).await.brief(), bad(code), "{path}");
        assert_eq!(ids(&open.get(path).await.json()), found, "{path}");
    }
    for path in [
        "/pet?owner[is][password][startsWith]=a",
        "/pet?owner[is][nosuch]=a",
        "/user?pets[every][age]=3",
        "/user?pets[any]=3",
        "/user?name[is][age]=3",
    ] {
        assert_eq!(open.get(path).await.brief(), bad("E_INVALID_CRITERIA"), "{path}");
    }
    let text = |answer: crate::support::Answer, name: &str| answer.text.replace(name, "X");
    let hidden = open.get("/pet?owner[is][password]=a").await;
    let unknown = open.get("/pet?owner[is][passwird]=a").await;
    assert_eq!(text(hidden, "password"), text(unknown, "passwird"));
    assert_eq!(server().await.get("/user?pets[any][age]=1").await.brief(), bad("E_INVALID_CRITERIA"));
}
