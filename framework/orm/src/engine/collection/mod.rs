//! Editing the members of collections.

mod foreign;
mod join;
mod keyed;
mod through;

use std::sync::Arc;

use serde_json::Value;

pub use self::keyed::{Edited, Keyed};
use self::keyed::{existing, locked};
pub(super) use self::through::paired;
use super::again::Attempts;
use crate::{
    Record,
    change::{Change, ChangeVerb, LinkCause, LinkVia},
    criteria::Where,
    error::{Broken, Code, OrmError, Result},
    executor::Context,
    model::{AssociationDef, AttrDef, Kind, ModelDef, Storage},
    tx::{Steps, Unit},
};

/// How often an edit looks again after somebody else has made the same pair.
const CLASHES: u32 = 5;

/// What happens to the membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edit {
    Add,
    Remove,
    Replace,
}

/// Makes the children members; those that are already stay so. A one-to-many child leaves its former parent.
///
/// Parents and children that do not exist are passed over, unless there is a foreign key; those that do not satisfy the
/// condition on them are passed over in any case. The condition holds of what is locked.
///
/// # Errors
/// `E_FOREIGN_KEY`; `E_INVALID_COLLECTION_ATTR_NAME`, `E_INVALID_ASSOCIATED_IDS`; `E_INVALID_CRITERIA` for a condition;
/// `E_INVALID_TARGET_RECORD_IDS` also for several parents of a one-to-many collection.
pub async fn add_to_collection(
    cx: &Context<'_>,
    def: &ModelDef,
    parents: impl Into<Keyed>,
    attr: &str,
    children: impl Into<Keyed>,
) -> Result<Edited> {
    run(cx, def, parents.into(), attr, children.into(), Edit::Add).await
}

/// Ends the membership of the children; those that are no members are passed over.
///
/// # Errors
/// As [`add_to_collection`]; `E_INVALID_VALUES_TO_SET` if the children require a parent.
pub async fn remove_from_collection(
    cx: &Context<'_>,
    def: &ModelDef,
    parents: impl Into<Keyed>,
    attr: &str,
    children: impl Into<Keyed>,
) -> Result<Edited> {
    run(cx, def, parents.into(), attr, children.into(), Edit::Remove).await
}

/// Makes exactly the children members; without any it empties the collection. Members that do not satisfy the condition
/// on the children stay members.
///
/// Of several at the same time, the last one decides.
///
/// # Errors
/// As [`add_to_collection`]; `E_COLLISIONS_WHEN_NULLING_OUT_REQUIRED_FK` if children that drop out require a
/// parent.
pub async fn replace_collection(
    cx: &Context<'_>,
    def: &ModelDef,
    parents: impl Into<Keyed>,
    attr: &str,
    children: impl Into<Keyed>,
) -> Result<Edited> {
    run(cx, def, parents.into(), attr, children.into(), Edit::Replace).await
}

async fn run(
    cx: &Context<'_>,
    def: &ModelDef,
    parents: Keyed,
    attr: &str,
    children: Keyed,
    how: Edit,
) -> Result<Edited> {
    let (collection, association) = resolve(def, attr)?;
    let mut parents = parents.typed(def, def.pk().value_kind(), Code::InvalidTargetRecordIds)?;
    let mut children = children.typed(def, association.key_kind, Code::InvalidAssociatedIds)?;
    parents.check(cx, def)?;
    children.check(cx, cx.orm.require_model(&association.target)?)?;
    let several = parents.keys.len() > 1 && !children.keys.is_empty() && how != Edit::Remove;
    if several && matches!(association.storage, Storage::Foreign { .. }) {
        return Err(one_parent_only(def, &collection.name));
    }
    if parents.keys.is_empty() || (children.keys.is_empty() && how != Edit::Replace) {
        return Ok(Edited::default());
    }
    // A pair that is a record can be made by somebody else meanwhile; the edit is undone then and looks again.
    let pairs_clash = association.through.is_some();
    let cx = &Context { all_or_nothing: cx.all_or_nothing && !pairs_clash, ..cx.clone() };
    let (mut attempts, mut clashes) = (Attempts::of(cx), 0);
    loop {
        let mut unit = Unit::begin(cx, def, Steps::Several).await?;
        let outcome = edit_those(&mut unit, def, attr, &parents, &children, how).await;
        let outcome = unit.finish(outcome).await;
        if pairs_clash && matches!(outcome, Err(OrmError::Unique { .. })) && clashes < CLASHES {
            clashes += 1;
        } else if !attempts.another(&outcome) {
            return outcome;
        }
    }
}

