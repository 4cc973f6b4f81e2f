//! Definitions and connections that are refused, and names that follow from them.

use serde_json::json;
use topsail_orm::{
    AttrDef, Auto, Kind, Migrate, ModelDef, ModelEntry, Orm, OrmConfig, OrmError, Rule, Storage,
};

use crate::support::{definitions, orm};

fn model(name: &str, attributes: Vec<AttrDef>) -> ModelDef {
    let mut def = ModelDef::new(name);
    def.attributes = vec![AttrDef::new("id", Kind::Int).auto(Auto::Increment)];
    def.attributes.extend(attributes);
    def
}

async fn refusal(defs: Vec<ModelDef>) -> String {
    match Orm::connect(OrmConfig::sqlite("sqlite::memory:"), defs).await {
        Err(e @ OrmError::Definition(_)) => {
            assert_eq!(e.code(), "E_INVALID_MODEL_DEF");
            e.to_string()
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn mo_04_05_10_11_12_14_mdev_04_contradictions_stop_the_lift_and_name_the_attribute() {
    let text = || AttrDef::new("x", Kind::Text);
    for (attributes, says) in [
        (vec![text().required().default_value("a")], "cannot have a default"),
        (vec![text().default_value(5)], "not a string"),
        (vec![text().required().allow_null()], "cannot be an `Option`"),
        (vec![text(), AttrDef::new("y", Kind::Text).column_name("x")], "taken by another attribute"),
        (vec![text(), text()], "exists twice"),
        (vec![AttrDef::new("x", Kind::Int).rule(Rule::IsEmail)], "does not fit"),
        (vec![text().rule(Rule::Max(1.0))], "does not fit"),
        (vec![text().rule(Rule::regex("("))], "does not compile"),
        (vec![AttrDef::new("x", Kind::Int).auto(Auto::Increment)], "only a whole-number primary key"),
        (vec![AttrDef::new("x", Kind::Bool).auto(Auto::CreatedAt)], "automatic timestamp"),
        (vec![AttrDef::to("x", Kind::One, "nosuch")], "there is no model `nosuch`"),
        (vec![AttrDef::to("x", Kind::One, "modl")], "did you mean `model`?"),
        (vec![AttrDef::to("x", Kind::Many, "model").via("nosuch")], "which model `model` does not have"),
        (vec![AttrDef::to("x", Kind::Many, "model").via("id")], "not an association"),
        (vec![AttrDef::to("x", Kind::Many, "model").via("x")], "names the attribute itself"),
        (vec![AttrDef::new("a.b", Kind::Text)], "cannot be the name"),
        (vec![AttrDef::new("or", Kind::Text)], "cannot be the name"),
    ] {
        let said = refusal(vec![model("Model", attributes)]).await;
        assert!(said.contains(says) && said.contains("model `model`"), "{said}\nshould say {says}");
    }
}

#[tokio::test]
async fn mo_09_15_models_are_checked_against_each_other() {
    let mut no_key = model("A", vec![]);
    no_key.primary_key = "nope".into();
    assert!(refusal(vec![no_key]).await.contains("not an attribute"));
    assert!(refusal(vec![model("A", vec![]), model("A", vec![])]).await.contains("two models"));
    let mut same_table = model("B", vec![]);
    same_table.table = "a".into();
    assert!(refusal(vec![model("A", vec![]), same_table]).await.contains("belongs to another model"));
    let mut elsewhere = model("A", vec![]);
    elsewhere.datastore = "defualt".into();
    let said = refusal(vec![elsewhere]).await;
    assert!(said.contains("not configured") && said.contains("did you mean `default`?"), "{said}");
    let mut free = model("A", vec![]);
    free.schema = false;
    assert!(refusal(vec![free]).await.contains("schema"));
    let said =
        refusal(vec![model("A", vec![AttrDef::new("or", Kind::Text), AttrDef::to("b", Kind::One, "zz")])])
            .await;
    assert_eq!(said.lines().count(), 2, "all problems at once: {said}");
}

#[tokio::test]
async fn mo_137_join_tables_are_named_as_in_sails() {
    let orm = orm().await;
    let storage = |m: &str, a: &str| {
        orm.model(m).unwrap().attr(a).unwrap().association.as_ref().unwrap().storage.clone()
    };
    let join = |table: &str, mine: &str, theirs: &str| Storage::Join {
        table: table.into(),
        mine: mine.into(),
        theirs: theirs.into(),
    };
    assert_eq!(storage("team", "members"), join("team_members__user_teams", "team_members", "user_teams"));
    assert_eq!(storage("user", "teams"), join("team_members__user_teams", "user_teams", "team_members"));
    assert_eq!(
        storage("user", "friends"),
        join("user_friends__user_friends_user", "user_friends", "user_friends_user")
    );
    assert_eq!(storage("user", "pets"), Storage::Foreign { attr: "owner".into() });
}

#[tokio::test]
async fn a6_the_definition_is_data_and_has_a_hash() {
    let orm = orm().await;
    let user = orm.model("user").unwrap();
    assert_eq!(
        (user.global_id.as_str(), user.table.as_str(), user.datastore.as_str()),
        ("User", "user", "default")
    );
    assert_eq!(user.pk().name, "id");
    assert_eq!(user.attr("role").unwrap().default, Some(json!("a")));
    assert_eq!(user.attr("boss").unwrap().association.as_ref().unwrap().inverse, None);
    let owner = orm.model("pet").unwrap().attr("owner").unwrap();
    assert_eq!(owner.association.as_ref().unwrap().inverse.as_deref(), Some("pets"));
    assert_eq!(orm.model("tag").unwrap().pk().name, "slug");
    assert!(orm.model("tag").unwrap().attr("id").is_none());
    let twin = crate::support::orm().await;
    assert_eq!(user.hash(), twin.model("user").unwrap().hash());
    assert_ne!(user.hash(), orm.model("pet").unwrap().hash());
    assert!(user.visible("secret").is_none() && user.visible("name").is_some());
}

fn entries() -> impl Iterator<Item = &'static ModelEntry> {
    inventory::iter::<ModelEntry>.into_iter().filter(|e| e.module.ends_with("::support"))
}

#[tokio::test]
async fn models_register_themselves() {
    let mut found: Vec<_> = entries().map(|e| (e.define)().identity).collect();
    found.sort();
    assert_eq!(found, ["badge", "note", "pet", "profile", "tag", "team", "user"]);
    assert!(entries().all(|e| e.file.ends_with("support.rs") && e.line > 0));
}

#[tokio::test]
async fn mo_16_a_datastore_that_cannot_be_opened_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("not-a-database.sqlite");
    std::fs::write(&file, "this is a text, and certainly long enough not to be taken for an empty file")
        .unwrap();
    let e = Orm::connect(OrmConfig::sqlite(file.to_str().unwrap()), definitions()).await.unwrap_err();
    let said = e.to_string();
    assert_eq!(e.code(), "E_FAILED_TO_CONNECT");
    assert!(said.contains("not-a-database.sqlite") && said.contains("no SQLite database"), "{said}");
    let e = Orm::connect(OrmConfig::sqlite(folder.path().to_str().unwrap()), vec![]).await.unwrap_err();
    assert!(e.to_string().contains("this is a folder"), "{e}");
    let blocked = format!("{}/below/data.sqlite", file.display());
    let e = Orm::connect(OrmConfig::sqlite(blocked), vec![]).await.unwrap_err();
    assert!(e.to_string().contains("create the folder"), "{e}");
}

#[tokio::test]
async fn configuration_is_checked_and_has_defaults() {
    let config: OrmConfig = serde_json::from_value(json!({
        "datastores": { "default": { "adapter": "sqlite", "url": "sqlite::memory:" } },
        "models": { "migrate": "alter", "cascade_on_destroy": true }
    }))
    .unwrap();
    assert_eq!(config.models.migrate, Some(Migrate::Alter));
    let orm = Orm::connect(config, definitions()).await.unwrap();
    assert_eq!(orm.model("user").unwrap().cascade_on_destroy, Some(true));
    assert!(serde_json::from_value::<OrmConfig>(json!({ "datastore": {} })).is_err());
    let other = json!({ "datastores": { "default": { "adapter": "oracle" } } });
    let e = Orm::connect(serde_json::from_value(other).unwrap(), vec![]).await.unwrap_err();
    assert!(e.to_string().contains("no adapter `oracle`"), "{e}");
    let e = orm.require_datastore("defualt").unwrap_err();
    assert!(e.to_string().contains("did you mean `default`?"), "mo_162: {e}");
    assert!(orm.require_model("usr").unwrap_err().to_string().contains("did you mean `user`?"));
}

#[tokio::test]
async fn a_missing_table_is_said_to_be_missing() {
    let place = crate::place::Place::new().await;
    let orm = place.lift(definitions(), Migrate::Safe).await.unwrap();
    let e = crate::support::find(&orm, "user", json!({})).await.unwrap_err();
    assert_eq!((e.code(), e.model_identity()), ("E_NO_SUCH_PHYSICAL_MODEL", Some("user")));
}
