//! Destroying records.

use std::sync::Arc;

use sea_query::{Alias, Expr, ExprTrait, Query};
use serde_json::Value;

use super::{
    callbacks::{self, inside},
    collection,
    update::{images, refuse_everything},
};
use crate::{
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
/// never destroyed.
///
/// # Errors
/// `E_INVALID_CRITERIA`; `E_COLLISIONS_WHEN_NULLING_OUT_REQUIRED_FK`, with nothing destroyed.
pub async fn destroy(cx: &Context<'_>, def: &ModelDef, where_: Where) -> Result<Vec<Change>> {
    write(cx, def, where_, None).await
}

/// Destroys the one record that satisfies the condition; gives its change, or none when there is none.
///
/// # Errors
/// As [`destroy`]; [`OrmError::MoreThanOne`](crate::OrmError::MoreThanOne), with nothing destroyed;
/// `E_INVALID_CRITERIA` for criteria that pick every record.
pub async fn destroy_one(cx: &Context<'_>, def: &ModelDef, where_: Where) -> Result<Option<Change>> {
    refuse_everything(def, &where_, "destroy_one")?;
    Ok(write(cx, def, where_, Some("destroy_one")).await?.pop())
}

async fn write(
    cx: &Context<'_>,
    def: &ModelDef,
    where_: Where,
    single: Option<&'static str>,
) -> Result<Vec<Change>> {
    where_.check(cx, def)?;
    Scope::new(cx.orm, def)?.condition(&where_)?;
    if where_.is_nothing() {
        return Ok(vec![]);
    }
    if cx.meta.skip_callbacks || !def.callbacks.around_destroy() {
        return remove(cx, def, where_, single).await;
    }
    cx.transaction_on(&def.datastore, async |tx| {
        if let Some(callback) = def.callbacks.before_destroy {
            callback(tx, &where_).await?;
        }
        let changes = remove(&inside(cx, tx), def, where_, single).await?;
        callbacks::after_destroy(tx, def, &changes).await?;
        Ok(changes)
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
    let mut unit =
        Unit::begin(cx, def, if cascade || single.is_none() { Steps::Several } else { Steps::One }).await?;
    let outcome = remove_all(&mut unit, def, where_, single, cascade).await;
    unit.finish(outcome).await
}

async fn remove_all(
    unit: &mut Unit<'_>,
    def: &ModelDef,
    where_: Where,
    single: Option<&'static str>,
    cascade: bool,
) -> Result<Vec<Change>> {
    let befores = images(unit, def, where_, single).await?;
    let pk = def.pk();
    let keys: Vec<Value> = befores.iter().map(|b| def.key_of(b)).collect();
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
    if cascade {
        for attr in def.attributes.iter().filter(|a| a.is_collection()) {
            for keys in keys.chunks(unit.dialect.chunk()) {
                collection::detach_all(unit, def, &attr.name, keys).await?;
            }
        }
    }
    Ok(changes)
}
