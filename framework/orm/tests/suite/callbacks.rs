//! Lifecycle callbacks.

use serde_json::{Value, json};
use topsail_macros::model;
use topsail_orm::{Collection, Id, Model, One, Orm, OrmError, Record, Result, Tx, Where};

use crate::support::orm_of;

/// Notes each of its callbacks as an [`Entry`], written in the same transaction.
#[model(
    crate = topsail_orm,
    before_create = before_create,
    after_create = after_create,
    before_update = before_update,
    after_update = after_update,
    before_destroy = before_destroy,
    after_destroy = after_destroy
)]
pub struct Guest {
    #[attr(required, max_length = 20)]
    pub name: String,
    #[attr(default = "a")]
    pub role: String,
    #[attr(max = 9)]
    pub rank: i64,
    pub host: Option<One<Guest>>,
    #[attr(via = host)]
    pub guests: Collection<Guest>,
    pub friends: Collection<Guest>,
}

#[model(crate = topsail_orm)]
pub struct Entry {
    pub callback: String,
    pub what: Value,
}

async fn note(tx: &Tx, callback: &str, what: Value) -> Result<()> {
    Entry::create(tx).set(Entry::CALLBACK, callback).set(Entry::WHAT, what).await.map(drop)
}

async fn before_create(tx: &Tx, record: &mut Record) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    note(tx, "before_create", Value::Object(record.clone())).await?;
    if record["name"] == "refused" {
        return Err("no entry".into());
    }
    if record["name"] == "loud" {
        record.insert("rank".into(), json!(99));
    }
    if record["name"] == "nul" {
        record.insert("role".into(), json!("a\0"));
    }
    Ok(())
}

async fn after_create(tx: &Tx, guest: &Guest) -> Result<()> {
    note(tx, "after_create", json!([guest.id, guest.name])).await?;
    if guest.name == "late" { Err(OrmError::Closed) } else { Ok(()) }
}

async fn before_update(tx: &Tx, values: &mut Record) -> Result<()> {
    note(tx, "before_update", Value::Object(values.clone())).await?;
    if values.get("role") == Some(&json!("refused")) {
        return Err(OrmError::Callback("not this role".into()));
    }
    if values.get("role") == Some(&json!("nul")) {
        values.insert("role".into(), json!("a\0"));
    }
    Ok(())
}

async fn after_update(tx: &Tx, record: &Record) -> Result<()> {
    note(tx, "after_update", json!([record["id"], record["role"]])).await
}

async fn before_destroy(tx: &Tx, which: &Where) -> Result<()> {
    note(tx, "before_destroy", json!(format!("{which:?}").contains("late"))).await
}

async fn after_destroy(tx: &Tx, guest: &Guest) -> Result<()> {
    note(tx, "after_destroy", json!(guest.name)).await?;
    if guest.name == "kept" { Err(OrmError::Callback("this one stays".into())) } else { Ok(()) }
}

async fn orm() -> crate::place::TestOrm {
    orm_of(vec![Guest::define(), Entry::define()]).await
}

async fn noted(orm: &Orm) -> Vec<(String, Value)> {
    let entries = Entry::find(orm).await.unwrap();
    entries.into_iter().map(|e| (e.callback, e.what)).collect()
}

async fn names(orm: &Orm) -> Vec<String> {
    Guest::find(orm).await.unwrap().into_iter().map(|g| g.name).collect()
}

async fn make(orm: &Orm, names: &[&str]) -> Vec<Id> {
    let records = names.iter().map(|n| json!({ "name": n }));
    let made = Guest::create_each(orm, records).skip_callbacks().await.unwrap();
    made.into_iter().map(|g| g.id).collect()
}

