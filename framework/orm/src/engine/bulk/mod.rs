//! Writes of more records than one keeps images of.
//!
//! They go in portions, each an ordinary write, or in one statement where nobody wants the records and nothing hangs on
//! them. Either way it is one transaction, which has one change of many records instead of one for each.

mod portions;
mod statement;

use std::sync::Arc;

use serde_json::Value;

pub(super) use self::{
    portions::Portions,
    statement::{destroy_at_once, update_at_once},
};
use crate::{
    change::{Bulk, Change, ChangeVerb},
    criteria::Where,
    error::Result,
    model::ModelDef,
};

/// What is done with each change of a write that the caller asked for; `None` if nobody wants to see them.
pub(crate) type Each<'a> = Option<&'a mut (dyn FnMut(Change) -> Result<()> + Send)>;

/// What came of a write that keeps images of so many records and no more.
pub(super) enum Written {
    /// All that was asked for.
    All(Vec<Change>),
    /// Nothing was done, since there are more; the condition is given back.
    TooMany(Where),
}

/// Where the changes of a write go.
pub(super) struct Sink<'a> {
    each: Each<'a>,
    /// Whether any went there. Where they are many they do before the write is over, which then cannot be run again.
    pub used: bool,
}

impl<'a> Sink<'a> {
    pub(super) fn new(each: Each<'a>) -> Self {
        Self { each, used: false }
    }

    /// Whether nobody wants to see them.
    pub(super) fn is_nobody(&self) -> bool {
        self.each.is_none()
    }

    /// Hands the changes over, and counts them.
    pub(super) fn hand(&mut self, changes: Vec<Change>) -> Result<u64> {
        let count = changes.len() as u64;
        if let Some(each) = &mut self.each {
            self.used |= count > 0;
            changes.into_iter().try_for_each(each)?;
        }
        Ok(count)
    }
}

/// The change of many records.
fn change(model: Arc<ModelDef>, bulk: Bulk, submitted_keys: Vec<String>) -> Change {
    Change {
        model,
        verb: ChangeVerb::Bulk,
        pk: Value::Null,
        before: None,
        after: None,
        submitted_keys,
        via: None,
        bulk: Some(bulk),
    }
}
