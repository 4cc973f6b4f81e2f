//! Records as they are before a write, read under its lock.

use sea_query::{Alias, Asterisk, Expr, Func, Query, SelectStatement};
use serde_json::Value;

use super::{
    find::{narrow, page},
    source::Source,
};
use crate::{
    Record,
    criteria::{Criteria, Op, Where, sql::Scope},
    datastore::{Lock, Row},
    error::{OrmError, Result},
    executor::Context,
    model::{AttrDef, ModelDef},
    tx::Unit,
};

/// The images of the records that a write is about.
pub(super) enum Images {
    /// Of every one.
    All(Vec<Record>),
    /// Of none, since there are too many; the condition is given back.
    TooMany(Where),
}

/// The images before a write that leaves their keys as they are.
///
/// With `single`, more than one record is an error.
pub(super) async fn images(
    unit: &mut Unit<'_>,
    def: &ModelDef,
    where_: Where,
    single: Option<&'static str>,
) -> Result<Vec<Record>> {
    images_for(unit, def, where_, single, Lock::Values).await
}

/// The images before a write that does this to them.
pub(super) async fn images_for(
    unit: &mut Unit<'_>,
    def: &ModelDef,
    where_: Where,
    single: Option<&'static str>,
    lock: Lock,
) -> Result<Vec<Record>> {
    let criteria = Criteria { limit: single.map(|_| 2), ..Criteria::new(where_) };
    let rows = read(unit, def, &criteria, lock).await?;
    match single {
        Some(operation) if rows.len() > 1 => {
            Err(OrmError::MoreThanOne { model: def.identity.clone(), operation })
        }
        _ => Unit::images(def, &rows),
    }
}

/// The images before a write, unless they are more than so many.
///
/// How many records there are is known from the read itself, which asks for one more.
pub(super) async fn images_within(
    unit: &mut Unit<'_>,
    def: &ModelDef,
    most: usize,
    where_: Where,
    single: Option<&'static str>,
    lock: Lock,
) -> Result<Images> {
    if single.is_some() || most == usize::MAX || names_at_most(def, most, &where_) {
        return images_for(unit, def, where_, single, lock).await.map(Images::All);
    }
    let criteria = Criteria { limit: Some(most as u64 + 1), ..Criteria::new(where_) };
    let rows = read(unit, def, &criteria, lock).await?;
    if rows.len() > most {
        return Ok(Images::TooMany(criteria.where_));
    }
    Unit::images(def, &rows).map(Images::All)
}

/// Whether a write is about more records than so many, by counting no further. Locks nothing.
pub(super) async fn exceeds(cx: &Context<'_>, def: &ModelDef, most: usize, where_: &Where) -> Result<bool> {
    if most == usize::MAX || names_at_most(def, most, where_) {
        return Ok(false);
    }
    let mut source = Source::of(cx).await?;
    let scope = Scope::new(source.orm, def)?;
    let mut some = Query::select();
    some.expr(Expr::val(1)).from(Alias::new(&def.table)).and_where(scope.condition(where_)?);
    some.limit(most as u64 + 1);
    let mut count = Query::select();
    count.expr(Func::count(Expr::col(Asterisk))).from_subquery(some, "found");
    let rows = source.fetch(def, &count).await?;
    let counted = rows.first().map_or(Ok(0), |row| row.int(0))?;
    Ok(usize::try_from(counted).is_ok_and(|counted| counted > most))
}

/// The keys of all records that a write is about, in order.
pub(super) async fn keys(
    unit: &mut Unit<'_>,
    def: &ModelDef,
    where_: Where,
    lock: Lock,
) -> Result<Vec<Value>> {
    let pk = def.pk();
    let select = locked(unit, def, &Criteria::new(where_), &[pk], lock)?;
    let mut keys = vec![];
    let take = &mut |row: Row| {
        keys.push(row.key(0, pk.value_kind())?);
        Ok(())
    };
    unit.each_row(def, &select, take).await?;
    Ok(keys)
}

async fn read(unit: &mut Unit<'_>, def: &ModelDef, criteria: &Criteria, lock: Lock) -> Result<Vec<Row>> {
    let columns: Vec<&AttrDef> = def.columns().collect();
    let select = locked(unit, def, criteria, &columns, lock)?;
    unit.fetch(def, &select).await
}

fn locked(
    unit: &Unit<'_>,
    def: &ModelDef,
    criteria: &Criteria,
    attributes: &[&AttrDef],
    lock: Lock,
) -> Result<SelectStatement> {
    let scope = Scope::new(unit.orm, def)?;
    let mut select = Query::select();
    select.columns(attributes.iter().map(|a| Alias::new(&a.column))).from(Alias::new(&def.table));
    narrow(&mut select, &scope, criteria)?;
    page(&mut select, criteria);
    unit.dialect.lock_for(&mut select, lock);
    Ok(select)
}

/// Whether the condition itself names the records, and not more than these.
fn names_at_most(def: &ModelDef, most: usize, where_: &Where) -> bool {
    match where_ {
        Where::Nothing => true,
        Where::Test(name, Op::Eq, _) => **name == *def.primary_key && most > 0,
        Where::In(name, keys) => **name == *def.primary_key && keys.len() <= most,
        Where::And(parts) => parts.iter().any(|part| names_at_most(def, most, part)),
        _ => false,
    }
}
