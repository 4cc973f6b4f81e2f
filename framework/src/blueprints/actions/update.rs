//! `PATCH /user/:id`, `PUT /user/:id`, `GET /user/update/:id?…`: new values for one record.

use super::{Run, bulk, run::checked};
use crate::{Outcome, blueprints::realtime};
use ::http::Method;
use topsail_orm::{ChangeVerb, engine};

/// 200 with the record as it is now, 404 where there is none. Only what is sent changes, with PUT as well.
pub(super) async fn update(run: Run) -> Outcome {
    if run.req.method() == Method::PUT {
        tracing::debug!(
            model = run.model.identity,
            "PUT changes only what is sent, as PATCH does; send PATCH"
        );
    }
    let mut options = run.options()?;
    if options.bulk {
        return bulk::update(run, options).await;
    }
    let populates = options.populates.clone();
    let values = std::mem::take(&mut options.values_to_set);
    let criteria = options.populated_criteria();
    // The write asks once more, under its lock: meanwhile the record may have left what the app lets the client reach.
    let reached = criteria.where_.clone();
    let tx = run.begin().await?;
    let previous = run.find_one(&tx.all_or_nothing(), criteria).await?;
    let key = run.model.key_of(&previous);
    let written = engine::update(&checked(&tx.all_or_nothing()), &run.model, reached, values).await;
    let Some(change) = run.known(written)?.pop() else { return crate::not_found() };
    let record = run.again(&tx, &key, change.after, populates).await?;
    let mut changes = run.commit(tx).await?;
    run.show(&mut changes, ChangeVerb::Update, &key, &previous);
    realtime::subscribe(&run, &key).await;
    realtime::announce(&run, &changes).await;
    run.answer(record)
}
