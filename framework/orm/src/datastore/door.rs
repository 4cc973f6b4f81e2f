//! The only place that hands SQL to the driver.
//!
//! **Invariant:** `AssertSqlSafe` appears in no other file. Every text here was written by sea-query from
//! model definitions, or is a constant with a number in it; values travel beside it.

use std::{sync::atomic::Ordering, time::Duration};

use sea_query_sqlx::SqlxValues;
use sqlx::AssertSqlSafe;
use tokio::sync::OwnedSemaphorePermit;

use super::{Datastore, Pool, Row};

type Answer<T> = std::result::Result<T, sqlx::Error>;

/// A statement written out.
pub(crate) struct Statement {
    sql: String,
    values: SqlxValues,
}

impl Statement {
    pub(super) fn new((sql, values): (String, SqlxValues)) -> Self {
        Self { sql, values }
    }

    pub(super) fn plain(sql: String) -> Self {
        Self { sql, values: SqlxValues(sea_query::Values(vec![])) }
    }

    /// A statement that the database keeps in its own catalogue, such as that of an index.
    pub(crate) fn own_schema(sql: String) -> Self {
        Self::plain(sql)
    }

    /// A constant text with values.
    pub(crate) fn fixed(sql: &'static str, values: Vec<sea_query::Value>) -> Self {
        Self { sql: sql.into(), values: SqlxValues(sea_query::Values(values)) }
    }
}

impl Datastore {
    /// Runs a statement outside a transaction and gives its rows.
    pub(crate) async fn fetch(&self, statement: Statement) -> Answer<Vec<Row>> {
        self.count(&statement);
        match self.pool() {
            #[cfg(feature = "sqlite")]
            Pool::Sqlite(pool) => {
                let query = sqlx::query_with(AssertSqlSafe(statement.sql), statement.values);
                Ok(query.fetch_all(pool).await?.into_iter().map(Row::Sqlite).collect())
            }
        }
    }

    /// Begins a transaction that will write; waits for its turn where the database has one writer.
    pub(crate) async fn begin_write(&self) -> Answer<Link> {
        let turn = self.turn().await?;
        match self.pool() {
            #[cfg(feature = "sqlite")]
            Pool::Sqlite(pool) => {
                let inner = Inner::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await?);
                Ok(Link { inner, statements: self.statements.clone(), _turn: turn })
            }
        }
    }

    /// Waits for the turn to write, where the database has one writer.
    pub(crate) async fn turn(&self) -> Answer<Option<OwnedSemaphorePermit>> {
        match &self.writers {
            Some(writers) => Ok(Some(within(self.patience, writers.clone().acquire_owned()).await?)),
            None => Ok(None),
        }
    }

    /// Begins a transaction that only reads: all its statements see one state of the database.
    pub(crate) async fn begin_read(&self) -> Answer<Link> {
        match self.pool() {
            #[cfg(feature = "sqlite")]
            Pool::Sqlite(pool) => {
                let inner = Inner::Sqlite(pool.begin_with("BEGIN DEFERRED").await?);
                Ok(Link { inner, statements: self.statements.clone(), _turn: None })
            }
        }
    }

    /// Closes every connection, after those in use have been given back.
    pub(crate) async fn close(&self) {
        match self.pool() {
            #[cfg(feature = "sqlite")]
            Pool::Sqlite(pool) => pool.close().await,
        }
    }

    fn count(&self, statement: &Statement) {
        self.statements.fetch_add(1, Ordering::Relaxed);
        tracing::trace!(datastore = self.name(), sql = %statement.sql, "statement");
    }
}

/// A connection inside a transaction. Dropped without a commit, it rolls back.
pub(crate) struct Link {
    inner: Inner,
    statements: std::sync::Arc<std::sync::atomic::AtomicU64>,
    /// Given back after the connection, so that the next writer finds the database free.
    _turn: Option<OwnedSemaphorePermit>,
}

enum Inner {
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::Transaction<'static, sqlx::Sqlite>),
}

impl Link {
    pub(crate) async fn fetch(&mut self, statement: Statement) -> Answer<Vec<Row>> {
        self.count(&statement);
        match &mut self.inner {
            #[cfg(feature = "sqlite")]
            Inner::Sqlite(tx) => {
                let query = sqlx::query_with(AssertSqlSafe(statement.sql), statement.values);
                Ok(query.fetch_all(&mut **tx).await?.into_iter().map(Row::Sqlite).collect())
            }
        }
    }

    /// Runs a statement and gives the number of rows it changed.
    pub(crate) async fn execute(&mut self, statement: Statement) -> Answer<u64> {
        self.count(&statement);
        match &mut self.inner {
            #[cfg(feature = "sqlite")]
            Inner::Sqlite(tx) => {
                let query = sqlx::query_with(AssertSqlSafe(statement.sql), statement.values);
                Ok(query.execute(&mut **tx).await?.rows_affected())
            }
        }
    }

    pub(crate) async fn savepoint(&mut self, depth: u32) -> Answer<()> {
        self.execute(Statement::plain(format!("SAVEPOINT topsail_{depth}"))).await.map(drop)
    }

    pub(crate) async fn release(&mut self, depth: u32) -> Answer<()> {
        self.execute(Statement::plain(format!("RELEASE SAVEPOINT topsail_{depth}"))).await.map(drop)
    }

    pub(crate) async fn rollback_to(&mut self, depth: u32) -> Answer<()> {
        self.execute(Statement::plain(format!("ROLLBACK TO SAVEPOINT topsail_{depth}"))).await?;
        self.release(depth).await
    }

    pub(crate) async fn commit(self) -> Answer<()> {
        match self.inner {
            #[cfg(feature = "sqlite")]
            Inner::Sqlite(tx) => tx.commit().await,
        }
    }

    pub(crate) async fn rollback(self) -> Answer<()> {
        match self.inner {
            #[cfg(feature = "sqlite")]
            Inner::Sqlite(tx) => tx.rollback().await,
        }
    }

    fn count(&self, statement: &Statement) {
        self.statements.fetch_add(1, Ordering::Relaxed);
        tracing::trace!(sql = %statement.sql, "statement in a transaction");
    }
}

async fn within<T, E>(
    patience: Duration,
    turn: impl Future<Output = std::result::Result<T, E>>,
) -> Answer<T> {
    match tokio::time::timeout(patience, turn).await {
        Ok(Ok(turn)) => Ok(turn),
        Ok(Err(_)) => Err(sqlx::Error::PoolClosed),
        Err(_) => Err(sqlx::Error::PoolTimedOut),
    }
}
