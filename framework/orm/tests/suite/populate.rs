//! Populating.

use serde_json::{Value, json};
use topsail_orm::{Context, Criteria, Limits, Model, Populate, Where, engine};

use crate::support::{Pet, find, orm, seed, statements};

async fn families(orm: &topsail_orm::Orm) {
    seed(orm, "user", ["ann", "bob", "cy"].map(|n| json!({ "name": n }))).await;
    seed(
        orm,
        "pet",
        (1..=7)
            .map(|i| json!({ "name": format!("p{i}"), "age": 10 - i, "owner": if i <= 4 { 1 } else { 2 } })),
    )
    .await;
    seed(
        orm,
        "team",
        [json!({ "title": "red", "members": [1, 2] }), json!({ "title": "blue", "members": [2] })],
    )
    .await;
}

fn names(children: &Value) -> Vec<&str> {
    children.as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn mo_123_to_one_gives_the_record_or_null() {
    let orm = orm().await;
    families(&orm).await;
    seed(&orm, "pet", [json!({ "name": "lost", "owner": 99 }), json!({ "name": "free" })]).await;
    let pets = find(&orm, "pet", json!({ "populate": ["owner"] })).await.unwrap();
    assert_eq!(pets[0]["owner"]["name"], "ann");
    assert!(!pets[0]["owner"].as_object().unwrap().contains_key("pets"));
    assert_eq!((&pets[7]["owner"], &pets[8]["owner"]), (&Value::Null, &Value::Null));
    let raw = find(&orm, "pet", json!({})).await.unwrap();
    assert_eq!((&raw[0]["owner"], &raw[7]["owner"]), (&json!(1), &json!(99)));
}

#[tokio::test]
async fn mo_124_collections_are_lists_and_absent_when_not_populated() {
    let orm = orm().await;
    families(&orm).await;
    let users = find(&orm, "user", json!({ "populate": ["pets", "teams"] })).await.unwrap();
    assert_eq!(names(&users[0]["pets"]), ["p1", "p2", "p3", "p4"]);
    assert_eq!(users[2]["pets"], json!([]));
    assert_eq!(users[1]["teams"].as_array().unwrap().len(), 2);
    assert_eq!(users[0]["teams"][0]["title"], "red");
    assert!(!find(&orm, "user", json!({})).await.unwrap()[0].contains_key("pets"));
}

#[tokio::test]
async fn mo_125_126_127_sub_criteria_count_within_each_parent() {
    let orm = orm().await;
    families(&orm).await;
    let shown = |sub: Value| {
        let orm = &orm;
        async move {
            let users = find(orm, "user", json!({ "populate": { "pets": sub } })).await.unwrap();
            users.iter().map(|u| names(&u["pets"]).join(",")).collect::<Vec<_>>()
        }
    };
    assert_eq!(shown(json!({ "limit": 2 })).await, ["p1,p2", "p5,p6", ""]);
    assert_eq!(shown(json!({ "limit": 2, "skip": 1, "sort": "name DESC" })).await, ["p3,p2", "p6,p5", ""]);
    assert_eq!(shown(json!({ "skip": 3 })).await, ["p4", "", ""]);
    assert_eq!(shown(json!({ "sort": "age" })).await, ["p4,p3,p2,p1", "p7,p6,p5", ""]);
    assert_eq!(shown(json!({ "age": { "<": 5 } })).await, ["", "p6,p7", ""]);
    assert_eq!(shown(json!({ "limit": 0 })).await, ["", "", ""]);
    assert_eq!(shown(json!({ "name": ["p2", "p5"] })).await, ["p2", "p5", ""]);
    let many = find(&orm, "user", json!({ "populate": { "teams": { "limit": 1, "sort": "title" } } }))
        .await
        .unwrap();
    assert_eq!(many[1]["teams"], json!([many[1]["teams"][0]]));
    assert_eq!(many[1]["teams"][0]["title"], "blue");
    assert_eq!(many[2]["teams"], json!([]));
    let one = find(
        &orm,
        "user",
        json!({ "where": { "id": 1 }, "populate": { "pets": { "limit": 1, "skip": 1 } } }),
    );
    assert_eq!(names(&one.await.unwrap()[0]["pets"]), ["p2"]);
}

#[tokio::test]
async fn a_select_of_children_keeps_the_key_and_the_way_back() {
    let orm = orm().await;
    families(&orm).await;
    let users = find(&orm, "user", json!({ "populate": { "pets": { "select": ["name"] } } })).await.unwrap();
    assert_eq!(users[0]["pets"][0], json!({ "id": 1, "name": "p1", "owner": 1 }));
}

#[tokio::test]
async fn mo_128_129_130_what_cannot_be_populated_is_refused() {
    let orm = orm().await;
    families(&orm).await;
    for (model, populate) in [
        ("pet", json!({ "owner": { "limit": 1 } })),
        ("pet", json!({ "owner": { "where": { "name": "x" } } })),
        ("pet", json!({ "owner": { "name": "x" } })),
        ("pet", json!({ "owner": { "select": ["name"] } })),
        ("pet", json!(["nosuch"])),
        ("pet", json!(["name"])),
        ("pet", json!("owner")),
        ("pet", json!(true)),
        ("user", json!({ "pets": { "nosuch": 1 } })),
        ("user", json!({ "pets": { "sort": "nosuch" } })),
        ("user", json!({ "pets": { "limit": -1 } })),
    ] {
        let e = find(&orm, model, json!({ "populate": populate.clone() })).await.unwrap_err();
        assert_eq!(e.code(), "E_INVALID_POPULATES", "{populate}");
    }
    for clash in [
        json!({ "omit": ["owner"], "populate": ["owner"] }),
        json!({ "sort": "owner", "populate": ["owner"] }),
    ] {
        assert_eq!(find(&orm, "pet", clash).await.unwrap_err().code(), "E_INVALID_POPULATES");
    }
    let none = find(&orm, "user", json!({ "populate": { "pets": false } })).await.unwrap();
    assert!(!none[0].contains_key("pets"));
}

#[tokio::test]
async fn a4_a_condition_can_be_put_on_every_populate() {
    let orm = orm().await;
    families(&orm).await;
    seed(&orm, "pet", [json!({ "name": "lost", "owner": 99 }), json!({ "name": "free" })]).await;
    let (cx, def) = (Context::system(&orm), orm.model("pet").unwrap());
    let by = |criteria: Criteria| Populate { attr: "owner".into(), criteria };
    let only = |which: Where| by(Criteria::new(which));
    let criteria = Criteria { populate: vec![only(Where::eq("name", "bob"))], ..Criteria::default() };
    let mut pets = vec![];
    let asked = statements(&orm, async || pets = engine::find(&cx, def, criteria).await.unwrap()).await;
    assert_eq!(asked, 2);
    let names: Vec<_> = pets.iter().map(|pet| pet["owner"]["name"].clone()).collect();
    assert_eq!(json!(names), json!([null, null, null, null, "bob", "bob", "bob", null, null]));
    assert_eq!(pets[0]["owner"], Value::Null);
    let nobody = Criteria { populate: vec![only(Where::Nothing)], ..Criteria::default() };
    assert!(engine::find(&cx, def, nobody).await.unwrap().iter().all(|pet| pet["owner"].is_null()));
    let typed = Pet::find(&orm).populate(only(Where::eq("name", "bob"))).await.unwrap();
    let (ann, bob) = (typed[0].owner.as_ref().unwrap(), typed[4].owner.as_ref().unwrap());
    assert_eq!(
        (ann.key(), ann.get().unwrap().is_none()),
        (&1, true),
        "the key stays, as of one that dangles"
    );
    assert_eq!(bob.get().unwrap().unwrap().name, "bob");
    let deep =
        by(Criteria { populate: vec![Populate::new("pets")], ..Criteria::new(Where::eq("name", "bob")) });
    let criteria = Criteria { populate: vec![deep], ..Criteria::default() };
    let pets = engine::find(&cx, def, criteria).await.unwrap();
    assert_eq!(pets[4]["owner"]["pets"].as_array().unwrap().len(), 3);
    for (criteria, code) in [
        (Criteria::new(Where::eq("nosuch", 1)), "E_INVALID_POPULATES"),
        (Criteria { limit: Some(1), ..Criteria::default() }, "E_INVALID_POPULATES"),
        (Criteria { select: Some(vec!["name".into()]), ..Criteria::default() }, "E_INVALID_POPULATES"),
    ] {
        let criteria = Criteria { populate: vec![by(criteria)], ..Criteria::default() };
        assert_eq!(engine::find(&cx, def, criteria).await.unwrap_err().code(), code);
    }
}

#[tokio::test]
async fn a_populated_key_is_selected_by_itself() {
    let orm = orm().await;
    families(&orm).await;
    let pets = find(&orm, "pet", json!({ "select": ["name"], "populate": ["owner"] })).await.unwrap();
    assert_eq!(pets[0].keys().collect::<Vec<_>>(), ["id", "name", "owner"]);
    assert_eq!(pets[0]["owner"]["name"], "ann");
}

#[tokio::test]
async fn populate_is_one_statement_per_association_however_many_records() {
    let orm = orm().await;
    families(&orm).await;
    let def = orm.model("user").unwrap();
    let all = json!({ "populate": { "boss": true, "pets": { "limit": 3 }, "teams": true, "friends": true } });
    let criteria = Criteria::from_json(&orm, def, &all, &Limits::default()).unwrap();
    let cx = Context::system(&orm);
    engine::update(&cx, def, Where::All, crate::support::record(json!({ "boss": 1 }))).await.unwrap();
    let asked = statements(&orm, async || {
        assert_eq!(engine::find(&cx, def, criteria).await.unwrap().len(), 3);
    })
    .await;
    assert_eq!(asked, 5, "one for the records and one for each of four associations");
}

#[tokio::test]
async fn populate_reaches_further_levels_when_asked() {
    let orm = orm().await;
    families(&orm).await;
    let def = orm.model("team").unwrap();
    let deep = json!({ "populate": { "members": { "populate": { "pets": { "limit": 1 } } } } });
    let criteria = Criteria::from_json(&orm, def, &deep, &Limits::default()).unwrap();
    let cx = Context::system(&orm);
    let mut teams = vec![];
    let asked = statements(&orm, async || teams = engine::find(&cx, def, criteria).await.unwrap()).await;
    assert_eq!(asked, 3);
    assert_eq!(names(&teams[0]["members"][0]["pets"]), ["p1"]);
    let too_deep = json!({ "populate": { "members": { "populate": { "teams": { "populate": { "members":
        { "populate": ["pets"] } } } } } } });
    let e = Criteria::from_json(&orm, def, &too_deep, &Limits::default()).unwrap_err();
    assert_eq!(e.code(), "E_INVALID_POPULATES");
}

#[tokio::test]
async fn a_record_that_stands_under_two_parents_is_populated_under_both() {
    let orm = orm().await;
    families(&orm).await;
    let deep = json!({ "populate": { "members": { "populate": ["pets"] } } });
    let teams = find(&orm, "team", deep).await.unwrap();
    assert_eq!(names(&teams[0]["members"][1]["pets"]), ["p5", "p6", "p7"]);
    assert_eq!(names(&teams[1]["members"][0]["pets"]), ["p5", "p6", "p7"]);
}

#[tokio::test]
async fn sub_criteria_count_within_each_parent_on_every_level() {
    let orm = orm().await;
    families(&orm).await;
    let deep = json!({ "populate": { "members": {
        "sort": "name DESC", "populate": { "pets": { "limit": 1, "skip": 1, "sort": "name DESC" } } } } });
    let def = orm.model("team").unwrap();
    let criteria = Criteria::from_json(&orm, def, &deep, &Limits::default()).unwrap();
    let cx = Context::system(&orm);
    let mut teams = vec![];
    let asked = statements(&orm, async || teams = engine::find(&cx, def, criteria).await.unwrap()).await;
    assert_eq!(asked, 3, "one statement for each path");
    assert_eq!(names(&teams[0]["members"]), ["bob", "ann"]);
    assert_eq!(names(&teams[0]["members"][0]["pets"]), ["p6"]);
    assert_eq!(names(&teams[0]["members"][1]["pets"]), ["p3"]);
}

#[tokio::test]
async fn thirty_records_with_three_associations_are_four_statements() {
    let orm = orm().await;
    seed(&orm, "user", (0..30).map(|i| json!({ "name": format!("u{i}") }))).await;
    seed(&orm, "pet", (0..90).map(|i| json!({ "name": format!("p{i}"), "owner": i % 30 + 1 }))).await;
    seed(&orm, "team", (0..5).map(|i| json!({ "title": format!("t{i}"), "members": [i + 1, i + 2] }))).await;
    let cx = Context::system(&orm);
    let def = orm.model("user").unwrap();
    engine::update(&cx, def, Where::All, crate::support::record(json!({ "boss": 1 }))).await.unwrap();
    let asked = json!({ "limit": 30, "populate": { "boss": true, "pets": { "limit": 2 }, "teams": true } });
    let criteria = Criteria::from_json(&orm, def, &asked, &Limits::default()).unwrap();
    let mut users = vec![];
    let asked = statements(&orm, async || users = engine::find(&cx, def, criteria).await.unwrap()).await;
    assert_eq!(asked, 4);
    assert_eq!((users.len(), names(&users[29]["pets"])), (30, vec!["p29", "p59"]));
    assert_eq!(users[1]["teams"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn reflexive_associations_with_text_keys() {
    let orm = orm().await;
    seed(
        &orm,
        "tag",
        [
            json!({ "slug": "root" }),
            json!({ "slug": "b", "parent": "root" }),
            json!({ "slug": "a", "parent": "root" }),
        ],
    )
    .await;
    let tags = find(&orm, "tag", json!({ "populate": ["parent", "children"] })).await.unwrap();
    assert_eq!(tags.iter().map(|t| t["slug"].as_str().unwrap()).collect::<Vec<_>>(), ["a", "b", "root"]);
    assert_eq!(tags[0]["parent"]["slug"], "root");
    assert_eq!(tags[2]["children"].as_array().unwrap().len(), 2);
    assert_eq!(find(&orm, "tag", json!("a")).await.unwrap().len(), 1);
    assert_eq!(find(&orm, "tag", json!({ "parent": ["root", "x"] })).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_later_populate_of_the_same_association_wins() {
    let orm = orm().await;
    families(&orm).await;
    let def = orm.model("user").unwrap();
    let limited =
        Populate { attr: "pets".into(), criteria: Criteria { limit: Some(1), ..Criteria::default() } };
    let criteria = Criteria { populate: vec![Populate::new("pets"), limited], ..Criteria::default() };
    let users = engine::find(&Context::system(&orm), def, criteria).await.unwrap();
    assert_eq!(names(&users[0]["pets"]), ["p1"]);
}
