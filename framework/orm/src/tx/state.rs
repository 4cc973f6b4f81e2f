//! The connection of a transaction, with the savepoints in it.
//!
//! A statement that is given up may have reached the database or not, and nobody can tell. So what opens or ends a
//! savepoint either can be sent again, or is not needed for what follows: going back to one can be repeated, keeping one
//! sends nothing, and it is released together with the next one.

use crate::{
    change::Change,
    datastore::{Link, Native, NativeResult},
    error::Result,
};

/// The open connection and what was changed on it.
pub(crate) struct State {
    pub(crate) link: Link,
    pub(crate) changes: Vec<Change>,
    /// One mark into `changes` per open savepoint.
    savepoints: Vec<usize>,
    /// The outermost savepoint that was given up; undone before the next statement.
    given_up: Option<u32>,
    /// Whether the database still has a savepoint that has ended, by the name of the one that is opened next.
    lingers: bool,
}

impl State {
    pub(super) fn new(link: Link) -> Self {
        Self { link, changes: vec![], savepoints: vec![], given_up: None, lingers: false }
    }

    /// Opens a savepoint inside those that are open, and gives its depth.
    pub(super) async fn open(&mut self) -> Result<u32> {
        let depth = u32::try_from(self.savepoints.len()).unwrap_or(u32::MAX);
        let lingers = std::mem::take(&mut self.lingers);
        self.link.savepoint(depth, lingers).await?;
        self.savepoints.push(self.changes.len());
        Ok(depth)
    }

    /// Ends this savepoint with all that was done in it.
    ///
    /// # Errors
    /// If an error ended it that nobody heeded; it is still open then.
    pub(super) async fn keep(&mut self, depth: u32) -> Result<()> {
        self.link.check().await?;
        self.savepoints.truncate(depth as usize);
        self.lingers = true;
        Ok(())
    }

    /// Undoes this savepoint, or leaves that to the next statement if it is given up meanwhile.
    pub(super) async fn undo(&mut self, depth: u32) -> Result<()> {
        self.give_up(depth);
        self.settle().await
    }

    /// Has this savepoint undone before the next statement, if it is still open.
    pub(super) fn give_up(&mut self, depth: u32) {
        if self.savepoints.len() > depth as usize {
            self.given_up = Some(self.given_up.map_or(depth, |outer| outer.min(depth)));
        }
    }

    /// Undoes what was given up.
    pub(super) async fn settle(&mut self) -> Result<()> {
        let Some(depth) = self.given_up else { return Ok(()) };
        if let Some(&mark) = self.savepoints.get(depth as usize) {
            self.changes.truncate(mark);
            self.link.rollback_to(depth).await?;
            self.savepoints.truncate(depth as usize);
            self.lingers = true;
        }
        self.given_up = None;
        Ok(())
    }

    /// Sends SQL of the app's own. That may be about savepoints of its own, so none of ours is between them.
    pub(super) async fn native(&mut self, native: Native) -> Result<NativeResult> {
        if std::mem::take(&mut self.lingers) {
            let depth = u32::try_from(self.savepoints.len()).unwrap_or(u32::MAX);
            self.link.release(depth).await?;
        }
        Ok(self.link.native(native).await?)
    }
}
