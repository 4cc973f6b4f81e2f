//! The section `blueprints`.

use super::{BlueprintAction, ControllerSwitches, FamilySwitches};
use crate::config::{ConfigError, did_you_mean};
use serde::{Deserialize, Serialize};
use topsail_orm::{Limits, WhereLimits};

/// Each level multiplies the records of an answer.
const DEEPEST_POPULATE: usize = 10;

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
    /// `populate=pets.owner` shows further levels; Sails has one.
    pub nested_populate: bool,
    /// How many levels `nested_populate` shows, and over how many associations `association_filters` lead.
    pub populate_depth: usize,
    /// Conditions on associated records: `where={"pets":{"any":{"age":{">":3}}}}`. They tell a client about records
    /// that a policy may keep from it, so they are off unless switched on.
    pub association_filters: bool,
    /// The most tests and groups in one `where`.
    pub max_criteria_nodes: usize,
    /// The most levels of `and` and `or` in one `where`.
    pub max_criteria_depth: usize,
    /// The most values in all lists of one `where`; one list has at most `max_limit`.
    pub max_criteria_values: usize,
    /// Bytes of one `where` or `sort` in an address.
    pub max_url_criteria: usize,
    /// `GET /user/count`: how many records match. A record whose key is the text `count` has no address then.
    pub count: bool,
    /// `find` says in `X-Total-Count` how many records match in all.
    pub total_count: bool,
    /// `find` says in `Link` where the other pages are.
    pub link_header: bool,
    /// `find` takes `page` (from 1) and `page_size`. An attribute called so cannot be asked for without `where` then.
    pub page_params: bool,
    /// `find` takes `after` and `before`: pages beside a record, which stay where they are when records come and go.
    pub cursors: bool,
    /// `POST /user` with a list creates all its records or none.
    pub bulk_create: bool,
    /// `PATCH /user?where={…}` changes all records that match or none.
    pub bulk_update: bool,
    /// `DELETE /user?where={…}` destroys all records that match or none.
    pub bulk_destroy: bool,
    /// The most records that one request creates, changes or destroys.
    pub max_bulk: u64,
    /// The status of a clash of unique values: 400 as with Sails, or 409.
    pub conflict_status: u16,
    /// What single models and controllers have: `[blueprints.controllers.user]`, `rest = false`.
    pub controllers: ControllerSwitches,
    /// Not supported; here so that the refusal can say so.
    pub jsonp: bool,
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
            nested_populate: false,
            populate_depth: Limits::default().populate_depth,
            association_filters: false,
            max_criteria_nodes: Limits::default().nodes,
            max_criteria_depth: Limits::default().depth,
            max_criteria_values: Limits::default().values,
            max_url_criteria: 4096,
            count: false,
            total_count: false,
            link_header: false,
            page_params: false,
            cursors: false,
            bulk_create: false,
            bulk_update: false,
            bulk_destroy: false,
            max_bulk: 100,
            conflict_status: 400,
            controllers: ControllerSwitches::default(),
            jsonp: false,
        }
    }
}

