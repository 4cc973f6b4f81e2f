//! Datastores: where the tables live, and the one way statements reach them.
//!
//! One room per database ([`sqlite`], [`postgres`], [`mysql`]) knows how to open it, to read its rows and what its
//! errors mean; [`dialect`] knows what differs in SQL.

mod adapter;
mod bind;
mod cell;
mod config;
mod dialect;
mod door;
mod explain;
mod lease;
mod link;
mod migrating;
#[cfg(feature = "mysql")]
mod mysql;
mod names;
mod native;
mod physical;
#[cfg(feature = "postgres")]
mod postgres;
mod row;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod server;
#[cfg(feature = "sqlite")]
mod sqlite;
mod writer;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::Semaphore;

pub(crate) use self::{
    adapter::Adapter,
    bind::bind,
    cell::Cell,
    dialect::{Dialect, Lock},
    door::{Statement, Take},
    explain::explain,
    link::Link,
    migrating::{Applied, Way, checksum, migration, migrations_table},
    names::{bounded, foreign_key, plain_index, unique_index},
    native::Native,
    physical::{Place, SHORT_TEXT, SHORT_TEXT_LENGTH},
    row::Row,
};
pub use self::{
    config::{DatastoreConfig, Migrate, ModelsConfig, OrmConfig},
    lease::Lease,
    native::NativeResult,
};
use crate::error::{OrmError, Result};

#[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
compile_error!("enable the feature of a database: `sqlite`, `postgres` or `mysql`");

/// A pool of connections, one arm per database.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Pool {
    /// SQLite, embedded.
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::SqlitePool),
    /// PostgreSQL.
    #[cfg(feature = "postgres")]
    Postgres(sqlx::PgPool),
    /// MySQL or MariaDB.
    #[cfg(feature = "mysql")]
    Mysql(sqlx::MySqlPool),
}

/// A configured, open datastore.
#[derive(Debug)]
pub struct Datastore {
    name: String,
    pool: Pool,
    dialect: Dialect,
    migrations: PathBuf,
    /// Writers of this process stand in a queue here: a database with one writer would make them spin.
    writers: Option<Arc<Semaphore>>,
    patience: Duration,
    statements: Arc<AtomicU64>,
    /// Connections that do not look at foreign keys until they are given back.
    #[cfg(feature = "sqlite")]
    unchecked: Arc<AtomicU64>,
}

impl Datastore {
    /// Opens the datastore; a file that does not exist is created, a server is asked for its version.
    ///
    /// # Errors
    /// [`OrmError::Config`] for an unknown adapter and for one that this build has not; [`OrmError::Connect`] with
    /// the target and a remedy.
    pub(crate) async fn open(name: &str, config: &DatastoreConfig) -> Result<Self> {
        let refuse = |message: String| OrmError::Config { datastore: name.into(), message };
        let adapter = Adapter::named(&config.adapter).ok_or_else(|| {
            refuse(format!(
                "there is no adapter `{}`; this build has {}",
                config.adapter,
                Adapter::built_in()
            ))
        })?;
        #[cfg(feature = "sqlite")]
        let unchecked = Arc::<AtomicU64>::default();
        let (pool, dialect) = match adapter {
            #[cfg(feature = "sqlite")]
            Adapter::Sqlite => (Pool::Sqlite(sqlite::open(name, config, &unchecked).await?), Dialect::Sqlite),
            #[cfg(feature = "postgres")]
            Adapter::Postgres => (Pool::Postgres(postgres::open(name, config).await?), Dialect::Postgres),
            #[cfg(feature = "mysql")]
            Adapter::Mysql => {
                let (pool, dialect) = mysql::open(name, config).await?;
                (Pool::Mysql(pool), dialect)
            }
            #[allow(unreachable_patterns, reason = "a build with every feature has no adapter missing")]
            missing => {
                return Err(refuse(format!(
                    "this build is without `{}`; switch the feature on in Cargo.toml: \
                     topsail = {{ …, features = [\"{}\"] }}",
                    config.adapter,
                    missing.feature()
                )));
            }
        };
        Ok(Self {
            name: name.into(),
            pool,
            dialect,
            migrations: config.migrations_folder(name),
            writers: (adapter == Adapter::Sqlite).then(|| Arc::new(Semaphore::new(1))),
            patience: Duration::from_millis(config.acquire_timeout_ms),
            statements: Arc::default(),
            #[cfg(feature = "sqlite")]
            unchecked,
        })
    }

    /// The name in the configuration.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The pool below, for what this crate has no words for.
    ///
    /// Statements run on it are in no transaction of this crate and yield no [`Change`](crate::Change)s.
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// How many statements were sent since the start, those of transactions included.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Asks the database for nothing but an answer.
    ///
    /// # Errors
    /// When it gives none, or all connections stay in use until `acquire_timeout_ms` is over.
    pub async fn ping(&self) -> Result<()> {
        let nothing = Statement::fixed("SELECT 1", Vec::new());
        self.fetch(nothing).await.map(drop).map_err(OrmError::from)
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// How long it is waited for what others have.
    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }

    /// The folder of its written migrations.
    pub(crate) fn migrations_folder(&self) -> &Path {
        &self.migrations
    }
}
