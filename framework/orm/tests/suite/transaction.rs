//! Transactions, savepoints, hooks.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use serde_json::json;
use topsail_orm::{
    Actor, BoxFuture, Change, CommitHook, Context, Executor, Id, Model, Origin, OrmError, Store, engine,
};

use crate::support::{Pet, User, find, orm};

#[tokio::test]
async fn mo_157_an_error_rolls_back_and_comes_back_unchanged() {
    let orm = orm().await;
    let result: Result<(), OrmError> = orm
        .transaction(async |tx| {
            User::create(tx).set(User::NAME, "a").await?;
            Err(OrmError::NotPopulated { attr: "mine".into() })
        })
        .await;
    assert!(matches!(result, Err(OrmError::NotPopulated { attr }) if attr == "mine"));
    assert!(find(&orm, "user", json!({})).await.unwrap().is_empty());
}

#[tokio::test]
async fn mo_158_a_transaction_gives_the_value_of_its_function() {
    let orm = orm().await;
    let id: Id = orm
        .transaction(async |tx| {
            let user = User::create(tx).set(User::NAME, "a").await?;
            Pet::create(tx).set(Pet::NAME, "rex").set(Pet::OWNER, user.id).await?;
            assert_eq!(Pet::find(tx).await?.len(), 1, "it sees its own writes");
            Ok::<_, OrmError>(user.id)
        })
        .await
        .unwrap();
    assert_eq!(Pet::find_one(&orm, 1).await.unwrap().unwrap().owner.unwrap().key(), &id);
}

#[tokio::test]
async fn a_transaction_can_run_in_a_spawned_task() {
    let orm = orm().await;
    let task = tokio::spawn(async move {
        let name = String::from("a");
        orm.transaction(async |tx| {
            let user = User::create(tx).set(User::NAME, &name).await?;
            tx.transaction(async |tx| Pet::create(tx).set(Pet::NAME, "rex").set(Pet::OWNER, user.id).await)
                .await?;
            Ok::<_, OrmError>(user.id)
        })
        .await
    });
    assert_eq!(task.await.unwrap().unwrap(), 1);
}

#[tokio::test]
async fn a_create_of_one_row_is_one_statement_and_a_read_where_none_comes_back() {
    let orm = orm().await;
    let asked = crate::support::statements(&orm, async || {
        User::create(&orm).set(User::NAME, "a").await.unwrap();
    });
    assert!(asked.await <= 1 + u64::from(!crate::place::returns_rows()));
}

#[tokio::test]
async fn w4_a_savepoint_drops_its_rows_and_its_changes() {
    let orm = orm().await;
    let tx = orm.begin().await.unwrap();
    User::create(&tx).set(User::NAME, "kept").await.unwrap();
    let failed: Result<(), OrmError> = tx
        .transaction(async |tx| {
            User::create(tx).set(User::NAME, "dropped").await?;
            Err(OrmError::Closed)
        })
        .await;
    assert!(failed.is_err());
    tx.transaction(async |tx| User::create(tx).set(User::NAME, "also kept").await).await.unwrap();
    let clash = User::create(&tx).values(json!({ "id": 1, "name": "x" })).await;
    assert_eq!(clash.unwrap_err().code(), "E_UNIQUE");
    let changes = tx.commit().await.unwrap();
    assert_eq!(changes.len(), 2);
    let names: Vec<_> = User::find(&orm).await.unwrap().into_iter().map(|u| u.name).collect();
    assert_eq!(names, ["kept", "also kept"]);
}

#[tokio::test]
async fn a_savepoint_that_nobody_waits_for_is_undone() {
    let orm = orm().await;
    let tx = orm.begin().await.unwrap();
    let stuck = tx.transaction(async |tx| {
        User::create(tx).set(User::NAME, "dropped").await?;
        std::future::pending::<()>().await;
        Ok::<_, OrmError>(())
    });
    let waited = tokio::time::timeout(std::time::Duration::from_millis(200), stuck).await;
    assert!(waited.is_err());
    User::create(&tx).set(User::NAME, "kept").await.unwrap();
    assert_eq!(tx.commit().await.unwrap().len(), 1);
    assert_eq!(User::find(&orm).await.unwrap()[0].name, "kept");
}

