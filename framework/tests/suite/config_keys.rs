//! The table of config keys that builds check against is equal to the typed sections that the lift reads.

use crate::support::app;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use topsail_build::known_keys;

/// Sections whose keys are the app's own, or that have no fixed keys.
const OPEN: &[&str] = &["policies", "routes", "custom", "datastores", "environment"];
/// Keys whose values have keys of the app's own.
const MAPS: &[&str] = &["blueprints.controllers", "views.locals"];

fn flatten(path: &str, value: &Value, into: &mut BTreeSet<String>) {
    into.insert(path.to_owned());
    if let (Some(object), false) = (value.as_object(), MAPS.contains(&path)) {
        for (key, value) in object {
            flatten(&format!("{path}.{key}"), value, into);
        }
    }
}

#[tokio::test]
async fn the_build_knows_exactly_the_keys_that_the_lift_reads() {
    let lifted = app().lift_for_test().await.unwrap();
    let config = lifted.app().config();
    let mut typed = BTreeSet::new();
    for (name, section) in [
        ("http", json!(config.http)),
        ("session", json!(config.session)),
        ("sockets", json!(config.sockets)),
        ("security", json!(config.security)),
        ("blueprints", json!(config.blueprints)),
        ("models", json!(config.models)),
        ("views", json!(config.views)),
        ("log", json!(config.log)),
    ] {
        flatten(name, &section, &mut typed);
    }
    for (name, value) in json!(config.app).as_object().unwrap() {
        flatten(name, value, &mut typed);
    }
    lifted.lower().await;
    let known: BTreeSet<String> = known_keys()
        .into_iter()
        .map(|(path, _)| path)
        .filter(|path| !OPEN.contains(&path.split('.').next().unwrap()))
        .filter(|path| !MAPS.iter().any(|map| path.starts_with(&format!("{map}."))))
        .collect();
    let unknown: Vec<_> = typed.difference(&known).collect();
    let unread: Vec<_> = known.difference(&typed).collect();
    assert!(
        unknown.is_empty() && unread.is_empty(),
        "unknown to the build: {unknown:?}\nread by nobody: {unread:?}"
    );
}
