//! What one model or controller has: `[blueprints.controllers.user]`.

use super::BlueprintAction;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which routes one model or controller has; what is not named follows the app.
///
/// A key stands for what lies below it too: `admin` for `admin/users`, never for `administrator`. The most specific key that
/// says something counts.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct FamilySwitches {
    /// Its own action routes.
    pub actions: Option<bool>,
    /// Its REST routes.
    pub rest: Option<bool>,
    /// Its shortcut routes.
    pub shortcuts: Option<bool>,
    /// Its route for counting.
    pub count: Option<bool>,
    /// Several new records in one request.
    pub bulk_create: Option<bool>,
    /// New values for several records in one request.
    pub bulk_update: Option<bool>,
    /// The end of several records in one request.
    pub bulk_destroy: Option<bool>,
    /// Of the blueprint actions, only these have routes: `["find", "findone"]`.
    pub only: Option<Vec<String>>,
    /// Blueprint actions that have no routes: `["destroy"]`.
    pub except: Option<Vec<String>>,
}

/// The switches of all that have any, by identity.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(transparent)]
pub struct ControllerSwitches(pub BTreeMap<String, FamilySwitches>);

impl ControllerSwitches {
    /// What the most specific key for an identity says, among those that say something.
    pub(crate) fn of<'s, T>(
        &'s self,
        identity: &str,
        says: impl Fn(&'s FamilySwitches) -> Option<T>,
    ) -> Option<T> {
        let stands_for = |key: &str| {
            identity.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.0
            .iter()
            .filter(|(key, _)| stands_for(key))
            .filter_map(|(key, switches)| Some((key.len(), says(switches)?)))
            .max_by_key(|(length, _)| *length)
            .map(|(_, said)| said)
    }

    /// Do routes lead to this blueprint action of a model?
    pub(crate) fn routes_to(&self, model: &str, action: BlueprintAction) -> bool {
        let names = |list: &[String]| list.iter().any(|name| BlueprintAction::named(name) == Some(action));
        self.of(model, |switches| switches.only.as_deref()).is_none_or(names)
            && !self.of(model, |switches| switches.except.as_deref()).is_some_and(names)
    }
}
