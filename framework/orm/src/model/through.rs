//! Associations that go through a model of the app: many-to-many, whose pairs are its records.

use super::{AssociationDef, AttrDef, Kind, ModelDef, OnDelete, Storage};

/// An association that a model's records are the pairs of, seen from one of its sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pairing {
    /// The identity of the model that has the collection.
    pub model: String,
    /// The collection.
    pub attr: String,
    /// The attribute here that points at that model.
    pub mine: String,
    /// The attribute here that points at the other one.
    pub theirs: String,
}

impl AttrDef {
    /// Names the model whose records are the pairs of this collection; [`via`](Self::via) is then the attribute of that
    /// model that points back here.
    #[must_use]
    pub fn through(mut self, identity: &str) -> Self {
        if let Some(association) = &mut self.association {
            association.through = Some(identity.into());
        }
        self
    }
}

/// The collection on the other side, if there is one, and where the pairs are.
pub(super) fn storage(
    def: &ModelDef,
    attr: &AttrDef,
    association: &AssociationDef,
    target: &ModelDef,
    through: &ModelDef,
) -> Result<(Option<String>, Storage), String> {
    let name = &through.identity;
    let Some(via) = &association.via else {
        return Err(format!(
            "a collection through `{name}` needs `via`: the attribute of it that points at this model"
        ));
    };
    let points = |a: &AttrDef, at: &ModelDef| {
        a.kind == Kind::One && a.association.as_ref().is_some_and(|to| to.target == at.identity)
    };
    let mine = match through.attr(via) {
        Some(mine) if points(mine, def) => mine,
        Some(_) => {
            return Err(format!(
                "`via` names `{via}` of model `{name}`, which does not hold a key of this model"
            ));
        }
        None => {
            let hint = through.hint(via);
            return Err(format!("`via` names `{via}`, which model `{name}` does not have{hint}"));
        }
    };
    let faces = |other: &&AttrDef| {
        let back = other.association.as_ref();
        let is_itself = def.identity == target.identity && other.name == attr.name;
        !is_itself && back.is_some_and(|a| a.through.as_ref() == Some(name) && a.target == def.identity)
    };
    let facing = target.associations().find(faces);
    let theirs = match facing.and_then(|other| other.association.as_ref()?.via.as_deref()) {
        Some(their_via) => through.attr(their_via).filter(|a| points(a, target)),
        None => {
            let mut others = through.attributes.iter().filter(|a| a.name != mine.name && points(a, target));
            others.next().filter(|_| others.next().is_none())
        }
    };
    let Some(theirs) = theirs else {
        return Err(format!(
            "it cannot be told which attribute of model `{name}` holds the key of the other side; give model `{}` a \
             collection through `{name}` too",
            target.identity
        ));
    };
    if theirs.name == mine.name {
        return Err(format!(
            "both sides have the same `via`; each needs an attribute of model `{name}` of its own"
        ));
    }
    let pair = [&mine.name, &theirs.name];
    let is_pair = |attrs: &[String]| attrs.len() == 2 && pair.iter().all(|name| attrs.contains(name));
    if !through.indexes.iter().any(|index| index.unique && is_pair(&index.attrs)) {
        return Err(format!(
            "model `{name}` can hold a pair twice; write `#[model(unique({}, {}))]` there",
            mine.name, theirs.name
        ));
    }
    if through.datastore != def.datastore {
        return Err(format!("model `{name}` needs to be in the datastore of this one"));
    }
    let storage = Storage::Join {
        table: through.table.clone(),
        mine: mine.column.clone(),
        theirs: theirs.column.clone(),
    };
    Ok((facing.map(|other| other.name.clone()), storage))
}

/// Tells the models that others go through which collections these are; gives what is wrong with them.
pub(super) fn complete(defs: &mut [ModelDef]) -> Vec<(usize, String)> {
    let mut found: Vec<(String, Pairing)> = vec![];
    for def in &*defs {
        for attr in def.associations() {
            let Some(association) = &attr.association else { continue };
            let (Some(through), Storage::Join { mine, theirs, .. }) =
                (&association.through, &association.storage)
            else {
                continue;
            };
            let Some(model) = defs.iter().find(|d| d.identity == *through) else { continue };
            let named = |column: &String| {
                let attr = model.attributes.iter().find(|a| a.column == *column);
                attr.map(|a| a.name.clone()).unwrap_or_default()
            };
            let (mine, theirs) = (named(mine), named(theirs));
            // One of the two sides is enough.
            let known = |(of, p): &(String, Pairing)| of == through && p.mine == theirs && p.theirs == mine;
            if !found.iter().any(known) {
                let pairing = Pairing { model: def.identity.clone(), attr: attr.name.clone(), mine, theirs };
                found.push((through.clone(), pairing));
            }
        }
    }
    let mut problems = vec![];
    for (through, pairing) in found {
        let Some(at) = defs.iter().position(|d| d.identity == through) else { continue };
        let acts = |r: &&super::Referrer| !r.is_collection && r.on_delete != OnDelete::Restrict;
        if let Some(referrer) = defs[at].referrers.iter().find(acts) {
            let message = format!(
                "`{}` of model `{}` is a foreign key with a rule, but records of this model go when collections change, \
                 without looking who points at them; write `foreign_key` without a rule",
                referrer.attr, referrer.model
            );
            problems.push((at, message));
        }
        defs[at].pairings.push(pairing);
    }
    problems
}
