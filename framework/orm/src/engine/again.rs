//! Writes that others are in the way of.

use crate::{
    error::OrmError,
    executor::{Conn, Context},
};

/// How often a write is tried in all.
const ATTEMPTS: u32 = 5;

/// Counts how often a write was tried that deadlocks undid.
pub(super) struct Attempts {
    left: u32,
}

impl Attempts {
    /// Only one attempt inside a transaction of the caller, whose other statements would be lost with it.
    pub(super) fn of(cx: &Context<'_>) -> Self {
        Self { left: if matches!(cx.conn, Conn::Pool) { ATTEMPTS - 1 } else { 0 } }
    }

    /// Whether a write that ended so is run again.
    pub(super) fn another<T>(&mut self, outcome: &Result<T, OrmError>) -> bool {
        let again = matches!(outcome, Err(OrmError::Database(e)) if e.is_deadlock()) && self.left > 0;
        if again {
            self.left -= 1;
            tracing::debug!("a deadlock undid a write; it is run again");
        }
        again
    }
}
