//! `DELETE /user/:parentid/pets/:childid`: one member of a collection less.

use super::{
    Run,
    run::{checked, everybody},
};
use crate::{Outcome, blueprints::realtime};
use topsail_orm::{
    Code, ModelDef, OrmError,
    engine::{self, Keyed},
};

/// 200 with the parent, everything populated; 404 where parent or child is missing. The child itself is kept; one that
/// is no member changes nothing. Subscribes nobody.
pub(super) async fn remove(run: Run) -> Outcome {
    let options = run.options()?;
    let (attr, target) = run.collection(&options)?;
    let tx = run.begin().await?;
    let context = tx.all_or_nothing();
    let (parent, parents) = run.parent(&context, options.criteria).await?;
    let members = Keyed::from(&options.associated_ids).and_also(options.associated);
    run.members_exist(&context, &target, &members).await?;
    let removed =
        engine::remove_from_collection(&checked(&context), &run.model, parents, &attr.name, members).await;
    let removed = run.known(removed.map_err(|error| held(&target, error)))?;
    everybody(&removed, &options.associated_ids)?;
    let record = run.again(&tx, &parent, None, options.populates).await?;
    let changes = run.commit(tx).await?;
    realtime::announce(&run, &changes).await;
    run.answer(record)
}

/// A hidden attribute that requires the link is no mistake of ours: its error is the one that can be told without its name.
fn held(target: &ModelDef, error: OrmError) -> OrmError {
    let OrmError::Usage(usage) = &error else { return error };
    let mut hidden = usage.problems.iter().filter_map(|problem| target.attr(problem.attr.as_deref()?));
    match hidden.find(|attr| attr.protect) {
        Some(attr) if usage.code == Code::InvalidValuesToSet => {
            OrmError::RequiredBackReference { model: target.identity.clone(), attr: attr.name.clone() }
        }
        _ => error,
    }
}