/// Edits inside a write; the keys have their types already.
pub(super) async fn edit(
    unit: &mut Unit<'_>,
    def: &ModelDef,
    attr: &str,
    parent: &Value,
    children: &[Value],
    how: Edit,
) -> Result<()> {
    let parent = std::slice::from_ref(parent).into();
    edit_those(unit, def, attr, &parent, &children.into(), how).await.map(drop)
}

/// The parents are locked, whatever happens to them: who replaces the members decides by those that there are, and a
/// parent that is about to go gets no more.
async fn edit_those(
    unit: &mut Unit<'_>,
    def: &ModelDef,
    attr: &str,
    parents: &Keyed,
    children: &Keyed,
    how: Edit,
) -> Result<Edited> {
    let (collection, association) = resolve(def, attr)?;
    let side = Side::new(unit, def, collection, association)?;
    let parents_found = locked(unit, def, parents).await?;
    let children_found = match children.condition {
        Where::All => existing(unit, &side.target, &children.keys).await?,
        _ => locked(unit, &side.target, children).await?,
    };
    let is_missing =
        |those: &Keyed, found: &[Value]| found.len() < those.keys.len() && those.condition == Where::All;
    let missing = is_missing(parents, &parents_found) || is_missing(children, &children_found);
    if missing && how != Edit::Remove && side.has_foreign_key() {
        return Err(OrmError::ForeignKey {
            model: def.identity.clone(),
            broken: Broken::Dangling { attr: Some(collection.name.clone()) },
            source: None,
        });
    }
    let (parents, children, condition) = (parents_found, children_found, &children.condition);
    let changes = match &association.storage {
        Storage::Foreign { attr } => {
            foreign::edit(unit, &side, attr, &parents, &children, how, condition).await?
        }
        Storage::Join { .. } if association.through.is_some() => {
            through::edit(unit, &side, &parents, &children, how, condition).await?
        }
        Storage::Join { .. } => join::edit(unit, &side, &parents, &children, how, condition).await?,
        Storage::Column => vec![],
    };
    Ok(Edited { parents, children, changes })
}

/// Whether a join table has foreign keys to this model.
pub(super) fn has_joins(def: &ModelDef) -> bool {
    let is_join = |a: &AttrDef| a.is_collection() && a.foreign_key.is_some();
    def.attributes.iter().any(is_join) || def.referrers.iter().any(|r| r.is_collection)
}

/// Takes records that go out of the join tables with foreign keys, on whichever side they are.
pub(super) async fn leave_joins(unit: &mut Unit<'_>, def: &ModelDef, keys: &[Value]) -> Result<()> {
    if keys.is_empty() || !has_joins(def) {
        return Ok(());
    }
    for attr in def.attributes.iter().filter(|a| a.is_collection() && a.foreign_key.is_some()) {
        for keys in keys.chunks(unit.dialect.chunk()) {
            detach_all(unit, def, &attr.name, keys).await?;
        }
    }
    // A collection that this model does not see from its side.
    for referrer in def.referrers.iter().filter(|r| r.is_collection) {
        let other = Arc::clone(unit.orm.require_model(&referrer.model)?);
        let (collection, association) = resolve(&other, &referrer.attr)?;
        if association.inverse.is_none() {
            let side = Side::new(unit, &other, collection, association)?;
            join::leave(unit, &side, keys).await?;
        }
    }
    Ok(())
}

/// Empties the collection of records that are gone.
pub(super) async fn detach_all(
    unit: &mut Unit<'_>,
    def: &ModelDef,
    attr: &str,
    parents: &[Value],
) -> Result<Vec<Change>> {
    let (collection, association) = resolve(def, attr)?;
    let side = Side::new(unit, def, collection, association)?;
    match &association.storage {
        Storage::Foreign { attr } => {
            foreign::edit(unit, &side, attr, parents, &[], Edit::Replace, &Where::All).await
        }
        Storage::Join { .. } if association.through.is_some() => {
            through::edit(unit, &side, parents, &[], Edit::Replace, &Where::All).await
        }
        Storage::Join { .. } => join::edit(unit, &side, parents, &[], Edit::Replace, &Where::All).await,
        Storage::Column => Ok(vec![]),
    }
}

