//! Destroying records and keeping what they were.

use serde_json::{Value, json};

use super::{
    callbacks::inside,
    create_each,
    destroy::{destroy, destroy_one},
};
use crate::{
    Record, Tx,
    change::Change,
    criteria::Where,
    error::{Code, OrmError, Result},
    executor::Context,
    model::{Archive, ModelDef},
};

/// Destroys every record that satisfies the condition, and keeps each in the archive; gives one change per record.
///
/// One transaction. The archive's record has `fromModel`, `originalRecord` and `originalRecordId`; the record is whole,
/// without its collections.
///
/// # Errors
/// As [`destroy`]; `E_ARCHIVE_DISABLED`; [`OrmError::OtherDatastore`] where the archive lives in another datastore.
///
/// # Source
/// Waterline `methods/archive.js`. Differs: finding, keeping and destroying are one transaction.
pub async fn archive(cx: &Context<'_>, def: &ModelDef, where_: Where) -> Result<Vec<Change>> {
    where_.check(cx, def)?;
    let archive = archive_of(cx, def)?;
    cx.transaction_on(&def.datastore, async |tx| {
        let changes = destroy(&inside(cx, tx), def, where_).await?;
        keep(tx, archive, def, &changes).await?;
        Ok(changes)
    })
    .await
}

/// Destroys the one record that satisfies the condition, and keeps it in the archive; gives its change, or none.
///
/// # Errors
/// As [`archive`] and [`destroy_one`].
pub async fn archive_one(cx: &Context<'_>, def: &ModelDef, where_: Where) -> Result<Option<Change>> {
    where_.check(cx, def)?;
    let archive = archive_of(cx, def)?;
    cx.transaction_on(&def.datastore, async |tx| {
        let change = destroy_one(&inside(cx, tx), def, where_).await?;
        keep(tx, archive, def, change.as_slice()).await?;
        Ok(change)
    })
    .await
}

fn archive_of<'a>(cx: &Context<'a>, def: &ModelDef) -> Result<&'a ModelDef> {
    let Archive::Into(identity) = &def.archive else {
        let message =
            format!("records of model `{}` cannot be archived: its archive is switched off", def.identity);
        return Err(OrmError::usage(Code::ArchiveDisabled, &def.identity, None, "archive", message));
    };
    let archive = cx.orm.require_model(identity)?;
    if archive.datastore != def.datastore {
        return Err(OrmError::OtherDatastore {
            model: archive.identity.clone(),
            of_model: archive.datastore.clone(),
            of_tx: def.datastore.clone(),
        });
    }
    Ok(archive)
}

async fn keep(tx: &Tx, archive: &ModelDef, def: &ModelDef, changes: &[Change]) -> Result<()> {
    let records = changes.iter().map(|change| {
        let original = change.before.clone().unwrap_or_default();
        Record::from_iter([
            ("fromModel".into(), json!(def.identity)),
            ("originalRecord".into(), Value::Object(original)),
            ("originalRecordId".into(), change.pk.clone()),
        ])
    });
    create_each(&tx.all_or_nothing(), archive, records.collect()).await.map(drop)
}
