//! `GET /user/:id`, `GET /user/find/:id`: the record with this key.

use super::Run;
use crate::{Outcome, blueprints::realtime, not_found, ok};
use topsail_orm::{Executor, engine};

/// 200 with the record, 404 where there is none. A socket is subscribed to it.
pub(super) async fn find_one(run: Run) -> Outcome {
    let criteria = run.options()?.populated_criteria();
    if !realtime::subscribes(&run) {
        let found = engine::find_one_to_send(&run.context(), &run.model, criteria).await;
        return match run.known(found)? {
            Some(record) => ok(record),
            None => not_found(),
        };
    }
    let record = run.find_one(&run.req.context(), criteria).await?;
    realtime::found_one(&run, &record).await?;
    run.answer(record)
}