/// Notes the memberships that changed because a record's own keys were written.
pub(super) fn key_written(
    unit: &mut Unit<'_>,
    def: &ModelDef,
    before: Option<&Record>,
    after: Option<&Record>,
) -> Result<()> {
    for attr in def.associations().filter(|a| a.kind == Kind::One) {
        let Some(association) = &attr.association else { continue };
        let Some(inverse) = &association.inverse else { continue };
        let key =
            |image: Option<&Record>| image.and_then(|r| r.get(&attr.name)).filter(|v| !v.is_null()).cloned();
        let record = |image: Option<&Record>| image.map(|r| def.key_of(r));
        let (old, new) = (key(before), key(after));
        if old == new && record(before) == record(after) {
            continue;
        }
        let parent = Arc::clone(unit.orm.require_model(&association.target)?);
        let sides = [(ChangeVerb::Unlink, old, record(before)), (ChangeVerb::Link, new, record(after))];
        for (verb, key, other) in sides {
            let (Some(pk), Some(other_pk)) = (key, other) else { continue };
            unit.note(Change {
                model: Arc::clone(&parent),
                verb,
                pk,
                before: None,
                after: None,
                submitted_keys: vec![],
                via: Some(LinkVia {
                    attr: inverse.clone(),
                    inverse: Some(attr.name.clone()),
                    other_model: def.identity.clone(),
                    other_pk,
                    cause: LinkCause::Key,
                }),
                bulk: None,
            })?;
        }
    }
    Ok(())
}

pub(super) fn one_parent_only(def: &ModelDef, attr: &str) -> OrmError {
    OrmError::usage(
        Code::InvalidTargetRecordIds,
        &def.identity,
        Some(attr),
        "unique",
        format!(
            "each member of `{attr}` has one parent, so it cannot be given to several records of `{}`",
            def.identity
        ),
    )
}

/// A collection and both its models.
struct Side {
    model: Arc<ModelDef>,
    target: Arc<ModelDef>,
    attr: AttrDef,
    association: AssociationDef,
}

impl Side {
    fn new(unit: &Unit<'_>, def: &ModelDef, attr: &AttrDef, association: &AssociationDef) -> Result<Self> {
        Ok(Self {
            model: Arc::clone(unit.orm.require_model(&def.identity)?),
            target: Arc::clone(unit.orm.require_model(&association.target)?),
            attr: attr.clone(),
            association: association.clone(),
        })
    }

    /// Whether a foreign key says that both ends exist.
    fn has_foreign_key(&self) -> bool {
        match &self.association.storage {
            Storage::Foreign { attr } => self.target.attr(attr).is_some_and(|a| a.foreign_key.is_some()),
            Storage::Join { .. } | Storage::Column => self.attr.foreign_key.is_some(),
        }
    }

    /// The change of one membership.
    fn membership(&self, verb: ChangeVerb, parent: &Value, child: &Value) -> Change {
        Change {
            model: Arc::clone(&self.model),
            verb,
            pk: parent.clone(),
            before: None,
            after: None,
            submitted_keys: vec![],
            via: Some(LinkVia {
                attr: self.attr.name.clone(),
                inverse: self.association.inverse.clone(),
                other_model: self.target.identity.clone(),
                other_pk: child.clone(),
                cause: LinkCause::Collection,
            }),
            bulk: None,
        }
    }
}

fn resolve<'d>(def: &'d ModelDef, attr: &str) -> Result<(&'d AttrDef, &'d AssociationDef)> {
    def.attr(attr)
        .filter(|a| a.kind == Kind::Many)
        .and_then(|a| Some((a, a.association.as_ref()?)))
        .ok_or_else(|| {
            OrmError::usage(
                Code::InvalidCollectionAttrName,
                &def.identity,
                Some(attr),
                "unknown",
                format!("`{attr}` is not a collection of model `{}`{}", def.identity, def.hint(attr)),
            )
        })
}
