//! The read of one record by its key: the most frequent one, whose text is written once for each model.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use sea_query::Value;

use crate::{
    criteria::{Criteria, Op, Where, whole},
    datastore::bind,
    model::{Kind, ModelDef},
};

/// What criteria of such a read have for a limit: enough to know whether there is more than one.
pub(super) const LIMIT: u64 = 2;

/// The texts, by model. Models are frozen, so a text never changes.
pub(crate) struct Texts(BTreeMap<String, (Arc<ModelDef>, OnceLock<String>)>);

impl Texts {
    pub(crate) fn new(models: &BTreeMap<String, Arc<ModelDef>>) -> Self {
        let place = |def: &Arc<ModelDef>| (def.identity.clone(), (Arc::clone(def), OnceLock::new()));
        Self(models.values().map(place).collect())
    }

    /// The place of this model's text; none for a definition that is not the frozen one.
    pub(super) fn of(&self, def: &ModelDef) -> Option<&OnceLock<String>> {
        let (own, text) = self.0.get(&def.identity)?;
        std::ptr::eq(Arc::as_ptr(own), def).then_some(text)
    }
}

/// The key that these criteria name as it is bound, if they want the whole record with this key and nothing else.
pub(super) fn named(def: &ModelDef, criteria: &Criteria) -> Option<Value> {
    let Criteria { where_: Where::Test(name, Op::Eq, key), limit: Some(LIMIT), .. } = criteria else {
        return None;
    };
    let is_whole = criteria.select.is_none() && criteria.omit.is_empty() && criteria.populate.is_empty();
    let is_plain = criteria.skip.is_none() && criteria.sort.is_empty();
    if **name != *def.primary_key || key.is_null() || !is_whole || !is_plain {
        return None;
    }
    match def.pk().value_kind() {
        Kind::Int => whole::exact(key).map(|key| Value::BigInt(Some(key))),
        kind => Some(bind(kind, key)),
    }
}
