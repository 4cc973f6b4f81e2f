//! `PUT /user/:parentid/pets/:childid`: one more member of a collection.

use super::Run;
use crate::{Outcome, blueprints::realtime};
use topsail_orm::engine;

/// 200 with the parent, everything populated; 404 where parent or child is missing. Adding a member again changes
/// nothing; in a one-to-many association the child leaves its former parent.
pub(super) async fn add(run: Run) -> Outcome {
    let options = run.options()?;
    let (attr, target) = run.collection(&options)?;
    let tx = run.begin().await?;
    let context = tx.all_or_nothing();
    let parent = run.parent(&context, options.criteria).await?;
    run.members_exist(&context, &target, &options.associated_ids, options.associated).await?;
    let parents = std::slice::from_ref(&parent);
    run.known(
        engine::add_to_collection(&context, &run.model, parents, &attr.name, &options.associated_ids).await,
    )?;
    let record = run.again(&tx, &parent, None, options.populates).await?;
    let changes = run.commit(tx).await?;
    realtime::subscribe(&run, &parent).await;
    realtime::subscribe_members(&run, &target, &options.associated_ids).await;
    realtime::announce(&run, &changes).await;
    run.answer(record)
}
