//! Blueprints: the JSON API that every model has by itself.
//!
//! Nine actions per model ([`BlueprintAction`]) and the routes that lead to them. A request becomes
//! [`BlueprintOptions`] first (what is asked for, typed and bounded), which the app may change, and only then a query.
//! Every write is one transaction; what it changed is announced after its commit.

mod actions;
mod config;
mod errors;
mod options;
mod output;
mod plural;
mod realtime;
mod routes;
mod verb;

pub(crate) use actions::actions;
pub use config::{BlueprintsConfig, FamilySwitches};
pub(crate) use errors::refusal;
pub use options::BlueprintOptions;
pub(crate) use options::BlueprintParsers;
pub(crate) use routes::bind;
pub use verb::BlueprintAction;
