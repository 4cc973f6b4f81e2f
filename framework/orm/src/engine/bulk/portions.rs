//! Many records, a portion after the other.
//!
//! Each portion is an ordinary write with all that belongs to it, whose changes are then counted and dropped.

use std::{sync::Arc, vec};

use serde_json::Value;

use super::{Written, change};
use crate::{
    Orm, Tx,
    change::{Bulk, Change, ChangeVerb},
    criteria::Where,
    datastore::Lock,
    engine::images::keys,
    error::{Code, OrmError, Result},
    executor::Context,
    model::ModelDef,
    tx::{Steps, Unit},
};

/// How many records a portion has. More than one, so that it shows what cannot be done to several.
const PORTION: usize = 1000;

/// How many records that can only be written together are written at all.
const INSEPARABLE: usize = 100_000;

/// The records of such a write, locked, a portion at a time.
pub(in crate::engine) struct Portions<'d> {
    def: &'d ModelDef,
    rest: Rest,
    /// How many records a portion may have.
    most: usize,
    mark: usize,
    sums: Vec<Sum>,
}

/// What is still to be written.
enum Rest {
    Keys(vec::IntoIter<Value>),
    /// All of it, in one portion.
    Whole(Option<Where>),
}

/// What happened to many records.
struct Sum {
    model: Arc<ModelDef>,
    bulk: Bulk,
    submitted: Vec<String>,
}

impl<'d> Portions<'d> {
    /// Portions of records that have nothing to do with each other.
    pub(in crate::engine) async fn of(
        cx: &Context<'_>,
        tx: &Tx,
        def: &'d ModelDef,
        where_: Where,
        lock: Lock,
    ) -> Result<Self> {
        let mut unit = Unit::begin(cx, def, Steps::Several).await?;
        let keys = keys(&mut unit, def, where_, lock).await;
        let keys = unit.finish(keys).await?;
        tracing::debug!(model = def.identity, records = keys.len(), "a write is done in portions");
        Self::new(tx, def, Rest::Keys(keys.into_iter()), usize::MAX).await
    }

    /// One portion, of records that can only be written together.
    pub(in crate::engine) async fn inseparable(tx: &Tx, def: &'d ModelDef, where_: Where) -> Result<Self> {
        Self::new(tx, def, Rest::Whole(Some(where_)), INSEPARABLE).await
    }

    async fn new(tx: &Tx, def: &'d ModelDef, rest: Rest, most: usize) -> Result<Self> {
        Ok(Self { def, rest, most, mark: tx.mark().await?, sums: vec![] })
    }

    /// The context in which a portion is written.
    pub(in crate::engine) fn context<'c>(&self, cx: &Context<'c>) -> Context<'c> {
        let mut cx = cx.clone();
        cx.meta.bulk_above = Some(self.most);
        cx
    }

    /// The changes of a portion.
    ///
    /// # Errors
    /// `E_INVALID_CRITERIA` if it has too many records.
    pub(in crate::engine) fn changes(&self, written: Written) -> Result<Vec<Change>> {
        match written {
            Written::All(changes) => Ok(changes),
            Written::TooMany(_) => {
                let message = format!(
                    "these are more than {} records of model `{}`, whose records can point at each other, so that they go \
                     only together; destroy them in parts",
                    self.most, self.def.identity
                );
                Err(OrmError::usage(Code::InvalidCriteria, &self.def.identity, None, "bulk", message))
            }
        }
    }

    /// The next records; none after the last.
    pub(in crate::engine) fn next(&mut self) -> Option<Where> {
        match &mut self.rest {
            Rest::Whole(which) => which.take(),
            Rest::Keys(keys) => {
                let keys: Vec<Value> = keys.take(PORTION).collect();
                (!keys.is_empty()).then(|| Where::one_of(self.def.primary_key.clone(), keys))
            }
        }
    }

    /// Counts what a portion has changed, and forgets it.
    pub(in crate::engine) async fn count(&mut self, tx: &Tx, orm: &Orm) -> Result<()> {
        for change in tx.take_back(self.mark).await? {
            self.add(orm, change);
        }
        Ok(())
    }

    /// Notes in the transaction what all of them have changed.
    pub(in crate::engine) async fn finish(self, tx: &Tx) -> Result<()> {
        tx.note(self.sums.into_iter().map(|sum| change(sum.model, sum.bulk, sum.submitted))).await
    }

    fn add(&mut self, orm: &Orm, change: Change) {
        let Bulk { verb, times } = change.bulk.unwrap_or(Bulk { verb: change.verb, times: 1 });
        let sum = self.sum(&change.model, verb, times);
        for key in change.submitted_keys {
            if !sum.submitted.contains(&key) {
                sum.submitted.push(key);
            }
        }
        // A membership shows on both sides.
        if matches!(verb, ChangeVerb::Link | ChangeVerb::Unlink)
            && let Some(via) = change.via
            && via.inverse.is_some()
            && let Some(other) = orm.model(&via.other_model)
        {
            self.sum(other, verb, times);
        }
    }

    fn sum(&mut self, model: &Arc<ModelDef>, verb: ChangeVerb, times: u64) -> &mut Sum {
        let known = |sum: &Sum| sum.model.identity == model.identity && sum.bulk.verb == verb;
        let place = self.sums.iter().position(known).unwrap_or_else(|| {
            let bulk = Bulk { verb, times: 0 };
            self.sums.push(Sum { model: Arc::clone(model), bulk, submitted: vec![] });
            self.sums.len() - 1
        });
        let sum = &mut self.sums[place];
        sum.bulk.times += times;
        sum
    }
}
