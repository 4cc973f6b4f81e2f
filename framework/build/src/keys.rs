//! The keys of the framework's own config sections, as data.
//!
//! The framework's typed structs are what reads them at lift; a test there keeps this table equal to those structs.

use KeyType::{AnyOf, Boolean, Integer, List, Map, OneOf, Open, Section, Text};

/// What a key must hold.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum KeyType {
    /// `true` or `false`
    Boolean,
    /// A whole number, not negative.
    Integer,
    /// Any text.
    Text,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// A list of such values.
    List(&'static KeyType),
    /// One of several types.
    AnyOf(&'static [KeyType]),
    /// A table with these keys and no others.
    Section(&'static [Key]),
    /// A table of the app's own keys, each holding such a value.
    Map(&'static KeyType),
    /// Whatever the app likes.
    Open,
}

/// One key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: KeyType,
}

const fn key(name: &'static str, kind: KeyType) -> Key {
    Key { name, kind }
}

const ORIGINS: KeyType = AnyOf(&[Text, List(&Text)]);

/// The sections, and the keys that stand outside of any.
///
/// `routes` and `policies` are tables of the app's own keys; what they hold is checked on its own.
pub(crate) static SECTIONS: &[Key] = &[
    key("port", Integer),
    key("explicit_host", Text),
    key("environment", Text),
    key("hook_timeout", Integer),
    key("shutdown_timeout", Integer),
    key(
        "http",
        Section(&[
            key("trust_proxy", AnyOf(&[Boolean, Integer])),
            key("body_limit", Integer),
            key("json_depth", Integer),
            key("cache", Integer),
            key("problem_details", Boolean),
            key("powered_by", Boolean),
            key("compress", Boolean),
            key("header_read_timeout", Integer),
            key("body_read_timeout", Integer),
            key("tcp_user_timeout", Integer),
            key("max_connections", Integer),
            key("max_headers", Integer),
        ]),
    ),
    key(
        "session",
        Section(&[
            key("enabled", Boolean),
            key("secret", Text),
            key("name", Text),
            key("adapter", Text),
            key("url", Text),
            key("prefix", Text),
            key("idle_time", Integer),
            key("max_sessions", Integer),
            key("max_bytes", Integer),
            key(
                "cookie",
                Section(&[
                    key("max_age", Integer),
                    key("secure", Boolean),
                    key("http_only", Boolean),
                    key("same_site", OneOf(&["off", "lax", "strict", "none"])),
                    key("path", Text),
                    key("domain", Text),
                ]),
            ),
        ]),
    ),
    key(
        "sockets",
        Section(&[
            key("path", Text),
            key("transports", List(&OneOf(&["websocket", "polling"]))),
            key("allow_upgrades", Boolean),
            key("ping_interval", Integer),
            key("ping_timeout", Integer),
            key("max_http_buffer_size", Integer),
            key("only_allow_origins", List(&Text)),
            key("same_origin", Boolean),
            key("send_response_headers", Boolean),
            key("send_status_code", Boolean),
            key("grant3rd_party_cookie", Boolean),
            key("adapter", Text),
            key("url", Text),
            key("prefix", Text),
            key("max_buffer_size", Integer),
            key("max_in_flight", Integer),
            key("max_pending", Integer),
            key("max_rooms", Integer),
            key("connection_rate", Integer),
            key("connection_burst", Integer),
            key("max_connections", Integer),
            key("connect_timeout", Integer),
            key("upgrade_timeout", Integer),
        ]),
    ),
    key(
        "security",
        Section(&[
            key("csrf", Boolean),
            key(
                "cors",
                Section(&[
                    key("allow_origins", ORIGINS),
                    key("all_routes", Boolean),
                    key("allow_credentials", Boolean),
                    key("allow_request_methods", Text),
                    key("allow_request_headers", Text),
                    key("allow_response_headers", Text),
                    key("allow_any_origin_with_credentials_unsafe", Boolean),
                ]),
            ),
        ]),
    ),
    key(
        "blueprints",
        Section(&[
            key("actions", Boolean),
            key("rest", Boolean),
            key("shortcuts", Boolean),
            key("shortcut_writes", Boolean),
            key("prefix", Text),
            key("rest_prefix", Text),
            key("pluralize", Boolean),
            key("auto_watch", Boolean),
            key("mirror", Boolean),
            key("default_limit", Integer),
            key("max_limit", Integer),
            key("max_populate", Integer),
            key("nested_populate", Boolean),
            key("populate_depth", Integer),
            key("association_filters", Boolean),
            key("max_criteria_nodes", Integer),
            key("max_criteria_depth", Integer),
            key("max_criteria_values", Integer),
            key("max_url_criteria", Integer),
            key("count", Boolean),
            key("total_count", Boolean),
            key("link_header", Boolean),
            key("page_params", Boolean),
            key("cursors", Boolean),
            key("bulk_create", Boolean),
            key("bulk_update", Boolean),
            key("bulk_destroy", Boolean),
            key("max_bulk", Integer),
            key("conflict_status", Integer),
            key(
                "controllers",
                Map(&Section(&[
                    key("actions", Boolean),
                    key("rest", Boolean),
                    key("shortcuts", Boolean),
                    key("count", Boolean),
                    key("bulk_create", Boolean),
                    key("bulk_update", Boolean),
                    key("bulk_destroy", Boolean),
                    key("only", List(&Text)),
                    key("except", List(&Text)),
                ])),
            ),
            key("jsonp", Boolean),
        ]),
    ),
    key(
        "models",
        Section(&[
            key("migrate", OneOf(&["alter", "drop", "safe"])),
            key("datastore", Text),
            key("cascade_on_destroy", Boolean),
            key("archive_model_identity", AnyOf(&[Text, Boolean])),
            key("data_encryption_keys", Map(&Text)),
            key("max_criteria_nodes", Integer),
            key("max_criteria_depth", Integer),
            key("max_criteria_values", Integer),
            key("bulk_above", Integer),
        ]),
    ),
    key(
        "datastores",
        Map(&Section(&[
            key("adapter", Text),
            key("url", Text),
            key("max_connections", Integer),
            key("acquire_timeout_ms", Integer),
            key("busy_timeout_ms", Integer),
            key("migrations", Text),
        ])),
    ),
    key("views", Section(&[key("extension", Text), key("locals", Open)])),
    key(
        "log",
        Section(&[
            key(
                "level",
                OneOf(&["silly", "trace", "verbose", "debug", "info", "warn", "error", "crit", "silent"]),
            ),
            key("format", OneOf(&["pretty", "json"])),
        ]),
    ),
    key("health", Section(&[key("path", Text), key("timeout", Integer)])),
    key(
        "metrics",
        Section(&[key("enabled", Boolean), key("path", Text), key("token", Text), key("public", Boolean)]),
    ),
    key("policies", Open),
    key("routes", Open),
    key("custom", Open),
];

/// Every key of the framework's own sections by its dotted path, with what it holds: `http.trust_proxy`.
///
/// The keys of a map stand below `*`: `datastores.*.url`.
pub fn known_keys() -> Vec<(String, KeyType)> {
    let mut paths = Vec::new();
    list("", SECTIONS, &mut paths);
    paths
}

fn list(prefix: &str, keys: &'static [Key], paths: &mut Vec<(String, KeyType)>) {
    for key in keys {
        let path = format!("{prefix}{}", key.name);
        paths.push((path.clone(), key.kind));
        match key.kind {
            Section(keys) => list(&format!("{path}."), keys, paths),
            Map(Section(keys)) => list(&format!("{path}.*."), keys, paths),
            _ => {}
        }
    }
}
