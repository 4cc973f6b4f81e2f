//! Blueprints: the JSON API that every model has by itself.
//!
//! Ten actions per model ([`BlueprintAction`]) and the routes that lead to them. A request becomes
//! [`BlueprintOptions`] first (what is asked for, typed and bounded), which the app may change, and only then a query.
//! Every write is one transaction; what it changed is announced after its commit.

mod actions;
mod config;
mod errors;
mod options;
mod output;
mod paging;
mod plural;
mod realtime;
mod routes;
mod switches;
mod verb;

pub(crate) use actions::actions;
pub use config::BlueprintsConfig;
pub(crate) use errors::refusal;
pub use options::BlueprintOptions;
pub(crate) use options::BlueprintParsers;
pub(crate) use routes::{bind, guard};
pub use switches::{ControllerSwitches, FamilySwitches};
pub use verb::BlueprintAction;

use std::sync::Arc;
use topsail_orm::{ModelDef, Orm};

/// The models that have an API: all but those of the ORM itself, such as the archive.
fn models(orm: &Orm) -> impl Iterator<Item = &Arc<ModelDef>> {
    orm.models().filter(|model| !model.internal)
}
