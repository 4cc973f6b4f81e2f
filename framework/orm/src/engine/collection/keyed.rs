//! The records that an edit of a collection is about.

use std::collections::HashSet;

use sea_query::{Alias, Expr, ExprTrait, Query};
use serde_json::Value;

use super::super::{images::keys, keys::Key};
use crate::{
    change::Change,
    criteria::{Where, sql::Scope},
    datastore::{Lock, bind},
    error::{Code, OrmError, Result},
    executor::Context,
    model::{Kind, ModelDef, excerpt},
    tx::Unit,
    values::key,
};

/// Records by their keys, and a condition that they have to satisfy as well when the edit has locked them.
///
/// Made of keys alone there is no condition: `(&keys).into()`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Keyed {
    /// Their keys.
    pub keys: Vec<Value>,
    /// What else has to hold; others are passed over, as if they were not there.
    pub condition: Where,
}

impl Keyed {
    /// Adds a condition that the first one cannot undo.
    #[must_use]
    pub fn and_also(mut self, condition: Where) -> Self {
        self.condition = self.condition.and_also(condition);
        self
    }

    /// The same with keys of this kind, each once.
    pub(super) fn typed(self, def: &ModelDef, kind: Kind, code: Code) -> Result<Self> {
        let mut typed: Vec<Value> = Vec::with_capacity(self.keys.len());
        for given in &self.keys {
            let key = key::strict(kind, given).map_err(|expected| {
                let message = format!("each id should be {expected}; it got {}", excerpt(given));
                OrmError::usage(code, &def.identity, None, "type", message)
            })?;
            typed.push(key);
        }
        Ok(Self { keys: super::super::keys::distinct(&typed), ..self })
    }

    /// Sees that the condition can be asked of this model, and gives its values their types.
    pub(super) fn check(&mut self, cx: &Context<'_>, def: &ModelDef) -> Result<()> {
        self.condition.check(cx, def)?;
        Scope::new(cx.orm, def)?.condition(&self.condition).map(drop)
    }
}

impl From<Vec<Value>> for Keyed {
    fn from(keys: Vec<Value>) -> Self {
        Self { keys, condition: Where::All }
    }
}

impl From<&Vec<Value>> for Keyed {
    fn from(keys: &Vec<Value>) -> Self {
        keys.clone().into()
    }
}

impl From<&[Value]> for Keyed {
    fn from(keys: &[Value]) -> Self {
        keys.to_vec().into()
    }
}

impl<const N: usize> From<&[Value; N]> for Keyed {
    fn from(keys: &[Value; N]) -> Self {
        keys.to_vec().into()
    }
}

/// What an edit of a collection came to.
#[derive(Clone, Debug, Default)]
pub struct Edited {
    /// The keys of the parents that there were, and that satisfied the condition on them.
    pub parents: Vec<Value>,
    /// The same of the children that were named.
    pub children: Vec<Value>,
    /// What changed.
    pub changes: Vec<Change>,
}

/// The keys of the records that there are, in the order given. They stay locked, and were locked in the order of their
/// keys, so that two edits of the same records do not wait for each other.
pub(super) async fn locked(unit: &mut Unit<'_>, def: &ModelDef, those: &Keyed) -> Result<Vec<Value>> {
    let mut sorted = those.keys.clone();
    sorted.sort_by_cached_key(Key::of);
    let mut found = HashSet::new();
    for among in sorted.chunks(unit.dialect.chunk()) {
        let which = Where::one_of(def.primary_key.clone(), among.to_vec()).and_also(those.condition.clone());
        found.extend(keys(unit, def, which, Lock::Values).await?.iter().filter_map(Key::of));
    }
    Ok(in_order(&those.keys, &found))
}

/// Those of the members that the condition lets an edit take away.
pub(super) async fn reached(
    unit: &mut Unit<'_>,
    def: &ModelDef,
    members: Vec<Value>,
    condition: &Where,
) -> Result<Vec<Value>> {
    match condition {
        Where::All => Ok(members),
        _ => locked(unit, def, &Keyed::from(members).and_also(condition.clone())).await,
    }
}

/// As [`locked`], but without a lock, and whatever the condition says.
pub(super) async fn existing(unit: &mut Unit<'_>, def: &ModelDef, keys: &[Value]) -> Result<Vec<Value>> {
    let pk = def.pk();
    let mut found = HashSet::new();
    for keys in keys.chunks(unit.dialect.chunk()) {
        let column = || Alias::new(&pk.column);
        let mut select = Query::select();
        let among = keys.iter().map(|k| bind(pk.value_kind(), k));
        select.column(column()).from(Alias::new(&def.table)).and_where(Expr::col(column()).is_in(among));
        for row in unit.fetch(def, &select).await? {
            found.extend(Key::of(&row.key(0, pk.value_kind())?));
        }
    }
    Ok(in_order(keys, &found))
}

fn in_order(keys: &[Value], found: &HashSet<Key>) -> Vec<Value> {
    keys.iter().filter(|k| Key::of(k).is_some_and(|k| found.contains(&k))).cloned().collect()
}
