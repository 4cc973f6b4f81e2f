//! SQL of the app's own, leases, and transactions of several datastores.

use serde_json::{Value, json};
use topsail_orm::{AssertSqlSafe, DatastoreConfig, Model, ModelDef, OrmConfig, OrmError, Where};

use crate::support::{Pet, User, definitions, orm, orm_with};

#[tokio::test]
async fn mo_160_numbers_stand_for_values_on_every_database() {
    let orm = orm().await;
    let store = orm.datastore("default").unwrap();
    User::create_each(&orm, ["a", "b", "c"].map(|name| json!({ "name": name, "age": 7 }))).await.unwrap();
    let sql =
        "SELECT name, id FROM user WHERE (id < $2 OR id = $1) AND age = $3 AND name <> '$1' ORDER BY id";
    // `user` is a word of PostgreSQL's own.
    let quote = if crate::place::is_mysql() { "`user`" } else { "\"user\"" };
    let sql = AssertSqlSafe(sql.replace("user", quote));
    let found = store.send_native_query(sql, [json!(3), json!(2), json!(7)]).await.unwrap();
    let names: Vec<_> = found.rows.iter().map(|row| &row["name"]).collect();
    assert_eq!((names, &found.rows[1]["id"]), (vec![&json!("a"), &json!("c")], &json!(3)));
    assert_eq!(found.affected, 0);
    let update = AssertSqlSafe(format!("UPDATE {quote} SET bio = $1, age = $2 WHERE id <> $3"));
    let done = store.send_native_query(update, [json!("it's"), json!(9), json!(1)]).await.unwrap();
    assert_eq!((done.affected, done.rows.len()), (2, 0));
    assert_eq!(User::count(&orm, User::BIO.eq("it's").and(User::AGE.eq(9))).await.unwrap(), 2);
}

#[tokio::test]
async fn mo_161_bad_sql_is_a_failed_query() {
    let orm = orm().await;
    let store = orm.datastore("default").unwrap();
    assert_eq!(store.send_native_query("SELEKT 1", []).await.unwrap_err().code(), "E_QUERY_FAILED");
    assert_eq!(store.send_native_query(" ", []).await.unwrap_err().code(), "E_INVALID_NATIVE_QUERY");
    let missing = store.send_native_query("SELECT $1, $3", [json!(1)]).await.unwrap_err();
    assert!(["E_QUERY_FAILED", "E_INVALID_NATIVE_QUERY"].contains(&missing.code()), "{missing:?}");
}

#[tokio::test]
async fn mo_162_an_unknown_datastore_is_an_error_with_a_hint() {
    let orm = orm().await;
    let e = orm.require_datastore("defualt").unwrap_err();
    assert!(e.code() == "E_UNKNOWN_DATASTORE" && e.to_string().contains("did you mean `default`"), "{e}");
    let e = orm.transaction_on("other", async |_| Ok::<_, OrmError>(())).await.unwrap_err();
    assert_eq!(e.code(), "E_UNKNOWN_DATASTORE");
}

#[tokio::test]
async fn a_native_query_in_a_transaction_is_a_part_of_it() {
    let orm = orm().await;
    let outcome: Result<(), OrmError> = orm
        .transaction(async |tx| {
            let pet = Pet::create(tx).set(Pet::NAME, "Rex").await?;
            let done = tx
                .send_native_query("UPDATE pet SET name = $1 WHERE id = $2", [json!("Rob"), pet.id.into()])
                .await?;
            assert_eq!(done.affected, 1);
            assert_eq!(Pet::find_one(tx, pet.id).await?.unwrap().name, "Rob");
            Err(OrmError::Closed)
        })
        .await;
    outcome.unwrap_err();
    assert_eq!(Pet::count(&orm, Where::All).await.unwrap(), 0);
}

#[tokio::test]
async fn a_lease_is_one_connection_and_goes_back() {
    let orm = orm().await;
    let store = orm.datastore("default").unwrap();
    for _ in 0..20 {
        let kept: Result<Value, OrmError> = store
            .lease_connection(async |db| {
                db.send_native_query("CREATE TEMPORARY TABLE noted (n INTEGER)", []).await?;
                db.send_native_query("INSERT INTO noted VALUES ($1), ($1)", [json!(5)]).await?;
                let rows = db.send_native_query("SELECT n FROM noted", []).await?.rows;
                db.send_native_query("DROP TABLE noted", []).await?;
                Ok(rows.len().into())
            })
            .await;
        assert_eq!(kept.unwrap(), json!(2));
    }
    let refused: Result<(), OrmError> = store.lease_connection(async |_| Err(OrmError::Closed)).await;
    assert_eq!(refused.unwrap_err().code(), "E_TRANSACTION_ENDED");
}

/// Pets live in a datastore of their own, users in the default one.
fn two_places() -> (Vec<ModelDef>, impl FnOnce(&mut OrmConfig)) {
    let mut definitions = definitions();
    definitions.retain(|def| ["user", "pet", "team", "badge"].contains(&def.identity.as_str()));
    for def in &mut definitions {
        if def.identity == "pet" {
            def.datastore = "other".into();
        }
    }
    let other = |config: &mut OrmConfig| {
        let store = DatastoreConfig { url: Some("sqlite::memory:".into()), ..DatastoreConfig::default() };
        config.datastores.insert("other".into(), store);
    };
    (definitions, other)
}

#[tokio::test]
async fn mo_159_what_runs_outside_of_a_transaction_is_not_rolled_back() {
    let (definitions, other) = two_places();
    let orm = orm_with(definitions, other).await;
    let outcome: Result<(), OrmError> = orm
        .transaction(async |tx| {
            User::create(tx).set(User::NAME, "Ann").await?;
            Pet::create(&orm).set(Pet::NAME, "Rex").await?;
            Err(OrmError::Closed)
        })
        .await;
    outcome.unwrap_err();
    assert_eq!(User::count(&orm, Where::All).await.unwrap(), 0);
    assert_eq!(Pet::count(&orm, Where::All).await.unwrap(), 1);
}

#[tokio::test]
async fn a_transaction_covers_the_datastore_it_names() {
    let (definitions, other) = two_places();
    let orm = orm_with(definitions, other).await;
    let rex = orm
        .transaction_on("other", async |tx| {
            assert_eq!(
                User::create(tx).set(User::NAME, "Ann").await.unwrap_err().code(),
                "E_OTHER_DATASTORE"
            );
            Pet::create(tx).set(Pet::NAME, "Rex").await
        })
        .await
        .unwrap();
    assert_eq!(Pet::find_one(&orm, rex.id).await.unwrap().unwrap().name, "Rex");
    let e = Pet::archive_one(&orm, rex.id).await.unwrap_err();
    assert_eq!((e.code(), Pet::count(&orm, Where::All).await.unwrap()), ("E_OTHER_DATASTORE", 1));
}
