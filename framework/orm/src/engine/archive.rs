//! Destroying records and keeping what they were.

use serde_json::{Value, json};

use super::{callbacks::inside, create_each, destroy::write, update::refuse_everything};
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
    where_.check(cx, def)?;
    let archive = archive_of(cx, def)?;
    cx.transaction_on(&def.datastore, async |tx| {
        let gone = write(&inside(cx, tx), def, where_, None).await?;
        keep(tx, archive, &gone.asked).await?;
        keep_along(cx, tx, &gone.along).await?;
        Ok(gone.asked)
    })
    .await
}

/// Destroys the one record that satisfies the condition, and keeps it in the archive; gives its change, or none.
///
/// # Errors
/// As [`archive`](fn@archive) and [`destroy_one`](super::destroy_one).
pub async fn archive_one(cx: &Context<'_>, def: &ModelDef, where_: Where) -> Result<Option<Change>> {
    where_.check(cx, def)?;
    refuse_everything(def, &where_, "archive_one")?;
    let archive = archive_of(cx, def)?;
    cx.transaction_on(&def.datastore, async |tx| {
        let mut gone = write(&inside(cx, tx), def, where_, Some("archive_one")).await?;
        keep(tx, archive, &gone.asked).await?;
        keep_along(cx, tx, &gone.along).await?;
        Ok(gone.asked.pop())
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

/// Keeps what went along by foreign keys, where its model has an archive in the same datastore.
async fn keep_along(cx: &Context<'_>, tx: &Tx, changes: &[Change]) -> Result<()> {
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

async fn keep(tx: &Tx, archive: &ModelDef, changes: &[Change]) -> Result<()> {
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
