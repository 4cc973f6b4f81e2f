//! Updating records.

use std::{collections::HashMap, sync::Arc};

use sea_query::{Alias, Expr, ExprTrait, Func, Query};
use serde_json::Value;

use super::{
    callbacks::{self, inside},
    collection,
    keys::Key,
    references, rows,
};
use crate::{
    Meta, Record,
    change::{Change, ChangeVerb},
    criteria::{Criteria, Where, sql::Scope},
    datastore::bind,
    error::{Code, OrmError, Result, UsageError},
    executor::Context,
    model::{AttrDef, Auto, ModelDef, Storage},
    tx::{Steps, Unit},
    values::{self, Prepared, clock, increment},
};

/// What an update does to a record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assignments {
    /// The values to set.
    pub set: Record,
    /// What is added to numbers; null counts as 0.
    pub add: Record,
}

impl From<Record> for Assignments {
    fn from(set: Record) -> Self {
        Self { set, add: Record::new() }
    }
}

/// Updates every record that satisfies the condition; gives one change per record, in the order of the key.
///
/// A collection among the values has its membership replaced. Only the attributes given are checked; unknown
/// ones are dropped. Without values, the time of the last write still changes.
///
/// # Errors
/// `E_INVALID_VALUES_TO_SET` with every problem, `E_INVALID_CRITERIA`, `E_UNIQUE`; `E_STALE` if a record has another
/// version than the caller has seen;
/// `E_INVALID_TARGET_RECORD_IDS` when several records would get the same one-to-many members. Nothing is
/// changed then.
pub async fn update(
    cx: &Context<'_>,
    def: &ModelDef,
    where_: Where,
    values: impl Into<Assignments>,
) -> Result<Vec<Change>> {
    write(cx, def, where_, values.into(), None).await
}

/// Updates the one record that satisfies the condition; gives its change, or none when there is none.
///
/// # Errors
/// As [`update`]; [`OrmError::MoreThanOne`], with nothing changed; `E_INVALID_CRITERIA` for criteria that pick
/// every record.
pub async fn update_one(
    cx: &Context<'_>,
    def: &ModelDef,
    where_: Where,
    values: impl Into<Assignments>,
) -> Result<Option<Change>> {
    refuse_everything(def, &where_, "update_one")?;
    Ok(write(cx, def, where_, values.into(), Some("update_one")).await?.pop())
}

async fn write(
    cx: &Context<'_>,
    def: &ModelDef,
    where_: Where,
    values: Assignments,
    single: Option<&'static str>,
) -> Result<Vec<Change>> {
    let mut prepared = values::values_to_set(def, values, clock::now())?;
    where_.check(cx, def)?;
    Scope::new(cx.orm, def)?.condition(&where_)?;
    if where_.is_nothing() {
        return Ok(vec![]);
    }
    if cx.meta.skip_callbacks || !def.callbacks.around_update() {
        return change(cx, def, where_, prepared, single).await;
    }
    cx.transaction_on(&def.datastore, async |tx| {
        callbacks::before_update(tx, def, &mut prepared.row).await?;
        let changes = change(&inside(cx, tx), def, where_, prepared, single).await?;
        callbacks::after_update(tx, def, &changes).await?;
        Ok(changes)
    })
    .await
}

async fn change(
    cx: &Context<'_>,
    def: &ModelDef,
    where_: Where,
    prepared: Prepared,
    single: Option<&'static str>,
) -> Result<Vec<Change>> {
    let one = prepared.collections.is_empty() && single.is_some();
    let steps = if one { Steps::One } else { Steps::Several };
    let mut unit = Unit::begin(cx, def, steps).await?;
    let outcome = change_all(&mut unit, def, &cx.meta, where_, prepared, single).await;
    unit.finish(outcome).await
}

async fn change_all(
    unit: &mut Unit<'_>,
    def: &ModelDef,
    meta: &Meta,
    where_: Where,
    mut prepared: Prepared,
    single: Option<&'static str>,
) -> Result<Vec<Change>> {
    let befores = images(unit, def, where_, single).await?;
    if befores.is_empty() {
        return Ok(vec![]);
    }
    check_several(def, &prepared, befores.len())?;
    check_each(def, &prepared, &befores)?;
    keep_ciphertexts(def, &mut prepared, &befores);
    unit.orm.ciphers().seal(def, meta, &mut prepared.row)?;
    let model = Arc::clone(unit.orm.require_model(&def.identity)?);
    let mut afters = set(unit, def, &prepared.row, &prepared.add, &befores).await?;
    let new_pk = prepared.row.get(&def.primary_key);
    let mut changes = Vec::with_capacity(befores.len());
    for before in befores {
        let pk = new_pk.cloned().unwrap_or_else(|| def.key_of(&before));
        let after = Key::of(&pk).and_then(|k| afters.remove(&k)).unwrap_or_else(|| before.clone());
        let change = Change {
            model: Arc::clone(&model),
            verb: ChangeVerb::Update,
            pk: pk.clone(),
            before: Some(before),
            after: Some(after),
            submitted_keys: prepared.submitted.clone(),
            via: None,
        };
        unit.note(change.clone())?;
        collection::key_written(unit, def, change.before.as_ref(), change.after.as_ref())?;
        for (attr, children) in &prepared.collections {
            collection::edit(unit, def, attr, std::slice::from_ref(&pk), children, collection::Edit::Replace)
                .await?;
        }
        changes.push(change);
    }
    Ok(changes)
}

