//! A write with the callbacks of its model around it.

use serde_json::Value;

use crate::{
    Record, Tx,
    change::Change,
    criteria::Where,
    error::Result,
    executor::Context,
    model::{Auto, ModelDef},
};

/// The context of a query inside the transaction or savepoint of a write, which an error undoes, with that write's
/// modifiers.
pub(super) fn inside<'t>(cx: &Context<'_>, tx: &'t Tx) -> Context<'t> {
    Context { meta: cx.meta.clone(), ..tx.all_or_nothing() }
}

/// Shows a new record to the callback: complete, with null for a key that the database will give.
pub(super) async fn before_create(tx: &Tx, def: &ModelDef, row: &mut Record) -> Result<()> {
    let Some(callback) = def.callbacks.before_create else { return Ok(()) };
    let automatic = def.pk().auto == Some(Auto::Increment);
    if automatic && !row.contains_key(&def.primary_key) {
        row.insert(def.primary_key.clone(), Value::Null);
    }
    callback(tx, row).await?;
    if automatic && row.get(&def.primary_key).is_some_and(Value::is_null) {
        row.shift_remove(&def.primary_key);
    }
    Ok(())
}

pub(super) async fn after_create(tx: &Tx, def: &ModelDef, changes: &[Change]) -> Result<()> {
    let Some(callback) = def.callbacks.after_create else { return Ok(()) };
    for record in changes.iter().filter_map(|c| c.after.as_ref()) {
        callback(tx, record).await?;
    }
    Ok(())
}

pub(super) async fn before_update(tx: &Tx, def: &ModelDef, row: &mut Record) -> Result<()> {
    match def.callbacks.before_update {
        Some(callback) => callback(tx, row).await,
        None => Ok(()),
    }
}

pub(super) async fn after_update(tx: &Tx, def: &ModelDef, changes: &[Change]) -> Result<()> {
    let Some(callback) = def.callbacks.after_update else { return Ok(()) };
    for record in changes.iter().filter_map(|c| c.after.as_ref()) {
        callback(tx, record).await?;
    }
    Ok(())
}

pub(super) async fn before_destroy(cx: &Context<'_>, tx: &Tx, def: &ModelDef, where_: &Where) -> Result<()> {
    match def.callbacks.before_destroy {
        Some(callback) if !cx.meta.skip_callbacks => callback(tx, where_).await,
        _ => Ok(()),
    }
}

pub(super) async fn after_destroy(tx: &Tx, def: &ModelDef, changes: &[Change]) -> Result<()> {
    let Some(callback) = def.callbacks.after_destroy else { return Ok(()) };
    for record in changes.iter().filter_map(|c| c.before.as_ref()) {
        callback(tx, record).await?;
    }
    Ok(())
}
