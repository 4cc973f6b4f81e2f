//! Records as clients see them.

use serde_json::json;
use topsail_orm::{Context, Criteria, Limits, engine, to_json};

use crate::support::{orm, seed};

#[tokio::test]
async fn protect_and_custom_to_json_shape_populated_records_too() {
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
}
