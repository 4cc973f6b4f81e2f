//! What runs side by side in one transaction, and what is given up in it.

use std::{
    future::{IntoFuture, pending, poll_fn},
    pin::pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use tokio::sync::oneshot;
use topsail_macros::model;
use topsail_orm::{Id, Model, Orm, OrmError, Record, Result, Tx, Where};

use crate::support::{User, orm, orm_of, orm_with, statements};

/// Looks at the database before it is created.
#[model(crate = topsail_orm, before_create = look)]
pub struct Visit {
    #[attr(unique)]
    pub name: String,
}

async fn look(tx: &Tx, record: &mut Record) -> Result<()> {
    for _ in 0..3 {
        Visit::count(tx, Where::All).await?;
    }
    if record["name"] == "refused" { Err(OrmError::Callback("no".into())) } else { Ok(()) }
}

async fn visits(orm: &Orm) -> Vec<String> {
    Visit::find(orm).await.unwrap().into_iter().map(|v| v.name).collect()
}

async fn users(orm: &Orm) -> Vec<String> {
    User::find(orm).await.unwrap().into_iter().map(|u| u.name).collect()
}

async fn visit(tx: &Tx, name: &str) -> Result<Id> {
    Visit::create(tx).set(Visit::NAME, name).await.map(|v| v.id)
}

async fn user(tx: &Tx, name: &str) -> Result<Id> {
    User::create(tx).set(User::NAME, name).await.map(|u| u.id)
}

/// Polls a future so many times, each after it has asked for it, and then drops it.
async fn given_up_after<T>(polls: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(cx).map(Some)
    })
    .await
}

/// Opens a savepoint that writes, and drops it before it ends.
async fn abandon(tx: &Tx, name: &str) {
    let (wrote, written) = oneshot::channel();
    let stuck = tx.transaction(async |tx| {
        user(tx, name).await?;
        wrote.send(()).unwrap();
        pending::<Result<()>>().await
    });
    tokio::select! {
        _ = stuck => unreachable!(),
        written = written => written.unwrap(),
    }
}

#[tokio::test]
async fn what_is_refused_takes_nothing_along_of_what_runs_beside_it() {
    let orm = orm_of(vec![Visit::define()]).await;
    let tx = orm.begin().await.unwrap();
    let (refused, fine) = tokio::join!(visit(&tx, "refused"), visit(&tx, "fine"));
    assert_eq!((refused.unwrap_err().code(), fine.is_ok()), ("E_CALLBACK", true));
    assert_eq!(tx.commit().await.unwrap().len(), 1);
    assert_eq!(visits(&orm).await, ["fine"]);
}

#[tokio::test]
async fn writes_with_callbacks_of_one_transaction_take_turns() {
    let orm = orm_of(vec![Visit::define()]).await;
    let tx = orm.begin().await.unwrap();
    let upsert = |name: &str| Visit::upsert(&tx, Visit::NAME).set(Visit::NAME, name).into_future();
    let find_or_create =
        |name: &str| Visit::find_or_create(&tx, Visit::NAME.eq(name)).set(Visit::NAME, name).into_future();
    let done = tokio::join!(
        visit(&tx, "a"),
        visit(&tx, "b"),
        upsert("c"),
        upsert("a"),
        find_or_create("d"),
        find_or_create("d"),
    );
    done.0.unwrap();
    done.1.unwrap();
    done.2.unwrap();
    done.3.unwrap();
    assert_ne!(done.4.unwrap().1, done.5.unwrap().1, "the second finds what the first created");
    assert_eq!(tx.commit().await.unwrap().len(), 5);
    assert_eq!(visits(&orm).await, ["a", "b", "c", "d"]);
}

