//! The only place that hands SQL to the driver.
//!
//! **Invariant:** `AssertSqlSafe` appears in no other file. Every text here was written by sea-query from
//! model definitions, is a constant with a number in it, or is the app's own; values travel beside it.

use std::{sync::atomic::Ordering, time::Duration};

use futures_util::TryStreamExt;
use sea_query_sqlx::SqlxValues;
use sqlx::{AssertSqlSafe, Database, Executor, IntoArguments, SqlSafeStr, SqlStr};
use tokio::sync::OwnedSemaphorePermit;

use super::{Datastore, Link, Pool, Row, link::Inner};

pub(super) type Answer<T> = std::result::Result<T, sqlx::Error>;

/// A statement written out.
pub(crate) struct Statement {
    pub(super) sql: String,
    /// None for a text that is sent as it is: not every database prepares every kind of statement.
    values: Option<SqlxValues>,
}

impl Statement {
    pub(super) fn new((sql, values): (String, sea_query::Values)) -> Self {
        Self { sql, values: Some(SqlxValues(values)) }
    }

    pub(super) fn plain(sql: String) -> Self {
        Self { sql, values: None }
    }

    /// A statement about tables, written out: by the migration from definitions that were checked, or by the database
    /// in its own catalogue.
    pub(crate) fn own_schema(sql: String) -> Self {
        Self::plain(sql)
    }

    /// Whether it removes rows.
    pub(crate) fn destroys(&self) -> bool {
        self.sql.starts_with("DELETE")
    }

    /// The text of a statement that was written out before, with other values.
    pub(crate) fn again(text: &str, values: Vec<sea_query::Value>) -> Self {
        Self { sql: text.into(), values: Some(SqlxValues(sea_query::Values(values))) }
    }

    /// Its text, without its values.
    pub(crate) fn text(&self) -> &str {
        &self.sql
    }

    /// A constant text with values.
    pub(crate) fn fixed(sql: &'static str, values: Vec<sea_query::Value>) -> Self {
        Self { sql: sql.into(), values: Some(SqlxValues(sea_query::Values(values))) }
    }
}

/// A text of the app's own that was vouched for, with other placeholders.
pub(super) fn same_statement(sql: String) -> SqlStr {
    AssertSqlSafe(sql).into_sql_str()
}

/// The rows of a statement.
pub(super) async fn rows<'e, DB, E>(
    executor: E,
    statement: Statement,
    wrap: fn(DB::Row) -> Row,
) -> Answer<Vec<Row>>
where
    DB: Database,
    E: Executor<'e, Database = DB>,
    SqlxValues: IntoArguments<DB>,
{
    let values = statement.values.unwrap_or(SqlxValues(sea_query::Values(vec![])));
    let rows = sqlx::query_with(AssertSqlSafe(statement.sql), values).fetch_all(executor).await?;
    Ok(rows.into_iter().map(wrap).collect())
}

/// What is done with each row.
pub(crate) type Take<'a> = &'a mut (dyn FnMut(Row) -> Answer<()> + Send);

/// Hands over the rows of a statement as they come.
pub(super) async fn each_row<'e, DB, E>(
    executor: E,
    statement: Statement,
    wrap: fn(DB::Row) -> Row,
    take: Take<'_>,
) -> Answer<()>
where
    DB: Database,
    E: Executor<'e, Database = DB>,
    SqlxValues: IntoArguments<DB>,
{
    let values = statement.values.unwrap_or(SqlxValues(sea_query::Values(vec![])));
    let mut rows = sqlx::query_with(AssertSqlSafe(statement.sql), values).fetch(executor);
    while let Some(row) = rows.try_next().await? {
        take(wrap(row))?;
    }
    Ok(())
}

/// Runs a statement and gives what the driver says of it.
pub(super) async fn run<'e, DB, E>(executor: E, statement: Statement) -> Answer<DB::QueryResult>
where
    DB: Database,
    E: Executor<'e, Database = DB>,
    SqlxValues: IntoArguments<DB>,
{
    match statement.values {
        Some(values) => sqlx::query_with(AssertSqlSafe(statement.sql), values).execute(executor).await,
        None => sqlx::raw_sql(AssertSqlSafe(statement.sql)).execute(executor).await,
    }
}

impl Datastore {
    /// Runs a statement outside a transaction and gives its rows.
    pub(crate) async fn fetch(&self, statement: Statement) -> Answer<Vec<Row>> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        tracing::trace!(datastore = self.name(), sql = %statement.sql, "statement");
        match self.pool() {
            #[cfg(feature = "sqlite")]
            Pool::Sqlite(pool) => rows(pool, statement, Row::Sqlite).await,
            #[cfg(feature = "postgres")]
            Pool::Postgres(pool) => rows(pool, statement, Row::Postgres).await,
            #[cfg(feature = "mysql")]
            Pool::Mysql(pool) => rows(pool, statement, Row::Mysql).await,
        }
    }

    /// Begins a transaction that will write; waits for its turn where the database has one writer.
    pub(crate) async fn begin_write(&self) -> Answer<Link> {
        let turn = self.turn().await?;
        let inner = match self.pool() {
            #[cfg(feature = "sqlite")]
            Pool::Sqlite(pool) => Inner::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await?),
            #[cfg(feature = "postgres")]
            Pool::Postgres(pool) => {
                Inner::Postgres(pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await?)
            }
            #[cfg(feature = "mysql")]
            Pool::Mysql(pool) => Inner::Mysql(pool.begin().await?),
        };
        Ok(Link::new(inner, self.statements.clone(), turn))
    }

    /// Begins a transaction that changes tables. SQLite does not look at foreign keys in it: a table that is made again
    /// would take the rows along that point at it.
    pub(crate) async fn begin_migration(&self) -> Answer<Link> {
        match self.pool() {
            #[cfg(feature = "sqlite")]
            Pool::Sqlite(pool) => {
                let turn = self.turn().await?;
                let begun = super::sqlite::begin_without_foreign_keys(pool, &self.unchecked).await?;
                Ok(Link::new(Inner::Sqlite(begun), self.statements.clone(), turn))
            }
            #[allow(unreachable_patterns, reason = "a build with SQLite only has no other")]
            _ => self.begin_write().await,
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
        let inner = match self.pool() {
            #[cfg(feature = "sqlite")]
            Pool::Sqlite(pool) => Inner::Sqlite(pool.begin_with("BEGIN DEFERRED").await?),
            #[cfg(feature = "postgres")]
            Pool::Postgres(pool) => {
                Inner::Postgres(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
            }
            #[cfg(feature = "mysql")]
            Pool::Mysql(pool) => Inner::Mysql(
                pool.begin_with(
                    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; \
                     START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
                )
                .await?,
            ),
        };
        Ok(Link::new(inner, self.statements.clone(), None))
    }

    /// Closes every connection, after those in use have been given back.
    pub(crate) async fn close(&self) {
        match self.pool() {
            #[cfg(feature = "sqlite")]
            Pool::Sqlite(pool) => pool.close().await,
            #[cfg(feature = "postgres")]
            Pool::Postgres(pool) => pool.close().await,
            #[cfg(feature = "mysql")]
            Pool::Mysql(pool) => pool.close().await,
        }
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
