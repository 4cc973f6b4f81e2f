//! MySQL and MariaDB: opening them, their rows, their errors.

use std::{str::FromStr, time::Duration};

use sqlx::{
    ConnectOptions, Connection, Decode, Executor, MySql, MySqlPool, Row as _, TypeInfo, ValueRef,
    mysql::{MySqlConnectOptions, MySqlConnection, MySqlDatabaseError, MySqlPoolOptions, MySqlRow},
};

use super::{Cell, DatastoreConfig, Dialect, server};
use crate::error::{OrmError, Result};

const EXAMPLE: &str = "mysql://user:password@localhost:3306/app";

/// Statements see what is committed when they begin, as in PostgreSQL, and no value is shortened without a word.
///
/// The stricter level that is the default here locks the gaps between rows, on which writers deadlock.
const SESSION: &str = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; \
                       SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')";

pub(super) async fn open(name: &str, config: &DatastoreConfig) -> Result<(MySqlPool, Dialect)> {
    let url = server::url(name, config, EXAMPLE)?;
    let options = MySqlConnectOptions::from_str(url).map_err(|e| server::not_a_url(name, EXAMPLE, &e))?;
    if options.get_database().is_none() {
        return Err(OrmError::Config {
            datastore: name.into(),
            message: format!("`datastores.{name}.url` names no database; write `{EXAMPLE}`"),
        });
    }
    let target = format!(
        "the database `{}` at {}:{} as `{}`",
        options.get_database().unwrap_or_default(),
        options.get_host(),
        options.get_port(),
        options.get_username()
    );
    let (connection, dialect) = server::first(name, config, target, async {
        let mut connection = options.connect().await?;
        let dialect = dialect(&mut connection).await?;
        Ok((connection, dialect))
    })
    .await?;
    connection.close().await.map_err(OrmError::from)?;
    let pool = MySqlPoolOptions::new()
        .acquire_timeout(Duration::from_millis(config.acquire_timeout_ms.max(1)))
        .max_connections(config.max_connections.max(1))
        .after_connect(|connection, _| Box::pin(async move { connection.execute(SESSION).await.map(drop) }))
        .connect_lazy_with(options);
    Ok((pool, dialect))
}

async fn dialect(connection: &mut MySqlConnection) -> std::result::Result<Dialect, sqlx::Error> {
    let version: String = sqlx::query_scalar("SELECT CAST(VERSION() AS CHAR)").fetch_one(connection).await?;
    Ok(if version.contains("MariaDB") { Dialect::Mariadb } else { Dialect::Mysql })
}

/// The value of column `index`, by the type that the database reports.
pub(super) fn cell(row: &MySqlRow, index: usize) -> std::result::Result<Cell<'_>, sqlx::Error> {
    let raw = row.try_get_raw(index)?;
    if raw.is_null() {
        return Ok(Cell::Null);
    }
    let kind = raw.type_info().name().to_string();
    let decoded = match kind.as_str() {
        "BOOLEAN" | "TINYINT" | "SMALLINT" | "INT" | "MEDIUMINT" | "BIGINT" => {
            <i64 as Decode<'_, MySql>>::decode(raw).map(Cell::Int)
        }
        unsigned if unsigned.ends_with("UNSIGNED") => {
            <u64 as Decode<'_, MySql>>::decode(raw).map(|n| Cell::Json(n.into()))
        }
        "DOUBLE" => <f64 as Decode<'_, MySql>>::decode(raw).map(Cell::Float),
        "FLOAT" => <f32 as Decode<'_, MySql>>::decode(raw).map(|f| Cell::Float(f.into())),
        // Its digits, as a number where a number holds them.
        "DECIMAL" => <&str as Decode<'_, MySql>>::decode(raw)
            .map(|digits| digits.parse().map_or_else(|_| Cell::Text(digits.into()), Cell::Float)),
        "DATE" | "TIME" | "DATETIME" | "TIMESTAMP" | "YEAR" | "BIT" | "GEOMETRY" => {
            Err(format!("columns of the type {kind} cannot be read; cast them, or choose another type")
                .into())
        }
        // Texts with a binary collation are reported like bytes.
        _ => {
            <&[u8] as Decode<'_, MySql>>::decode(raw).map(|bytes| Cell::Text(String::from_utf8_lossy(bytes)))
        }
    };
    decoded.map_err(sqlx::Error::Decode)
}

/// The name of the index that refused, of `Duplicate entry 'a-1' for key 'user.user_email_unique'`.
///
/// The value may hold anything, also these words: the name is what stands last. MySQL puts the table before it.
pub(super) fn constraint(error: &MySqlDatabaseError) -> Option<&str> {
    let (_, key) = error.message().rsplit_once("for key '")?;
    let key = key.strip_suffix('\'')?;
    Some(key.rsplit_once('.').map_or(key, |(_, name)| name))
}

/// The name of the foreign key that refused, of `… foreign key constraint fails (…, CONSTRAINT `name` FOREIGN KEY …`.
pub(super) fn reference(error: &MySqlDatabaseError) -> Option<&str> {
    let (_, rest) = error.message().split_once("CONSTRAINT `")?;
    rest.split_once('`').map(|(name, _)| name)
}

/// The column of `Data too long for column 'email' at row 1`.
pub(super) fn column(error: &MySqlDatabaseError) -> Option<&str> {
    let (_, rest) = error.message().split_once("for column '")?;
    rest.rsplit_once("' at row").map(|(column, _)| column)
}

/// Whether the error undid the whole transaction: a deadlock, or a wait for a lock that took too long.
pub(super) fn ends_transaction(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(e) = error else { return false };
    e.try_downcast_ref::<MySqlDatabaseError>().is_some_and(|e| matches!(e.number(), 1205 | 1213))
}