#[tokio::test]
async fn a_query_beside_a_savepoint_is_no_part_of_it() {
    let orm = orm().await;
    let tx = orm.begin().await.unwrap();
    let (inside, entered) = oneshot::channel();
    let savepoint = tx.transaction(async |tx| {
        user(tx, "undone").await?;
        inside.send(()).unwrap();
        for _ in 0..3 {
            User::count(tx, Where::All).await?;
        }
        Err::<(), _>(OrmError::Closed)
    });
    let beside = async {
        entered.await.unwrap();
        let seen = User::count(&tx, Where::All).await?;
        user(&tx, "kept").await?;
        Ok::<_, OrmError>((seen, tx.changes().await?.len()))
    };
    let (undone, beside) = tokio::join!(savepoint, beside);
    assert!(undone.is_err());
    assert_eq!(beside.unwrap(), (0, 1));
    assert_eq!(tx.commit().await.unwrap().len(), 1);
    assert_eq!(users(&orm).await, ["kept"]);
}

#[tokio::test]
async fn savepoints_inside_one_take_turns_too() {
    let orm = orm().await;
    let tx = orm.begin().await.unwrap();
    tx.transaction(async |tx| {
        user(tx, "a").await?;
        let (undone, kept, alone) = tokio::join!(
            tx.transaction(async |tx| {
                user(tx, "undone").await?;
                tx.transaction(async |tx| user(tx, "undone with it").await).await?;
                Err::<Id, _>(OrmError::Closed)
            }),
            tx.transaction(async |tx| {
                user(tx, "b").await?;
                tx.transaction(async |tx| user(tx, "c").await).await
            }),
            user(tx, "d"),
        );
        assert!(undone.is_err());
        kept.and(alone)
    })
    .await
    .unwrap();
    assert_eq!(tx.commit().await.unwrap().len(), 4);
    assert_eq!(users(&orm).await, ["a", "b", "c", "d"]);
}

#[tokio::test]
async fn the_transaction_around_a_savepoint_is_refused_inside_it() {
    let orm = orm().await;
    let tx = orm.begin().await.unwrap();
    tx.transaction(async |inner| {
        let refused = [
            user(&tx, "x").await.unwrap_err(),
            tx.transaction(async |tx| user(tx, "x").await).await.unwrap_err(),
            User::find(&tx).await.unwrap_err(),
            inner.transaction(async |_| user(&tx, "x").await).await.unwrap_err(),
            inner.transaction(async |_| user(inner, "x").await).await.unwrap_err(),
            tx.changes().await.unwrap_err(),
        ];
        for error in refused {
            assert!(matches!(error, OrmError::InUse { inside: true }), "{error:?}");
            assert_eq!(error.code(), "E_TRANSACTION_IN_USE");
        }
        user(inner, "a").await
    })
    .await
    .unwrap();
    user(&tx, "b").await.unwrap();
    assert_eq!(tx.commit().await.unwrap().len(), 2);
    assert_eq!(users(&orm).await, ["a", "b"]);
}

#[tokio::test]
async fn nobody_waits_for_ever_for_a_savepoint_that_waits_for_them() {
    let orm = orm_with(vec![Visit::define()], |config| {
        config.datastores.values_mut().for_each(|store| store.acquire_timeout_ms = 1000);
    })
    .await;
    let tx = Arc::new(orm.begin().await.unwrap());
    let kept = tx
        .transaction(async |inner| {
            visit(inner, "a").await?;
            let tx = Arc::clone(&tx);
            let elsewhere = tokio::spawn(async move { visit(&tx, "b").await });
            let refused = elsewhere.await.unwrap().unwrap_err();
            assert!(matches!(refused, OrmError::InUse { inside: false }), "{refused:?}");
            visit(inner, "c").await
        })
        .await;
    assert_eq!(kept.unwrap(), 2);
    assert_eq!(Arc::into_inner(tx).unwrap().commit().await.unwrap().len(), 2);
    assert_eq!(visits(&orm).await, ["a", "c"]);
}

