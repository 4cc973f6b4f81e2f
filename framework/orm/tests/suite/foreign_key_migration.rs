//! Foreign keys come and go with the models.

use serde_json::json;
use topsail_orm::{AttrDef, Kind, Migrate, ModelDef, OnDelete, Orm, OrmConfig};

use crate::{
    place::{Place, catalogue, sql},
    support::{find, record, seed},
};

fn model(name: &str, attributes: Vec<AttrDef>) -> ModelDef {
    let mut def = ModelDef::new(name);
    def.attributes = vec![AttrDef::new("id", Kind::Int).as_primary_key()];
    def.attributes.extend(attributes);
    def
}

fn child(parent: impl FnOnce(AttrDef) -> AttrDef) -> ModelDef {
    model(
        "Child",
        vec![AttrDef::new("name", Kind::Text), parent(AttrDef::to("parent", Kind::One, "zparent"))],
    )
}

/// Its table comes after that of its children, and points back at them.
fn parent(back: impl FnOnce(AttrDef) -> AttrDef) -> ModelDef {
    model("Zparent", vec![AttrDef::new("n", Kind::Int), back(AttrDef::to("first", Kind::One, "child"))])
}

fn plain() -> Vec<ModelDef> {
    vec![child(|a| a), parent(|a| a)]
}

fn keyed() -> Vec<ModelDef> {
    vec![child(AttrDef::foreign_key), parent(|a| a.on_delete(OnDelete::SetNull))]
}

async fn refuses(orm: &Orm) -> bool {
    let cx = topsail_orm::Context::system(orm);
    let dangling = record(json!({ "name": "x", "parent": 99 }));
    topsail_orm::engine::create(&cx, orm.model("child").unwrap(), dangling).await.is_err()
}

#[tokio::test]
async fn alter_adds_and_removes_foreign_keys_in_a_ring_and_keeps_every_row() {
    let place = Place::new().await;
    let orm = place.lift(plain(), Migrate::Alter).await.unwrap();
    seed(&orm, "zparent", [json!({ "n": 1 })]).await;
    seed(&orm, "child", [json!({ "name": "a", "parent": 1 }), json!({ "name": "b" })]).await;
    sql(&orm, "UPDATE zparent SET first = 1").await;
    orm.close().await;
    for defs in [keyed, plain, keyed] {
        let wanted = defs()[0].attr("parent").unwrap().foreign_key.is_some();
        let orm = place.lift(defs(), Migrate::Alter).await.unwrap();
        assert_eq!(refuses(&orm).await, wanted);
        let rows = find(&orm, "child", json!({ "where": { "name": { "!=": "x" } } })).await.unwrap();
        assert_eq!(
            json!(rows),
            json!([{ "id": 1, "name": "a", "parent": 1 }, { "id": 2, "name": "b", "parent": null }])
        );
        assert_eq!(
            json!(find(&orm, "zparent", json!({})).await.unwrap()),
            json!([{ "id": 1, "n": 1, "first": 1 }])
        );
        let before = catalogue(&orm).await;
        orm.auto_migrate(Migrate::Alter).await.unwrap();
        assert_eq!(catalogue(&orm).await, before, "a second time changes nothing");
        sql(&orm, "DELETE FROM child WHERE name = 'x'").await;
        orm.close().await;
    }
}

#[tokio::test]
async fn rows_that_point_at_nothing_stop_the_lift_with_nothing_lost() {
    let place = Place::new().await;
    let orm = place.lift(plain(), Migrate::Alter).await.unwrap();
    seed(&orm, "child", [json!({ "name": "a", "parent": 7 }), json!({ "name": "b", "parent": 8 })]).await;
    orm.close().await;
    let e = place.lift(keyed(), Migrate::Alter).await.unwrap_err();
    assert_eq!(e.code(), "E_FAILED_ALTER_STRATEGY");
    let said = e.to_string();
    assert!(said.contains("table `child`: `parent` should be a foreign key, but 2 rows"), "{said}");
    assert!(said.contains("set it to null there or remove these rows first"), "{said}");
    let orm = place.lift(plain(), Migrate::Alter).await.unwrap();
    assert_eq!(find(&orm, "child", json!({})).await.unwrap().len(), 2);
    sql(&orm, "UPDATE child SET parent = NULL").await;
    orm.close().await;
    assert!(refuses(&place.lift(keyed(), Migrate::Alter).await.unwrap()).await);
}

#[tokio::test]
async fn another_rule_replaces_the_former_one() {
    let place = Place::new().await;
    place.lift(keyed(), Migrate::Alter).await.unwrap().close().await;
    let cascading = || vec![child(|a| a.on_delete(OnDelete::Cascade)), parent(|a| a)];
    let orm = place.lift(cascading(), Migrate::Alter).await.unwrap();
    seed(&orm, "zparent", [json!({ "n": 1 })]).await;
    seed(&orm, "child", [json!({ "name": "a", "parent": 1 })]).await;
    sql(&orm, "DELETE FROM zparent").await;
    assert!(find(&orm, "child", json!({})).await.unwrap().is_empty());
}