#[tokio::test]
async fn mo_139_before_create_sees_defaults_and_no_automatic_key() {
    let orm = orm().await;
    Guest::create(&orm).set(Guest::NAME, "Ann").await.unwrap();
    let noted = noted(&orm).await;
    let (callback, record) = &noted[0];
    assert_eq!(callback, "before_create");
    assert_eq!(
        (&record["id"], &record["role"], &record["rank"], &record["host"]),
        (&Value::Null, &json!("a"), &json!(0), &Value::Null)
    );
    assert!(record["createdAt"].is_i64() && record.get("guests").is_none());
    assert_eq!(noted[1], ("after_create".into(), json!([1, "Ann"])));
}

#[tokio::test]
async fn mo_140_what_before_create_changes_is_stored_without_a_check() {
    let orm = orm().await;
    assert_eq!(Guest::create(&orm).set(Guest::NAME, "loud").await.unwrap().rank, 99);
    let e = Guest::create(&orm).set(Guest::NAME, "Ann").set(Guest::RANK, 99).await.unwrap_err();
    assert_eq!(
        (e.code(), noted(&orm).await.len()),
        ("E_INVALID_NEW_RECORD", 2),
        "refused before any callback"
    );
}

#[tokio::test]
async fn mo_141_after_create_runs_for_each_record_since_writes_always_give_records() {
    let orm = orm().await;
    Guest::create_each(&orm, [json!({ "name": "a" }), json!({ "name": "b" })]).await.unwrap();
    let (made, new) = Guest::find_or_create(&orm, Guest::NAME.eq("c")).set(Guest::NAME, "c").await.unwrap();
    assert!(new);
    assert!(!Guest::find_or_create(&orm, made.id).set(Guest::NAME, "d").await.unwrap().1);
    let after: Vec<Value> =
        noted(&orm).await.into_iter().filter(|(c, _)| c == "after_create").map(|(_, what)| what).collect();
    assert_eq!(after, [json!([1, "a"]), json!([2, "b"]), json!([3, "c"])]);
}

#[tokio::test]
async fn mo_142_before_update_runs_once_for_three_records() {
    let orm = orm().await;
    make(&orm, &["a", "b", "c"]).await;
    Guest::update(&orm, Where::All).set(Guest::ROLE, "x").await.unwrap();
    let noted = noted(&orm).await;
    assert_eq!(
        noted.iter().map(|(c, _)| c.as_str()).collect::<Vec<_>>(),
        ["before_update", "after_update", "after_update", "after_update"]
    );
    assert_eq!((&noted[0].1["role"], noted[0].1["updatedAt"].is_i64()), (&json!("x"), true));
    assert_eq!(noted[3].1, json!([3, "x"]));
    assert_eq!(Guest::update_one(&orm, 77).set(Guest::ROLE, "y").await.unwrap().map(|g| g.id), None);
    assert_eq!(noted_last(&orm).await, "before_update", "also when no record matches");
}

async fn noted_last(orm: &Orm) -> String {
    noted(orm).await.pop().unwrap().0
}

#[tokio::test]
async fn mo_143_mdev_18_an_error_of_a_callback_undoes_the_write_and_comes_back_unchanged() {
    let orm = orm().await;
    make(&orm, &["kept"]).await;
    let e = Guest::create(&orm).set(Guest::NAME, "refused").await.unwrap_err();
    assert!(matches!(&e, OrmError::Callback(why) if why.to_string() == "no entry"), "{e:?}");
    let e = Guest::create(&orm).set(Guest::NAME, "late").await.unwrap_err();
    assert!(matches!(e, OrmError::Closed), "{e:?}");
    let e = Guest::create_each(&orm, [json!({ "name": "x" }), json!({ "name": "late" })]).await.unwrap_err();
    assert!(matches!(e, OrmError::Closed), "{e:?}");
    let e = Guest::update(&orm, Where::All).set(Guest::ROLE, "refused").await.unwrap_err();
    assert_eq!(e.to_string(), "not this role");
    let e = Guest::destroy(&orm, Where::All).await.unwrap_err();
    assert_eq!(e.to_string(), "this one stays");
    assert_eq!(names(&orm).await, ["kept"]);
    assert!(noted(&orm).await.is_empty(), "what the callbacks wrote is undone with the write");
}

