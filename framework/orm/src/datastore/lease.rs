//! One connection for a while.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use serde_json::Value;
use sqlx::{SqlSafeStr, migrate::Migrate, pool::PoolConnection};

use super::{
    Datastore, Dialect, Pool,
    native::{self, Native, NativeResult},
};
use crate::{
    error::{OrmError, Result},
    example::example,
};

/// One connection of a datastore, outside of any transaction.
pub struct Lease {
    connection: Connection,
    dialect: Dialect,
    statements: Arc<AtomicU64>,
}

pub(super) enum Connection {
    #[cfg(feature = "sqlite")]
    Sqlite(PoolConnection<sqlx::Sqlite>),
    #[cfg(feature = "postgres")]
    Postgres(PoolConnection<sqlx::Postgres>),
    #[cfg(feature = "mysql")]
    Mysql(PoolConnection<sqlx::MySql>),
}

impl Datastore {
    /// Lends one connection to `during`, for what belongs to a connection: a lock, a temporary table, a setting.
    ///
    /// It goes back whatever happens, with the settings it has by then. Queries of models do not run on it; they take
    /// part in transactions only.
    ///
    /// # Errors
    /// What `during` gives, unchanged; that no connection is free.
    ///
    /// # Source
    /// Sails `datastore.leaseConnection`. Differs: it is no `usingConnection` for queries of models.
    #[doc = example!(
        "let store = orm.require_datastore(\"default\")?;"
        "let found = store.lease_connection(async |db| {"
        "    db.send_native_query(\"CREATE TEMPORARY TABLE seen (id integer)\", []).await?;"
        "    db.send_native_query(\"INSERT INTO seen SELECT id FROM pet\", []).await"
        "});"
        "assert_eq!(found.await?.affected, 2);"
    )]
    pub async fn lease_connection<T, E: From<OrmError>>(
        &self,
        during: impl AsyncFnOnce(&mut Lease) -> Result<T, E>,
    ) -> Result<T, E> {
        let connection = self.acquire().await.map_err(OrmError::from)?;
        let mut lease =
            Lease { connection, dialect: self.dialect(), statements: Arc::clone(&self.statements) };
        during(&mut lease).await
    }

    pub(super) async fn acquire(&self) -> std::result::Result<Connection, sqlx::Error> {
        Ok(match self.pool() {
            #[cfg(feature = "sqlite")]
            Pool::Sqlite(pool) => Connection::Sqlite(pool.acquire().await?),
            #[cfg(feature = "postgres")]
            Pool::Postgres(pool) => Connection::Postgres(pool.acquire().await?),
            #[cfg(feature = "mysql")]
            Pool::Mysql(pool) => Connection::Mysql(pool.acquire().await?),
        })
    }
}

impl Connection {
    pub(super) fn migrate(&mut self) -> &mut (dyn Migrate + Send) {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(connection) => &mut **connection,
            #[cfg(feature = "postgres")]
            Self::Postgres(connection) => &mut **connection,
            #[cfg(feature = "mysql")]
            Self::Mysql(connection) => &mut **connection,
        }
    }
}

impl Lease {
    /// Sends SQL of the app's own on this connection.
    ///
    /// # Errors
    /// As [`Datastore::send_native_query`].
    pub async fn send_native_query(
        &mut self,
        sql: impl SqlSafeStr,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<NativeResult> {
        let native = Native::new(self.dialect, sql, values)?;
        self.statements.fetch_add(1, Ordering::Relaxed);
        tracing::trace!(sql = native.sql(), "statement of the app");
        let answer = match &mut self.connection {
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(connection) => native::sqlite(&mut **connection, native).await,
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => native::postgres(&mut **connection, native).await,
            #[cfg(feature = "mysql")]
            Connection::Mysql(connection) => native::mysql(&mut **connection, native).await,
        };
        Ok(answer?)
    }
}
