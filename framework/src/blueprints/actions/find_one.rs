//! `GET /user/:id`, `GET /user/find/:id`: the record with this key.

use super::Run;
use crate::{Outcome, blueprints::realtime};
use topsail_orm::Executor;

/// 200 with the record, 404 where there is none. A socket is subscribed to it.
pub(super) async fn find_one(run: Run) -> Outcome {
    let criteria = run.options()?.populated_criteria();
    let record = run.find_one(&run.req.context(), criteria).await?;
    realtime::found_one(&run, &record).await?;
    run.answer(record)
}
