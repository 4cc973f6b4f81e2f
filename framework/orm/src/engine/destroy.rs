//! Destroying records.

use std::sync::Arc;

use sea_query::{Alias, Expr, ExprTrait, Query};
use serde_json::Value;

use super::{
    callbacks::{self, inside},
    cascade::{self, Gone},
    collection,
    update::{images, refuse_everything},
};
use crate::{
    BoxFuture, Record,
    change::{Change, ChangeVerb},
    criteria::{Where, sql::Scope},
    datastore::bind,
    error::Result,
    executor::Context,
    model::ModelDef,
    tx::{Steps, Unit},
};

/// Destroys every record that satisfies the condition; gives one change per record, in the order of the key.
///
/// With `cascade_on_destroy` the members of its collections are detached in the same transaction; they are
/// never destroyed. Records that point here by foreign keys are destroyed, changed, or in the way, as the keys say; those
/// that are destroyed or changed have changes of their own in the transaction, before those of what they pointed at.
///
/// # Errors
/// `E_INVALID_CRITERIA`; `E_COLLISIONS_WHEN_NULLING_OUT_REQUIRED_FK` and `E_FOREIGN_KEY`, with nothing destroyed.
pub async fn destroy(cx: &Context<'_>, def: &ModelDef, where_: Where) -> Result<Vec<Change>> {
    Ok(write(cx, def, where_, None).await?.asked)
}

/// Destroys the one record that satisfies the condition; gives its change, or none when there is none.
///
/// # Errors
/// As [`destroy`]; [`OrmError::MoreThanOne`](crate::OrmError::MoreThanOne), with nothing destroyed;
/// `E_INVALID_CRITERIA` for criteria that pick every record.
pub async fn destroy_one(cx: &Context<'_>, def: &ModelDef, where_: Where) -> Result<Option<Change>> {
    refuse_everything(def, &where_, "destroy_one")?;
    Ok(write(cx, def, where_, Some("destroy_one")).await?.asked.pop())
}

/// Destroys the records, and what goes with them by foreign keys.
///
/// Boxed: what it holds, and that of all it awaits, is nested deeper than the compiler follows in an app that archives.
pub(super) fn write<'f>(
    cx: &'f Context<'_>,
    def: &'f ModelDef,
    where_: Where,
    single: Option<&'static str>,
) -> BoxFuture<'f, Result<Gone>> {
    Box::pin(write_all(cx, def, where_, single))
}

async fn write_all(
    cx: &Context<'_>,
    def: &ModelDef,
    where_: Where,
    single: Option<&'static str>,
) -> Result<Gone> {
    where_.check(cx, def)?;
    Scope::new(cx.orm, def)?.condition(&where_)?;
    if where_.is_nothing() {
        return Ok(Gone::default());
    }
    if cascade::concerns(def) {
        return cx
            .transaction_on(&def.datastore, async |tx| {
                Box::pin(cascade::destroy(cx, tx, def, where_, single)).await
            })
            .await;
    }
    if cx.meta.skip_callbacks || !def.callbacks.around_destroy() {
        return Ok(Gone { asked: remove(cx, def, where_, single).await?, along: vec![] });
    }
    cx.transaction_on(&def.datastore, async |tx| {
        if let Some(callback) = def.callbacks.before_destroy {
            callback(tx, &where_).await?;
        }
        let changes = remove(&inside(cx, tx), def, where_, single).await?;
        callbacks::after_destroy(tx, def, &changes).await?;
        Ok(Gone { asked: changes, along: vec![] })
    })
    .await
}

async fn remove(
    cx: &Context<'_>,
    def: &ModelDef,
    where_: Where,
    single: Option<&'static str>,
) -> Result<Vec<Change>> {
    let cascade = cx.meta.cascade.or(def.cascade_on_destroy) == Some(true);
    let several = cascade || single.is_none() || collection::has_joins(def);
    let mut unit = Unit::begin(cx, def, if several { Steps::Several } else { Steps::One }).await?;
    let outcome = match images(&mut unit, def, where_, single).await {
        Ok(befores) => bury(&mut unit, def, befores, cascade).await,
        Err(e) => Err(e),
    };
    unit.finish(outcome).await
}

/// Removes the rows of these records, detaches what hung on them, and notes it all.
pub(super) async fn bury(
    unit: &mut Unit<'_>,
    def: &ModelDef,
    befores: Vec<Record>,
    cascade: bool,
) -> Result<Vec<Change>> {
    let pk = def.pk();
    let keys: Vec<Value> = befores.iter().map(|b| def.key_of(b)).collect();
    // Before the rows, with which the database would take those of the join tables; told after them.
    let mark = unit.mark()?;
    collection::leave_joins(unit, def, &keys).await?;
    let left = unit.take_back(mark)?;
    for keys in keys.chunks(unit.dialect.chunk()) {
        let mut delete = Query::delete();
        let among = keys.iter().map(|k| bind(pk.value_kind(), k));
        delete.from_table(Alias::new(&def.table)).and_where(Expr::col(Alias::new(&pk.column)).is_in(among));
        unit.execute(def, &delete).await?;
    }
    let model = Arc::clone(unit.orm.require_model(&def.identity)?);
    let mut changes = Vec::with_capacity(befores.len());
    for before in befores {
        let change = Change {
            model: Arc::clone(&model),
            verb: ChangeVerb::Destroy,
            pk: def.key_of(&before),
            before: Some(before),
            after: None,
            submitted_keys: vec![],
            via: None,
        };
        unit.note(change.clone())?;
        collection::key_written(unit, def, change.before.as_ref(), None)?;
        changes.push(change);
    }
    for change in left {
        unit.note(change)?;
    }
    if cascade {
        for attr in def.attributes.iter().filter(|a| a.is_collection() && a.foreign_key.is_none()) {
            for keys in keys.chunks(unit.dialect.chunk()) {
                collection::detach_all(unit, def, &attr.name, keys).await?;
            }
        }
    }
    Ok(changes)
}