#[tokio::test]
async fn a_transaction_that_is_dropped_rolls_back() {
    let orm = orm().await;
    {
        let tx = orm.begin().await.unwrap();
        User::create(&tx).set(User::NAME, "a").await.unwrap();
    }
    assert!(User::find(&orm).await.unwrap().is_empty());
    let tx = orm.begin().await.unwrap();
    User::create(&tx).set(User::NAME, "a").await.unwrap();
    tx.rollback().await.unwrap();
    assert!(User::find(&orm).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_failed_write_of_several_steps_leaves_nothing_in_its_transaction() {
    let orm = orm().await;
    let tx = orm.begin().await.unwrap();
    let each = User::create_each(
        &tx,
        [json!({ "name": "a", "email": "a@x.io" }), json!({ "name": "b", "email": "a@x.io" })],
    );
    assert_eq!(each.await.unwrap_err().code(), "E_UNIQUE");
    User::create(&tx).set(User::NAME, "c").await.unwrap();
    assert_eq!(tx.commit().await.unwrap().len(), 1);
    assert_eq!(User::count(&orm, topsail_orm::Where::All).await.unwrap(), 1);
}

#[tokio::test]
async fn readers_do_not_wait_and_writers_take_turns() {
    let orm = orm().await;
    let tx = orm.begin().await.unwrap();
    User::create(&tx).set(User::NAME, "in the transaction").await.unwrap();
    assert!(User::find(&orm).await.unwrap().is_empty(), "a reader sees the state before");
    let writer = tokio::spawn({
        let orm = orm.clone();
        async move { User::create(&orm).set(User::NAME, "after").await.map(|u| u.id) }
    });
    tokio::task::yield_now().await;
    tx.commit().await.unwrap();
    assert_eq!(writer.await.unwrap().unwrap(), 2);
    let many: Vec<_> = (0..50)
        .map(|i| {
            let orm = orm.clone();
            tokio::spawn(async move {
                User::create(&orm).set(User::NAME, format!("u{i}")).await.unwrap();
                User::find(&orm).limit(1).await.unwrap();
            })
        })
        .collect();
    for task in many {
        task.await.unwrap();
    }
    assert_eq!(User::count(&orm, topsail_orm::Where::All).await.unwrap(), 52);
    orm.close().await;
}

#[derive(Default)]
struct Log {
    seen: Mutex<Vec<String>>,
    refuse: AtomicBool,
}

impl CommitHook for Log {
    fn before_commit<'a>(
        &'a self,
        changes: &'a [Change],
        mut store: Store<'a>,
    ) -> BoxFuture<'a, Result<(), OrmError>> {
        Box::pin(async move {
            self.seen.lock().unwrap().push(format!("before {}", changes.len()));
            if self.refuse.load(Ordering::Relaxed) {
                return Err(OrmError::Closed);
            }
            let mut insert = sea_query::Query::insert();
            insert.into_table("tag").columns(["slug", "label"]).values_panic([
                sea_query::Expr::val(format!("log{}", self.seen.lock().unwrap().len())),
                sea_query::Expr::val("by the hook"),
            ]);
            store.execute(&insert).await?;
            Ok(())
        })
    }

    fn after_commit(&self, changes: &[Change], origin: Option<&Origin>) {
        let socket = origin.and_then(|o| o.socket.clone());
        self.seen.lock().unwrap().push(format!("after {} {socket:?}", changes.len()));
    }
}

#[tokio::test]
async fn w4_the_hook_writes_in_the_same_transaction() {
    let orm = orm().await;
    let log = Arc::new(Log::default());
    assert!(orm.set_commit_hook(log.clone()));
    assert!(!orm.set_commit_hook(log.clone()));
    User::create(&orm).set(User::NAME, "a").await.unwrap();
    let origin = Some(Origin { socket: Some("s1".into()), ..Origin::default() });
    let cx = Context { origin, actor: Actor::System, ..Context::system(&orm) };
    cx.transaction(async |tx| {
        User::create(tx).set(User::NAME, "b").await?;
        User::create(tx).set(User::NAME, "c").await
    })
    .await
    .unwrap();
    assert_eq!(*log.seen.lock().unwrap(), ["before 1", "after 1 None", "before 2", "after 2 Some(\"s1\")"]);
    assert_eq!(find(&orm, "tag", json!({})).await.unwrap().len(), 2);
    log.refuse.store(true, Ordering::Relaxed);
    assert!(User::create(&orm).set(User::NAME, "d").await.is_err());
    assert_eq!(User::count(&orm, topsail_orm::Where::All).await.unwrap(), 3);
}

#[tokio::test]
async fn an_executor_can_be_borrowed_and_shared() {
    let orm = Arc::new(orm().await);
    User::find(&orm).await.unwrap();
    User::find(&*orm).await.unwrap();
    User::find(&&*orm).await.unwrap();
    let cx = orm.context();
    User::find(&cx).await.unwrap();
    let dynamic: &dyn Executor = &*orm;
    User::find(dynamic).await.unwrap();
}

#[tokio::test]
async fn a_write_that_gives_up_at_an_error_needs_no_savepoint() {
    let orm = orm().await;
    let def = orm.model("user").unwrap().clone();
    let tx = orm.begin().await.unwrap();
    let named = |name: &str| json!({ "name": name }).as_object().unwrap().clone();
    let asked = crate::support::statements(&orm, async || {
        engine::create(&tx.all_or_nothing(), &def, named("a")).await.unwrap();
    });
    assert_eq!(asked.await, 1 + u64::from(!crate::place::returns_rows()));
    engine::create_each(&tx.all_or_nothing(), &def, vec![named("b"), named("c")]).await.unwrap();
    tx.rollback().await.unwrap();
    assert!(find(&orm, "user", json!({})).await.unwrap().is_empty());
}
