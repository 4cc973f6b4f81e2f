//! Datastores: where the tables live, and the one way statements reach them.

mod bind;
mod config;
mod dialect;
mod door;
mod explain;
mod row;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::Semaphore;

pub use self::config::{DatastoreConfig, Migrate, ModelsConfig, OrmConfig};
pub(crate) use self::{
    bind::bind,
    dialect::Dialect,
    door::{Link, Statement},
    explain::explain,
    row::Row,
};
use crate::error::{OrmError, Result};

#[cfg(not(feature = "sqlite"))]
compile_error!("enable the feature of a database: `sqlite`");

/// A pool of connections, one arm per database.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Pool {
    /// SQLite, embedded.
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::SqlitePool),
}

/// A configured, open datastore.
#[derive(Debug)]
pub struct Datastore {
    name: String,
    pool: Pool,
    dialect: Dialect,
    /// Writers of this process stand in a queue here: a database with one writer would make them spin.
    writers: Option<Arc<Semaphore>>,
    patience: Duration,
    statements: Arc<AtomicU64>,
}

impl Datastore {
    /// Opens the datastore; a file that does not exist is created.
    ///
    /// # Errors
    /// [`OrmError::Config`] for an unknown adapter, [`OrmError::Connect`] with the target and a remedy.
    pub(crate) async fn open(name: &str, config: &DatastoreConfig) -> Result<Self> {
        let patience = Duration::from_millis(config.acquire_timeout_ms);
        match config.adapter.as_str() {
            #[cfg(feature = "sqlite")]
            "sqlite" => Ok(Self {
                name: name.into(),
                pool: Pool::Sqlite(sqlite::open(name, config).await?),
                dialect: Dialect::Sqlite,
                writers: Some(Arc::new(Semaphore::new(1))),
                patience,
                statements: Arc::default(),
            }),
            other => Err(OrmError::Config {
                datastore: name.into(),
                message: format!("there is no adapter `{other}`; this build has `sqlite`"),
            }),
        }
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
}