/// A ciphertext that was read and is given back with the rest of the record is not encrypted once more.
fn keep_ciphertexts(def: &ModelDef, prepared: &mut Prepared, befores: &[Record]) {
    for attr in def.attributes.iter().filter(|a| a.encrypt) {
        let given = prepared.row.get(&attr.name);
        if given.is_some() && befores.iter().all(|before| before.get(&attr.name) == given) {
            prepared.row.shift_remove(&attr.name);
        }
    }
}

/// What depends on what each record is now: it was read under the lock of this write.
fn check_each(def: &ModelDef, prepared: &Prepared, befores: &[Record]) -> Result<()> {
    if let (Some(attr), Some(seen)) = (version(def), prepared.seen) {
        let now = |before: &Record| before.get(&attr.name).and_then(Value::as_i64).unwrap_or_default();
        if let Some(before) = befores.iter().find(|before| now(before) != seen) {
            let key = crate::model::excerpt(&def.key_of(before));
            return Err(OrmError::Stale { model: def.identity.clone(), key, seen, now: now(before) });
        }
    }
    let problems: Vec<_> =
        befores.iter().flat_map(|before| increment::problems(def, &prepared.add, before)).collect();
    if problems.is_empty() {
        return Ok(());
    }
    Err(OrmError::Usage(Box::new(UsageError {
        code: Code::InvalidValuesToSet,
        model: def.identity.clone(),
        problems,
    })))
}

fn version(def: &ModelDef) -> Option<&AttrDef> {
    def.attributes.iter().find(|a| a.auto == Some(Auto::Version))
}

/// What is fine for one record and not for several.
fn check_several(def: &ModelDef, prepared: &Prepared, records: usize) -> Result<()> {
    if records < 2 {
        return Ok(());
    }
    if prepared.row.contains_key(&def.primary_key) {
        return Err(OrmError::usage(
            Code::InvalidValuesToSet,
            &def.identity,
            Some(&def.primary_key),
            "unique",
            format!("`{}` is the primary key; {records} records cannot get the same", def.primary_key),
        ));
    }
    let shared = prepared.collections.iter().find(|(name, children)| {
        !children.is_empty()
            && def
                .attr(name)
                .and_then(|a| a.association.as_ref())
                .is_some_and(|a| matches!(a.storage, Storage::Foreign { .. }))
    });
    match shared {
        Some((name, _)) => Err(collection::one_parent_only(def, name)),
        None => Ok(()),
    }
}

/// Writes the row to all of them, adds what is to be added, and gives the images after, by key.
pub(super) async fn set(
    unit: &mut Unit<'_>,
    def: &ModelDef,
    row: &Record,
    add: &Record,
    befores: &[Record],
) -> Result<HashMap<Key, Record>> {
    let mut afters = HashMap::new();
    if row.is_empty() && add.is_empty() {
        return Ok(afters);
    }
    let keys: Vec<Value> = befores.iter().map(|b| def.key_of(b)).collect();
    let images = rows::update(unit, def, &keys, row.get(&def.primary_key), |update| {
        for attr in def.columns() {
            let column = || Alias::new(&attr.column);
            if let Some(value) = row.get(&attr.name) {
                update.value(column(), bind(attr.value_kind(), value));
            } else if let Some(by) = add.get(&attr.name) {
                update.value(column(), plus(attr, by));
            } else if attr.auto == Some(Auto::Version) {
                update.value(column(), plus(attr, &Value::from(1)));
            }
        }
    });
    let images = images.await;
    for image in references::named(unit, def, &[row], images).await? {
        if let Some(key) = Key::of(&def.key_of(&image)) {
            afters.insert(key, image);
        }
    }
    Ok(afters)
}

fn plus(attr: &AttrDef, by: &Value) -> Expr {
    let zero = Expr::val(bind(attr.kind, &Value::from(0)));
    let now = Func::coalesce([Expr::col(Alias::new(&attr.column)), zero]);
    Expr::expr(now).add(Expr::val(bind(attr.kind, by)))
}

/// The images before a write, read under the lock of its transaction.
///
/// With `single`, more than one record is an error.
pub(super) async fn images(
    unit: &mut Unit<'_>,
    def: &ModelDef,
    where_: Where,
    single: Option<&'static str>,
) -> Result<Vec<Record>> {
    let mut select = Query::select();
    let scope = Scope::new(unit.orm, def)?;
    select.columns(def.columns().map(|a| Alias::new(&a.column))).from(Alias::new(&def.table));
    let criteria = Criteria { limit: single.map(|_| 2), ..Criteria::new(where_) };
    super::find::narrow(&mut select, &scope, &criteria)?;
    super::find::page(&mut select, &criteria);
    unit.dialect.lock(&mut select);
    let rows = unit.fetch(def, &select).await?;
    match single {
        Some(operation) if rows.len() > 1 => {
            Err(OrmError::MoreThanOne { model: def.identity.clone(), operation })
        }
        _ => Unit::images(def, &rows),
    }
}

pub(super) fn refuse_everything(def: &ModelDef, where_: &Where, operation: &str) -> Result<()> {
    if *where_ != Where::All {
        return Ok(());
    }
    Err(OrmError::usage(
        Code::InvalidCriteria,
        &def.identity,
        None,
        "where",
        format!("`{operation}` needs criteria; these would pick every record"),
    ))
}
