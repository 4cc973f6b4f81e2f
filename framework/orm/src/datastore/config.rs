//! The configuration of datastores and models.

use std::{collections::BTreeMap, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::{
    criteria::WhereLimits,
    encryption::DataEncryptionKeys,
    error::{OrmError, Result},
    model::ArchiveIdentity,
};

/// `config/datastores.toml` and `config/models.toml`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct OrmConfig {
    /// By name; without any, `default` is an SQLite file at `.topsail/data.sqlite`. (An app of `topsail` has its own
    /// default: `data/<name>.db` in its folder.)
    pub datastores: BTreeMap<String, DatastoreConfig>,
    /// What holds for all models.
    pub models: ModelsConfig,
}

impl OrmConfig {
    /// One SQLite datastore at `url`: a path, `sqlite://…`, or `sqlite::memory:`.
    pub fn sqlite(url: impl Into<String>) -> Self {
        Self::single("sqlite", url)
    }

    /// One datastore of this adapter at `url`.
    pub fn single(adapter: impl Into<String>, url: impl Into<String>) -> Self {
        let store =
            DatastoreConfig { adapter: adapter.into(), url: Some(url.into()), ..DatastoreConfig::default() };
        Self { datastores: BTreeMap::from([("default".into(), store)]), models: ModelsConfig::default() }
    }
}

/// One datastore.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatastoreConfig {
    /// `sqlite`, `postgresql` (or `postgres`, `sails-postgresql`), `mysql` (or `mariadb`, `sails-mysql`). Each needs
    /// the Cargo feature of its name: `sqlite`, `postgres`, `mysql`.
    pub adapter: String,
    /// SQLite: a path, `sqlite://…`, or `sqlite::memory:`; without it `.topsail/<name>.sqlite`, and
    /// `.topsail/data.sqlite` for `default`. PostgreSQL: `postgres://user:password@host:5432/database`. MySQL and
    /// MariaDB: `mysql://user:password@host:3306/database`.
    pub url: Option<String>,
    /// The most connections. An in-memory database has one, whatever is set.
    pub max_connections: u32,
    /// How long a query waits for a free connection, a write for its turn, and the lift for the server to answer.
    pub acquire_timeout_ms: u64,
    /// How long SQLite waits for another process that writes.
    pub busy_timeout_ms: u64,
    /// The folder of its written migrations; without it `migrations` for the datastore `default`, and
    /// `migrations/<name>` for others.
    pub migrations: Option<PathBuf>,
}

impl DatastoreConfig {
    /// The folder of the migrations of a datastore of this name.
    pub fn migrations_folder(&self, name: &str) -> PathBuf {
        let default =
            || if name == "default" { "migrations".into() } else { PathBuf::from("migrations").join(name) };
        self.migrations.clone().unwrap_or_else(default)
    }
}

impl Default for DatastoreConfig {
    fn default() -> Self {
        Self {
            adapter: "sqlite".into(),
            url: None,
            max_connections: 8,
            acquire_timeout_ms: 10_000,
            busy_timeout_ms: 5_000,
            migrations: None,
        }
    }
}

/// What holds for all models unless they say otherwise.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelsConfig {
    /// What happens to the tables at lift; absent means that the app decides by its environment.
    pub migrate: Option<Migrate>,
    /// The datastore of models that name none.
    pub datastore: String,
    /// Whether destroying a record detaches the members of its collections.
    pub cascade_on_destroy: bool,
    /// The model that archived records go into, or `false`.
    pub archive_model_identity: ArchiveIdentity,
    /// The keys of encrypted attributes, by id; `default` encrypts.
    pub data_encryption_keys: DataEncryptionKeys,
    /// Conditions in one `where` of the app's own code, at most 900; one across an association counts ten. Clients have
    /// `blueprints.max_criteria_nodes`.
    pub max_criteria_nodes: usize,
    /// Levels of `and` and `or` in one `where` of the app's own code, at most 100.
    pub max_criteria_depth: usize,
    /// Values in all lists of one `where` of the app's own code, at most 20,000.
    pub max_criteria_values: usize,
    /// Of how many records one `update`, `destroy` or `archive` keeps what they were and are, for events. Beyond that it
    /// writes in portions, and its transaction has one [`Bulk`](crate::Bulk) change instead.
    pub bulk_above: usize,
}

impl ModelsConfig {
    /// How large the criteria of the app's own queries may be.
    ///
    /// # Errors
    /// [`OrmError::Setting`] for more than every database takes, and for nothing at all.
    pub(crate) fn where_limits(&self) -> Result<WhereLimits> {
        let limits = WhereLimits {
            nodes: self.max_criteria_nodes,
            depth: self.max_criteria_depth,
            values: self.max_criteria_values,
        };
        let most = WhereLimits::MOST;
        for (key, set, most) in [
            ("max_criteria_nodes", limits.nodes, most.nodes),
            ("max_criteria_depth", limits.depth, most.depth),
            ("max_criteria_values", limits.values, most.values),
        ] {
            if !(1..=most).contains(&set) {
                let message =
                    format!("it must be from 1 to {most}, which is what every database takes; it is {set}");
                return Err(OrmError::Setting { key, message });
            }
        }
        Ok(limits)
    }
}

impl Default for ModelsConfig {
    fn default() -> Self {
        Self {
            migrate: None,
            datastore: "default".into(),
            cascade_on_destroy: false,
            archive_model_identity: ArchiveIdentity::default(),
            data_encryption_keys: DataEncryptionKeys::default(),
            max_criteria_nodes: WhereLimits::default().nodes,
            max_criteria_depth: WhereLimits::default().depth,
            max_criteria_values: WhereLimits::default().values,
            bulk_above: 10_000,
        }
    }
}

/// What happens to the tables at lift.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Migrate {
    /// Tables follow the models; rows are kept.
    Alter,
    /// Tables are dropped and made anew, empty.
    Drop,
    /// Nothing.
    Safe,
}
