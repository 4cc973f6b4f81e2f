//! Auto-migration.

use serde_json::{Value, json};
use topsail_orm::{AttrDef, Auto, Kind, Migrate, ModelDef};

use crate::{
    place::{Place, catalogue, described, has_index, scalar, sql},
    support::{find, seed},
};

fn thing(attributes: Vec<AttrDef>) -> ModelDef {
    let mut def = ModelDef::new("Thing");
    def.attributes = vec![AttrDef::new("id", Kind::Int).auto(Auto::Increment)];
    def.attributes.extend(attributes);
    def.attributes.push(AttrDef::new("createdAt", Kind::Int).auto(Auto::CreatedAt));
    def
}

#[tokio::test]
async fn mo_152_drop_leaves_empty_tables() {
    let place = Place::new().await;
    let def = || thing(vec![AttrDef::new("a", Kind::Text)]);
    let orm = place.lift(vec![def()], Migrate::Alter).await.unwrap();
    seed(&orm, "thing", [json!({ "a": "x" })]).await;
    orm.close().await;
    let orm = place.lift(vec![def()], Migrate::Safe).await.unwrap();
    assert_eq!(find(&orm, "thing", json!({})).await.unwrap().len(), 1);
    orm.auto_migrate(Migrate::Drop).await.unwrap();
    assert!(find(&orm, "thing", json!({})).await.unwrap().is_empty());
    assert_eq!(seed(&orm, "thing", [json!({ "a": "x" })]).await, [1]);
}

#[tokio::test]
async fn mo_153_safe_leaves_tables_that_differ_and_those_of_no_model() {
    let place = Place::new().await;
    let mut other = ModelDef::new("Other");
    other.attributes = vec![AttrDef::new("id", Kind::Int).auto(Auto::Increment)];
    let before = thing(vec![AttrDef::new("a", Kind::Text), AttrDef::new("b", Kind::Int)]);
    let orm = place.lift(vec![before, other], Migrate::Alter).await.unwrap();
    seed(&orm, "thing", [json!({ "a": "x", "b": 5 })]).await;
    let as_it_was = described(&orm).await;
    orm.close().await;
    let after = || thing(vec![AttrDef::new("a", Kind::Int), AttrDef::new("c", Kind::Text).unique()]);
    let orm = place.lift(vec![after()], Migrate::Safe).await.unwrap();
    assert_eq!(described(&orm).await, as_it_was);
    assert_eq!(scalar(&orm, "SELECT a FROM thing").await, "x");
    orm.close().await;
    // It would not have been left otherwise.
    let orm = place.lift(vec![thing(vec![AttrDef::new("c", Kind::Text)])], Migrate::Alter).await.unwrap();
    assert_ne!(described(&orm).await, as_it_was);
}

#[tokio::test]
async fn mo_155_alter_adds_attributes_with_their_first_value() {
    let place = Place::new().await;
    let orm = place.lift(vec![thing(vec![AttrDef::new("a", Kind::Text)])], Migrate::Alter).await.unwrap();
    seed(&orm, "thing", [json!({ "a": "x", "createdAt": 7 }), json!({ "a": "y" })]).await;
    orm.close().await;
    let more = vec![
        AttrDef::new("a", Kind::Text),
        AttrDef::new("b", Kind::Int).default_value(5),
        AttrDef::new("c", Kind::Bool),
        AttrDef::new("d", Kind::Text).allow_null(),
        AttrDef::new("e", Kind::Text).unique(),
    ];
    let orm = place.lift(vec![thing(more)], Migrate::Alter).await.unwrap();
    let rows = find(&orm, "thing", json!({ "omit": ["createdAt"] })).await.unwrap();
    assert_eq!(json!(rows[0]), json!({ "id": 1, "a": "x", "b": 5, "c": false, "d": null, "e": null }));
    assert_eq!(find(&orm, "thing", json!(1)).await.unwrap()[0]["createdAt"], 7, "mo_154");
    assert_eq!(rows.len(), 2);
}

