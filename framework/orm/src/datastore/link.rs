//! A connection inside a transaction.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use sqlx::migrate::Migrate;
use tokio::sync::OwnedSemaphorePermit;

use super::{
    Row,
    door::{Answer, Statement, Take, each_row, rows, run},
    native::{self, Native, NativeResult},
};

/// A connection inside a transaction. Dropped without a commit, it rolls back.
pub(crate) struct Link {
    inner: Inner,
    health: Health,
    /// Whether the last statement was given up before its answer came.
    unanswered: bool,
    statements: Arc<AtomicU64>,
    /// Given back after the connection, so that the next writer finds the database free.
    _turn: Option<OwnedSemaphorePermit>,
}

pub(super) enum Inner {
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::Transaction<'static, sqlx::Sqlite>),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
    #[cfg(feature = "mysql")]
    Mysql(sqlx::Transaction<'static, sqlx::MySql>),
}

/// What an error did to the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(all(feature = "sqlite", feature = "postgres", feature = "mysql")),
    allow(dead_code, reason = "what only a database says that this build is without")
)]
enum Health {
    Fine,
    /// The database takes nothing more before a rollback to a savepoint; a commit would silently undo everything.
    Failed,
    /// The database has undone it all; statements that follow would be in no transaction.
    Gone,
}

impl Link {
    pub(super) fn new(inner: Inner, statements: Arc<AtomicU64>, turn: Option<OwnedSemaphorePermit>) -> Self {
        Self { inner, health: Health::Fine, unanswered: false, statements, _turn: turn }
    }

    pub(crate) async fn fetch(&mut self, statement: Statement) -> Answer<Vec<Row>> {
        self.before(&statement.sql)?;
        let answer = match &mut self.inner {
            #[cfg(feature = "sqlite")]
            Inner::Sqlite(tx) => rows(&mut **tx, statement, Row::Sqlite).await,
            #[cfg(feature = "postgres")]
            Inner::Postgres(tx) => rows(&mut **tx, statement, Row::Postgres).await,
            #[cfg(feature = "mysql")]
            Inner::Mysql(tx) => rows(&mut **tx, statement, Row::Mysql).await,
        };
        self.after(answer)
    }

    /// Hands over one row after the other.
    pub(crate) async fn each_row(&mut self, statement: Statement, take: Take<'_>) -> Answer<()> {
        self.before(&statement.sql)?;
        let answer = match &mut self.inner {
            #[cfg(feature = "sqlite")]
            Inner::Sqlite(tx) => each_row(&mut **tx, statement, Row::Sqlite, take).await,
            #[cfg(feature = "postgres")]
            Inner::Postgres(tx) => each_row(&mut **tx, statement, Row::Postgres, take).await,
            #[cfg(feature = "mysql")]
            Inner::Mysql(tx) => each_row(&mut **tx, statement, Row::Mysql, take).await,
        };
        self.after(answer)
    }

    /// Runs a statement and gives the number of rows it changed.
    pub(crate) async fn execute(&mut self, statement: Statement) -> Answer<u64> {
        self.run(statement).await.map(|done| done.rows)
    }

    /// Runs an insert and gives the automatic key of its row; 0 if it made none. For databases without `RETURNING`.
    pub(crate) async fn insert(&mut self, statement: Statement) -> Answer<u64> {
        self.run(statement).await.map(|done| done.last_key)
    }

    async fn run(&mut self, statement: Statement) -> Answer<Done> {
        self.before(&statement.sql)?;
        let answer = match &mut self.inner {
            #[cfg(feature = "sqlite")]
            Inner::Sqlite(tx) => {
                run(&mut **tx, statement).await.map(|d| Done { rows: d.rows_affected(), last_key: 0 })
            }
            #[cfg(feature = "postgres")]
            Inner::Postgres(tx) => {
                run(&mut **tx, statement).await.map(|d| Done { rows: d.rows_affected(), last_key: 0 })
            }
            #[cfg(feature = "mysql")]
            Inner::Mysql(tx) => run(&mut **tx, statement)
                .await
                .map(|d| Done { rows: d.rows_affected(), last_key: d.last_insert_id() }),
        };
        self.after(answer)
    }

    /// Sends SQL of the app's own.
    pub(crate) async fn native(&mut self, native: Native) -> Answer<NativeResult> {
        self.before(native.sql())?;
        let answer = match &mut self.inner {
            #[cfg(feature = "sqlite")]
            Inner::Sqlite(tx) => native::sqlite(&mut **tx, native).await,
            #[cfg(feature = "postgres")]
            Inner::Postgres(tx) => native::postgres(&mut **tx, native).await,
            #[cfg(feature = "mysql")]
            Inner::Mysql(tx) => native::mysql(&mut **tx, native).await,
        };
        self.after(answer)
    }

    /// Moves the sequence of an automatic key to this key or beyond, so that it never gives it. For PostgreSQL.
    ///
    /// Those who move the sequence of one table take turns until they commit. Those who take from it do not wait for that,
    /// and what they took in between must not be given again: so it is moved as they do it, key by key, and set only where
    /// it is too far away for that, and for them.
    pub(crate) async fn advance_sequence(&mut self, table: &str, column: &str, key: i64) -> Answer<()> {
        let values = || vec![table.into(), column.into(), key.into()];
        let behind = "SELECT 1 FROM (SELECT pg_get_serial_sequence(quote_ident($1), $2)::regclass AS s) AS t \
                      WHERE s IS NOT NULL AND COALESCE(pg_sequence_last_value(s), 0) < $3";
        if self.fetch(Statement::fixed(behind, values())).await?.is_empty() {
            return Ok(());
        }
        let turn = "SELECT pg_advisory_xact_lock(1953460083, hashtext($1))";
        self.execute(Statement::fixed(turn, vec![table.into()])).await?;
        let forward = "SELECT CASE WHEN $3 - last > 1000 THEN setval(s, $3) \
                       ELSE (SELECT max(n) FROM (SELECT nextval(s) AS n FROM generate_series(1, $3 - last)) AS m) END \
                       FROM (SELECT s, COALESCE(pg_sequence_last_value(s), 0) AS last \
                       FROM (SELECT pg_get_serial_sequence(quote_ident($1), $2)::regclass AS s) AS t) AS u \
                       WHERE last < $3";
        self.execute(Statement::fixed(forward, values())).await?;
        Ok(())
    }

