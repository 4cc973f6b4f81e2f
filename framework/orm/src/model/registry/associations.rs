//! What associations point at, and where they are stored.

use super::check::Check;
use crate::{
    datastore::bounded,
    error::nearest,
    model::{AssociationDef, AttrDef, Kind, ModelDef, Storage, foreign_key, through},
};

/// Works out what each association points at and where it is stored.
pub(super) fn complete(defs: &[ModelDef], check: &mut Check) -> Vec<ModelDef> {
    let find = |identity: &str| defs.iter().find(|d| d.identity == identity);
    let mut out = defs.to_vec();
    for (def, completed) in defs.iter().zip(&mut out) {
        for (attr, completed) in def.attributes.iter().zip(&mut completed.attributes) {
            let Some(assoc) = &attr.association else { continue };
            let Some(target) = find(&assoc.target) else {
                let hint = nearest(&assoc.target, defs.iter().map(|d| d.identity.as_str()))
                    .map(|h| format!(" (did you mean `{h}`?)"))
                    .unwrap_or_default();
                check.say(def, Some(attr), &format!("there is no model `{}`{hint}", assoc.target));
                continue;
            };
            let Some(key_kind) = target.attr(&target.primary_key).map(|pk| pk.kind) else { continue };
            let (inverse, storage) = if attr.kind == Kind::One {
                (facing_collection(def, attr, target), Storage::Column)
            } else {
                let found = match assoc.through.as_deref().map(|through| (through, find(through))) {
                    None => collection(def, attr, assoc, target),
                    Some((_, Some(through))) => through::storage(def, attr, assoc, target, through),
                    Some((through, None)) => Err(format!("there is no model `{through}` to go through")),
                };
                match found {
                    Ok(found) => found,
                    Err(message) => {
                        check.say(def, Some(attr), &message);
                        continue;
                    }
                }
            };
            if matches!(storage, Storage::Join { .. }) && def.datastore != target.datastore {
                check.say(
                    def,
                    Some(attr),
                    &format!(
                        "a many-to-many association needs both models in one datastore; `{}` lives in `{}`",
                        target.identity, target.datastore
                    ),
                );
            }
            let association = AssociationDef { inverse, key_kind, storage, ..assoc.clone() };
            if let Some(message) = foreign_key::misfit(def, attr, &association, target) {
                check.say(def, Some(attr), &message);
            }
            completed.association = Some(association);
        }
    }
    out
}

/// The collection of `target` that shows this to-one attribute from the other side.
fn facing_collection(def: &ModelDef, attr: &AttrDef, target: &ModelDef) -> Option<String> {
    target
        .associations()
        .find(|a| {
            a.kind == Kind::Many
                && a.association
                    .as_ref()
                    .is_some_and(|x| x.target == def.identity && x.via.as_deref() == Some(attr.name.as_str()))
        })
        .map(|a| a.name.clone())
}

fn collection(
    def: &ModelDef,
    attr: &AttrDef,
    assoc: &AssociationDef,
    target: &ModelDef,
) -> std::result::Result<(Option<String>, Storage), String> {
    let mine = format!("{}_{}", def.identity, attr.name);
    let Some(via) = &assoc.via else {
        // The missing side is invented as Sails does.
        let theirs = format!("{}_{}_{}", target.identity, attr.name, def.identity);
        return Ok((None, join(mine, theirs)));
    };
    let Some(back) = target.attr(via) else {
        return Err(format!(
            "`via` names `{via}`, which model `{}` does not have{}",
            target.identity,
            target.hint(via)
        ));
    };
    let Some(facing) = &back.association else {
        return Err(format!(
            "`via` names `{via}` of model `{}`, which is not an association",
            target.identity
        ));
    };
    if facing.target != def.identity {
        return Err(format!(
            "`via` names `{via}` of model `{}`, which points at `{}`",
            target.identity, facing.target
        ));
    }
    if back.kind == Kind::One {
        return Ok((Some(via.clone()), Storage::Foreign { attr: via.clone() }));
    }
    if def.identity == target.identity && *via == attr.name {
        return Err("`via` names the attribute itself; leave it out for a one-sided collection".into());
    }
    if facing.via.as_deref() != Some(attr.name.as_str()) {
        return Err(format!(
            "`via` names the collection `{via}` of model `{}`, whose own `via` should be `{}`",
            target.identity, attr.name
        ));
    }
    Ok((Some(via.clone()), join(mine, format!("{}_{via}", target.identity))))
}

fn join(mine: String, theirs: String) -> Storage {
    let table = if mine < theirs { format!("{mine}__{theirs}") } else { format!("{theirs}__{mine}") };
    Storage::Join { table: bounded(table), mine: bounded(mine), theirs: bounded(theirs) }
}
