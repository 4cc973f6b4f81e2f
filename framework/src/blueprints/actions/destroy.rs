//! `DELETE /user/:id`, `GET /user/destroy/:id`: the end of one record.

use super::{Run, bulk, run::checked};
use crate::{Outcome, blueprints::realtime};
use topsail_orm::{ChangeVerb, engine};

/// 200 with the record as it was, 404 where there is none. Never more than one record, never all.
pub(super) async fn destroy(run: Run) -> Outcome {
    let mut options = run.options()?;
    if options.bulk {
        return bulk::destroy(run, options).await;
    }
    let criteria = options.populated_criteria();
    // As in an update, the write asks once more.
    let reached = criteria.where_.clone();
    let tx = run.begin().await?;
    let record = run.find_one(&tx.all_or_nothing(), criteria).await?;
    let key = run.model.key_of(&record);
    let gone = engine::destroy(&checked(&tx.all_or_nothing()), &run.model, reached).await;
    if run.known(gone)?.is_empty() {
        return crate::not_found();
    }
    let mut changes = run.commit(tx).await?;
    run.show(&mut changes, ChangeVerb::Destroy, &key, &record);
    realtime::announce(&run, &changes).await;
    realtime::unsubscribe(&run, &key).await;
    run.answer(record)
}
