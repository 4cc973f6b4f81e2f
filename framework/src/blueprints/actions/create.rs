//! `POST /user`, `GET /user/create?…`: a new record.

use super::{Run, bulk};
use crate::{Outcome, blueprints::realtime};
use topsail_orm::{ChangeVerb, engine};

/// 200 (not 201) with the record as it is stored, everything populated.
pub(super) async fn create(run: Run) -> Outcome {
    if let Some(each) = run.each_of_list()? {
        return bulk::create(run, each).await;
    }
    let options = run.options()?;
    let tx = run.begin().await?;
    let change = run.known(engine::create(&tx.all_or_nothing(), &run.model, options.new_record).await)?;
    let record = run.again(&tx, &change.pk, change.after, options.populates).await?;
    let mut changes = run.commit(tx).await?;
    run.show(&mut changes, ChangeVerb::Create, &change.pk, &record);
    realtime::subscribe(&run, &change.pk).await;
    realtime::announce(&run, &changes).await;
    run.answer(record)
}
