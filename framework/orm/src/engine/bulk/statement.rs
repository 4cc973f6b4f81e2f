//! Many records in one statement.

use std::sync::Arc;

use sea_query::{Alias, Query};

use super::change;
use crate::{
    change::{Bulk, ChangeVerb},
    criteria::{Where, sql::Scope},
    engine::{cascade, collection, destroy::detaches, references, update::assign},
    error::Result,
    executor::Context,
    model::{AttrDef, Kind, ModelDef},
    tx::{Steps, Unit},
    values::Prepared,
};

/// Updates all records in one statement, if nothing depends on what each of them was or is; gives how many there were.
pub(crate) async fn update_at_once(
    cx: &Context<'_>,
    def: &ModelDef,
    which: &Where,
    prepared: &Prepared,
) -> Result<Option<u64>> {
    let told = !cx.meta.skip_callbacks && def.callbacks.after_update.is_some();
    let looks_before = !prepared.add.is_empty() || prepared.seen.is_some();
    let hangs = |attr: &AttrDef| attr.encrypt || attr.name == def.primary_key || shows_elsewhere(attr);
    let written = |attr: &&AttrDef| prepared.row.contains_key(&attr.name);
    if told
        || looks_before
        || !def.pairings.is_empty()
        || !prepared.collections.is_empty()
        || prepared.row.is_empty()
        || def.attributes.iter().filter(written).any(hangs)
        || !which.is_local()
    {
        return Ok(None);
    }
    let mut unit = Unit::begin(cx, def, Steps::Several).await?;
    let mut update = Query::update();
    update.table(Alias::new(&def.table));
    assign(&mut update, def, &prepared.row, &prepared.add);
    update.and_where(Scope::new(cx.orm, def)?.condition(which)?);
    let done = unit.execute(def, &update).await;
    let done = references::named(&mut unit, def, &[&prepared.row], done).await;
    finish(unit, def, ChangeVerb::Update, prepared.submitted.clone(), done).await.map(Some)
}

/// Destroys all records in one statement, if nothing hangs on any of them; gives how many there were.
pub(crate) async fn destroy_at_once(cx: &Context<'_>, def: &ModelDef, which: &Where) -> Result<Option<u64>> {
    let told = !cx.meta.skip_callbacks && def.callbacks.after_destroy.is_some();
    let detached = detaches(cx, def) && def.associations().any(AttrDef::is_collection);
    if told
        || detached
        || !def.pairings.is_empty()
        || collection::has_joins(def)
        || cascade::concerns(def)
        || def.attributes.iter().any(shows_elsewhere)
        || !which.is_local()
    {
        return Ok(None);
    }
    let mut unit = Unit::begin(cx, def, Steps::Several).await?;
    let mut delete = Query::delete();
    delete.from_table(Alias::new(&def.table)).and_where(Scope::new(cx.orm, def)?.condition(which)?);
    let done = unit.execute(def, &delete).await;
    finish(unit, def, ChangeVerb::Destroy, vec![], done).await.map(Some)
}

async fn finish(
    mut unit: Unit<'_>,
    def: &ModelDef,
    verb: ChangeVerb,
    submitted_keys: Vec<String>,
    done: Result<u64>,
) -> Result<u64> {
    let model = Arc::clone(unit.orm.require_model(&def.identity)?);
    let noted = done.and_then(|times| {
        if times > 0 {
            unit.note(change(model, Bulk { verb, times }, submitted_keys))?;
        }
        Ok(times)
    });
    unit.finish(noted).await
}

/// Whether it is a key that a collection of the other model shows.
fn shows_elsewhere(attr: &AttrDef) -> bool {
    attr.kind == Kind::One && attr.association.as_ref().is_some_and(|a| a.inverse.is_some())
}
