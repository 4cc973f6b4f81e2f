//! Finding a record or else creating it.

use super::{
    again::Attempts, callbacks::inside, create::create_prepared, find::find_in, images::images,
    populate::Form, source::Source,
};
use crate::{
    Record, Tx,
    change::Change,
    criteria::{Criteria, Where},
    error::{OrmError, Result},
    executor::{Context, Executor},
    model::ModelDef,
    tx::{Steps, Unit},
    values::{self, Prepared, clock},
};

/// The record that satisfies the condition, or else a new one with these values.
///
/// Gives the record, and the change if it was created. Looking and creating are one transaction. Where a unique
/// attribute is among the values, two callers at once get the same record.
///
/// # Errors
/// `E_INVALID_NEW_RECORD` also when the record exists; `E_INVALID_CRITERIA` for criteria that pick every
/// record; [`OrmError::MoreThanOne`]; `E_UNIQUE` if the values clash with a record that the criteria do not pick.
pub async fn find_or_create(
    cx: &Context<'_>,
    def: &ModelDef,
    mut where_: Where,
    values: Record,
) -> Result<(Record, Option<Change>)> {
    super::update::refuse_everything(def, &where_, "find_or_create")?;
    where_.check(cx, def)?;
    let prepared = values::new_record(def, values, clock::now())?;
    let mut attempts = Attempts::of(cx);
    loop {
        let outcome = once(cx, def, &where_, prepared.clone()).await;
        if !attempts.another(&outcome) {
            return outcome;
        }
    }
}

async fn once(
    cx: &Context<'_>,
    def: &ModelDef,
    where_: &Where,
    prepared: Prepared,
) -> Result<(Record, Option<Change>)> {
    cx.transaction_on(&def.datastore, async |tx| {
        if let Some(found) = look(tx, def, where_).await? {
            return Ok((found, None));
        }
        // In a savepoint: a clash must not end the whole transaction.
        let created =
            tx.transaction(async |tx| create_prepared(&inside(cx, tx), def, vec![prepared]).await).await;
        match created {
            Ok(mut changes) => {
                let change = changes.pop().ok_or(OrmError::Closed)?;
                Ok((change.after.clone().unwrap_or_default(), Some(change)))
            }
            // Somebody else created it between our look and our write.
            Err(clash @ OrmError::Unique { .. }) => match look_again(tx, def, where_.clone()).await? {
                Some(found) => Ok((found, None)),
                None => Err(clash),
            },
            Err(other) => Err(other),
        }
    })
    .await
}

/// Looks without locking: others may create what is not there.
pub(super) async fn look(tx: &Tx, def: &ModelDef, where_: &Where) -> Result<Option<Record>> {
    let criteria = Criteria { limit: Some(2), ..Criteria::new(where_.clone()) };
    let mut source = Source::of(&tx.context()).await?;
    let mut found = find_in(&mut source, def, &criteria, Form::Wire).await?;
    if found.len() > 1 {
        return Err(OrmError::MoreThanOne { model: def.identity.clone(), operation: "find_or_create" });
    }
    Ok(found.pop())
}

/// Looks at what is committed now, also where a transaction sees the state of its beginning.
async fn look_again(tx: &Tx, def: &ModelDef, where_: Where) -> Result<Option<Record>> {
    let mut unit = Unit::begin(&tx.context(), def, Steps::Several).await?;
    let found = images(&mut unit, def, where_, Some("find_or_create")).await;
    unit.finish(found).await.map(|mut found| found.pop())
}
