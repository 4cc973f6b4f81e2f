//! `PUT /user/:parentid/pets` with a list of keys: other members of a collection.

use super::Run;
use crate::{Outcome, blueprints::realtime};
use topsail_orm::{ChangeVerb, Where, engine};

/// 200 with the parent, everything populated; 404 where it is missing, before anything is written.
pub(super) async fn replace(run: Run) -> Outcome {
    let options = run.options()?;
    let (attr, target) = run.collection(&options)?;
    let tx = run.begin().await?;
    let context = tx.all_or_nothing();
    let parent = run.parent(&context, options.criteria).await?;
    // Keys of nobody are passed over, as in Sails, unless the app's parser says who may be a member.
    if options.associated != Where::All {
        run.members_exist(&context, &target, &options.associated_ids, options.associated).await?;
    }
    let parents = std::slice::from_ref(&parent);
    let replaced =
        engine::replace_collection(&context, &run.model, parents, &attr.name, &options.associated_ids).await;
    run.known(replaced)?;
    let record = run.again(&tx, &parent, None, options.populates).await?;
    let changes = run.commit(tx).await?;
    realtime::subscribe(&run, &parent).await;
    let linked: Vec<_> = changes
        .iter()
        .filter(|change| {
            change.verb == ChangeVerb::Link
                && change.pk == parent
                && change.model.identity == run.model.identity
        })
        .filter_map(|change| change.via.as_ref())
        .filter(|via| via.attr == attr.name)
        .map(|via| via.other_pk.clone())
        .collect();
    realtime::subscribe_members(&run, &target, &linked).await;
    realtime::announce(&run, &changes).await;
    run.answer(record)
}
