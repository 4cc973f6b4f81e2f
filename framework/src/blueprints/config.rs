//! The section `blueprints`.

use crate::config::ConfigError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use topsail_orm::Limits;

/// Which routes models and actions get by themselves, and how much they may give.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct BlueprintsConfig {
    /// A route of every method for each action of the app: `/orders/cancel`.
    pub actions: bool,
    /// `GET`, `POST`, `PATCH`, `PUT` and `DELETE` on `/user…`.
    pub rest: bool,
    /// GET routes for the address bar: `/user/find`.
    pub shortcuts: bool,
    /// Shortcuts that write as well: `/user/create?name=ann`. They change data on GET, which CSRF protection does not
    /// cover; Sails has them on together with `shortcuts`.
    pub shortcut_writes: bool,
    /// Before the path of every blueprint route: `/api`.
    pub prefix: String,
    /// After `prefix`, for REST routes only: `/v1`.
    pub rest_prefix: String,
    /// `/users` instead of `/user`, in REST and shortcut routes.
    pub pluralize: bool,
    /// Finding over a socket also subscribes to records that are created later.
    pub auto_watch: bool,
    /// Whoever makes a change over a socket gets its event too; a route's option `mirror` says so for one route.
    pub mirror: bool,
    /// Records that `find` and `populate` give when the request names no `limit`.
    pub default_limit: u64,
    /// The most records that one request gets; a larger `limit` is lowered to it.
    pub max_limit: u64,
    /// The most members of a collection that are shown with each record.
    pub max_populate: u64,
    /// Families switched off for one identity: `[blueprints.controllers.user]`, `rest = false`.
    pub controllers: BTreeMap<String, FamilySwitches>,
    /// Not supported; here so that the refusal can say so.
    pub jsonp: bool,
}

/// Which families of routes one model or controller has; what is not named follows the app.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct FamilySwitches {
    /// Its own action routes.
    pub actions: Option<bool>,
    /// Its REST routes.
    pub rest: Option<bool>,
    /// Its shortcut routes.
    pub shortcuts: Option<bool>,
}

impl Default for BlueprintsConfig {
    fn default() -> Self {
        Self {
            actions: false,
            rest: true,
            shortcuts: true,
            shortcut_writes: false,
            prefix: String::new(),
            rest_prefix: String::new(),
            pluralize: false,
            auto_watch: true,
            mirror: false,
            default_limit: 30,
            max_limit: 1000,
            max_populate: 30,
            controllers: BTreeMap::new(),
            jsonp: false,
        }
    }
}

impl BlueprintsConfig {
    /// Checks what the types cannot.
    ///
    /// # Errors
    /// `E_JSONP_UNSUPPORTED`, limits that contradict each other, and prefixes that are no path.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let refuse = |key, why: String| Err(ConfigError::invalid("blueprints", key, why));
        if self.jsonp {
            return refuse(
                "jsonp",
                "E_JSONP_UNSUPPORTED: JSONP lets any page read the answers; use CORS".to_owned(),
            );
        }
        if self.max_limit == 0 {
            return refuse("max_limit", "it must be at least 1".to_owned());
        }
        if self.default_limit > self.max_limit {
            return refuse(
                "default_limit",
                format!("{} is more than `max_limit`, which is {}", self.default_limit, self.max_limit),
            );
        }
        for (key, prefix) in [("prefix", &self.prefix), ("rest_prefix", &self.rest_prefix)] {
            if prefix.contains(['?', '#', ':', '*', '|', ' ']) {
                return refuse(
                    key,
                    format!("`{prefix}` must be the plain beginning of a path, such as `/api/v1`"),
                );
            }
        }
        Ok(())
    }

    /// What criteria of a client may cost.
    pub(crate) fn limits(&self) -> Limits {
        Limits { page: self.max_limit, ..Limits::default() }
    }

    /// Is a family on for an identity? A switch for `admin` also stands for `admin/users`, never for `administrator`.
    pub(crate) fn has(
        &self,
        identity: &str,
        of: impl Fn(&FamilySwitches) -> Option<bool>,
        otherwise: bool,
    ) -> bool {
        self.controllers
            .iter()
            .filter(|(key, _)| {
                identity
                    .strip_prefix(key.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
            .max_by_key(|(key, _)| key.len())
            .and_then(|(_, switches)| of(switches))
            .unwrap_or(otherwise)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn with(json: serde_json::Value) -> BlueprintsConfig {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn bp_39_jsonp_prevents_the_lift() {
        let error = with(serde_json::json!({ "jsonp": true })).check().unwrap_err().to_string();
        assert!(error.contains("E_JSONP_UNSUPPORTED"), "{error}");
    }

    #[test]
    fn bp_40_a_switch_is_for_its_own_identity_only() {
        let config =
            with(serde_json::json!({ "controllers": { "user": { "rest": false, "actions": false } } }));
        assert!(!config.has("user", |s| s.rest, true));
        assert!(config.has("user", |s| s.shortcuts, true));
        assert!(!config.has("user/login", |s| s.actions, true));
        assert!(config.has("useradmin", |s| s.actions, true));
    }

    #[test]
    fn dev_01_prefixes_that_are_no_path_are_refused() {
        assert!(serde_json::from_value::<BlueprintsConfig>(serde_json::json!({ "prefix": 5 })).is_err());
        assert!(with(serde_json::json!({ "prefix": "/:a" })).check().is_err());
        assert!(with(serde_json::json!({ "default_limit": 30, "max_limit": 10 })).check().is_err());
    }
}
