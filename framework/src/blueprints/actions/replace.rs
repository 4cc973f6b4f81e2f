//! `PUT /user/:parentid/pets` with a list of keys: other members of a collection.

use super::{
    Run,
    run::{checked, everybody},
};
use crate::{Outcome, blueprints::realtime};
use topsail_orm::{
    ChangeVerb, Where,
    engine::{self, Keyed},
};

/// 200 with the parent, everything populated; 404 where it is missing, before anything is written.
pub(super) async fn replace(run: Run) -> Outcome {
    let options = run.options()?;
    let (attr, target) = run.collection(&options)?;
    let tx = run.begin().await?;
    let context = tx.all_or_nothing();
    let (parent, parents) = run.parent(&context, options.criteria).await?;
    let members = Keyed::from(&options.associated_ids).and_also(options.associated);
    // Keys of nobody are passed over, as in Sails, unless the app's parser says who may be a member.
    let required = if members.condition == Where::All { vec![] } else { options.associated_ids };
    if !required.is_empty() {
        run.members_exist(&context, &target, &members).await?;
    }
    let replaced =
        engine::replace_collection(&checked(&context), &run.model, parents, &attr.name, members).await;
    everybody(&run.known(replaced)?, &required)?;
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