#[tokio::test]
async fn mo_154_alter_changes_a_type_and_keeps_every_row() {
    let place = Place::new().await;
    let before = vec![
        AttrDef::new("a", Kind::Text),
        AttrDef::new("gone", Kind::Text),
        AttrDef::new("n", Kind::Int),
        AttrDef::new("m", Kind::Int),
    ];
    let orm = place.lift(vec![thing(before)], Migrate::Alter).await.unwrap();
    seed(&orm, "thing", (0..1200).map(|i| json!({ "a": i.to_string(), "gone": "kept", "n": i }))).await;
    sql(&orm, "DELETE FROM thing WHERE id = 1200").await;
    sql(&orm, "CREATE INDEX by_hand ON thing (m)").await;
    orm.close().await;
    let after = vec![
        AttrDef::new("a", Kind::Int),
        AttrDef::new("n", Kind::Text),
        AttrDef::new("m", Kind::Int),
        AttrDef::new("new", Kind::Text).default_value("x"),
    ];
    let orm = place.lift(vec![thing(after)], Migrate::Alter).await.unwrap();
    let rows =
        find(&orm, "thing", json!({ "omit": ["createdAt"], "where": { "id": [1, 1199] } })).await.unwrap();
    assert_eq!(json!(rows[0]), json!({ "id": 1, "a": 0, "n": "0", "m": 0, "new": "x" }));
    assert_eq!(json!(rows[1]), json!({ "id": 1199, "a": 1198, "n": "1198", "m": 0, "new": "x" }));
    assert_eq!(
        scalar(&orm, "SELECT gone FROM thing WHERE id = 3").await,
        "kept",
        "what no attribute names stays"
    );
    assert!(has_index(&orm, "by_hand").await);
    assert_eq!(seed(&orm, "thing", [json!({ "a": 1 })]).await, [1201], "a key is never given twice");
}

#[tokio::test]
async fn mdev_17_rows_that_cannot_be_converted_stop_the_lift_with_nothing_changed() {
    let place = Place::new().await;
    let orm = place.lift(vec![thing(vec![AttrDef::new("a", Kind::Text)])], Migrate::Alter).await.unwrap();
    seed(&orm, "thing", [json!({ "a": "5" }), json!({ "a": "five" })]).await;
    orm.close().await;
    let e = place.lift(vec![thing(vec![AttrDef::new("a", Kind::Int)])], Migrate::Alter).await.unwrap_err();
    assert_eq!(e.code(), "E_FAILED_ALTER_STRATEGY");
    assert!(e.to_string().contains("`a` of 2 is 'five'"), "{e}");
    let orm = place.lift(vec![thing(vec![AttrDef::new("a", Kind::Text)])], Migrate::Alter).await.unwrap();
    assert_eq!(find(&orm, "thing", json!({})).await.unwrap().len(), 2);
}

#[tokio::test]
async fn unique_indexes_come_and_go_with_their_attribute() {
    let place = Place::new().await;
    let plain = || AttrDef::new("a", Kind::Text);
    let orm = place.lift(vec![thing(vec![plain().unique()])], Migrate::Alter).await.unwrap();
    seed(&orm, "thing", [json!({ "a": "x" })]).await;
    assert!(has_index(&orm, "thing_a_unique").await);
    orm.close().await;
    let orm = place.lift(vec![thing(vec![plain()])], Migrate::Alter).await.unwrap();
    seed(&orm, "thing", [json!({ "a": "x" })]).await;
    orm.close().await;
    let e = place.lift(vec![thing(vec![plain().unique()])], Migrate::Alter).await.unwrap_err();
    assert!(e.to_string().contains("a should be unique"), "{e}");
}

#[tokio::test]
async fn a_changed_key_is_left_to_a_written_migration() {
    let place = Place::new().await;
    place.lift(vec![thing(vec![])], Migrate::Alter).await.unwrap().close().await;
    let mut def = thing(vec![AttrDef::new("slug", Kind::Text).required()]);
    def.attributes.remove(0);
    def.primary_key = "slug".into();
    let e = place.lift(vec![def], Migrate::Alter).await.unwrap_err();
    assert!(e.to_string().contains("primary key is `id` in the database and `slug` in the model"), "{e}");
}

#[tokio::test]
async fn alter_twice_changes_nothing() {
    let orm = crate::support::orm().await;
    seed(&orm, "user", [json!({ "name": "a", "meta": { "deep": [1] } })]).await;
    orm.auto_migrate(Migrate::Alter).await.unwrap();
    let before = catalogue(&orm).await;
    orm.auto_migrate(Migrate::Alter).await.unwrap();
    assert_eq!(catalogue(&orm).await, before);
    assert_eq!(find(&orm, "user", Value::Null).await.unwrap()[0]["meta"], json!({ "deep": [1] }));
}
