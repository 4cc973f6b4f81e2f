//! Foreign keys: associations that the database keeps whole.

use super::{AssociationDef, AttrDef, Kind, ModelDef, Storage};
use crate::datastore::foreign_key;

/// The rule of a foreign key for the destroy of the record it points at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDelete {
    /// The destroy is an error as long as a record points there.
    Restrict,
    /// The records that point there are destroyed too.
    Cascade,
    /// The records that point there point nowhere then.
    SetNull,
}

/// A foreign key, seen from the model it points at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referrer {
    /// The model that holds the key, or whose collection holds it in its join table.
    pub model: String,
    /// The attribute there.
    pub attr: String,
    /// What becomes of the records that point here.
    pub on_delete: OnDelete,
    /// Whether the attribute is a collection.
    pub is_collection: bool,
    /// The constraint's name in the database.
    pub(crate) constraint: String,
}

impl AttrDef {
    /// Is a foreign key of the database, which restricts; of a many-to-many collection, two that cascade.
    #[must_use]
    pub fn foreign_key(self) -> Self {
        let rule = if self.kind == Kind::Many { OnDelete::Cascade } else { OnDelete::Restrict };
        self.on_delete(rule)
    }

    /// Is a foreign key of the database with this rule.
    #[must_use]
    pub fn on_delete(mut self, rule: OnDelete) -> Self {
        self.foreign_key = Some(rule);
        self
    }

    /// The name of the constraint, where this is the column of a foreign key of `def`.
    pub(crate) fn constraint(&self, def: &ModelDef) -> Option<String> {
        (self.foreign_key.is_some() && self.kind == Kind::One).then(|| foreign_key(&def.table, &self.column))
    }

    /// The names of the two constraints of a join table: that of this model's column, and that of the other's.
    pub(crate) fn join_constraints(&self) -> Option<[String; 2]> {
        let Storage::Join { table, mine, theirs } = &self.association.as_ref()?.storage else { return None };
        self.foreign_key.map(|_| [foreign_key(table, mine), foreign_key(table, theirs)])
    }
}

/// Why this attribute cannot be a foreign key to that model, or nothing.
pub(super) fn misfit(
    def: &ModelDef,
    attr: &AttrDef,
    to: &AssociationDef,
    target: &ModelDef,
) -> Option<String> {
    let rule = attr.foreign_key?;
    if def.datastore != target.datastore {
        return Some(format!(
            "a foreign key needs both models in one datastore; `{}` lives in `{}`",
            target.identity, target.datastore
        ));
    }
    let key = target.attr(&target.primary_key)?;
    let typed = |key: &AttrDef, model: &ModelDef| {
        let physical = key.column_type.as_ref()?;
        Some(format!("the key of model `{}` has the type `{physical}`", model.identity))
    };
    match (&to.storage, attr.kind) {
        (Storage::Foreign { attr }, _) => Some(format!(
            "the key of this collection is in `{attr}` of model `{}`; put `foreign_key` there",
            target.identity
        )),
        (Storage::Join { .. }, _) if to.through.is_some() => Some(format!(
            "the keys of this collection are in model `{}`; put `foreign_key` there",
            to.through.as_deref().unwrap_or_default()
        )),
        (Storage::Join { .. }, _) if rule != OnDelete::Cascade => {
            Some("rows of a join table go with their records; write `foreign_key` without a rule".into())
        }
        (Storage::Join { .. }, _) => {
            let own = def.attr(&def.primary_key)?;
            let which = typed(own, def).or_else(|| typed(key, target))?;
            Some(format!("{which}, which a join table with foreign keys cannot have"))
        }
        (Storage::Column, _) if rule == OnDelete::SetNull && attr.required => {
            Some("`set_null` needs an attribute that may be null; write `Option<One<…>>`".into())
        }
        (Storage::Column, _) if key.column_type != attr.column_type => {
            let which = typed(key, target).unwrap_or_else(|| {
                format!("the key of model `{}` has the type of its kind", target.identity)
            });
            Some(format!("{which}, and a foreign key needs the same `column_type`"))
        }
        (Storage::Column, _) => None,
    }
}

/// Tells every model which foreign keys point at it, and both sides of a join table that it has them.
pub(super) fn complete(defs: &mut [ModelDef]) {
    let mut facing = vec![];
    for attr in defs.iter().flat_map(|d| d.associations()).filter(|a| a.kind == Kind::Many) {
        if let (Some(rule), Some(AssociationDef { inverse: Some(inverse), target, .. })) =
            (attr.foreign_key, &attr.association)
        {
            facing.push((target.clone(), inverse.clone(), rule));
        }
    }
    for (model, attr, rule) in facing {
        let other = defs.iter_mut().find(|d| d.identity == model);
        if let Some(attr) = other.and_then(|d| d.attributes.iter_mut().find(|a| a.name == attr)) {
            attr.foreign_key = Some(rule);
        }
    }
    let mut found = vec![];
    for def in &*defs {
        for attr in def.associations() {
            let (Some(on_delete), Some(to)) = (attr.foreign_key, &attr.association) else { continue };
            let is_collection = attr.kind == Kind::Many;
            let constraint = match attr.join_constraints() {
                Some([_, theirs]) => Some(theirs),
                None => attr.constraint(def),
            };
            let Some(constraint) = constraint else { continue };
            let (model, attr) = (def.identity.clone(), attr.name.clone());
            found.push((to.target.clone(), Referrer { model, attr, on_delete, is_collection, constraint }));
        }
    }
    for (target, referrer) in found {
        if let Some(def) = defs.iter_mut().find(|d| d.identity == target) {
            def.referrers.push(referrer);
        }
    }
}
