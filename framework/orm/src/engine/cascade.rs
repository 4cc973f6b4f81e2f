//! Destroying what other records point at by foreign keys.
//!
//! The engine does itself what the rules of the keys say, so that no record goes or changes without its callbacks and its
//! [`Change`]. The constraints of the database have the same rules, for writes from elsewhere.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use sea_query::{Alias, Expr, ExprTrait, Query};
use serde_json::Value;

use super::{
    callbacks::{self, inside},
    destroy::{bury, detaches},
    images::{Images, images_for, images_within},
    keys::Key,
    update::{Assignments, update},
};
use crate::{
    Record, Tx,
    change::Change,
    criteria::{Where, WhereLimits},
    datastore::{Lock, bind},
    error::{Broken, Code, OrmError, Result},
    executor::Context,
    model::{AssociationDef, Kind, ModelDef, OnDelete, Referrer, Storage},
    tx::{Steps, Unit},
};

/// How many keys may lead from a record to one that goes with it.
const LEVELS: usize = 1000;

/// How many records may go along in all.
const MOST: usize = 100_000;

/// Keys that one condition names.
const CHUNK: usize = 5000;

/// What a destroy came to.
pub(super) enum Fallen {
    All(Gone),
    /// Nothing was done, since more records satisfy the condition than images are kept of; it is given back.
    TooMany(Where),
}

/// What a destroy destroyed.
#[derive(Default)]
pub(super) struct Gone {
    /// The records that the caller named.
    pub asked: Vec<Change>,
    /// Those that went with them.
    pub along: Vec<Change>,
}

/// Whether records of other models, or of this one, point at this model by foreign keys of theirs.
pub(super) fn concerns(def: &ModelDef) -> bool {
    def.referrers.iter().any(|r| !r.is_collection)
}

/// Destroys the records that satisfy the condition and what the foreign keys say of the others, in this transaction.
///
/// The callback before it is for the caller to run.
pub(super) async fn destroy(
    cx: &Context<'_>,
    tx: &Tx,
    def: &ModelDef,
    where_: Where,
    single: Option<&'static str>,
) -> Result<Fallen> {
    let mut cx = inside(cx, tx);
    // The conditions from here on are our own, and what they find is bounded.
    cx.meta.where_limits = Some(WhereLimits::MOST);
    let most = cx.meta.bulk_above.replace(usize::MAX).unwrap_or_else(|| cx.orm.bulk_above());
    let first = match read(&cx, def, most, where_, single).await? {
        Images::All(first) => first,
        Images::TooMany(where_) => return Ok(Fallen::TooMany(where_)),
    };
    let fall = Fall::gather(&cx, tx, def, first).await?;
    fall.check(&cx).await?;
    fall.set_null(&cx).await?;
    fall.release(&cx).await?;
    fall.bury(&cx, tx).await.map(Fallen::All)
}

/// Whether records of a model can go in portions: nothing that goes with one portion, or is in its way, has to do with
/// the others.
///
/// So it is where every model is reached by one key only, and where no collection that is emptied has members that go.
pub(super) fn portions_are_independent(cx: &Context<'_>, def: &ModelDef) -> Result<bool> {
    let mut reached = HashSet::from([def.identity.as_str()]);
    let mut going = vec![def];
    let mut next = 0;
    while let Some(model) = going.get(next) {
        for referrer in model.referrers.iter().filter(|r| !r.is_collection) {
            if !reached.insert(referrer.model.as_str()) {
                return Ok(false);
            }
            if referrer.on_delete == OnDelete::Cascade {
                going.push(cx.orm.require_model(&referrer.model)?);
            }
        }
        next += 1;
    }
    let is_going = |target: &str| going.iter().any(|model| model.identity == target);
    let by_key = |a: &AssociationDef| matches!(a.storage, Storage::Foreign { .. });
    let emptied = going.iter().filter(|model| detaches(cx, model)).flat_map(|model| model.associations());
    let mut emptied = emptied.filter_map(|attr| attr.association.as_ref()).filter(|a| by_key(a));
    Ok(!emptied.any(|association| is_going(&association.target)))
}

/// Records of one model that go together.
struct Batch {
    def: Arc<ModelDef>,
    befores: Vec<Record>,
    level: usize,
}

impl Batch {
    fn keys(&self) -> Vec<Value> {
        self.befores.iter().map(|b| self.def.key_of(b)).collect()
    }
}

/// Everything that goes, those that point at others after them.
#[derive(Default)]
struct Fall {
    batches: Vec<Batch>,
    /// The batch of each record, by model and key.
    places: HashMap<String, HashMap<Key, usize>>,
}