impl BlueprintsConfig {
    /// Checks what the types cannot.
    ///
    /// # Errors
    /// `E_JSONP_UNSUPPORTED`, limits that contradict each other, prefixes that are no path, and names of actions that
    /// there are not.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let refuse = |key, why: String| Err(ConfigError::invalid("blueprints", key, why));
        if self.jsonp {
            return refuse(
                "jsonp",
                "E_JSONP_UNSUPPORTED: JSONP lets any page read the answers; use CORS".to_owned(),
            );
        }
        for (key, most) in [("max_limit", self.max_limit), ("max_bulk", self.max_bulk)] {
            if most == 0 {
                return refuse(key, "it must be at least 1".to_owned());
            }
        }
        if !matches!(self.conflict_status, 400 | 409) {
            return refuse("conflict_status", format!("{} is neither 400 nor 409", self.conflict_status));
        }
        if self.default_limit > self.max_limit {
            return refuse(
                "default_limit",
                format!("{} is more than `max_limit`, which is {}", self.default_limit, self.max_limit),
            );
        }
        if self.populate_depth == 0 || self.populate_depth > DEEPEST_POPULATE {
            return refuse("populate_depth", format!("it must be from 1 to {DEEPEST_POPULATE}"));
        }
        let bearable = WhereLimits::MOST;
        let most_bulk = usize::try_from(self.max_bulk).unwrap_or(usize::MAX);
        for (key, set, most) in [
            ("max_criteria_nodes", self.max_criteria_nodes, bearable.nodes),
            ("max_criteria_depth", self.max_criteria_depth, bearable.depth),
            ("max_criteria_values", self.max_criteria_values, bearable.values),
            ("max_bulk", most_bulk, bearable.values),
        ] {
            if set > most {
                return refuse(key, format!("it must be at most {most}, which is what every database takes"));
            }
        }
        for (key, prefix) in [("prefix", &self.prefix), ("rest_prefix", &self.rest_prefix)] {
            if prefix.contains(['?', '#', ':', '*', '|', ' ']) {
                return refuse(
                    key,
                    format!("`{prefix}` must be the plain beginning of a path, such as `/api/v1`"),
                );
            }
        }
        self.check_names()
    }

    /// The actions that `only` and `except` name.
    fn check_names(&self) -> Result<(), ConfigError> {
        for (identity, switches) in &self.controllers.0 {
            for (key, names) in [("only", &switches.only), ("except", &switches.except)] {
                let unknown = names.iter().flatten().find(|name| BlueprintAction::named(name).is_none());
                if let Some(name) = unknown {
                    let hint = did_you_mean(name, BlueprintAction::ALL.iter().map(|action| action.name()));
                    let why = format!("there is no blueprint action `{name}`{hint}");
                    let key = format!("controllers.{identity}.{key}");
                    return Err(ConfigError::invalid("blueprints", &key, why));
                }
            }
        }
        Ok(())
    }

    /// What is dangerous with these settings.
    pub(crate) fn warning(&self, production: bool) -> Option<&'static str> {
        (production && self.shortcuts && self.shortcut_writes).then_some(
            "`blueprints.shortcut_writes` is on in production: any page can change data with a mere link to \
             `/…/create`, `/…/update` or `/…/destroy`; switch it off",
        )
    }

    /// What criteria of a client may cost.
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            page: self.max_limit,
            nodes: self.max_criteria_nodes,
            depth: self.max_criteria_depth,
            values: self.max_criteria_values,
            populate_depth: self.populate_depth,
            association_filters: self.association_filters,
            ..Limits::default()
        }
    }

    /// Is something on for an identity?
    pub(crate) fn has(
        &self,
        identity: &str,
        of: impl Fn(&FamilySwitches) -> Option<bool>,
        otherwise: bool,
    ) -> bool {
        self.controllers.of(identity, of).unwrap_or(otherwise)
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
    fn single_actions_are_switched_off_by_name() {
        let config = with(serde_json::json!({ "controllers": {
            "user": { "except": ["destroy", "findOne"] }, "pet": { "only": ["find"] }, "tag": { "rest": false },
        } }));
        config.check().unwrap();
        let routed = |model, action| config.controllers.routes_to(model, action);
        assert!(!routed("user", BlueprintAction::Destroy) && !routed("user", BlueprintAction::FindOne));
        assert!(routed("user", BlueprintAction::Find) && routed("tag", BlueprintAction::Destroy));
        assert!(routed("pet", BlueprintAction::Find) && !routed("pet", BlueprintAction::Create));
        let mistaken = with(serde_json::json!({ "controllers": { "user": { "except": ["destory"] } } }));
        assert!(mistaken.check().unwrap_err().to_string().contains("did you mean `destroy`"));
    }

    #[test]
    fn conflicts_are_400_or_409_and_bulks_are_of_something() {
        assert!(with(serde_json::json!({ "conflict_status": 409 })).check().is_ok());
        assert!(with(serde_json::json!({ "conflict_status": 418 })).check().is_err());
        assert!(with(serde_json::json!({ "max_bulk": 0 })).check().is_err());
    }

    #[test]
    fn dev_01_prefixes_that_are_no_path_are_refused() {
        assert!(serde_json::from_value::<BlueprintsConfig>(serde_json::json!({ "prefix": 5 })).is_err());
        assert!(with(serde_json::json!({ "prefix": "/:a" })).check().is_err());
        assert!(with(serde_json::json!({ "default_limit": 30, "max_limit": 10 })).check().is_err());
    }

    #[test]
    fn limits_beyond_what_databases_take_are_refused() {
        for (key, bad) in [
            ("populate_depth", 0),
            ("populate_depth", 11),
            ("max_criteria_depth", 101),
            ("max_criteria_nodes", 901),
            ("max_criteria_values", 20_001),
            ("max_bulk", 20_001),
        ] {
            let error = with(serde_json::json!({ key: bad })).check().unwrap_err().to_string();
            assert!(error.contains(key), "{error}");
        }
        assert!(BlueprintsConfig::default().check().is_ok());
    }
}
