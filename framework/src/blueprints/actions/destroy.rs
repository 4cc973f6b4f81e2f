//! `DELETE /user/:id`, `GET /user/destroy/:id`: the end of one record.

use super::{Run, bulk};
use crate::{Outcome, blueprints::realtime};
use topsail_orm::{ChangeVerb, Where, engine};

/// 200 with the record as it was, 404 where there is none. Never more than one record, never all.
pub(super) async fn destroy(run: Run) -> Outcome {
    let mut options = run.options()?;
    if options.bulk {
        return bulk::destroy(run, options).await;
    }
    let criteria = options.populated_criteria();
    let tx = run.begin().await?;
    let record = run.find_one(&tx.all_or_nothing(), criteria).await?;
    let key = run.model.key_of(&record);
    let which = Where::eq(run.model.primary_key.clone(), key.clone());
    run.known(engine::destroy(&tx.all_or_nothing(), &run.model, which).await)?;
    let mut changes = run.commit(tx).await?;
    run.show(&mut changes, ChangeVerb::Destroy, &key, &record);
    realtime::announce(&run, &changes).await;
    realtime::unsubscribe(&run, &key).await;
    run.answer(record)
}
