//! The queries of a transaction, one after the other; a savepoint is one of them, with all that is done inside.
//!
//! See `docs/decisions/0017-a-savepoint-is-a-turn.md`.

use std::{
    pin::pin,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use tokio::{
    sync::{Mutex, MutexGuard},
    time::timeout,
};

use super::{State, Tx};
use crate::error::{OrmError, Result};

tokio::task_local! {
    /// The handles inside whose savepoints we are, by their addresses: a handle stays where it is as long as its savepoint
    /// is open.
    static INSIDE: Vec<usize>;
}

/// The connection of a handle, which one query has at a time.
pub(super) struct Turns {
    state: Mutex<Option<State>>,
    /// How many there were.
    taken: AtomicU64,
}

impl Turns {
    pub(super) fn new(state: Option<State>) -> Self {
        Self { state: Mutex::new(state), taken: AtomicU64::new(0) }
    }

    /// Waits for those that came before, as long as one of them ends within `patience`.
    pub(super) async fn next(&self, patience: Duration) -> Result<MutexGuard<'_, Option<State>>> {
        let state = match self.state.try_lock() {
            Ok(state) => state,
            Err(_) if self.is_around() => return Err(OrmError::InUse { inside: true }),
            Err(_) => self.wait(patience).await?,
        };
        self.taken.fetch_add(1, Ordering::Relaxed);
        Ok(state)
    }

    async fn wait(&self, patience: Duration) -> Result<MutexGuard<'_, Option<State>>> {
        let mut turn = pin!(self.state.lock());
        loop {
            let taken = self.taken.load(Ordering::Relaxed);
            if let Ok(state) = timeout(patience, turn.as_mut()).await {
                return Ok(state);
            }
            if taken == self.taken.load(Ordering::Relaxed) {
                return Err(OrmError::InUse { inside: false });
            }
        }
    }

    pub(super) fn into_state(self) -> Option<State> {
        self.state.into_inner()
    }

    fn state(&mut self) -> &mut Option<State> {
        self.state.get_mut()
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// Whether we are inside a savepoint of this handle, which would wait for us for ever.
    fn is_around(&self) -> bool {
        INSIDE.try_with(|handles| handles.contains(&self.address())).unwrap_or(false)
    }
}

/// An open savepoint: the turn of the handle it was opened on, whose connection a handle of its own has until it ends.
pub(super) struct Savepoint<'a> {
    turn: MutexGuard<'a, Option<State>>,
    pub(super) tx: Tx,
    around: usize,
    depth: u32,
}

impl<'a> Savepoint<'a> {
    pub(super) async fn open(around: &'a Tx) -> Result<Self> {
        let mut turn = around.lock().await?;
        let depth = turn.as_mut().ok_or(OrmError::Closed)?.open().await?;
        let tx = Tx { about: around.about.clone(), turns: Turns::new(turn.take()) };
        Ok(Self { turn, tx, around: around.turns.address(), depth })
    }

    /// What is done inside.
    pub(super) async fn during<T>(&self, work: impl Future<Output = T>) -> T {
        let mut inside = INSIDE.try_with(Vec::clone).unwrap_or_default();
        inside.push(self.around);
        INSIDE.scope(inside, work).await
    }

    /// Ends it: keeps what was done, or undoes it.
    pub(super) async fn end(mut self, keep: bool) -> Result<()> {
        let depth = self.depth;
        let state = self.tx.turns.state().as_mut().ok_or(OrmError::Closed)?;
        if keep {
            state.settle().await?;
            state.keep(depth).await
        } else {
            state.undo(depth).await
        }
    }
}

impl Drop for Savepoint<'_> {
    fn drop(&mut self) {
        *self.turn = self.tx.turns.state().take();
        if let Some(state) = self.turn.as_mut() {
            state.give_up(self.depth);
        }
    }
}
