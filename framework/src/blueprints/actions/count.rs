//! `GET /user/count`: how many records match criteria. Beyond Sails, and bound only where `blueprints.count` says so.

use super::Run;
use crate::{Outcome, ok};
use serde_json::json;
use topsail_orm::engine;

/// 200 with `{"count": n}`, whatever `limit` and `skip` say.
pub(super) async fn count(run: Run) -> Outcome {
    let criteria = run.options()?.criteria;
    let count = run.known(engine::count(&run.context(), &run.model, criteria.where_).await)?;
    ok(json!({ "count": count }))
}
