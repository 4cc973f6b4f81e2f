//! Lifecycle callbacks as data.

use crate::{BoxFuture, Record, Result, Tx, criteria::Where};

/// A callback that may change what is about to be written.
pub type BeforeWrite = for<'a> fn(&'a Tx, &'a mut Record) -> BoxFuture<'a, Result<()>>;

/// A callback that sees which records are about to be destroyed.
pub type BeforeDestroy = for<'a> fn(&'a Tx, &'a Where) -> BoxFuture<'a, Result<()>>;

/// A callback that sees a record that was written.
pub type AfterWrite = for<'a> fn(&'a Tx, &'a Record) -> BoxFuture<'a, Result<()>>;

/// What runs around the writes of a model, inside their transaction.
///
/// `#[model(before_create = normalise)]` names a function; written by hand it is
///
/// ```
/// # use topsail_orm::*;
/// async fn normalise(_: &Tx, record: &mut Record) -> Result<()> {
///     record.insert("name".into(), "Ann".into());
///     Ok(())
/// }
/// # let mut def = ModelDef::new("User");
/// def.callbacks.before_create = Some(|tx, record| Box::pin(normalise(tx, record)));
/// ```
///
/// They run for the methods that create, update and destroy records. They do not run for editing collections, for
/// rows of join tables, for what a cascade detaches, and for migrations.
///
/// # Errors
/// An error of a callback undoes the whole write and comes back unchanged.
///
/// # Source
/// Sails `Lifecyclecallbacks.md`. Differs: a callback is an `async fn` without `proceed`, it is part of the
/// transaction, and those after a write always run, since our writes always give records.
#[derive(Clone, Debug, Default)]
pub struct Callbacks {
    /// Sees each new record complete: checked, with defaults and timestamps, null for an automatic key. What it
    /// changes is stored without being checked.
    pub before_create: Option<BeforeWrite>,
    /// Sees each record that was created.
    pub after_create: Option<AfterWrite>,
    /// Sees the values to set, once per call, also when no record will match. What it changes is stored without
    /// being checked.
    pub before_update: Option<BeforeWrite>,
    /// Sees each record that was updated, as it is now.
    pub after_update: Option<AfterWrite>,
    /// Sees the condition, once per call.
    pub before_destroy: Option<BeforeDestroy>,
    /// Sees each record that was destroyed, as it was.
    pub after_destroy: Option<AfterWrite>,
}

impl Callbacks {
    pub(crate) fn around_create(&self) -> bool {
        self.before_create.is_some() || self.after_create.is_some()
    }

    pub(crate) fn around_update(&self) -> bool {
        self.before_update.is_some() || self.after_update.is_some()
    }

    pub(crate) fn around_destroy(&self) -> bool {
        self.before_destroy.is_some() || self.after_destroy.is_some()
    }
}
