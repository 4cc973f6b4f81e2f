//! Creating records.

use super::{
    again::Attempts,
    callbacks::{self, inside},
    insert,
};
use crate::{
    Record,
    change::Change,
    error::{Code, OrmError, Result, UsageError},
    executor::Context,
    model::ModelDef,
    values::{self, Prepared, clock},
};

/// Creates a record; keys given for collections are linked in the same transaction.
///
/// Unknown values are dropped. Memberships that changed are in the transaction's changes.
///
/// # Errors
/// `E_INVALID_NEW_RECORD` with every problem, `E_UNIQUE`; those of the database and of callbacks.
pub async fn create(cx: &Context<'_>, def: &ModelDef, values: Record) -> Result<Change> {
    let prepared = values::new_record(def, values, clock::now())?;
    create_prepared(cx, def, vec![prepared]).await?.pop().ok_or(OrmError::Closed)
}

/// Creates several records, all or none, in one statement where they can be; they share their timestamps.
///
/// Gives their changes in the order of the records.
///
/// # Errors
/// `E_INVALID_NEW_RECORDS` with every problem of every record, `E_UNIQUE` with the place of the record in the list where that can
/// be known; those of the database and of callbacks.
pub async fn create_each(cx: &Context<'_>, def: &ModelDef, records: Vec<Record>) -> Result<Vec<Change>> {
    let now = clock::now();
    let mut prepared = Vec::with_capacity(records.len());
    let mut problems = vec![];
    for (i, values) in records.into_iter().enumerate() {
        match values::new_record(def, values, now) {
            Ok(p) => prepared.push(p),
            Err(OrmError::Usage(e)) => problems.extend(e.problems.into_iter().map(|p| p.at(i))),
            Err(other) => return Err(other),
        }
    }
    if !problems.is_empty() {
        return Err(OrmError::Usage(Box::new(UsageError {
            code: Code::InvalidNewRecords,
            model: def.identity.clone(),
            problems,
        })));
    }
    create_prepared(cx, def, prepared).await
}

/// Creates records whose values have been checked, with the callbacks of the model around.
pub(super) async fn create_prepared(
    cx: &Context<'_>,
    def: &ModelDef,
    prepared: Vec<Prepared>,
) -> Result<Vec<Change>> {
    if prepared.is_empty() {
        return Ok(vec![]);
    }
    let mut attempts = Attempts::of(cx);
    while attempts.are_left() {
        let outcome = once(cx, def, prepared.clone()).await;
        if !attempts.another(&outcome) {
            return outcome;
        }
    }
    once(cx, def, prepared).await
}

async fn once(cx: &Context<'_>, def: &ModelDef, mut prepared: Vec<Prepared>) -> Result<Vec<Change>> {
    if cx.meta.skip_callbacks || !def.callbacks.around_create() {
        return insert(cx, def, prepared).await;
    }
    let code = code_for(&prepared);
    cx.transaction_on(&def.datastore, async |tx| {
        for one in &mut prepared {
            callbacks::before_create(tx, def, &mut one.row).await?;
            values::refuse_nul(def, &one.row, code)?;
        }
        let changes = insert(&inside(cx, tx), def, prepared).await?;
        callbacks::after_create(tx, def, &changes).await?;
        Ok(changes)
    })
    .await
}

/// Writes the rows. What only the database can say of a value is said of a new record.
async fn insert(cx: &Context<'_>, def: &ModelDef, prepared: Vec<Prepared>) -> Result<Vec<Change>> {
    let code = code_for(&prepared);
    insert::run(cx, def, prepared).await.map_err(|error| match &error {
        OrmError::Usage(usage) if usage.code == Code::InvalidValuesToSet => error.with_code(code),
        _ => error,
    })
}

fn code_for(records: &[Prepared]) -> Code {
    if records.len() > 1 { Code::InvalidNewRecords } else { Code::InvalidNewRecord }
}
