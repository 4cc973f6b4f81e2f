//! Many-to-many through a model of the app: its records are the pairs.
//!
//! They are created and destroyed like any other, without their callbacks. Whoever writes such a record otherwise changes
//! the membership as well.

use std::{collections::HashSet, sync::Arc};

use serde_json::Value;

use super::{
    super::{destroy::bury, images::images, insert::insert_all, keys::Key},
    Edit, Side,
    keyed::reached,
};
use crate::{
    Meta, Record,
    change::{Change, ChangeVerb, LinkCause, LinkVia},
    criteria::Where,
    error::{Code, OrmError, Result},
    model::{ModelDef, Pairing, Storage},
    tx::Unit,
    values::{self, Prepared, clock},
};

pub(super) async fn edit(
    unit: &mut Unit<'_>,
    side: &Side,
    parents: &[Value],
    children: &[Value],
    how: Edit,
    condition: &Where,
) -> Result<Vec<Change>> {
    let Some(pairs) = Pairs::of(unit, side)? else { return Ok(vec![]) };
    let mark = unit.mark()?;
    for parent in parents {
        let mut there = pairs.of_parent(unit, parent, (how == Edit::Remove).then_some(children)).await?;
        if how == Edit::Replace {
            let staying: HashSet<Key> = children.iter().filter_map(Key::of).collect();
            let (stay, mut leave): (Vec<_>, Vec<_>) =
                there.into_iter().partition(|pair| pairs.child(pair).is_some_and(|c| staying.contains(&c)));
            there = stay;
            let members = leave.iter().filter_map(|pair| pair.get(&pairs.theirs)).cloned().collect();
            let leaving = reached(unit, &side.target, members, condition).await?;
            let leaving: HashSet<Key> = leaving.iter().filter_map(Key::of).collect();
            leave.retain(|pair| pairs.child(pair).is_some_and(|c| leaving.contains(&c)));
            Box::pin(bury(unit, &pairs.model, leave, false)).await?;
        }
        if how == Edit::Remove {
            Box::pin(bury(unit, &pairs.model, there, false)).await?;
            continue;
        }
        let there: HashSet<Key> = there.iter().filter_map(|pair| pairs.child(pair)).collect();
        let missing = children.iter().filter(|c| Key::of(c).is_some_and(|key| !there.contains(&key)));
        pairs.make(unit, parent, missing).await?;
    }
    pairs.told_from_here(unit, mark)
}

/// Notes the memberships that begin and end with a record that is a pair; before the record's own change, so that both
/// sides are told of it.
pub(in crate::engine) fn paired(
    unit: &mut Unit<'_>,
    def: &ModelDef,
    before: Option<&Record>,
    after: Option<&Record>,
) -> Result<()> {
    for pairing in &def.pairings {
        let (old, new) = (pair(pairing, before), pair(pairing, after));
        if old == new {
            continue;
        }
        let model = Arc::clone(unit.orm.require_model(&pairing.model)?);
        let Some(association) = model.attr(&pairing.attr).and_then(|a| a.association.as_ref()) else {
            continue;
        };
        for (verb, pair) in [(ChangeVerb::Unlink, old), (ChangeVerb::Link, new)] {
            let Some((pk, other_pk)) = pair else { continue };
            unit.note(Change {
                model: Arc::clone(&model),
                verb,
                pk,
                before: None,
                after: None,
                submitted_keys: vec![],
                via: Some(LinkVia {
                    attr: pairing.attr.clone(),
                    inverse: association.inverse.clone(),
                    other_model: association.target.clone(),
                    other_pk,
                    cause: LinkCause::Collection,
                }),
                bulk: None,
            })?;
        }
    }
    Ok(())
}

/// The keys of both sides, if the record has both.
fn pair(pairing: &Pairing, image: Option<&Record>) -> Option<(Value, Value)> {
    let key = |attr: &String| image?.get(attr).filter(|v| !v.is_null()).cloned();
    Some((key(&pairing.mine)?, key(&pairing.theirs)?))
}

/// The pairs of a collection.
struct Pairs<'a> {
    side: &'a Side,
    model: Arc<ModelDef>,
    /// The attribute that holds the key of this side.
    mine: String,
    theirs: String,
}

impl<'a> Pairs<'a> {
    fn of(unit: &Unit<'_>, side: &'a Side) -> Result<Option<Self>> {
        let (Some(through), Storage::Join { mine, theirs, .. }) =
            (&side.association.through, &side.association.storage)
        else {
            return Ok(None);
        };
        let model = Arc::clone(unit.orm.require_model(through)?);
        let named =
            |column: &String| model.attributes.iter().find(|a| a.column == *column).map(|a| a.name.clone());
        let (Some(mine), Some(theirs)) = (named(mine), named(theirs)) else { return Ok(None) };
        Ok(Some(Self { side, model, mine, theirs }))
    }

    fn child(&self, pair: &Record) -> Option<Key> {
        pair.get(&self.theirs).and_then(Key::of)
    }

    /// The pairs of a parent, or those with these children, locked.
    async fn of_parent(
        &self,
        unit: &mut Unit<'_>,
        parent: &Value,
        children: Option<&[Value]>,
    ) -> Result<Vec<Record>> {
        let parents = || Where::eq(self.mine.clone(), parent.clone());
        let Some(children) = children else { return images(unit, &self.model, parents(), None).await };
        let mut found = vec![];
        for children in children.chunks(unit.dialect.chunk()) {
            let which = parents().and_also(Where::one_of(self.theirs.clone(), children.to_vec()));
            found.extend(images(unit, &self.model, which, None).await?);
        }
        Ok(found)
    }

    async fn make(
        &self,
        unit: &mut Unit<'_>,
        parent: &Value,
        children: impl Iterator<Item = &Value>,
    ) -> Result<()> {
        let mut made: Vec<Prepared> = vec![];
        for child in children {
            let values = [(self.mine.clone(), parent.clone()), (self.theirs.clone(), child.clone())];
            let mut one =
                values::new_record(&self.model, Record::from_iter(values), clock::now()).map_err(several)?;
            unit.orm.ciphers().seal(&self.model, &Meta::default(), &mut one.row)?;
            made.push(one);
        }
        Box::pin(insert_all(unit, &self.model, &mut made)).await.map(drop)
    }

    /// The memberships that were noted since the mark, told from the side that was edited.
    fn told_from_here(&self, unit: &mut Unit<'_>, mark: usize) -> Result<Vec<Change>> {
        let mut changes = unit.take_back(mark)?;
        let mut edited = vec![];
        for change in &mut changes {
            let Change { verb: verb @ (ChangeVerb::Link | ChangeVerb::Unlink), pk, via: Some(via), .. } =
                &*change
            else {
                continue;
            };
            let (here, inverse) = (&self.side.attr.name, &self.side.association.inverse);
            let is_here = change.model.identity == self.side.model.identity && via.attr == *here;
            let is_there =
                change.model.identity == self.side.target.identity && Some(&via.attr) == inverse.as_ref();
            if is_there && !is_here {
                *change = self.side.membership(*verb, &via.other_pk, pk);
            }
            if is_here || is_there {
                edited.push(change.clone());
            }
        }
        changes.into_iter().try_for_each(|change| unit.note(change))?;
        Ok(edited)
    }
}

/// The code of an error about a list of new records.
fn several(error: OrmError) -> OrmError {
    match error {
        OrmError::Usage(mut usage) => {
            usage.code = Code::InvalidNewRecords;
            OrmError::Usage(usage)
        }
        other => other,
    }
}
