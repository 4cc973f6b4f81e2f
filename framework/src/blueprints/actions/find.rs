//! `GET /user`, `GET /user/find`: records that match criteria.

use super::Run;
use crate::{
    Outcome,
    blueprints::{options::BlueprintOptions, paging::Paging, realtime},
    ok,
};
use topsail_orm::{Executor, engine};

/// 200 with a list, empty where nothing matches. A socket is subscribed to what it gets and, with `auto_watch`, to
/// records that are created later.
pub(super) async fn find(run: Run) -> Outcome {
    let mut options = run.options()?;
    if let Some(paging) = Paging::of(&run)? {
        return find_page(run, paging, options).await;
    }
    let criteria = options.populated_criteria();
    if !realtime::subscribes(&run) {
        return ok(run.known(engine::find_to_send(&run.context(), &run.model, criteria).await)?);
    }
    let records = run.find(&run.req.context(), criteria).await?;
    realtime::found_many(&run, &records).await?;
    run.answer_all(records)
}

/// The same list, and in its headers what is told of the other pages.
async fn find_page(run: Run, paging: Paging, options: BlueprintOptions) -> Outcome {
    let mut page = paging.find(&run, options).await?;
    realtime::found_many(&run, &page.records).await?;
    let reply = run.answer_all(std::mem::take(&mut page.records))?;
    Ok(page.tell(&run, reply))
}
