//! Writing rows, and reading back what was written.
//!
//! Where the database gives the rows of a write (`RETURNING`), that is one statement; elsewhere the rows are read again
//! under the lock of the same transaction.

use sea_query::{Alias, Expr, ExprTrait, Query, UpdateStatement};
use serde_json::Value;

use crate::{
    Record,
    datastore::bind,
    error::Result,
    model::{AttrDef, Auto, ModelDef},
    tx::Unit,
};

/// Inserts rows that give values for the same columns, and gives their images in no order.
pub(super) async fn insert(
    unit: &mut Unit<'_>,
    def: &ModelDef,
    given: &[&AttrDef],
    rows: &[&Record],
) -> Result<Vec<Record>> {
    let mut insert = Query::insert();
    insert.into_table(Alias::new(&def.table));
    if given.is_empty() {
        insert.or_default_values();
    } else {
        insert.columns(given.iter().map(|a| Alias::new(&a.column)));
        for row in rows {
            let value =
                |a: &&AttrDef| Expr::val(bind(a.value_kind(), row.get(&a.name).unwrap_or(&Value::Null)));
            insert.values_panic(given.iter().map(value).collect::<Vec<_>>());
        }
    }
    let mut keys: Vec<Value> = rows.iter().filter_map(|r| r.get(&def.primary_key)).cloned().collect();
    reserve(unit, def, &keys).await?;
    if unit.dialect.returns_rows() {
        insert.returning(Query::returning().columns(def.columns().map(|a| Alias::new(&a.column))));
        let rows = unit.fetch(def, &insert).await?;
        return Unit::images(def, &rows);
    }
    let first = unit.insert(def, &insert).await?;
    if keys.is_empty() {
        // The keys of one statement follow each other.
        let step = if rows.len() > 1 { unit.link()?.key_step().await? } else { 1 };
        keys = (0..).step_by(step).take(rows.len()).map(|i| Value::from(first + i)).collect();
    }
    read(unit, def, &keys).await
}

/// Changes the records with these keys, as `assign` says, and gives their images after it, in no order.
///
/// `new_key` is the key that they get, where that changes.
pub(super) async fn update(
    unit: &mut Unit<'_>,
    def: &ModelDef,
    keys: &[Value],
    new_key: Option<&Value>,
    assign: impl Fn(&mut UpdateStatement),
) -> Result<Vec<Record>> {
    if let Some(key) = new_key {
        reserve(unit, def, std::slice::from_ref(key)).await?;
    }
    let pk = def.pk();
    let mut images = vec![];
    for keys in keys.chunks(unit.dialect.chunk()) {
        let mut update = Query::update();
        update.table(Alias::new(&def.table));
        assign(&mut update);
        let among = keys.iter().map(|k| bind(pk.value_kind(), k));
        update.and_where(Expr::col(Alias::new(&pk.column)).is_in(among));
        if unit.dialect.returns_rows() {
            update.returning(Query::returning().columns(def.columns().map(|a| Alias::new(&a.column))));
            let rows = unit.fetch(def, &update).await?;
            images.extend(Unit::images(def, &rows)?);
            continue;
        }
        unit.execute(def, &update).await?;
        images.extend(match new_key {
            Some(key) => read(unit, def, std::slice::from_ref(key)).await?,
            None => read(unit, def, keys).await?,
        });
    }
    Ok(images)
}

/// The rows with these keys, locked.
async fn read(unit: &mut Unit<'_>, def: &ModelDef, keys: &[Value]) -> Result<Vec<Record>> {
    let pk = def.pk();
    let mut select = Query::select();
    let among = keys.iter().map(|k| bind(pk.value_kind(), k));
    select
        .columns(def.columns().map(|a| Alias::new(&a.column)))
        .from(Alias::new(&def.table))
        .and_where(Expr::col(Alias::new(&pk.column)).is_in(among));
    unit.dialect.lock(&mut select);
    let rows = unit.fetch(def, &select).await?;
    Unit::images(def, &rows)
}

/// Sees to it that keys that are about to be stored are never made by the database as well.
async fn reserve(unit: &mut Unit<'_>, def: &ModelDef, keys: &[Value]) -> Result<()> {
    let pk = def.pk();
    if let Some(largest) = keys.iter().filter_map(Value::as_i64).max()
        && pk.auto == Some(Auto::Increment)
        && unit.dialect.sequence_is_apart()
    {
        unit.link()?.advance_sequence(&def.table, &pk.column, largest).await?;
    }
    Ok(())
}