#[tokio::test]
async fn who_waits_has_the_turn_of_a_savepoint_that_is_given_up() {
    let orm = orm().await;
    let tx = orm.begin().await.unwrap();
    let (undone, kept) =
        tokio::join!(abandon(&tx, "undone"), tx.transaction(async |tx| user(tx, "kept").await));
    assert_eq!(((), true), (undone, kept.is_ok()));
    assert_eq!(tx.commit().await.unwrap().len(), 1);
    assert_eq!(users(&orm).await, ["kept"]);
}

#[tokio::test]
async fn w4_a_savepoint_is_undone_whoever_is_given_up_while_undoing_it() {
    let orm = orm().await;
    for polls in 0..12 {
        let tx = orm.begin().await.unwrap();
        user(&tx, "kept").await.unwrap();
        abandon(&tx, "undone").await;
        given_up_after(polls, User::find(&tx).into_future()).await;
        given_up_after(polls, tx.changes()).await;
        given_up_after(polls, user(&tx, "given up")).await;
        let told = tx.changes().await.unwrap().len();
        let seen = User::count(&tx, Where::All).await.unwrap();
        assert_eq!((told as u64, tx.commit().await.unwrap().len()), (seen, told), "after {polls} polls");
        let stored = users(&orm).await;
        assert!(!stored.contains(&"undone".into()), "{stored:?} after {polls} polls");
        assert_eq!(stored.len(), told, "{stored:?} after {polls} polls");
        orm.truncate_all().await.unwrap();
    }
}

#[tokio::test]
async fn w4_a_savepoint_is_whole_wherever_it_is_given_up() {
    let orm = orm_of(vec![Visit::define()]).await;
    for polls in 0..40 {
        let tx = orm.begin().await.unwrap();
        visit(&tx, "before").await.unwrap();
        let ended = given_up_after(polls, visit(&tx, "perhaps")).await.map(Result::unwrap);
        visit(&tx, "after").await.unwrap();
        let told = tx.commit().await.unwrap().len();
        let stored = visits(&orm).await;
        assert_eq!((told, stored.len()), (2 + usize::from(ended.is_some()), told), "after {polls} polls");
        orm.truncate_all().await.unwrap();
    }
}

#[tokio::test]
async fn savepoints_of_the_apps_own_are_not_disturbed() {
    let orm = orm().await;
    let tx = orm.begin().await.unwrap();
    let kept = async |name| tx.transaction(async |tx| user(tx, name).await).await.unwrap();
    kept("a").await;
    tx.send_native_query("SAVEPOINT mine", []).await.unwrap();
    kept("b").await;
    tx.send_native_query("RELEASE SAVEPOINT mine", []).await.unwrap();
    kept("c").await;
    assert_eq!(tx.commit().await.unwrap().len(), 3);
    assert_eq!(users(&orm).await, ["a", "b", "c"]);
}

#[tokio::test]
async fn an_error_that_a_savepoint_does_not_heed_leaves_the_transaction_alive() {
    let orm = orm().await;
    let tx = orm.begin().await.unwrap();
    user(&tx, "a").await.unwrap();
    let outcome = tx
        .transaction(async |tx| {
            user(tx, "b").await?;
            assert!(tx.send_native_query("SELECT nothing FROM nowhere", []).await.is_err());
            Ok::<_, OrmError>(())
        })
        .await;
    user(&tx, "c").await.unwrap();
    let expected: &[&str] = if outcome.is_ok() { &["a", "b", "c"] } else { &["a", "c"] };
    assert_eq!(tx.commit().await.unwrap().len(), expected.len());
    assert_eq!(users(&orm).await, expected);
}

#[tokio::test]
async fn a_savepoint_that_is_kept_is_one_statement() {
    let orm = orm().await;
    let tx = orm.begin().await.unwrap();
    let asked = statements(&orm, async || {
        for _ in 0..3 {
            tx.transaction(async |tx| User::count(tx, Where::All).await).await.unwrap();
        }
    });
    assert_eq!(asked.await, 6);
    tokio::time::timeout(Duration::from_secs(10), tx.commit()).await.unwrap().unwrap();
}