    /// How far apart the automatic keys of one statement are; more than 1 in a cluster. For MySQL.
    pub(crate) async fn key_step(&mut self) -> Answer<usize> {
        let sql = "SELECT CAST(@@auto_increment_increment AS SIGNED)";
        let rows = self.fetch(Statement::fixed(sql, vec![])).await?;
        let step = rows.first().map_or(Ok(1), |row| row.int(0))?;
        Ok(usize::try_from(step).unwrap_or(1).max(1))
    }

    /// Sets a savepoint; releases the one before of the same name, if it `lingers`, with the same message.
    pub(crate) async fn savepoint(&mut self, depth: u32, lingers: bool) -> Answer<()> {
        let name = format!("topsail_{depth}");
        let sql = match lingers {
            true => format!("RELEASE SAVEPOINT {name}; SAVEPOINT {name}"),
            false => format!("SAVEPOINT {name}"),
        };
        self.execute(Statement::plain(sql)).await.map(drop)
    }

    pub(crate) async fn release(&mut self, depth: u32) -> Answer<()> {
        self.execute(Statement::plain(format!("RELEASE SAVEPOINT topsail_{depth}"))).await.map(drop)
    }

    /// Goes back to a savepoint, which stays.
    pub(crate) async fn rollback_to(&mut self, depth: u32) -> Answer<()> {
        if self.health == Health::Gone {
            // Nothing is left to undo; the commit will say so.
            return Ok(());
        }
        self.execute(Statement::plain(format!("ROLLBACK TO SAVEPOINT topsail_{depth}"))).await?;
        self.health = Health::Fine;
        Ok(())
    }

    /// # Errors
    /// If an earlier error has ended the transaction or its savepoint.
    pub(crate) async fn check(&mut self) -> Answer<()> {
        if self.unanswered {
            self.execute(Statement::plain("SELECT 1".into())).await?;
        }
        match self.health {
            Health::Fine => Ok(()),
            Health::Failed => Err(sqlx::Error::Protocol(
                "an earlier error ended this savepoint; nothing of it was kept, run it again".into(),
            )),
            Health::Gone => Err(ended()),
        }
    }

    /// # Errors
    /// Also if an earlier error has undone the transaction.
    pub(crate) async fn commit(mut self) -> Answer<()> {
        if self.unanswered {
            let _ = self.check().await;
        }
        if self.health != Health::Fine {
            self.rollback().await?;
            return Err(ended());
        }
        match self.inner {
            #[cfg(feature = "sqlite")]
            Inner::Sqlite(tx) => tx.commit().await,
            #[cfg(feature = "postgres")]
            Inner::Postgres(tx) => tx.commit().await,
            #[cfg(feature = "mysql")]
            Inner::Mysql(tx) => tx.commit().await,
        }
    }

    pub(crate) async fn rollback(self) -> Answer<()> {
        match self.inner {
            #[cfg(feature = "sqlite")]
            Inner::Sqlite(tx) => tx.rollback().await,
            #[cfg(feature = "postgres")]
            Inner::Postgres(tx) => tx.rollback().await,
            #[cfg(feature = "mysql")]
            Inner::Mysql(tx) => tx.rollback().await,
        }
    }

    /// The connection, for what sqlx knows of migrations. An error there is the end of this transaction.
    pub(super) fn migrate(&mut self) -> &mut (dyn Migrate + Send) {
        match &mut self.inner {
            #[cfg(feature = "sqlite")]
            Inner::Sqlite(tx) => &mut **tx,
            #[cfg(feature = "postgres")]
            Inner::Postgres(tx) => &mut **tx,
            #[cfg(feature = "mysql")]
            Inner::Mysql(tx) => &mut **tx,
        }
    }

    fn before(&mut self, sql: &str) -> Answer<()> {
        if self.health == Health::Gone {
            return Err(ended());
        }
        self.unanswered = true;
        self.statements.fetch_add(1, Ordering::Relaxed);
        tracing::trace!(sql, "statement in a transaction");
        Ok(())
    }

    #[cfg_attr(
        not(feature = "mysql"),
        allow(unused_variables, reason = "only MySQL's errors differ in what they end")
    )]
    fn after<T>(&mut self, answer: Answer<T>) -> Answer<T> {
        self.unanswered = false;
        if let Err(error) = &answer {
            match &self.inner {
                #[cfg(feature = "sqlite")]
                Inner::Sqlite(_) => {}
                #[cfg(feature = "postgres")]
                Inner::Postgres(_) => self.health = Health::Failed,
                #[cfg(feature = "mysql")]
                Inner::Mysql(_) => {
                    if super::mysql::ends_transaction(error) {
                        self.health = Health::Gone;
                    }
                }
            }
        }
        answer
    }
}

/// What a statement did.
struct Done {
    rows: u64,
    last_key: u64,
}

fn ended() -> sqlx::Error {
    sqlx::Error::Protocol(
        "an earlier error made the database undo this transaction; nothing of it was kept, run it again"
            .into(),
    )
}
