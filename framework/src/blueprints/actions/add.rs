//! `PUT /user/:parentid/pets/:childid`: one more member of a collection.

use super::{
    Run,
    run::{checked, everybody},
};
use crate::{Outcome, blueprints::realtime};
use topsail_orm::engine::{self, Keyed};

/// 200 with the parent, everything populated; 404 where parent or child is missing. Adding a member again changes
/// nothing; in a one-to-many association the child leaves its former parent.
pub(super) async fn add(run: Run) -> Outcome {
    let options = run.options()?;
    let (attr, target) = run.collection(&options)?;
    let tx = run.begin().await?;
    let context = tx.all_or_nothing();
    let (parent, parents) = run.parent(&context, options.criteria).await?;
    let members = Keyed::from(&options.associated_ids).and_also(options.associated);
    run.members_exist(&context, &target, &members).await?;
    let added = engine::add_to_collection(&checked(&context), &run.model, parents, &attr.name, members).await;
    everybody(&run.known(added)?, &options.associated_ids)?;
    let record = run.again(&tx, &parent, None, options.populates).await?;
    let changes = run.commit(tx).await?;
    realtime::subscribe(&run, &parent).await;
    realtime::subscribe_members(&run, &target, &options.associated_ids).await;
    realtime::announce(&run, &changes).await;
    run.answer(record)
}
