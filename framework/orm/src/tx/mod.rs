//! Transactions: they collect what was changed, and drop what was rolled back.

mod hook;
mod state;
mod turns;
mod unit;

use std::{fmt, sync::Arc, time::Duration};

use tokio::sync::MutexGuard;

pub use self::hook::{CommitHook, Store};
use self::turns::{Savepoint, Turns};
pub(crate) use self::{
    state::State,
    unit::{Steps, Unit},
};
use crate::{
    Meta, Orm,
    change::Change,
    datastore::{Native, NativeResult},
    error::{OrmError, Result},
    example::example,
    executor::{Actor, Conn, Context, Executor, Origin},
};

/// A transaction of one datastore.
///
/// Shared as `&tx`: queries that run side by side take turns, and so do savepoints, each with all that is done inside.
/// Who waits for a turn while nothing ends for as long as `acquire_timeout_ms` gets [`OrmError::InUse`].
///
/// Dropped without a commit, it rolls back. On SQLite every other write of the process waits until it ends, so do not
/// hold one over slow work.
pub struct Tx {
    about: Arc<About>,
    turns: Turns,
}

/// What a transaction has in common with its savepoints.
struct About {
    orm: Orm,
    datastore: String,
    actor: Actor,
    origin: Option<Origin>,
    patience: Duration,
}

impl Tx {
    pub(crate) async fn begin(
        orm: &Orm,
        datastore: &str,
        actor: Actor,
        origin: Option<Origin>,
    ) -> Result<Self> {
        let store = orm.require_datastore(datastore)?;
        let link = store.begin_write().await?;
        let (orm, datastore, patience) = (orm.clone(), datastore.into(), store.patience());
        let about = About { orm, datastore, actor, origin, patience };
        Ok(Self { about: Arc::new(about), turns: Turns::new(Some(State::new(link))) })
    }

