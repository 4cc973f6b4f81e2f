//! `config/policies.toml`: which policies guard which action. The most specific key wins entirely.

use super::Policy;
use crate::{actions::fold_identity, config::ConfigError};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// The section `policies`: target → policies.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(transparent)]
pub struct PoliciesConfig(pub BTreeMap<String, PolicyValue>);

/// The value of a policy mapping.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged)]
pub enum PolicyValue {
    /// `true`: no restriction; `false`: always refused.
    All(bool),
    /// One policy.
    One(String),
    /// Several, run in order.
    Many(Vec<PolicyValue>),
}

/// What guards one action.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guard {
    pub(crate) refuse: bool,
    pub(crate) policies: Vec<(String, Policy)>,
}

/// The whole mapping, resolved against the policies that exist.
#[derive(Debug, Default)]
pub(crate) struct PolicyMap {
    exact: HashMap<String, Guard>,
    /// Longest prefix first; the empty prefix is `*`.
    prefixes: Vec<(String, Guard)>,
}

impl PolicyMap {
    pub(crate) fn new(
        config: &PoliciesConfig,
        known: &BTreeMap<String, Policy>,
    ) -> Result<Self, ConfigError> {
        let mut map = Self::default();
        for (target, value) in &config.0 {
            let guard = guard(target, value, known)?;
            if target == "*" {
                map.prefixes.push((String::new(), guard));
            } else if let Some(prefix) = target.strip_suffix("/*").or_else(|| target.strip_suffix(".*")) {
                map.prefixes.push((fold_identity(prefix), guard));
            } else {
                map.exact.insert(fold_identity(target), guard);
            }
        }
        map.prefixes.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        Ok(map)
    }

    /// Guards one action as another, unless it has a key of its own.
    pub(crate) fn as_well(&mut self, folded: &str, like: &str) {
        if let Some(guard) = self.exact.get(like).filter(|_| !self.exact.contains_key(folded)) {
            self.exact.insert(folded.to_owned(), guard.clone());
        }
    }

    /// What guards the action with this folded identity; nothing mapped means no restriction.
    pub(crate) fn guard(&self, folded: &str) -> Guard {
        self.exact
            .get(folded)
            .or_else(|| {
                self.prefixes
                    .iter()
                    .find(|(prefix, _)| {
                        prefix.is_empty()
                            || folded == prefix
                            || folded.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.starts_with('/'))
                    })
                    .map(|(_, guard)| guard)
            })
            .cloned()
            .unwrap_or_default()
    }
}

fn guard(target: &str, value: &PolicyValue, known: &BTreeMap<String, Policy>) -> Result<Guard, ConfigError> {
    match value {
        PolicyValue::All(allowed) => Ok(Guard { refuse: !allowed, policies: Vec::new() }),
        PolicyValue::One(name) => {
            Ok(Guard { refuse: false, policies: vec![(name.clone(), find(target, name, known)?)] })
        }
        PolicyValue::Many(names) => {
            let mut policies = Vec::with_capacity(names.len());
            for name in names {
                match name {
                    PolicyValue::One(name) => policies.push((name.clone(), find(target, name, known)?)),
                    PolicyValue::All(flag) if names.len() == 1 => {
                        return Ok(Guard { refuse: !flag, policies: Vec::new() });
                    }
                    _ => {
                        return Err(ConfigError::invalid(
                            "policies",
                            target,
                            "E_INVALID_POLICY_CONFIG: `true` and `false` cannot be mixed with policies in a list",
                        ));
                    }
                }
            }
            Ok(Guard { refuse: false, policies })
        }
    }
}

fn find(target: &str, name: &str, known: &BTreeMap<String, Policy>) -> Result<Policy, ConfigError> {
    lookup(name, known).ok_or_else(|| {
        let hint = crate::config::did_you_mean(name, known.keys().map(String::as_str));
        ConfigError::invalid(
            "policies",
            target,
            format!("E_INVALID_POLICY_CONFIG: there is no policy `{name}` in api/policies{hint}"),
        )
    })
}

/// Policies are matched without regard to case, dashes and underscores.
pub(crate) fn lookup(name: &str, known: &BTreeMap<String, Policy>) -> Option<Policy> {
    known.get(name).cloned().or_else(|| {
        let folded = fold_identity(name);
        known.iter().find(|(k, _)| fold_identity(k) == folded).map(|(_, p)| p.clone())
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::proceed;

    fn map(json: serde_json::Value) -> Result<PolicyMap, ConfigError> {
        let known = BTreeMap::from([
            ("is-logged-in".to_owned(), Policy::new(|| async { proceed() })),
            ("is-admin".to_owned(), Policy::new(|| async { proceed() })),
        ]);
        PolicyMap::new(&serde_json::from_value(json).unwrap(), &known)
    }

    fn names(map: &PolicyMap, action: &str) -> Vec<String> {
        map.guard(&fold_identity(action)).policies.into_iter().map(|(n, _)| n).collect()
    }

    #[test]
    fn ht_70_the_most_specific_key_wins_entirely() {
        let map = map(serde_json::json!({
            "*": "is-logged-in", "say/*": true, "user/destroy": ["is-logged-in", "is-admin"], "user/*": "isAdmin"
        }))
        .unwrap();
        assert_eq!(names(&map, "pet/find"), ["is-logged-in"]);
        assert!(names(&map, "say/hello").is_empty());
        assert!(names(&map, "say").is_empty());
        assert_eq!(names(&map, "user/destroy"), ["is-logged-in", "is-admin"]);
        assert_eq!(names(&map, "UserController.findOne"), ["isAdmin"]);
        assert_eq!(names(&map, "users/find"), ["is-logged-in"]);
    }

    #[test]
    fn ht_71_false_refuses_and_true_lets_pass() {
        let map = map(serde_json::json!({ "a/b": false, "*": true })).unwrap();
        assert!(map.guard("a/b").refuse);
        assert!(!map.guard("a/c").refuse);
    }

    #[test]
    fn ht_73_an_unknown_policy_is_an_error_with_a_hint() {
        let error = map(serde_json::json!({ "*": "is-loged-in" })).unwrap_err().to_string();
        assert!(error.contains("E_INVALID_POLICY_CONFIG") && error.contains("`is-logged-in`"), "{error}");
        assert!(map(serde_json::json!({ "*": [true, "is-admin"] })).is_err());
    }
}
