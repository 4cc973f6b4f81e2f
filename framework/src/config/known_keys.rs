//! The table of keys that is checked at build time says what the typed sections say.

use crate::config::TopLevel;
use crate::{
    blueprints::BlueprintsConfig, health::HealthConfig, http::HttpConfig, log::LogConfig,
    metrics::MetricsConfig, security::SecurityConfig, session::SessionConfig, sockets::SocketsConfig,
    views::ViewsConfig,
};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use topsail_build::{KeyType, known_keys};
use topsail_orm::{DatastoreConfig, ModelsConfig};

fn value(section: &impl Serialize) -> Value {
    serde_json::to_value(section).expect("configuration is plain data")
}

/// Every section with its defaults.
fn sections() -> Value {
    let mut all = value(&TopLevel::default());
    all["environment"] = Value::Null;
    for (name, section) in [
        ("http", value(&HttpConfig::default())),
        ("session", value(&SessionConfig::default())),
        ("sockets", value(&SocketsConfig::default())),
        ("security", value(&SecurityConfig::default())),
        ("blueprints", value(&BlueprintsConfig::default())),
        ("models", value(&ModelsConfig::default())),
        ("views", value(&ViewsConfig::default())),
        ("log", value(&LogConfig::default())),
        ("health", value(&HealthConfig::default())),
        ("metrics", value(&MetricsConfig::default())),
        ("datastores", json!({ "*": value(&DatastoreConfig::default()) })),
        ("policies", json!({})),
        ("routes", json!({})),
        ("custom", json!({})),
    ] {
        all[name] = section;
    }
    all["blueprints"]["controllers"] = json!({ "*": value(&crate::blueprints::FamilySwitches::default()) });
    all
}

fn paths(prefix: &str, value: &Value, found: &mut BTreeSet<String>) {
    for (key, value) in value.as_object().into_iter().flatten() {
        let path = format!("{prefix}{key}");
        paths(&format!("{path}."), value, found);
        if key != "*" {
            found.insert(path);
        }
    }
}

#[test]
fn the_table_of_keys_is_the_typed_sections() {
    let mut typed = BTreeSet::new();
    paths("", &sections(), &mut typed);
    let table: BTreeSet<String> = known_keys().into_iter().map(|(path, _)| path).collect();
    let missing: Vec<_> = typed.difference(&table).collect();
    let stale: Vec<_> = table.difference(&typed).collect();
    assert!(
        missing.is_empty() && stale.is_empty(),
        "framework/build/src/keys.rs lacks {missing:?} and has {stale:?}"
    );
}

#[test]
fn the_types_of_the_table_admit_the_defaults() {
    let sections = sections();
    for (path, kind) in known_keys() {
        let default = path.split('.').fold(&sections, |value, key| &value[key]);
        assert!(
            default.is_null() || admits(kind, default),
            "`{path}` is {kind:?}, but its default is {default}"
        );
    }
}

fn admits(kind: KeyType, value: &Value) -> bool {
    match kind {
        KeyType::Boolean => value.is_boolean(),
        KeyType::Integer => value.is_u64(),
        KeyType::Text => value.is_string(),
        KeyType::OneOf(texts) => value.as_str().is_some_and(|text| texts.contains(&text)),
        KeyType::List(kind) => {
            value.as_array().is_some_and(|items| items.iter().all(|item| admits(*kind, item)))
        }
        KeyType::AnyOf(kinds) => kinds.iter().any(|kind| admits(*kind, value)),
        KeyType::Section(_) | KeyType::Map(_) => value.is_object(),
        _ => true,
    }
}
