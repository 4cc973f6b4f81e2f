//! Records as clients see them.

use serde_json::json;
use topsail_orm::{Context, Criteria, Limits, Model, engine, to_json};

use crate::support::{Note, orm, seed};

#[tokio::test]
async fn mo_146_protect_and_custom_to_json_shape_populated_records_too() {
    let orm = orm().await;
    seed(&orm, "user", [json!({ "name": "a", "secret": "s" })]).await;
    seed(&orm, "pet", [json!({ "name": "rex", "owner": 1 })]).await;
    let show = async |model: &str, criteria| {
        let def = orm.model(model).unwrap();
        let criteria = Criteria::from_json(&orm, def, &criteria, &Limits::default()).unwrap();
        let record = engine::find(&Context::system(&orm), def, criteria).await.unwrap().remove(0);
        to_json(&orm, def, record)
    };
    let pet = show("pet", json!({ "populate": ["owner"] })).await;
    assert_eq!(pet["owner"]["name"], "a");
    assert!(pet["owner"].get("secret").is_none());
    let user = show("user", json!({ "populate": ["pets"] })).await;
    assert!(user.get("secret").is_none());
    assert_eq!(user["pets"][0]["name"], "rex");
    seed(&orm, "note", [json!({ "title": "a", "body": "hidden" })]).await;
    assert!(show("note", json!({})).await.get("body").is_none());
    let note = Note::find_one(&orm, 1).await.unwrap().unwrap();
    assert_eq!(note.body.as_deref(), Some("hidden"), "what the code reads is whole");
    assert!(serde_json::to_value(&note).unwrap().get("body").is_none());
}

/// What is sent on without being taken apart is what its records would show.
#[tokio::test]
async fn what_is_found_to_be_sent_is_the_output_form_of_what_is_found() {
    let orm = orm().await;
    seed(
        &orm,
        "user",
        [
            json!({ "name": "ann \"a\" <é> \u{1f600}\n", "age": 7, "score": 1.5, "meta": { "a": [1, null, "x"] }, "secret": "s" }),
            json!({ "name": "bob", "score": 3.0, "active": false, "meta": "text", "boss": 1 }),
            json!({ "name": "cid", "age": -9_007_199_254_740_993_i64, "meta": [] }),
        ],
    )
    .await;
    seed(&orm, "pet", [json!({ "name": "rex", "owner": 1 })]).await;
    seed(&orm, "note", [json!({ "title": "a", "body": "hidden", "stars": 2 })]).await;
    for (model, criteria) in [
        ("user", json!({})),
        ("user", json!({ "where": { "age": { ">": 0 } } })),
        ("user", json!({ "where": { "name": { "in": [] } } })),
        ("user", json!({ "select": ["name", "meta"], "sort": "name DESC" })),
        ("user", json!({ "omit": ["meta"], "limit": 2, "skip": 1 })),
        ("user", json!({ "populate": ["pets", "boss"] })),
        ("pet", json!({ "populate": ["owner"] })),
        ("note", json!({})),
    ] {
        let def = orm.model(model).unwrap();
        let parsed = || Criteria::from_json(&orm, def, &criteria, &Limits::default()).unwrap();
        let cx = Context::system(&orm);
        let records = engine::find(&cx, def, parsed()).await.unwrap();
        let shown: Vec<_> = records.into_iter().map(|record| to_json(&orm, def, record)).collect();
        let sent = engine::find_to_send(&cx, def, parsed()).await.unwrap();
        assert_eq!(
            serde_json::to_string(&sent).unwrap(),
            serde_json::to_string(&shown).unwrap(),
            "{model} {criteria}"
        );
    }
}
