//! Destroying records and keeping what they were.

use serde_json::{Value, json};

use super::{
    bulk::Each,
    create_each,
    destroy::{How, one, write},
    update::refuse_everything,
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
/// without its collections. Records that go along by foreign keys are kept too, where their model has an archive.
///
/// # Errors
/// As [`destroy`](fn@super::destroy); `E_ARCHIVE_DISABLED`; [`OrmError::OtherDatastore`] where the archive lives in another datastore.
///
/// # Source
/// Waterline `methods/archive.js`. Differs: finding, keeping and destroying are one transaction.
pub async fn archive(cx: &Context<'_>, def: &ModelDef, where_: Where) -> Result<Vec<Change>> {
    let mut changes = vec![];
    let mut each = |change| {
        changes.push(change);
        Ok(())
    };
    archive_each(cx, def, where_, Some(&mut each)).await?;
    Ok(changes)
}

/// As [`archive`](fn@archive), but hands over the changes, and gives how many there are.
pub(crate) async fn archive_each(
    cx: &Context<'_>,
    def: &ModelDef,
    mut where_: Where,
    each: Each<'_>,
) -> Result<u64> {
    where_.check(cx, def)?;
    let archive = archive_of(cx, def)?;
    write(cx, def, where_, How { single: None, archive: Some(archive) }, each).await
}

/// Destroys the one record that satisfies the condition, and keeps it in the archive; gives its change, or none.
///
/// # Errors
/// As [`archive`](fn@archive) and [`destroy_one`](super::destroy_one).
pub async fn archive_one(cx: &Context<'_>, def: &ModelDef, mut where_: Where) -> Result<Option<Change>> {
    where_.check(cx, def)?;
    refuse_everything(def, &where_, "archive_one")?;
    let archive = archive_of(cx, def)?;
    one(cx, def, where_, How { single: Some("archive_one"), archive: Some(archive) }).await
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

/// Keeps what went along by foreign keys, where its model has an archive in the same datastore.
pub(super) async fn keep_along(cx: &Context<'_>, tx: &Tx, changes: &[Change]) -> Result<()> {
    for change in changes {
        if let Archive::Into(identity) = &change.model.archive {
            let archive = cx.orm.require_model(identity)?;
            if archive.datastore == change.model.datastore {
                keep(tx, archive, std::slice::from_ref(change)).await?;
            }
        }
    }
    Ok(())
}

/// Keeps what is gone in this archive.
pub(super) async fn keep(tx: &Tx, archive: &ModelDef, changes: &[Change]) -> Result<()> {
    let records = changes.iter().map(|change| {
        let original = change.before.clone().unwrap_or_default();
        Record::from_iter([
            ("fromModel".into(), json!(change.model.identity)),
            ("originalRecord".into(), Value::Object(original)),
            ("originalRecordId".into(), change.pk.clone()),
        ])
    });
    create_each(&tx.all_or_nothing(), archive, records.collect()).await.map(drop)
}
