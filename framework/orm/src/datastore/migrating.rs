//! What sqlx keeps of written migrations, and a connection of its own for them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use sqlx::{
    SqlStr,
    migrate::{Migrate, MigrateError, Migration, MigrationType},
};

use super::{Datastore, Dialect, Link, Pool, Statement, door::same_statement};
use crate::error::{DatabaseError, Result};

/// Where sqlx remembers what was applied; its own command knows this table too.
const TABLE: &str = "_sqlx_migrations";

/// How long one waits for another that migrates the same database.
const PATIENCE: Duration = Duration::from_secs(3600);

/// A migration that is in the database.
#[derive(Clone, Debug)]
pub(crate) struct Applied {
    pub version: i64,
    /// As it was called; blanks stand for `_`.
    pub description: String,
    pub checksum: Vec<u8>,
    /// Whether it ended well; it can be otherwise in MySQL only.
    pub whole: bool,
}

/// Which way a migration is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Up,
    Down,
    /// It is noted as applied, and not run.
    Skip,
}

/// A script for sqlx. The checksum is that of the file, whatever of it is sent.
pub(crate) fn migration(version: i64, name: &str, file: &str, sent: String, way: Way) -> Migration {
    let kind = if way == Way::Down { MigrationType::ReversibleDown } else { MigrationType::ReversibleUp };
    let sql: SqlStr = same_statement(sent);
    let mut migration = Migration::new(version, name.replace('_', " ").into(), kind, sql, false);
    migration.checksum = checksum(file).into();
    migration
}

/// The checksum of a file, as sqlx makes it. Line ends of Windows, which git may write, count as those of others.
pub(crate) fn checksum(file: &str) -> Vec<u8> {
    let sql = same_statement(file.replace("\r\n", "\n"));
    Migration::new(0, "".into(), MigrationType::ReversibleUp, sql, false).checksum.into_owned()
}

impl Datastore {
    /// The same database through one connection, on which locks and settings stay. SQLite does not watch over foreign
    /// keys there, since a table that is made anew would take along the rows that point at it.
    pub(crate) async fn alone(&self) -> Result<Self> {
        let pool = match &self.pool {
            #[cfg(feature = "sqlite")]
            Pool::Sqlite(pool) => {
                let options = pool.connect_options().as_ref().clone().foreign_keys(false);
                Pool::Sqlite(one(pool.options()).connect_lazy_with(options))
            }
            #[cfg(feature = "postgres")]
            Pool::Postgres(pool) => {
                Pool::Postgres(one(pool.options()).connect_lazy_with(pool.connect_options().as_ref().clone()))
            }
            #[cfg(feature = "mysql")]
            Pool::Mysql(pool) => {
                Pool::Mysql(one(pool.options()).connect_lazy_with(pool.connect_options().as_ref().clone()))
            }
        };
        let alone = Self {
            name: self.name.clone(),
            pool,
            dialect: self.dialect,
            migrations: self.migrations.clone(),
            writers: None,
            patience: self.patience,
            statements: Arc::clone(&self.statements),
            #[cfg(feature = "sqlite")]
            unchecked: Arc::default(),
        };
        alone.ping().await?;
        Ok(alone)
    }

