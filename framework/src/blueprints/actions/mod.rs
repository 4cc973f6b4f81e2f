//! The nine actions, one file each.

mod add;
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
use crate::{Action, App, Req};
use std::sync::Arc;
use topsail_orm::{ModelDef, Orm};

/// All blueprint actions of all models with their identities: `user/find`, …
///
/// They exist whichever routes do, so that routes and policies of the app can name them.
pub(crate) fn actions(orm: &Orm, parsers: &BlueprintParsers) -> Vec<(String, Action)> {
    let parsers = Arc::new(parsers.clone());
    let of_model = |model: &Arc<ModelDef>| {
        BlueprintAction::ALL.map(|which| (which.identity(&model.identity), action(which, model, &parsers)))
    };
    orm.models().flat_map(of_model).collect()
}

fn action(which: BlueprintAction, model: &Arc<ModelDef>, parsers: &Arc<BlueprintParsers>) -> Action {
    let (model, parsers) = (model.clone(), parsers.clone());
    macro_rules! run {
        ($f:path) => {
            Action::new(move |app: App, req: Req| $f(Run::new(app, req, model, parsers, which)))
        };
    }
    match which {
        BlueprintAction::Find => run!(find::find),
        BlueprintAction::FindOne => run!(find_one::find_one),
        BlueprintAction::Create => run!(create::create),
        BlueprintAction::Update => run!(update::update),
        BlueprintAction::Destroy => run!(destroy::destroy),
        BlueprintAction::Populate => run!(populate::populate),
        BlueprintAction::Add => run!(add::add),
        BlueprintAction::Remove => run!(remove::remove),
        BlueprintAction::Replace => run!(replace::replace),
    }
}
