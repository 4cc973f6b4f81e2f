//! Writes that others are in the way of.

use crate::{
    error::{OrmError, Result},
    executor::{Conn, Context},
};

/// How often a write is tried in all.
const ATTEMPTS: u32 = 5;

/// Counts how often a write was tried that deadlocks undid.
#[derive(Debug)]
pub struct Attempts {
    left: u32,
}

impl Default for Attempts {
    /// For a transaction of one's own, which is run again from its beginning.
    fn default() -> Self {
        Self { left: ATTEMPTS - 1 }
    }
}

impl Attempts {
    /// Only one attempt inside a transaction of the caller, whose other statements would be lost with it.
    pub(super) fn of(cx: &Context<'_>) -> Self {
        if matches!(cx.conn, Conn::Pool) { Self::default() } else { Self { left: 0 } }
    }

    /// Whether there may be more than one more.
    pub(super) fn are_left(&self) -> bool {
        self.left > 0
    }

    /// Whether a write that ended so is run again.
    pub(super) fn another<T>(&mut self, outcome: &Result<T>) -> bool {
        outcome.as_ref().is_err_and(|error| self.after(error))
    }

    /// Whether a write that failed so is run again.
    pub fn after(&mut self, error: &OrmError) -> bool {
        let again = self.are_left() && error.is_deadlock();
        if again {
            self.left -= 1;
            tracing::debug!("a deadlock undid a write; it is run again");
        }
        again
    }
}
