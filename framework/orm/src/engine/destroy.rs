//! Destroying records.

use std::sync::Arc;

use sea_query::{Alias, Expr, ExprTrait, Query};
use serde_json::Value;

use super::{
    again::Attempts,
    archive,
    bulk::{Each, Portions, Sink, Written, destroy_at_once},
    callbacks::{self, inside},
    cascade::{self, Fallen},
    collection,
    images::{Images, exceeds, images_within},
    update::refuse_everything,
};
use crate::{
    BoxFuture, Record, Tx,
    change::{Change, ChangeVerb},
    criteria::{Where, sql::Scope},
    datastore::{Lock, bind},
    error::Result,
    executor::Context,
    model::ModelDef,
    tx::{Steps, Unit},
};

/// Destroys every record that satisfies the condition; gives one change per record, in the order of the key.
///
/// More records than `models.bulk_above` are destroyed in portions, with callbacks after each; the transaction then has one
/// `Bulk` change instead of theirs.
///
/// With `cascade_on_destroy` the members of its collections are detached in the same transaction; they are
/// never destroyed. Records that point here by foreign keys are destroyed, changed, or in the way, as the keys say; those
/// that are destroyed or changed have changes of their own in the transaction, before those of what they pointed at.
///
/// # Errors
/// `E_INVALID_CRITERIA`; `E_COLLISIONS_WHEN_NULLING_OUT_REQUIRED_FK` and `E_FOREIGN_KEY`, with nothing destroyed.
pub async fn destroy(cx: &Context<'_>, def: &ModelDef, where_: Where) -> Result<Vec<Change>> {
    let mut changes = vec![];
    let mut each = |change| {
        changes.push(change);
        Ok(())
    };
    destroy_each(cx, def, where_, Some(&mut each)).await?;
    Ok(changes)
}

/// As [`destroy`], but hands over the changes, and gives how many there are.
pub(crate) async fn destroy_each(
    cx: &Context<'_>,
    def: &ModelDef,
    where_: Where,
    each: Each<'_>,
) -> Result<u64> {
    write(cx, def, where_, How::default(), each).await
}

/// Destroys the one record that satisfies the condition; gives its change, or none when there is none.
///
/// # Errors
/// As [`destroy`]; [`OrmError::MoreThanOne`](crate::OrmError::MoreThanOne), with nothing destroyed;
/// `E_INVALID_CRITERIA` for criteria that pick every record.
pub async fn destroy_one(cx: &Context<'_>, def: &ModelDef, where_: Where) -> Result<Option<Change>> {
    one(cx, def, where_, How { single: Some("destroy_one"), archive: None }).await
}

/// Destroys at most one record.
pub(super) async fn one(
    cx: &Context<'_>,
    def: &ModelDef,
    where_: Where,
    how: How<'_>,
) -> Result<Option<Change>> {
    if let Some(operation) = how.single {
        refuse_everything(def, &where_, operation)?;
    }
    let mut gone = None;
    let mut each = |change| {
        gone = Some(change);
        Ok(())
    };
    write(cx, def, where_, how, Some(&mut each)).await?;
    Ok(gone)
}

/// How records are destroyed.
#[derive(Clone, Copy, Default)]
pub(super) struct How<'a> {
    /// The operation, if it is about one record.
    pub single: Option<&'static str>,
    /// Where the records are kept.
    pub archive: Option<&'a ModelDef>,
}

/// Destroys the records, and what goes with them by foreign keys.
///
/// Boxed: what it holds, and that of all it awaits, is nested deeper than the compiler follows in an app that archives.
pub(super) fn write<'f, 'e: 'f>(
    cx: &'f Context<'_>,
    def: &'f ModelDef,
    mut where_: Where,
    how: How<'f>,
    each: Each<'e>,
) -> BoxFuture<'f, Result<u64>> {
    Box::pin(async move {
        where_.check(cx, def)?;
        Scope::new(cx.orm, def)?.condition(&where_)?;
        if where_.is_nothing() {
            return Ok(0);
        }
        let (mut sink, mut attempts) = (Sink::new(each), Attempts::of(cx));
        loop {
            let outcome = once(cx, def, where_.clone(), how, &mut sink).await;
            if sink.used || !attempts.another(&outcome) {
                return outcome;
            }
        }
    })
}