#[tokio::test]
async fn an_error_of_a_callback_leaves_the_transaction_around_it_alive() {
    let orm = orm().await;
    let tx = orm.begin().await.unwrap();
    Guest::create(&tx).set(Guest::NAME, "a").await.unwrap();
    Guest::create(&tx).set(Guest::NAME, "late").await.unwrap_err();
    let changes = tx.commit().await.unwrap();
    let models: Vec<_> = changes.iter().map(|c| c.model.identity.as_str()).collect();
    assert_eq!(models, ["entry", "guest", "entry"], "the changes of the refused write are gone too");
    assert_eq!(names(&orm).await, ["a"]);
}

#[tokio::test]
async fn mo_144_a_query_can_skip_the_callbacks() {
    let orm = orm().await;
    let made = Guest::create(&orm).set(Guest::NAME, "refused").skip_callbacks().await.unwrap();
    Guest::create_each(&orm, [json!({ "name": "late" })]).skip_callbacks().await.unwrap();
    Guest::find_or_create(&orm, 9).set(Guest::NAME, "late").skip_callbacks().await.unwrap();
    Guest::update(&orm, Where::All).set(Guest::ROLE, "refused").skip_callbacks().await.unwrap();
    Guest::update_one(&orm, made.id).set(Guest::NAME, "kept").skip_callbacks().await.unwrap();
    Guest::destroy_one(&orm, made.id).skip_callbacks().await.unwrap();
    Guest::destroy(&orm, Where::All).skip_callbacks().await.unwrap();
    assert!(noted(&orm).await.is_empty());
}

#[tokio::test]
async fn mo_145_editing_collections_runs_no_callback() {
    let orm = orm().await;
    let ids = make(&orm, &["a", "b", "c"]).await;
    Guest::add_to_collection(&orm, ids[0], Guest::GUESTS, [ids[1]]).await.unwrap();
    Guest::add_to_collection(&orm, ids[0], Guest::FRIENDS, [ids[1]]).await.unwrap();
    Guest::replace_collection(&orm, ids[0], Guest::GUESTS, [ids[2]]).await.unwrap();
    Guest::remove_from_collection(&orm, ids[0], Guest::GUESTS, [ids[2]]).await.unwrap();
    assert!(noted(&orm).await.is_empty());
    Guest::destroy_one(&orm, ids[0]).cascade(true).await.unwrap();
    let noted = noted(&orm).await;
    assert_eq!(noted.len(), 2, "the cascade runs no callback of what it detaches: {noted:?}");
}

#[tokio::test]
async fn before_destroy_sees_the_condition_and_after_destroy_the_record_as_it_was() {
    let orm = orm().await;
    make(&orm, &["late", "b"]).await;
    Guest::destroy(&orm, Guest::NAME.eq("late")).await.unwrap();
    assert_eq!(
        noted(&orm).await,
        [("before_destroy".into(), json!(true)), ("after_destroy".into(), json!("late"))]
    );
}

#[tokio::test]
async fn what_no_database_could_store_is_refused_from_callbacks_too() {
    let orm = orm().await;
    let told = |e: OrmError| (e.code(), e.details().unwrap());
    let message = || "`role` should be a string without the character NUL; it got 'a\0'".to_string();
    let e = Guest::create(&orm).set(Guest::NAME, "nul").await.unwrap_err();
    assert_eq!(told(e), ("E_INVALID_NEW_RECORD", message()));
    let two = [json!({ "name": "Ann" }), json!({ "name": "nul" })];
    let e = Guest::create_each(&orm, two).await.unwrap_err();
    assert_eq!(told(e), ("E_INVALID_NEW_RECORDS", message()));
    assert!(names(&orm).await.is_empty());
    make(&orm, &["Ann"]).await;
    let e = Guest::update(&orm, Where::All).set(Guest::ROLE, "nul").await.unwrap_err();
    assert_eq!(told(e), ("E_INVALID_VALUES_TO_SET", message()));
}
