//! The actions, one file each.

mod add;
mod bulk;
mod count;
mod create;
mod destroy;
mod find;
mod find_one;
mod populate;
mod remove;
mod replace;
mod run;
mod update;

pub(super) use run::Run;

use super::{BlueprintAction, BlueprintParsers};
use crate::{Action, App, Error, Outcome, Req};
use std::sync::Arc;
use topsail_orm::{ModelDef, Orm, OrmError, engine::Attempts};
use tracing::Instrument;

/// All blueprint actions of all models with their identities: `user/find`, …
///
/// They exist whichever routes do, so that routes and policies of the app can name them.
pub(crate) fn actions(orm: &Orm, parsers: &BlueprintParsers) -> Vec<(String, Action)> {
    let parsers = Arc::new(parsers.clone());
    let of_model = |model: &Arc<ModelDef>| {
        BlueprintAction::ALL.map(|which| (which.identity(&model.identity), action(which, model, &parsers)))
    };
    super::models(orm).flat_map(of_model).collect()
}

fn action(which: BlueprintAction, model: &Arc<ModelDef>, parsers: &Arc<BlueprintParsers>) -> Action {
    let (model, parsers) = (model.clone(), parsers.clone());
    macro_rules! reads {
        ($f:path) => {
            Action::new(move |app: App, req: Req| $f(Run::new(app, req, model, parsers, which)))
        };
    }
    macro_rules! writes {
        ($f:path) => {
            Action::new(move |app: App, req: Req| {
                to_its_end(app.clone(), until_done(Run::new(app, req, model, parsers, which), $f))
            })
        };
    }
    match which {
        BlueprintAction::Find => reads!(find::find),
        BlueprintAction::FindOne => reads!(find_one::find_one),
        BlueprintAction::Count => reads!(count::count),
        BlueprintAction::Populate => reads!(populate::populate),
        BlueprintAction::Create => writes!(create::create),
        BlueprintAction::Update => writes!(update::update),
        BlueprintAction::Destroy => writes!(destroy::destroy),
        BlueprintAction::Add => writes!(add::add),
        BlueprintAction::Remove => writes!(remove::remove),
        BlueprintAction::Replace => writes!(replace::replace),
    }
}

/// Runs a write, again from its beginning when a deadlock has undone it: nobody hears of one before its commit, and nothing
/// that may deadlock comes after it.
async fn until_done<F: Future<Output = Outcome>>(run: Run, write: impl Fn(Run) -> F) -> Outcome {
    let mut attempts = Attempts::default();
    loop {
        match write(run.clone()).await {
            Err(error) if of_the_orm(&error).is_some_and(|error| attempts.after(error)) => {}
            outcome => return outcome,
        }
    }
}

fn of_the_orm(error: &Error) -> Option<&OrmError> {
    error.cause()?.downcast_ref()
}

/// Runs a write in a task of the app: a client that hangs up does not stop it between its commit and its events.
async fn to_its_end(app: App, write: impl Future<Output = Outcome> + Send + 'static) -> Outcome {
    match app.tasks().spawn(write.instrument(tracing::Span::current())).await {
        Ok(outcome) => outcome,
        Err(failed) => match failed.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(cancelled) => Err(Error::new(cancelled)),
        },
    }
}