impl Fall {
    async fn gather(cx: &Context<'_>, tx: &Tx, def: &ModelDef, first: Vec<Record>) -> Result<Self> {
        let mut fall = Self::default();
        let model = Arc::clone(cx.orm.require_model(&def.identity)?);
        fall.take(model, first, 0);
        let (mut next, mut along) = (0, 0);
        while let Some(batch) = fall.batches.get(next) {
            let (def, keys, level) = (Arc::clone(&batch.def), batch.keys(), batch.level + 1);
            for referrer in of(&def, OnDelete::Cascade) {
                let child = Arc::clone(cx.orm.require_model(&referrer.model)?);
                for keys in keys.chunks(CHUNK) {
                    let points = Where::one_of(referrer.attr.clone(), keys.to_vec());
                    let found = fall.remaining(&child, read_all(cx, &child, points.clone()).await?);
                    if found.is_empty() {
                        continue;
                    }
                    along += found.len();
                    if level > LEVELS || along > MOST {
                        return Err(too_much(&def, referrer));
                    }
                    let found = announced(cx, tx, &child, found, &points).await?;
                    fall.take(Arc::clone(&child), found, level);
                }
            }
            next += 1;
        }
        Ok(fall)
    }

    fn take(&mut self, def: Arc<ModelDef>, befores: Vec<Record>, level: usize) {
        let places = self.places.entry(def.identity.clone()).or_default();
        let keys = befores.iter().filter_map(|b| Key::of(&def.key_of(b)));
        places.extend(keys.map(|key| (key, self.batches.len())));
        self.batches.push(Batch { def, befores, level });
    }

    fn place(&self, def: &ModelDef, key: &Value) -> Option<usize> {
        self.places.get(&def.identity)?.get(&Key::of(key)?).copied()
    }

    /// Those that do not go anyway.
    fn remaining(&self, def: &ModelDef, mut records: Vec<Record>) -> Vec<Record> {
        records.retain(|record| self.place(def, &def.key_of(record)).is_none());
        records
    }

    /// # Errors
    /// `E_FOREIGN_KEY` if a record that stays restricts.
    async fn check(&self, cx: &Context<'_>) -> Result<()> {
        for batch in &self.batches {
            for referrer in of(&batch.def, OnDelete::Restrict) {
                if !self.staying(cx, &batch.keys(), referrer).await?.is_empty() {
                    return Err(OrmError::ForeignKey {
                        model: batch.def.identity.clone(),
                        broken: Broken::Held {
                            by: Some(Box::new((referrer.model.clone(), referrer.attr.clone()))),
                        },
                        source: None,
                    });
                }
            }
        }
        Ok(())
    }

