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

/// Updates the record whose unique attribute has the value that is given, or else creates it.
///
/// `by` is that attribute, or all attributes of a key of several (`unique(team, email)`).
///
/// Gives its change, whose verb says which of the two it was. Both are one transaction, and two callers at once end
/// with one record. An update sets only what is given; a create fills in the rest.
///
/// # Errors
/// `E_INVALID_NEW_RECORD` with every problem, also when the record exists, and if `by` is not unique or not among the
/// values; `E_UNIQUE` for a clash on another attribute; those of [`update_one`].
pub async fn upsert(cx: &Context<'_>, def: &ModelDef, by: &[&str], values: Record) -> Result<Change> {
    let refuse = |attr: Option<&str>, rule: &str, message: String| {
        Err(OrmError::usage(Code::InvalidNewRecord, &def.identity, attr, rule, message))
    };
    if !is_unique(def, by) {
        let message = format!("`{}` is no unique key of model `{}`", by.join("`, `"), def.identity);
        return refuse(by.first().copied(), "unique", message);
    }
    let prepared = values::new_record(def, values.clone(), clock::now())?;
    let mut which = Where::All;
    let mut to_set = values;
    for name in by {
        match prepared.row.get(*name) {
            Some(key) if !key.is_null() && to_set.shift_remove(*name).is_some() => {
                which = which.and_also(Where::eq((*name).to_owned(), key.clone()));
            }
            _ => {
                let message = format!("`{name}` says which record is meant, so it needs a value");
                return refuse(Some(name), "required", message);
            }
        }
    }
    let mut attempts = Attempts::of(cx);
    loop {
        let outcome = once(cx, def, &which, &to_set, &prepared).await;
        if !attempts.another(&outcome) {
            return outcome;
        }
    }
}

/// Whether at most one record has given values in these attributes, in whatever order.
fn is_unique(def: &ModelDef, by: &[&str]) -> bool {
    match by {
        [name] => def.attr(name).is_some_and(|a| a.unique || a.name == def.primary_key),
        several => def.indexes.iter().filter(|i| i.unique).any(|index| {
            index.attrs.len() == several.len() && index.attrs.iter().all(|a| several.contains(&a.as_str()))
        }),
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
