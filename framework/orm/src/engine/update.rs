//! Updating records.

use std::{collections::HashMap, sync::Arc};

use sea_query::{Alias, Expr, ExprTrait, Func, UpdateStatement};
use serde_json::Value;

use super::{
    again::Attempts,
    bulk::{Each, Portions, Sink, Written, update_at_once},
    callbacks::{self, inside},
    collection,
    images::{Images, exceeds, images_within},
    keys::Key,
    references, rows,
};
use crate::{
    Meta, Record, Tx,
    change::{Change, ChangeVerb},
    criteria::{Where, sql::Scope},
    datastore::{Lock, bind},
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
/// More records than `models.bulk_above` are written in portions, with callbacks after each; the transaction then has one
/// `Bulk` change instead of theirs.
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
    let mut changes = vec![];
    let mut each = |change| {
        changes.push(change);
        Ok(())
    };
    update_each(cx, def, where_, values.into(), Some(&mut each)).await?;
    Ok(changes)
}

/// As [`update`], but hands over the changes, and gives how many there are.
pub(crate) async fn update_each(
    cx: &Context<'_>,
    def: &ModelDef,
    where_: Where,
    values: Assignments,
    each: Each<'_>,
) -> Result<u64> {
    write(cx, def, where_, values, None, each).await
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
    let mut changed = None;
    let mut each = |change| {
        changed = Some(change);
        Ok(())
    };
    write(cx, def, where_, values.into(), Some("update_one"), Some(&mut each)).await?;
    Ok(changed)
}

async fn write(
    cx: &Context<'_>,
    def: &ModelDef,
    mut where_: Where,
    values: Assignments,
    single: Option<&'static str>,
    each: Each<'_>,
) -> Result<u64> {
    let prepared = values::values_to_set(def, values, clock::now())?;
    where_.check(cx, def)?;
    Scope::new(cx.orm, def)?.condition(&where_)?;
    if where_.is_nothing() {
        return Ok(0);
    }
    let (mut sink, mut attempts) = (Sink::new(each), Attempts::of(cx));
    loop {
        let outcome = once(cx, def, where_.clone(), prepared.clone(), single, &mut sink).await;
        if sink.used || !attempts.another(&outcome) {
            return outcome;
        }
    }
}

async fn once(
    cx: &Context<'_>,
    def: &ModelDef,
    mut which: Where,
    mut prepared: Prepared,
    single: Option<&'static str>,
    sink: &mut Sink<'_>,
) -> Result<u64> {
    let has_callbacks = !cx.meta.skip_callbacks && def.callbacks.around_update();
    // Where nobody wants to see them, images need not be read to know that they are too many.
    let many = sink.is_nobody() && exceeds(cx, def, cx.bulk_above(), &which).await?;
    if !has_callbacks && !many {
        match change(cx, def, which, &mut prepared, single).await? {
            Written::All(changes) => return sink.hand(changes),
            Written::TooMany(given_back) => which = given_back,
        }
    }
    cx.transaction_on(&def.datastore, async |tx| {
        let cx = inside(cx, tx);
        if has_callbacks {
            callbacks::before_update(tx, def, &mut prepared.row).await?;
            values::refuse_nul(def, &prepared.row, Code::InvalidValuesToSet)?;
        }
        if has_callbacks && !many {
            match change(&cx, def, which, &mut prepared, single).await? {
                Written::All(changes) => {
                    callbacks::after_update(tx, def, &changes).await?;
                    return sink.hand(changes);
                }
                Written::TooMany(given_back) => which = given_back,
            }
        }
        in_portions(&cx, tx, def, which, &prepared, sink).await
    })
    .await
}

async fn in_portions(
    cx: &Context<'_>,
    tx: &Tx,
    def: &ModelDef,
    which: Where,
    prepared: &Prepared,
    sink: &mut Sink<'_>,
) -> Result<u64> {
    if sink.is_nobody()
        && let Some(count) = update_at_once(cx, def, &which, prepared).await?
    {
        return Ok(count);
    }
    let mut portions = Portions::of(cx, tx, def, which, lock(def, prepared)).await?;
    let mut count = 0;
    while let Some(which) = portions.next() {
        let written = change(&portions.context(cx), def, which, &mut prepared.clone(), None).await?;
        let changes = portions.changes(written)?;
        if !cx.meta.skip_callbacks {
            callbacks::after_update(tx, def, &changes).await?;
        }
        portions.count(tx, cx.orm).await?;
        count += sink.hand(changes)?;
    }
    portions.finish(tx).await?;
    Ok(count)
}

async fn change(
    cx: &Context<'_>,
    def: &ModelDef,
    where_: Where,
    prepared: &mut Prepared,
    single: Option<&'static str>,
) -> Result<Written> {
    let mut unit = Unit::begin(cx, def, Steps::Several).await?;
    let outcome =
        match images_within(&mut unit, def, cx.bulk_above(), where_, single, lock(def, prepared)).await {
            Ok(Images::All(befores)) => {
                change_all(&mut unit, def, &cx.meta, befores, prepared).await.map(Written::All)
            }
            Ok(Images::TooMany(where_)) => Ok(Written::TooMany(where_)),
            Err(e) => Err(e),
        };
    unit.finish(outcome).await
}

async fn change_all(
    unit: &mut Unit<'_>,
    def: &ModelDef,
    meta: &Meta,
    befores: Vec<Record>,
    prepared: &mut Prepared,
) -> Result<Vec<Change>> {
    if befores.is_empty() {
        return Ok(vec![]);
    }
    check_several(def, prepared, befores.len())?;
    check_each(def, prepared, &befores)?;
    keep_ciphertexts(def, prepared, &befores);
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
            bulk: None,
        };
        collection::paired(unit, def, change.before.as_ref(), change.after.as_ref())?;
        unit.note(change.clone())?;
        collection::key_written(unit, def, change.before.as_ref(), change.after.as_ref())?;
        for (attr, children) in &prepared.collections {
            collection::edit(unit, def, attr, &pk, children, collection::Edit::Replace).await?;
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

/// What the update does to its records: a foreign key may point at whatever is unique.
fn lock(def: &ModelDef, prepared: &Prepared) -> Lock {
    let written = |name: &str| prepared.row.contains_key(name) || prepared.add.contains_key(name);
    let is_key = |attr: &AttrDef| attr.unique || attr.name == def.primary_key;
    let alone = def.columns().any(|attr| is_key(attr) && written(&attr.name));
    let together = def.indexes.iter().any(|i| i.unique && i.attrs.iter().any(|name| written(name)));
    if alone || together { Lock::Keys } else { Lock::Values }
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
        assign(update, def, row, add);
    });
    let images = images.await;
    for image in references::named(unit, def, &[row], images).await? {
        if let Some(key) = Key::of(&def.key_of(&image)) {
            afters.insert(key, image);
        }
    }
    Ok(afters)
}

/// What the statement sets.
pub(super) fn assign(update: &mut UpdateStatement, def: &ModelDef, row: &Record, add: &Record) {
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
}

fn plus(attr: &AttrDef, by: &Value) -> Expr {
    let zero = Expr::val(bind(attr.kind, &Value::from(0)));
    let now = Func::coalesce([Expr::col(Alias::new(&attr.column)), zero]);
    Expr::expr(now).add(Expr::val(bind(attr.kind, by)))
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
