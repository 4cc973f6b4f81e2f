//! Configuration: the layers, and the typed sections that the rest of the framework reads.
//!
//! Later layers win: compiled-in `config/*.toml`, the same files on disk, `config/env/<environment>.toml`,
//! `config/local.toml`, `PORT`, `TOPSAIL_*` (nested keys with `__`), command-line flags, and what the code sets.
//! A file gives the section of its name (`config/http.toml` is `http`), `config/app.toml` the top level, and so do the
//! files of an environment and `local.toml`.

mod error;
#[cfg(test)]
mod known_keys;
mod layers;
mod text;

pub use error::ConfigError;
pub(crate) use layers::{Layers, Sources};
pub(crate) use text::did_you_mean;

pub use crate::{
    blueprints::BlueprintsConfig,
    health::HealthConfig,
    http::{HttpConfig, TrustProxy},
    log::LogConfig,
    metrics::MetricsConfig,
    policies::{PoliciesConfig, PolicyValue},
};

use crate::{
    router::RoutesConfig, security::SecurityConfig, session::SessionConfig, sockets::SocketsConfig,
    views::ViewsConfig,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use std::{collections::BTreeMap, path::PathBuf};
use topsail_orm::{DatastoreConfig, ModelsConfig};

/// The whole configuration, frozen at lift.
#[derive(Clone, Debug)]
pub struct Config {
    /// `development`, `production`, or any other name.
    pub environment: String,
    /// The folder that relative paths start from.
    pub app_path: PathBuf,
    /// Settings of no section.
    pub app: TopLevel,
    /// `http`
    pub http: HttpConfig,
    /// `session`
    pub session: SessionConfig,
    /// `sockets`
    pub sockets: SocketsConfig,
    /// `security`
    pub security: SecurityConfig,
    /// `blueprints`
    pub blueprints: BlueprintsConfig,
    /// `models`
    pub models: ModelsConfig,
    /// `datastores`
    pub datastores: BTreeMap<String, DatastoreConfig>,
    /// `views`
    pub views: ViewsConfig,
    /// `log`
    pub log: LogConfig,
    /// `health`
    pub health: HealthConfig,
    /// `metrics`
    pub metrics: MetricsConfig,
    /// `policies`
    pub policies: PoliciesConfig,
    /// `routes`, in the order of the files.
    pub routes: RoutesConfig,
    /// `custom`: the app's own.
    pub custom: Map<String, Value>,
    /// Everything, the app's own sections included.
    all: Map<String, Value>,
}

/// The settings of no section.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub struct TopLevel {
    /// The port to listen on; 0 takes any free one.
    pub port: u16,
    /// The address to listen on; none means all interfaces.
    pub explicit_host: Option<String>,
    /// Milliseconds after which a hook that has not finished its `initialize` fails the lift.
    pub hook_timeout: u64,
    /// Milliseconds that requests in flight get to finish when the app is lowered.
    pub shutdown_timeout: u64,
}

impl Default for TopLevel {
    fn default() -> Self {
        Self { port: 1337, explicit_host: None, hook_timeout: 40_000, shutdown_timeout: 10_000 }
    }
}

impl Config {
    /// Reads all sections.
    ///
    /// # Errors
    /// All unknown keys and wrong types of the framework's own sections, each with its file and key.
    pub(crate) fn read(mut layers: Layers) -> Result<Self, ConfigError> {
        let environment = layers.environment().to_owned();
        let app_path = layers.app_path().to_owned();
        let mut problems = Vec::new();
        let config = Self {
            app: layers.top_level(&mut problems),
            http: layers.section("http", &mut problems),
            session: layers.section("session", &mut problems),
            sockets: layers.section("sockets", &mut problems),
            security: layers.section("security", &mut problems),
            blueprints: layers.section("blueprints", &mut problems),
            models: layers.section("models", &mut problems),
            datastores: layers.section("datastores", &mut problems),
            views: layers.section("views", &mut problems),
            log: layers.section("log", &mut problems),
            health: layers.section("health", &mut problems),
            metrics: layers.section("metrics", &mut problems),
            policies: layers.section("policies", &mut problems),
            routes: RoutesConfig(layers.routes()),
            custom: layers.section("custom", &mut problems),
            all: layers.all(),
            environment,
            app_path,
        };
        if problems.is_empty() { Ok(config) } else { Err(ConfigError::Problems(problems)) }
    }

    /// Is this the production environment?
    pub fn is_production(&self) -> bool {
        self.environment == "production"
    }

    /// Any value by its dotted path: `config.get::<String>("payment.key")`; nothing where it is absent.
    ///
    /// # Errors
    /// When the value is not a `T`; the error names the key.
    pub fn get<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, ConfigError> {
        let mut at: Option<&Value> = None;
        for (depth, key) in path.split('.').enumerate() {
            at = if depth == 0 { self.all.get(key) } else { at.and_then(|v| v.get(key)) };
        }
        at.map(|value| {
            T::deserialize(value).map_err(|e| {
                let (section, key) = path.split_once('.').unwrap_or(("", path));
                ConfigError::invalid(section, key, e)
            })
        })
        .transpose()
    }

    /// A path of the app: relative ones start from its folder.
    pub(crate) fn path(&self, relative: impl AsRef<std::path::Path>) -> PathBuf {
        self.app_path.join(relative)
    }
}