    /// Makes everything permanent and gives what was changed, in order.
    ///
    /// # Errors
    /// [`OrmError::Closed`] if it has ended; those of the database and of the hook, with nothing committed.
    #[doc = example!(
        "let tx = orm.begin().await?;"
        "User::update_one(&tx, 1).set(User::NAME, \"Anna\").await?;"
        "let changes = tx.commit().await?;"
        "assert_eq!((changes[0].verb, &changes[0].pk), (ChangeVerb::Update, &json!(1)));"
    )]
    pub async fn commit(self) -> Result<Vec<Change>> {
        let mut state = self.turns.into_state().ok_or(OrmError::Closed)?;
        state.settle().await?;
        finish(&self.about.orm, &self.about.datastore, state, self.about.origin.as_ref()).await
    }

    /// Undoes everything.
    ///
    /// # Errors
    /// [`OrmError::Closed`] if it has ended; those of the database.
    pub async fn rollback(self) -> Result<()> {
        let state = self.turns.into_state().ok_or(OrmError::Closed)?;
        Ok(state.link.rollback().await?)
    }

    /// Runs `f` in a savepoint: when it is `Err`, what it did is undone and the transaction lives on.
    ///
    /// A savepoint whose future is dropped is undone too, before the next statement. Inside, the savepoint is the `Tx` that
    /// `f` is given; this one waits until it has ended.
    ///
    /// # Errors
    /// What `f` gives, unchanged; those of the database. A query of `f` on this `Tx` is refused with [`OrmError::InUse`].
    #[doc = example!(
        "orm.transaction(async |tx| {"
        "    let undone = tx.transaction(async |tx| {"
        "        User::destroy(tx, Where::All).await?;"
        "        Err::<(), _>(OrmError::Closed)"
        "    });"
        "    assert!(undone.await.is_err());"
        "    User::create(tx).set(User::NAME, \"Eve\").await.map(drop)"
        "}).await?;"
        "assert_eq!(User::count(&orm, Where::All).await?, 3);"
    )]
    pub async fn transaction<T, E: From<OrmError>>(
        &self,
        f: impl AsyncFnOnce(&Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let savepoint = Savepoint::open(self).await?;
        let outcome = savepoint.during(f(&savepoint.tx)).await;
        savepoint.end(outcome.is_ok()).await?;
        outcome
    }

    /// Sends SQL of the app's own in this transaction. It yields no [`Change`]s.
    ///
    /// # Errors
    /// As [`Datastore::send_native_query`](crate::Datastore::send_native_query); [`OrmError::Closed`].
    pub async fn send_native_query(
        &self,
        sql: impl sqlx::SqlSafeStr,
        values: impl IntoIterator<Item = serde_json::Value>,
    ) -> Result<NativeResult> {
        let dialect = self.about.orm.require_datastore(&self.about.datastore)?.dialect();
        let native = Native::new(dialect, sql, values)?;
        self.lock().await?.as_mut().ok_or(OrmError::Closed)?.native(native).await
    }

    /// How many changes were collected so far.
    pub async fn changes(&self) -> Result<Vec<Change>> {
        Ok(self.lock().await?.as_ref().ok_or(OrmError::Closed)?.changes.clone())
    }

    /// Where the changes have come to.
    pub(crate) async fn mark(&self) -> Result<usize> {
        Ok(self.lock().await?.as_ref().ok_or(OrmError::Closed)?.changes.len())
    }

    /// Takes back what was noted since the mark.
    pub(crate) async fn take_back(&self, mark: usize) -> Result<Vec<Change>> {
        let mut state = self.lock().await?;
        let changes = &mut state.as_mut().ok_or(OrmError::Closed)?.changes;
        Ok(changes.split_off(mark.min(changes.len())))
    }

    pub(crate) async fn note(&self, changes: impl IntoIterator<Item = Change>) -> Result<()> {
        self.lock().await?.as_mut().ok_or(OrmError::Closed)?.changes.extend(changes);
        Ok(())
    }

    /// The context of this transaction for a caller who gives it up at the first error.
    ///
    /// Writes then need no savepoint of their own, which spares a statement for each; only several new records have one, so
    /// that a clash can say which of them it is. After an error, or if a write is given up, some of it may stand: roll back,
    /// or undo the savepoint that is around it.
    pub fn all_or_nothing(&self) -> Context<'_> {
        Context { all_or_nothing: true, ..self.context() }
    }

    /// The datastore this transaction belongs to.
    pub fn datastore(&self) -> &str {
        &self.about.datastore
    }

    /// The connection, when it is our turn, and after what was given up is undone.
    pub(crate) async fn lock(&self) -> Result<MutexGuard<'_, Option<State>>> {
        let mut state = self.turns.next(self.about.patience).await?;
        if let Some(state) = state.as_mut() {
            state.settle().await?;
        }
        Ok(state)
    }
}

impl Executor for Tx {
    fn context(&self) -> Context<'_> {
        Context {
            orm: &self.about.orm,
            conn: Conn::Tx(self),
            actor: self.about.actor.clone(),
            origin: self.about.origin.clone(),
            meta: Meta::default(),
            all_or_nothing: false,
        }
    }
}

impl fmt::Debug for Tx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tx").field("datastore", &self.about.datastore).finish_non_exhaustive()
    }
}

/// Commits, with the hook before and after.
pub(crate) async fn finish(
    orm: &Orm,
    datastore: &str,
    mut state: State,
    origin: Option<&Origin>,
) -> Result<Vec<Change>> {
    let hook = orm.commit_hook();
    if let Some(hook) = hook
        && !state.changes.is_empty()
    {
        let dialect = orm.require_datastore(datastore)?.dialect();
        hook.before_commit(&state.changes, Store::new(&mut state.link, dialect)).await?;
    }
    state.link.commit().await?;
    if let Some(hook) = hook
        && !state.changes.is_empty()
    {
        hook.after_commit(&state.changes, origin);
    }
    Ok(state.changes)
}
