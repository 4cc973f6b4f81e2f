//! `DELETE /user/:parentid/pets/:childid`: one member of a collection less.

use super::Run;
use crate::{Outcome, blueprints::realtime};
use topsail_orm::engine;

/// 200 with the parent, everything populated; 404 where parent or child is missing. The child itself is kept; one that
/// is no member changes nothing. Subscribes nobody.
pub(super) async fn remove(run: Run) -> Outcome {
    let options = run.options()?;
    let (attr, target) = run.collection(&options)?;
    let tx = run.begin().await?;
    let context = tx.all_or_nothing();
    let parent = run.parent(&context, options.criteria).await?;
    run.members_exist(&context, &target, &options.associated_ids).await?;
    let parents = std::slice::from_ref(&parent);
    let removed =
        engine::remove_from_collection(&context, &run.model, parents, &attr.name, &options.associated_ids)
            .await;
    run.known(removed)?;
    let record = run.again(&tx, &parent, None, options.populates).await?;
    let changes = run.commit(tx).await?;
    realtime::announce(&run, &changes).await;
    run.answer(record)
}
