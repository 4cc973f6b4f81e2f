//! Transactions: they collect what was changed, and drop what was rolled back.

mod hook;
mod unit;

use std::{
    fmt,
    sync::atomic::{AtomicU32, Ordering},
};

use tokio::sync::{Mutex, MutexGuard};

pub use self::hook::{CommitHook, Store};
pub(crate) use self::unit::{Steps, Unit};
use crate::{
    Meta, Orm,
    change::Change,
    datastore::{Link, Native, NativeResult},
    error::{OrmError, Result},
    example::example,
    executor::{Actor, Conn, Context, Executor, Origin},
};

/// No savepoint was abandoned.
const NONE: u32 = u32::MAX;

/// A transaction of one datastore.
///
/// Shared as `&tx`: queries wait for each other. Dropped without a commit, it rolls back. On SQLite every
/// other write of the process waits until it ends, so do not hold one over slow work.
pub struct Tx {
    orm: Orm,
    datastore: String,
    actor: Actor,
    origin: Option<Origin>,
    state: Mutex<Option<State>>,
    /// The outermost savepoint whose future was dropped; rolled back before the next statement.
    abandoned: AtomicU32,
}

/// The open connection and what was changed on it.
pub(crate) struct State {
    pub(crate) link: Link,
    pub(crate) changes: Vec<Change>,
    /// One mark into `changes` per open savepoint.
    savepoints: Vec<usize>,
}

impl State {
    pub(crate) fn new(link: Link) -> Self {
        Self { link, changes: vec![], savepoints: vec![] }
    }

    async fn open(&mut self) -> Result<u32> {
        let depth = u32::try_from(self.savepoints.len()).unwrap_or(NONE - 1);
        self.link.savepoint(depth).await?;
        self.savepoints.push(self.changes.len());
        Ok(depth)
    }

    async fn keep(&mut self, depth: u32) -> Result<()> {
        self.link.release(depth).await?;
        self.savepoints.truncate(depth as usize);
        Ok(())
    }

    async fn undo(&mut self, depth: u32) -> Result<()> {
        if let Some(&mark) = self.savepoints.get(depth as usize) {
            self.link.rollback_to(depth).await?;
            self.changes.truncate(mark);
            self.savepoints.truncate(depth as usize);
        }
        Ok(())
    }
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
        Ok(Self {
            orm: orm.clone(),
            datastore: datastore.into(),
            actor,
            origin,
            state: Mutex::new(Some(State::new(link))),
            abandoned: AtomicU32::new(NONE),
        })
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
        self.settle(&mut *self.state.lock().await).await?;
        let state = self.state.into_inner().ok_or(OrmError::Closed)?;
        finish(&self.orm, &self.datastore, state, self.origin.as_ref()).await
    }

    /// Undoes everything.
    ///
    /// # Errors
    /// [`OrmError::Closed`] if it has ended; those of the database.
    pub async fn rollback(self) -> Result<()> {
        let state = self.state.into_inner().ok_or(OrmError::Closed)?;
        Ok(state.link.rollback().await?)
    }

    /// Runs `f` in a savepoint: when it is `Err`, what it did is undone and the transaction lives on.
    ///
    /// A savepoint whose future is dropped is undone too, before the next statement. Savepoints of one
    /// transaction must not run side by side.
    ///
    /// # Errors
    /// What `f` gives, unchanged; those of the database.
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
        let depth = self.lock().await?.as_mut().ok_or(OrmError::Closed)?.open().await?;
        let mut guard = Savepoint { tx: self, depth, open: true };
        let outcome = f(self).await;
        let mut state = self.lock().await?;
        let state = state.as_mut().ok_or(OrmError::Closed)?;
        if outcome.is_ok() {
            state.keep(depth).await?;
        } else {
            state.undo(depth).await?;
        }
        guard.open = false;
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
        let dialect = self.orm.require_datastore(&self.datastore)?.dialect();
        let native = Native::new(dialect, sql, values)?;
        Ok(self.lock().await?.as_mut().ok_or(OrmError::Closed)?.link.native(native).await?)
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
    /// Writes then need no savepoint of their own, which spares two statements for each on PostgreSQL; only several new
    /// records have one, so that a clash can say which of them it is. After an error some of a write may stand: roll back,
    /// or undo the savepoint that is around it.
    pub fn all_or_nothing(&self) -> Context<'_> {
        Context { all_or_nothing: true, ..self.context() }
    }

    /// The datastore this transaction belongs to.
    pub fn datastore(&self) -> &str {
        &self.datastore
    }

    /// The connection, after savepoints that nobody waits for any more were undone.
    pub(crate) async fn lock(&self) -> Result<MutexGuard<'_, Option<State>>> {
        let mut state = self.state.lock().await;
        self.settle(&mut state).await?;
        Ok(state)
    }

    async fn settle(&self, state: &mut Option<State>) -> Result<()> {
        let depth = self.abandoned.swap(NONE, Ordering::Relaxed);
        match state {
            Some(state) if depth != NONE => state.undo(depth).await,
            _ => Ok(()),
        }
    }

    fn abandon(&self, depth: u32) {
        self.abandoned.fetch_min(depth, Ordering::Relaxed);
    }
}

impl Executor for Tx {
    fn context(&self) -> Context<'_> {
        Context {
            orm: &self.orm,
            conn: Conn::Tx(self),
            actor: self.actor.clone(),
            origin: self.origin.clone(),
            meta: Meta::default(),
            all_or_nothing: false,
        }
    }
}

impl fmt::Debug for Tx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tx").field("datastore", &self.datastore).finish_non_exhaustive()
    }
}

struct Savepoint<'a> {
    tx: &'a Tx,
    depth: u32,
    open: bool,
}

impl Drop for Savepoint<'_> {
    fn drop(&mut self) {
        if self.open {
            self.tx.abandon(self.depth);
        }
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