#[tokio::test]
async fn drop_drops_tables_that_point_at_each_other_and_are_pointed_at_by_former_ones() {
    let place = Place::new().await;
    let former = || model("Former", vec![AttrDef::to("child", Kind::One, "child").foreign_key()]);
    let mut all = keyed();
    all.push(former());
    let orm = place.lift(all, Migrate::Alter).await.unwrap();
    seed(&orm, "zparent", [json!({ "n": 1 })]).await;
    seed(&orm, "child", [json!({ "name": "a", "parent": 1 })]).await;
    seed(&orm, "former", [json!({ "child": 1 })]).await;
    sql(&orm, "UPDATE zparent SET first = 1").await;
    orm.close().await;
    let orm = place.lift(keyed(), Migrate::Drop).await.unwrap();
    assert!(find(&orm, "child", json!({})).await.unwrap().is_empty());
    assert!(refuses(&orm).await);
    assert_eq!(seed(&orm, "zparent", [json!({ "n": 1 })]).await, [1]);
}

#[tokio::test]
async fn a_column_changes_its_type_while_foreign_keys_point_at_its_table() {
    let place = Place::new().await;
    let orm = place.lift(keyed(), Migrate::Alter).await.unwrap();
    seed(&orm, "zparent", [json!({ "n": 5 })]).await;
    seed(&orm, "child", [json!({ "name": "7", "parent": 1 })]).await;
    orm.close().await;
    let mut defs = keyed();
    defs[0].attributes[1] = AttrDef::new("name", Kind::Int);
    defs[1].attributes[1] = AttrDef::new("n", Kind::Text);
    let orm = place.lift(defs, Migrate::Alter).await.unwrap();
    assert_eq!(
        json!(find(&orm, "child", json!({})).await.unwrap()),
        json!([{ "id": 1, "name": 7, "parent": 1 }])
    );
    assert_eq!(find(&orm, "zparent", json!({})).await.unwrap()[0]["n"], "5");
    let cx = topsail_orm::Context::system(&orm);
    let dangling = record(json!({ "name": 1, "parent": 99 }));
    assert!(topsail_orm::engine::create(&cx, orm.model("child").unwrap(), dangling).await.is_err());
}

#[tokio::test]
async fn an_index_becomes_another_below_a_foreign_key() {
    let place = Place::new().await;
    let unique = || vec![child(|a| a.foreign_key().unique()), parent(|a| a)];
    let orm = place.lift(unique(), Migrate::Alter).await.unwrap();
    assert!(crate::place::has_index(&orm, "child_parent_unique").await);
    orm.close().await;
    let orm = place.lift(keyed(), Migrate::Alter).await.unwrap();
    assert!(!crate::place::has_index(&orm, "child_parent_unique").await);
    assert!(crate::place::has_index(&orm, "child_parent_index").await);
    assert!(refuses(&orm).await);
}

#[tokio::test]
async fn foreign_keys_that_cannot_be_stop_the_lift() {
    let refusal = async |defs: Vec<ModelDef>| {
        let mut config = OrmConfig::sqlite("sqlite::memory:");
        config.datastores.insert("other".into(), config.datastores["default"].clone());
        Orm::connect(config, defs).await.map(drop).unwrap_err().to_string()
    };
    let mut elsewhere = parent(|a| a);
    elsewhere.datastore = "other".into();
    elsewhere.attributes.pop();
    let said = refusal(vec![child(AttrDef::foreign_key), elsewhere]).await;
    assert!(
        said.contains("a foreign key needs both models in one datastore; `zparent` lives in `other`"),
        "{said}"
    );
    let said = refusal(vec![child(|a| a.required().on_delete(OnDelete::SetNull)), parent(|a| a)]).await;
    assert!(said.contains("`set_null` needs an attribute that may be null"), "{said}");
    let said = refusal(vec![model("A", vec![AttrDef::new("n", Kind::Int).foreign_key()])]).await;
    assert!(said.contains("`foreign_key` is for an association"), "{said}");
    let mut typed = parent(|a| a);
    typed.attributes[0].column_type = Some("char(36)".into());
    let said = refusal(vec![child(AttrDef::foreign_key), typed]).await;
    assert!(said.contains("the key of model `zparent` has the type `char(36)`"), "{said}");
    let mut one_to_many = parent(|a| a);
    one_to_many.attributes.push(AttrDef::to("children", Kind::Many, "child").via("parent").foreign_key());
    let said = refusal(vec![child(|a| a), one_to_many]).await;
    assert!(said.contains("the key of this collection is in `parent` of model `child`"), "{said}");
    let mut many = parent(|a| a);
    many.attributes.push(AttrDef::to("others", Kind::Many, "child").on_delete(OnDelete::SetNull));
    let said = refusal(vec![child(|a| a), many]).await;
    assert!(said.contains("rows of a join table go with their records"), "{said}");
}