    async fn set_null(&self, cx: &Context<'_>) -> Result<()> {
        for batch in &self.batches {
            for referrer in of(&batch.def, OnDelete::SetNull) {
                let child = cx.orm.require_model(&referrer.model)?;
                for going in batch.keys().chunks(CHUNK) {
                    // Asked once more when they are locked: meanwhile others may have moved on.
                    let points = Where::one_of(referrer.attr.clone(), going.to_vec());
                    for keys in self.staying(cx, going, referrer).await?.chunks(CHUNK) {
                        let which = Where::one_of(child.primary_key.clone(), keys.to_vec());
                        let nothing = Record::from_iter([(referrer.attr.clone(), Value::Null)]);
                        update(cx, child, which.and_also(points.clone()), Assignments::from(nothing)).await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The keys of the records that stay and point at these, which are locked: nothing new can point at them.
    async fn staying(&self, cx: &Context<'_>, going: &[Value], referrer: &Referrer) -> Result<Vec<Value>> {
        let child = cx.orm.require_model(&referrer.model)?;
        let Some(attr) = child.attr(&referrer.attr) else { return Ok(vec![]) };
        let mut unit = Unit::begin(cx, child, Steps::Several).await?;
        let mut keys = vec![];
        for chunk in going.chunks(unit.dialect.chunk()) {
            let mut select = Query::select();
            let among = chunk.iter().map(|k| bind(attr.value_kind(), k));
            select
                .column(Alias::new(&child.pk().column))
                .from(Alias::new(&child.table))
                .and_where(Expr::col(Alias::new(&attr.column)).is_in(among));
            for row in unit.fetch(child, &select).await? {
                let key = row.key(0, child.pk().value_kind())?;
                if self.place(child, &key).is_none() {
                    keys.push(key);
                }
            }
        }
        unit.finish(Ok(keys)).await
    }

    /// Makes records that go point nowhere where what they point at goes before them, or at once with them: the database
    /// would not let it go, or take them along.
    async fn release(&self, cx: &Context<'_>) -> Result<()> {
        for (place, batch) in self.batches.iter().enumerate() {
            let def = &batch.def;
            for attr in def.associations().filter(|a| a.foreign_key.is_some() && a.kind == Kind::One) {
                let Some(association) = &attr.association else { continue };
                let target = cx.orm.require_model(&association.target)?;
                let earlier = |record: &&Record| {
                    let to = record.get(&attr.name).unwrap_or(&Value::Null);
                    self.place(target, to).is_some_and(|there| there >= place)
                };
                let keys: Vec<Value> = batch.befores.iter().filter(earlier).map(|r| def.key_of(r)).collect();
                if keys.is_empty() {
                    continue;
                }
                let mut unit = Unit::begin(cx, def, Steps::Several).await?;
                for keys in keys.chunks(unit.dialect.chunk()) {
                    let mut update = Query::update();
                    let among = keys.iter().map(|k| bind(def.pk().value_kind(), k));
                    update
                        .table(Alias::new(&def.table))
                        .value(Alias::new(&attr.column), bind(attr.value_kind(), &Value::Null))
                        .and_where(Expr::col(Alias::new(&def.pk().column)).is_in(among));
                    unit.execute(def, &update).await?;
                }
                unit.finish(Ok(())).await?;
            }
        }
        Ok(())
    }

    /// Destroys everything, those first that point at others.
    async fn bury(self, cx: &Context<'_>, tx: &Tx) -> Result<Gone> {
        let mut gone = Gone::default();
        let several = self.batches.len() > 1;
        for (place, Batch { def, befores, .. }) in self.batches.into_iter().enumerate().rev() {
            let cascade = detaches(cx, &def);
            let mut unit = Unit::begin(cx, &def, Steps::Several).await?;
            let outcome = bury(&mut unit, &def, befores, cascade).await;
            let changes = unit.finish(outcome).await?;
            if !cx.meta.skip_callbacks {
                callbacks::after_destroy(tx, &def, &changes).await?;
            }
            if place == 0 {
                gone.asked = changes;
            } else {
                gone.along.extend(changes);
            }
        }
        if several {
            tracing::debug!(records = gone.along.len(), "records went with those that they point at");
        }
        Ok(gone)
    }
}

/// The foreign keys to this model with this rule.
fn of(def: &ModelDef, rule: OnDelete) -> impl Iterator<Item = &Referrer> {
    def.referrers.iter().filter(move |r| !r.is_collection && r.on_delete == rule)
}

/// Runs the callback before the destroy of these records, and gives those that still point there after it.
async fn announced(
    cx: &Context<'_>,
    tx: &Tx,
    def: &ModelDef,
    found: Vec<Record>,
    points: &Where,
) -> Result<Vec<Record>> {
    if def.callbacks.before_destroy.is_none() || cx.meta.skip_callbacks {
        return Ok(found);
    }
    let mut left = vec![];
    for found in found.chunks(CHUNK) {
        let which = Where::one_of(def.primary_key.clone(), found.iter().map(|r| def.key_of(r)).collect());
        callbacks::before_destroy(cx, tx, def, &which).await?;
        left.extend(read_all(cx, def, points.clone().and_also(which)).await?);
    }
    Ok(left)
}

/// The records as they are, locked, unless they are more than so many.
async fn read(
    cx: &Context<'_>,
    def: &ModelDef,
    most: usize,
    where_: Where,
    single: Option<&'static str>,
) -> Result<Images> {
    let mut unit = Unit::begin(cx, def, Steps::Several).await?;
    let found = images_within(&mut unit, def, most, where_, single, Lock::Keys).await;
    unit.finish(found).await
}

/// All the records as they are, locked.
async fn read_all(cx: &Context<'_>, def: &ModelDef, where_: Where) -> Result<Vec<Record>> {
    let mut unit = Unit::begin(cx, def, Steps::Several).await?;
    let found = images_for(&mut unit, def, where_, None, Lock::Keys).await;
    unit.finish(found).await
}

fn too_much(def: &ModelDef, by: &Referrer) -> OrmError {
    let message = format!(
        "more than {MOST} records, or {LEVELS} levels of them, would go along by `{}` of model `{}`; destroy those first, \
         in parts",
        by.attr, by.model
    );
    OrmError::usage(Code::InvalidCriteria, &def.identity, None, "cascade", message)
}
