//! Writing new rows.

use std::{collections::HashMap, sync::Arc};

use super::{clash, collection, keys::Key, references, rows};
use crate::{
    Record,
    change::{Change, ChangeVerb},
    error::{OrmError, Result},
    executor::Context,
    model::{AttrDef, Auto, ModelDef},
    tx::{Steps, Unit},
    values::Prepared,
};

/// Inserts the records, all or none; gives their changes in the order of the records.
pub(super) async fn run(
    cx: &Context<'_>,
    def: &ModelDef,
    mut prepared: Vec<Prepared>,
) -> Result<Vec<Change>> {
    for one in &mut prepared {
        cx.orm.ciphers().seal(def, &cx.meta, &mut one.row)?;
    }
    let single = prepared.len() == 1 && prepared.iter().all(|p| p.collections.is_empty());
    // A key that is given may have to be told to the sequence first.
    let keyless = prepared.iter().all(|p| !p.row.contains_key(&def.primary_key));
    let steps = if single && keyless { Steps::Single } else { Steps::Several };
    // Which of several records clashes is looked up when none of them is there any more.
    let all_or_nothing = cx.all_or_nothing && prepared.len() == 1;
    let mut unit = Unit::begin(&Context { all_or_nothing, ..cx.clone() }, def, steps).await?;
    let outcome = insert_all(&mut unit, def, &mut prepared).await;
    match unit.finish(outcome).await {
        Err(error) => Err(clash::located(cx, def, &prepared, error).await),
        made => made,
    }
}

/// What was given and the keys for collections are taken out of `prepared`; the rows stay.
pub(super) async fn insert_all(
    unit: &mut Unit<'_>,
    def: &ModelDef,
    prepared: &mut [Prepared],
) -> Result<Vec<Change>> {
    let model = Arc::clone(unit.orm.require_model(&def.identity)?);
    let mut afters = Vec::with_capacity(prepared.len());
    let mut rest = &*prepared;
    while !rest.is_empty() {
        let (together, later) = rest.split_at(alike(def, rest, unit.dialect.chunk()));
        afters.extend(write(unit, def, together).await?);
        rest = later;
    }
    let mut changes = Vec::with_capacity(prepared.len());
    for (prepared, after) in prepared.iter_mut().zip(afters) {
        let change = Change {
            verb: ChangeVerb::Create,
            pk: def.key_of(&after),
            before: None,
            after: Some(after),
            submitted_keys: std::mem::take(&mut prepared.submitted),
            via: None,
            model: Arc::clone(&model),
            bulk: None,
        };
        collection::paired(unit, def, None, change.after.as_ref())?;
        unit.note(change.clone())?;
        collection::key_written(unit, def, None, change.after.as_ref())?;
        for (attr, children) in std::mem::take(&mut prepared.collections) {
            if !children.is_empty() {
                collection::edit(unit, def, &attr, &change.pk, &children, collection::Edit::Add).await?;
            }
        }
        changes.push(change);
    }
    Ok(changes)
}

/// How many of the records, from the first, can be one statement: they give values for the same columns.
fn alike(def: &ModelDef, records: &[Prepared], values: usize) -> usize {
    let Some(first) = records.first() else { return 0 };
    let given = columns(def, &first.row);
    let most = values / given.len().max(1);
    // Without any column a statement has no place for several rows.
    if given.is_empty() || most < 2 {
        return 1;
    }
    records
        .iter()
        .take(most)
        .take_while(|p| def.columns().all(|a| p.row.contains_key(&a.name) == first.row.contains_key(&a.name)))
        .count()
}

fn columns<'d>(def: &'d ModelDef, row: &Record) -> Vec<&'d AttrDef> {
    def.columns().filter(|a| row.contains_key(&a.name)).collect()
}

/// Inserts rows that are alike and gives their images, in their order.
async fn write(unit: &mut Unit<'_>, def: &ModelDef, records: &[Prepared]) -> Result<Vec<Record>> {
    let Some(first) = records.first() else { return Ok(vec![]) };
    let rows: Vec<&Record> = records.iter().map(|r| &r.row).collect();
    let images = rows::insert(unit, def, &columns(def, &first.row), &rows).await;
    let images = references::named(unit, def, &rows, images).await?;
    in_order(def, records, images)
}

/// The images in the order of the records: no database promises the order of what it returns.
fn in_order(def: &ModelDef, records: &[Prepared], mut images: Vec<Record>) -> Result<Vec<Record>> {
    if images.len() != records.len() {
        return Err(OrmError::Closed);
    }
    if records.len() == 1 {
        return Ok(images);
    }
    if records.iter().all(|p| p.row.contains_key(&def.primary_key)) {
        let mut by_key: HashMap<Key, Record> =
            images.into_iter().filter_map(|i| Some((Key::of(&def.key_of(&i))?, i))).collect();
        let found = |p: &Prepared| by_key.remove(&Key::of(p.row.get(&def.primary_key)?)?);
        return records.iter().map(found).collect::<Option<_>>().ok_or(OrmError::Closed);
    }
    if def.pk().auto == Some(Auto::Increment) {
        // Automatic keys are given in the order of the rows.
        images.sort_by_key(|image| def.key_of(image).as_i64());
    }
    Ok(images)
}
