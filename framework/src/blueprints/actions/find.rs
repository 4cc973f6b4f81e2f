//! `GET /user`, `GET /user/find`: records that match criteria.

use super::Run;
use crate::{Outcome, blueprints::realtime};
use topsail_orm::Executor;

/// 200 with a list, empty where nothing matches. A socket is subscribed to what it gets and, with `auto_watch`, to
/// records that are created later.
pub(super) async fn find(run: Run) -> Outcome {
    let criteria = run.options()?.populated_criteria();
    let records = run.find(&run.req.context(), criteria).await?;
    realtime::found_many(&run, &records).await?;
    run.answer_all(records)
}
