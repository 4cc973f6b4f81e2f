//! Creating records.

use std::sync::Arc;

use sea_query::{Alias, Query};
use serde_json::Value;

use super::{collection, find::find_in, populate::Form, source::Source};
use crate::{
    Record,
    change::{Change, ChangeVerb},
    criteria::{Criteria, Where},
    datastore::bind,
    error::{Code, OrmError, Result},
    executor::Context,
    model::ModelDef,
    tx::{Steps, Unit},
    values::{self, Prepared, clock},
};

/// Creates a record; keys given for collections are linked in the same transaction.
///
/// Unknown values are dropped. Memberships that changed are in the transaction's changes.
///
/// # Errors
/// `E_INVALID_NEW_RECORD` with every problem, `E_UNIQUE`; those of the database.
pub async fn create(cx: &Context<'_>, def: &ModelDef, values: Record) -> Result<Change> {
    let prepared = values::new_record(def, values, clock::now())?;
    let steps = if prepared.collections.is_empty() { Steps::Single } else { Steps::Several };
    let mut unit = Unit::begin(cx, def, steps).await?;
    let outcome = insert(&mut unit, def, prepared).await;
    unit.finish(outcome).await
}

/// Creates several records, all or none; they share their timestamps.
///
/// # Errors
/// `E_INVALID_NEW_RECORDS` with every problem of every record, `E_UNIQUE`; those of the database.
pub async fn create_each(cx: &Context<'_>, def: &ModelDef, records: Vec<Record>) -> Result<Vec<Change>> {
    let now = clock::now();
    let mut prepared = Vec::with_capacity(records.len());
    let mut problems = vec![];
    for (i, values) in records.into_iter().enumerate() {
        match values::new_record(def, values, now) {
            Ok(p) => prepared.push(p),
            Err(OrmError::Usage(e)) => problems.extend(e.problems.into_iter().map(|mut p| {
                p.message = format!("record {i}: {}", p.message);
                p
            })),
            Err(other) => return Err(other),
        }
    }
    if !problems.is_empty() {
        return Err(OrmError::Usage(Box::new(crate::error::UsageError {
            code: Code::InvalidNewRecords,
            model: def.identity.clone(),
            problems,
        })));
    }
    if prepared.is_empty() {
        return Ok(vec![]);
    }
    let mut unit = Unit::begin(cx, def, Steps::Several).await?;
    let outcome = async {
        let mut changes = Vec::with_capacity(prepared.len());
        for p in prepared {
            changes.push(insert(&mut unit, def, p).await?);
        }
        Ok(changes)
    }
    .await;
    unit.finish(outcome).await
}

/// The record that satisfies the condition, or else a new one with these values.
///
/// Gives the record, and the change if it was created. Looking and creating are one transaction.
///
/// # Errors
/// `E_INVALID_NEW_RECORD` also when the record exists; `E_INVALID_CRITERIA` for criteria that pick every
/// record; [`OrmError::MoreThanOne`].
pub async fn find_or_create(
    cx: &Context<'_>,
    def: &ModelDef,
    where_: Where,
    values: Record,
) -> Result<(Record, Option<Change>)> {
    if where_ == Where::All {
        return Err(OrmError::usage(
            Code::InvalidCriteria,
            &def.identity,
            None,
            "where",
            "`find_or_create` needs criteria; these would pick every record",
        ));
    }
    let prepared = values::new_record(def, values, clock::now())?;
    let mut unit = Unit::begin(cx, def, Steps::Several).await?;
    let outcome = async {
        let criteria = Criteria { limit: Some(2), ..Criteria::new(where_) };
        let orm = unit.orm;
        let mut source = Source::link(orm, &def.datastore, unit.link()?);
        let mut found = find_in(&mut source, def, &criteria, Form::Wire).await?;
        drop(source);
        match found.len() {
            0 => {
                let change = insert(&mut unit, def, prepared).await?;
                Ok((change.after.clone().unwrap_or_default(), Some(change)))
            }
            1 => Ok((found.remove(0), None)),
            _ => Err(OrmError::MoreThanOne { model: def.identity.clone(), operation: "find_or_create" }),
        }
    }
    .await;
    unit.finish(outcome).await
}

async fn insert(unit: &mut Unit<'_>, def: &ModelDef, prepared: Prepared) -> Result<Change> {
    let model = Arc::clone(unit.orm.require_model(&def.identity)?);
    let mut insert = Query::insert();
    insert.into_table(Alias::new(&def.table));
    let given: Vec<_> = def.columns().filter(|a| prepared.row.contains_key(&a.name)).collect();
    if given.is_empty() {
        insert.or_default_values();
    } else {
        insert.columns(given.iter().map(|a| Alias::new(&a.column)));
        let row = given.iter().map(|a| {
            sea_query::Expr::val(bind(a.value_kind(), prepared.row.get(&a.name).unwrap_or(&Value::Null)))
        });
        insert.values_panic(row.collect::<Vec<_>>());
    }
    insert.returning(Query::returning().columns(def.columns().map(|a| Alias::new(&a.column))));
    let rows = unit.fetch(def, &insert).await?;
    let after = Unit::images(def, &rows)?.pop().ok_or(OrmError::Closed)?;
    let change = Change {
        verb: ChangeVerb::Create,
        pk: def.key_of(&after),
        before: None,
        after: Some(after),
        submitted_keys: prepared.submitted,
        via: None,
        model,
    };
    unit.note(change.clone())?;
    collection::key_written(unit, def, None, change.after.as_ref())?;
    for (attr, children) in prepared.collections {
        if !children.is_empty() {
            let parents = [change.pk.clone()];
            collection::edit(unit, def, &attr, &parents, &children, collection::Edit::Add).await?;
        }
    }
    Ok(change)
}