async fn once(
    cx: &Context<'_>,
    def: &ModelDef,
    mut which: Where,
    how: How<'_>,
    sink: &mut Sink<'_>,
) -> Result<u64> {
    let has_callbacks = !cx.meta.skip_callbacks && def.callbacks.around_destroy();
    let alone = !has_callbacks && how.archive.is_none() && !cascade::concerns(def);
    // Where nobody wants to see them, images need not be read to know that they are too many.
    let many = sink.is_nobody() && exceeds(cx, def, cx.bulk_above(), &which).await?;
    if alone && !many {
        match remove(cx, def, which, how.single).await? {
            Written::All(changes) => return sink.hand(changes),
            Written::TooMany(given_back) => which = given_back,
        }
    }
    cx.transaction_on(&def.datastore, async |tx| {
        let cx = inside(cx, tx);
        if !alone {
            callbacks::before_destroy(&cx, tx, def, &which).await?;
        }
        if !alone && !many {
            match portion(&cx, tx, def, which, how).await? {
                Written::All(changes) => return sink.hand(changes),
                Written::TooMany(given_back) => which = given_back,
            }
        }
        in_portions(&cx, tx, def, which, how, sink).await
    })
    .await
}

async fn in_portions(
    cx: &Context<'_>,
    tx: &Tx,
    def: &ModelDef,
    which: Where,
    how: How<'_>,
    sink: &mut Sink<'_>,
) -> Result<u64> {
    if sink.is_nobody()
        && how.archive.is_none()
        && let Some(count) = destroy_at_once(cx, def, &which).await?
    {
        return Ok(count);
    }
    let mut portions = if cascade::portions_are_independent(cx, def)? {
        Portions::of(cx, tx, def, which, Lock::Keys).await?
    } else {
        Portions::inseparable(tx, def, which).await?
    };
    let mut count = 0;
    while let Some(which) = portions.next() {
        let written = portion(&portions.context(cx), tx, def, which, how).await?;
        let changes = portions.changes(written)?;
        portions.count(tx, cx.orm).await?;
        count += sink.hand(changes)?;
    }
    portions.finish(tx).await?;
    Ok(count)
}

/// Destroys records with all that belongs to it but the callback before.
async fn portion(cx: &Context<'_>, tx: &Tx, def: &ModelDef, which: Where, how: How<'_>) -> Result<Written> {
    let (asked, along) = if cascade::concerns(def) {
        match Box::pin(cascade::destroy(cx, tx, def, which, how.single)).await? {
            Fallen::All(gone) => (gone.asked, gone.along),
            Fallen::TooMany(which) => return Ok(Written::TooMany(which)),
        }
    } else {
        match remove(cx, def, which, how.single).await? {
            Written::All(changes) => {
                if !cx.meta.skip_callbacks {
                    callbacks::after_destroy(tx, def, &changes).await?;
                }
                (changes, vec![])
            }
            too_many @ Written::TooMany(_) => return Ok(too_many),
        }
    };
    if let Some(archive) = how.archive {
        archive::keep(tx, archive, &asked).await?;
        archive::keep_along(cx, tx, &along).await?;
    }
    Ok(Written::All(asked))
}

/// Whether destroying detaches the members of collections.
pub(super) fn detaches(cx: &Context<'_>, def: &ModelDef) -> bool {
    cx.meta.cascade.or(def.cascade_on_destroy) == Some(true)
}

async fn remove(
    cx: &Context<'_>,
    def: &ModelDef,
    which: Where,
    single: Option<&'static str>,
) -> Result<Written> {
    let cascade = detaches(cx, def);
    let mut unit = Unit::begin(cx, def, Steps::Several).await?;
    let outcome = match images_within(&mut unit, def, cx.bulk_above(), which, single, Lock::Keys).await {
        Ok(Images::All(befores)) => bury(&mut unit, def, befores, cascade).await.map(Written::All),
        Ok(Images::TooMany(which)) => Ok(Written::TooMany(which)),
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
            bulk: None,
        };
        collection::paired(unit, def, change.before.as_ref(), None)?;
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
