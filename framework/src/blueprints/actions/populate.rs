//! `GET /user/:parentid/pets`: what one association of a record holds.

use super::Run;
use crate::{
    Outcome,
    blueprints::{output, realtime},
};
use serde_json::Value;
use topsail_orm::{Executor, Record};

/// 200 with the list of a collection or the record of a to-one association; 404 where there is no parent, or no such
/// record. A socket is subscribed to the parent and to what it gets.
pub(super) async fn populate(run: Run) -> Outcome {
    let mut options = run.options()?;
    let (attr, target) = run.collection(&options)?;
    let mut select = vec![run.model.primary_key.clone().into()];
    if !attr.is_collection() {
        select.push(attr.name.clone().into());
    }
    let mut criteria = options.populated_criteria();
    criteria.select = Some(select);
    let parent = run.find_one(&run.req.context(), criteria).await?;
    let held = parent.get(&attr.name).cloned().unwrap_or_default();
    let record = |value: Value| match value {
        Value::Object(record) => Some(record),
        _ => None,
    };
    match held {
        Value::Array(list) => {
            realtime::populated(&run, &parent).await?;
            let members: Vec<Record> = list.into_iter().filter_map(record).collect();
            output::many(run.app.orm(), &target, members)
        }
        held => match record(held) {
            Some(held) => {
                realtime::populated(&run, &parent).await?;
                output::one(run.app.orm(), &target, held)
            }
            None => crate::not_found(),
        },
    }
}
