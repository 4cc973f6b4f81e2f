//! Several records in one request and one transaction: all of it is done, or nothing.
//!
//! It is the same action as for one record, under the same policies; the app's parser sees each new record by itself.

use super::{Run, run::checked};
use crate::{
    Outcome,
    blueprints::{
        options::{BlueprintOptions, too_many},
        realtime,
    },
    error::Result,
};
use serde_json::Value;
use std::collections::HashMap;
use topsail_orm::{ChangeVerb, Context, Criteria, Populate, Record, Where, engine};

/// 200 with the new records in the order of the list.
pub(super) async fn create(run: Run, each: Vec<BlueprintOptions>) -> Outcome {
    let populates = each.first().map(|options| options.populates.clone()).unwrap_or_default();
    let values = each.into_iter().map(|options| options.new_record).collect();
    let tx = run.begin().await?;
    let made = run.known(engine::create_each(&tx.all_or_nothing(), &run.model, values).await)?;
    let keys: Vec<Value> = made.into_iter().map(|change| change.pk).collect();
    let records = again(&run, &tx.all_or_nothing(), &keys, populates).await?;
    let mut changes = run.commit(tx).await?;
    for record in &records {
        run.show(&mut changes, ChangeVerb::Create, &run.model.key_of(record), record);
    }
    realtime::subscribe_members(&run, &run.model, &keys).await;
    realtime::announce(&run, &changes).await;
    run.answer_all(records)
}

/// 200 with the records as they are now, in the order of their keys.
pub(super) async fn update(run: Run, mut options: BlueprintOptions) -> Outcome {
    let populates = options.populates.clone();
    let values = std::mem::take(&mut options.values_to_set);
    let criteria = options.populated_criteria();
    let reached = criteria.where_.clone();
    let tx = run.begin().await?;
    let (previous, keys) = matching(&run, &tx.all_or_nothing(), criteria).await?;
    let which = still(&run, keys, reached);
    let written = engine::update(&checked(&tx.all_or_nothing()), &run.model, which, values).await;
    let keys: Vec<Value> = run.known(written)?.into_iter().map(|change| change.pk).collect();
    let records = again(&run, &tx.all_or_nothing(), &keys, populates).await?;
    let mut changes = run.commit(tx).await?;
    for before in &previous {
        run.show(&mut changes, ChangeVerb::Update, &run.model.key_of(before), before);
    }
    realtime::subscribe_members(&run, &run.model, &keys).await;
    realtime::announce(&run, &changes).await;
    run.answer_all(records)
}

/// 200 with the records as they were, in the order of their keys.
pub(super) async fn destroy(run: Run, mut options: BlueprintOptions) -> Outcome {
    let criteria = options.populated_criteria();
    let reached = criteria.where_.clone();
    let tx = run.begin().await?;
    let (mut records, keys) = matching(&run, &tx.all_or_nothing(), criteria).await?;
    let which = still(&run, keys, reached);
    let gone = engine::destroy(&checked(&tx.all_or_nothing()), &run.model, which).await;
    let keys: Vec<Value> = run.known(gone)?.into_iter().map(|change| change.pk).collect();
    records.retain(|record| keys.contains(&run.model.key_of(record)));
    let mut changes = run.commit(tx).await?;
    for record in &records {
        run.show(&mut changes, ChangeVerb::Destroy, &run.model.key_of(record), record);
    }
    realtime::announce(&run, &changes).await;
    for key in &keys {
        realtime::unsubscribe(&run, key).await;
    }
    run.answer_all(records)
}

/// Those of these records that still match when the write has locked them.
fn still(run: &Run, keys: Vec<Value>, reached: Where) -> Where {
    Where::one_of(run.model.primary_key.clone(), keys).and_also(reached)
}

/// The records that match, with their keys; a refusal if there are more than are allowed.
async fn matching(run: &Run, context: &Context<'_>, criteria: Criteria) -> Result<(Vec<Record>, Vec<Value>)> {
    let most = run.app.config().blueprints.max_bulk;
    let found = run.find(context, criteria).await?;
    if found.len() as u64 > most {
        return run.known(Err(too_many(&run.model.identity, most)));
    }
    let keys = found.iter().map(|record| run.model.key_of(record)).collect();
    Ok((found, keys))
}

/// The records with these keys after the write, in this order.
async fn again(
    run: &Run,
    context: &Context<'_>,
    keys: &[Value],
    populates: Vec<Populate>,
) -> Result<Vec<Record>> {
    let mut criteria = Criteria::new(Where::one_of(run.model.primary_key.clone(), keys.to_vec()));
    criteria.populate = populates;
    let found = run.find(context, criteria).await?;
    let mut by_key: HashMap<String, Record> =
        found.into_iter().map(|record| (run.model.key_of(&record).to_string(), record)).collect();
    Ok(keys.iter().filter_map(|key| by_key.remove(&key.to_string())).collect())
}
