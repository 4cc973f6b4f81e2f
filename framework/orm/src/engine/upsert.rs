//! Creating a record or else updating it.

use super::{
    again::Attempts, callbacks::inside, create::create_prepared, find_or_create::look, update::update_one,
};
use crate::{
    Record,
    change::Change,
    criteria::Where,
    error::{Code, OrmError, Result},
    executor::Context,
    model::ModelDef,
    values::{self, Prepared, clock},
};

/// How often it is tried again when others create and destroy the same record at the same time.
const ATTEMPTS: u32 = 3;

/// Updates the record whose unique attribute `by` has the value that is given, or else creates it.
///
/// Gives its change, whose verb says which of the two it was. Both are one transaction, and two callers at once end
/// with one record. An update sets only what is given; a create fills in the rest.
///
/// # Errors
/// `E_INVALID_NEW_RECORD` with every problem, also when the record exists, and if `by` is not unique or not among the
/// values; `E_UNIQUE` for a clash on another attribute; those of [`update_one`].
pub async fn upsert(cx: &Context<'_>, def: &ModelDef, by: &str, values: Record) -> Result<Change> {
    let refuse = |rule: &str, message: String| {
        Err(OrmError::usage(Code::InvalidNewRecord, &def.identity, Some(by), rule, message))
    };
    let Some(attr) = def.attr(by).filter(|a| a.unique || a.name == def.primary_key) else {
        return refuse("unique", format!("`{by}` is no unique attribute of model `{}`", def.identity));
    };
    let prepared = values::new_record(def, values.clone(), clock::now())?;
    let key = match prepared.row.get(&attr.name) {
        Some(key) if !key.is_null() && values.contains_key(&attr.name) => key.clone(),
        _ => return refuse("required", format!("`{by}` says which record is meant, so it needs a value")),
    };
    let which = Where::eq(attr.name.clone(), key);
    let mut to_set = values;
    to_set.shift_remove(&attr.name);
    let mut attempts = Attempts::of(cx);
    loop {
        let outcome = once(cx, def, &which, &to_set, &prepared).await;
        if !attempts.another(&outcome) {
            return outcome;
        }
    }
}

async fn once(
    cx: &Context<'_>,
    def: &ModelDef,
    which: &Where,
    to_set: &Record,
    prepared: &Prepared,
) -> Result<Change> {
    cx.transaction_on(&def.datastore, async |tx| {
        let mut clash = OrmError::Closed;
        for _ in 0..ATTEMPTS {
            if look(tx, def, which).await?.is_none() {
                // In a savepoint: a clash must not end the whole transaction.
                let created = tx
                    .transaction(async |tx| {
                        create_prepared(&inside(cx, tx), def, vec![prepared.clone()]).await
                    })
                    .await;
                match created {
                    Ok(mut changes) => return changes.pop().ok_or(OrmError::Closed),
                    Err(e @ OrmError::Unique { .. }) => clash = e,
                    Err(other) => return Err(other),
                }
            }
            if let Some(change) = update_one(&inside(cx, tx), def, which.clone(), to_set.clone()).await? {
                return Ok(change);
            }
        }
        Err(clash)
    })
    .await
}