    /// Waits until nobody else migrates; the lock goes with the connection. In SQLite whoever writes has the database for
    /// himself.
    ///
    /// It is asked for again and again: a statement that waits would hold up `CREATE INDEX CONCURRENTLY` of the one it
    /// waits for. sqlx's own lock does, and is none in MariaDB.
    pub(crate) async fn lock_migrations(&self) -> Result<()> {
        let sql = match self.dialect {
            Dialect::Sqlite => return Ok(()),
            Dialect::Postgres => {
                "SELECT pg_try_advisory_lock(1953460084, hashtext(COALESCE(current_schema()::text, '')))::int"
            }
            Dialect::Mysql | Dialect::Mariadb => {
                "SELECT CAST(COALESCE(GET_LOCK(CONCAT('topsail ', MD5(DATABASE())), 0), 0) AS SIGNED)"
            }
        };
        let begin = Instant::now();
        let mut told = false;
        loop {
            let rows = self.fetch(Statement::fixed(sql, vec![])).await?;
            if rows.first().map_or(Ok(0), |row| row.int(0))? == 1 {
                return Ok(());
            }
            if begin.elapsed() > PATIENCE {
                let late = "somebody else migrates this database, and does not end";
                return Err(sqlx::Error::Protocol(late.into()).into());
            }
            if !told {
                tracing::info!(datastore = self.name(), "waiting for somebody else who migrates");
                told = true;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Runs a migration outside of a transaction of ours: where the database ends it with every statement about tables
    /// (MySQL), and where the file asks for none.
    pub(crate) async fn run_migration(
        &self,
        migration: &Migration,
        way: Way,
    ) -> std::result::Result<(), DatabaseError> {
        let mut connection = self.acquire().await.map_err(DatabaseError::from)?;
        run(connection.migrate(), migration, way).await
    }

    /// The statement of an instrumented script in which it ended.
    pub(crate) async fn last_statement(&self) -> Option<usize> {
        let sql = "SELECT CAST(COALESCE(@topsail_statement, 0) AS SIGNED)";
        let rows = self.fetch(Statement::fixed(sql, vec![])).await.ok()?;
        usize::try_from(rows.first()?.int(0).ok()?).ok()?.checked_sub(1)
    }
}

impl Link {
    /// Runs a migration as a part of this transaction.
    pub(crate) async fn run_migration(
        &mut self,
        migration: &Migration,
        way: Way,
    ) -> std::result::Result<(), DatabaseError> {
        run(self.migrate(), migration, way).await
    }

    /// Makes the table of migrations.
    pub(crate) async fn prepare_migrations(&mut self) -> Result<()> {
        Ok(self.migrate().ensure_migrations_table(TABLE).await.map_err(refused)?)
    }

    /// The migrations in the database, the oldest first.
    pub(crate) async fn applied_migrations(&mut self) -> Result<Vec<Applied>> {
        let sums = self.migrate().list_applied_migrations(TABLE).await.map_err(refused)?;
        let sql = "SELECT version, description, CASE WHEN success THEN 1 ELSE 0 END FROM _sqlx_migrations";
        let rows = self.fetch(Statement::fixed(sql, vec![])).await?;
        let mut applied = vec![];
        for sum in sums {
            let mut one = Applied {
                version: sum.version,
                description: String::new(),
                checksum: sum.checksum.into_owned(),
                whole: true,
            };
            for row in &rows {
                if row.int(0)? == one.version {
                    one.description = row.text(1)?;
                    one.whole = row.int(2)? != 0;
                }
            }
            applied.push(one);
        }
        Ok(applied)
    }
}

/// The name of the table of migrations.
pub(crate) fn migrations_table() -> &'static str {
    TABLE
}

async fn run(
    connection: &mut (dyn Migrate + Send),
    migration: &Migration,
    way: Way,
) -> std::result::Result<(), DatabaseError> {
    match way {
        Way::Up => connection.apply(TABLE, migration).await.map(drop),
        Way::Down => connection.revert(TABLE, migration).await.map(drop),
        Way::Skip => connection.skip(TABLE, migration).await,
    }
    .map_err(|e| refused(e).into())
}

/// What the database said; the rest is said better by those who know the files.
fn refused(error: MigrateError) -> sqlx::Error {
    match error {
        MigrateError::Execute(e) | MigrateError::ExecuteMigration(e, _) => e,
        other => sqlx::Error::Migrate(Box::new(other)),
    }
}

fn one<DB: sqlx::Database>(like: &sqlx::pool::PoolOptions<DB>) -> sqlx::pool::PoolOptions<DB> {
    like.clone()
        .min_connections(0)
        .max_connections(1)
        .idle_timeout(None::<Duration>)
        .max_lifetime(None::<Duration>)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_do_not_change_a_file() {
        assert_eq!(checksum("a\r\nb\n\r\n"), checksum("a\nb\n\n"));
        assert_ne!(checksum("a\nb"), checksum("a\nc"));
        assert_ne!(checksum("a\rb"), checksum("ab"));
    }
}
