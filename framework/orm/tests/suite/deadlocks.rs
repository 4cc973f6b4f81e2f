//! Writes that a deadlock has undone.
//!
//! In most of these tests the deadlock is made up by a callback, as often as a text says: `unlucky 2`.

use std::sync::{Mutex, MutexGuard};

use serde_json::{Value, json};
use topsail_macros::model;
use topsail_orm::{Model, Orm, Record, Result, Tx, Where};

use crate::{
    made_up::deadlock,
    place::{TestOrm, somebody_waits, writes_side_by_side},
    support::{Pet, find, orm_of, seed, values},
};

/// The texts that callbacks were given, and which of the callbacks.
fn seen() -> MutexGuard<'static, Vec<String>> {
    static SEEN: Mutex<Vec<String>> = Mutex::new(vec![]);
    SEEN.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn times(callback: &str, text: &str) -> usize {
    let known = format!("{callback} {text}");
    seen().iter().filter(|seen| **seen == known).count()
}

async fn meet(tx: &Tx, callback: &str, text: &str) -> Result<()> {
    seen().push(format!("{callback} {text}"));
    Attempt::create(tx).set(Attempt::TEXT, text).await?;
    let unlucky = text.split(' ').skip_while(|word| *word != "unlucky").nth(1);
    match unlucky.and_then(|times| times.parse().ok()) {
        Some(unlucky) if times(callback, text) <= unlucky => Err(deadlock()),
        _ => Ok(()),
    }
}

/// What callbacks write in the transaction.
#[model(crate = topsail_orm)]
pub struct Attempt {
    pub text: String,
}

#[model(
    crate = topsail_orm,
    before_create = before_create,
    before_update = before_update,
    after_update = after_update,
    before_destroy = before_destroy
)]
pub struct Lot {
    pub text: String,
}

async fn before_create(tx: &Tx, record: &mut Record) -> Result<()> {
    meet(tx, "create", record["text"].as_str().unwrap_or_default()).await?;
    record["text"] = json!(format!("{}!", record["text"].as_str().unwrap_or_default()));
    Ok(())
}

async fn before_update(tx: &Tx, values: &mut Record) -> Result<()> {
    meet(tx, "update", values["text"].as_str().unwrap_or_default()).await?;
    values["text"] = json!(format!("{}!", values["text"].as_str().unwrap_or_default()));
    Ok(())
}

async fn after_update(tx: &Tx, lot: &Lot) -> Result<()> {
    if lot.text.starts_with("last") && lot.id == 1001 { meet(tx, "updated", &lot.text).await } else { Ok(()) }
}

async fn before_destroy(tx: &Tx, which: &Where) -> Result<()> {
    meet(tx, "destroy", &format!("{which:?}").replace('"', " ")).await
}

async fn lots() -> TestOrm {
    orm_of(vec![Lot::define(), Attempt::define()]).await
}

async fn texts(orm: &Orm, model: &str) -> Vec<Value> {
    values(orm, model, "text", json!({})).await
}

#[tokio::test]
async fn a_write_that_a_deadlock_undid_is_run_again_with_what_was_given() {
    let orm = lots().await;
    let made = Lot::create(&orm).set(Lot::TEXT, "a unlucky 2").await.unwrap();
    assert_eq!((made.text.as_str(), times("create", "a unlucky 2")), ("a unlucky 2!", 3));
    let list = [json!({ "text": "b" }), json!({ "text": "c unlucky 1" })];
    assert_eq!(Lot::create_each(&orm, list).await.unwrap()[1].text, "c unlucky 1!");
    assert_eq!(times("create", "b"), 2);
    let changed = Lot::update(&orm, Where::All).set(Lot::TEXT, "d unlucky 4").await.unwrap();
    assert_eq!((changed.len(), changed[0].text.as_str()), (3, "d unlucky 4!"));
    let one = Lot::update_one(&orm, 1).set(Lot::TEXT, "e unlucky 1").await.unwrap();
    assert_eq!(one.unwrap().text, "e unlucky 1!");
    let one = Lot::TEXT.eq("unlucky 1 times").or(Lot::TEXT.eq("e unlucky 1!"));
    assert_eq!(Lot::destroy(&orm, one).await.unwrap().len(), 1);
    let some = Lot::TEXT.eq("unlucky 2 times").or(Lot::TEXT.eq("d unlucky 4!"));
    assert_eq!(Lot::archive(&orm, some).await.unwrap().len(), 2);
    assert_eq!(find(&orm, "archive", json!({})).await.unwrap().len(), 2);
    assert!(texts(&orm, "lot").await.is_empty());
    assert_eq!(texts(&orm, "attempt").await.len(), 7, "what was undone is not there");
}

#[tokio::test]
async fn a_write_that_deadlocks_undo_again_and_again_fails_in_the_end() {
    let orm = lots().await;
    let e = Lot::create(&orm).set(Lot::TEXT, "unlucky 9 f").await.unwrap_err();
    assert!(e.is_deadlock(), "{e}");
    assert_eq!(times("create", "unlucky 9 f"), 5);
    assert!(texts(&orm, "attempt").await.is_empty());
}

#[tokio::test]
async fn a_write_in_a_transaction_is_not_run_again_by_itself() {
    let orm = lots().await;
    let failed = orm.transaction(async |tx| {
        Attempt::create(tx).set(Attempt::TEXT, "lost with it").await?;
        Lot::create(tx).set(Lot::TEXT, "unlucky 1 g").await
    });
    assert!(failed.await.unwrap_err().is_deadlock());
    assert_eq!(times("create", "unlucky 1 g"), 1);
    assert!(texts(&orm, "attempt").await.is_empty());
}

#[tokio::test]
async fn a_write_in_portions_is_not_run_again_when_some_were_handed_over() {
    let orm = lots().await;
    let all: Vec<Value> = (0..1001).map(|_| json!({ "text": "many" })).collect();
    Lot::create_each(&orm, all).skip_callbacks().await.unwrap();
    let update = |text: &str| Lot::update(&orm, Where::All).set(Lot::TEXT, text).bulk_above(10);
    assert!(update("last unlucky 1 time").await.is_err_and(|e| e.is_deadlock()));
    assert_eq!(Lot::count(&orm, Lot::TEXT.eq("many")).await.unwrap(), 1001);
    let counted = update("last unlucky 1 time counted").skip_fetch().await.unwrap();
    assert_eq!((counted, times("updated", "last unlucky 1 time counted!")), (1001, 2));
}

#[tokio::test]
async fn who_crosses_another_gets_through() {
    if !writes_side_by_side() {
        return;
    }
    let orm = orm_of(crate::support::definitions()).await;
    seed(&orm, "pet", (0..9).map(|n| json!({ "name": format!("p{n}") }))).await;
    let tx = orm.begin().await.unwrap();
    // The one with more work is the one that databases let live.
    Pet::update(&tx, Pet::ID.gt(1)).set(Pet::AGE, 5).await.unwrap();
    let crosses = async {
        somebody_waits(&orm).await;
        match Pet::update_one(&tx, 1).set(Pet::AGE, 5).await {
            Ok(_) => tx.commit().await.map(drop),
            Err(e) => Err(e),
        }
    };
    let (all, other) =
        tokio::join!(Pet::update(&orm, Where::All).increment(Pet::AGE, 1).into_future(), crosses);
    assert_eq!(all.unwrap().len(), 9);
    assert!(other.is_ok() || other.is_err_and(|e| e.is_deadlock()));
}
