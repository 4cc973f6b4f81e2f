//! Records as answers.

use crate::{Outcome, ok};
use serde_json::Value;
use topsail_orm::{ModelDef, Orm, Record};

/// 200 with one record in its output form.
pub(crate) fn one(orm: &Orm, model: &ModelDef, record: Record) -> Outcome {
    ok(topsail_orm::to_json(orm, model, record))
}

/// 200 with a list of records in their output form; no envelope.
pub(crate) fn many(orm: &Orm, model: &ModelDef, records: Vec<Record>) -> Outcome {
    ok(Value::Array(records.into_iter().map(|record| topsail_orm::to_json(orm, model, record)).collect()))
}
