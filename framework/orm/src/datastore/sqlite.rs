//! SQLite: opening it, its rows, its errors.

use std::{
    path::Path,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use sqlx::{
    Decode, Executor, Row as _, Sqlite, SqliteConnection, SqlitePool, TypeInfo, ValueRef,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous},
};

use super::{Cell, DatastoreConfig};
use crate::error::{DatabaseError, OrmError, Result};

/// WAL lets readers read while one writes; NORMAL loses no commit when the process dies.
///
/// `unchecked` counts the connections that do not look at foreign keys, until they are given back.
pub(super) async fn open(
    name: &str,
    config: &DatastoreConfig,
    unchecked: &Arc<AtomicU64>,
) -> Result<SqlitePool> {
    let default_file = if name == "default" { "data" } else { name };
    let url = config.url.clone().unwrap_or_else(|| format!(".topsail/{default_file}.sqlite"));
    let in_memory = url.contains(":memory:") || url.contains("mode=memory");
    let options = if url.starts_with("sqlite:") || in_memory {
        SqliteConnectOptions::from_str(&url).map_err(|e| OrmError::Config {
            datastore: name.into(),
            message: format!(
                "`{url}` is not a URL of SQLite ({e}); write a path, `sqlite://…` or `sqlite::memory:`"
            ),
        })?
    } else {
        SqliteConnectOptions::new().filename(&url)
    };
    let options = options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .foreign_keys(true)
        .busy_timeout(Duration::from_millis(config.busy_timeout_ms));
    let unchecked = Arc::clone(unchecked);
    let pool = SqlitePoolOptions::new()
        .acquire_timeout(Duration::from_millis(config.acquire_timeout_ms.max(1)))
        .after_release(move |connection, _| {
            let unchecked = Arc::clone(&unchecked);
            Box::pin(async move {
                if unchecked.load(Ordering::Acquire) > 0 {
                    look_at_foreign_keys(connection, &unchecked).await?;
                }
                Ok(true)
            })
        });
    if in_memory {
        // The database lives as long as its one connection.
        let pool = pool.max_connections(1).min_connections(1).idle_timeout(None).max_lifetime(None);
        return pool
            .connect_with(options)
            .await
            .map_err(|e| refused(name, "an in-memory database".into(), None, e));
    }
    let path = options.get_filename().to_path_buf();
    make_room(name, &path)?;
    pool.max_connections(config.max_connections.max(1))
        .connect_with(options)
        .await
        .map_err(|e| refused(name, format!("the file {}", path.display()), Some(&path), e))
}

/// Begins a transaction in which foreign keys do not count; the setting can only change outside of one.
pub(super) async fn begin_without_foreign_keys(
    pool: &SqlitePool,
    unchecked: &AtomicU64,
) -> std::result::Result<sqlx::Transaction<'static, Sqlite>, sqlx::Error> {
    unchecked.fetch_add(1, Ordering::AcqRel);
    pool.begin_with("PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE").await
}

/// Makes a connection that does not look at foreign keys look at them again.
async fn look_at_foreign_keys(
    connection: &mut SqliteConnection,
    unchecked: &AtomicU64,
) -> std::result::Result<(), sqlx::Error> {
    let looks: bool = sqlx::query_scalar("PRAGMA foreign_keys").fetch_one(&mut *connection).await?;
    if !looks {
        connection.execute("PRAGMA foreign_keys = ON").await?;
        // One that never came to be is not given back either.
        let _ = unchecked.fetch_update(Ordering::AcqRel, Ordering::Acquire, |n| n.checked_sub(1));
    }
    Ok(())
}

fn make_room(name: &str, path: &Path) -> Result<()> {
    let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty() && !p.exists()) else {
        return Ok(());
    };
    std::fs::create_dir_all(folder).map_err(|e| OrmError::Connect {
        datastore: name.into(),
        target: format!("the file {}", path.display()),
        remedy: format!(
            "create the folder {} and make it writable, or set `datastores.{name}.url` to another place",
            folder.display()
        ),
        source: sqlx::Error::Io(e).into(),
    })
}

fn refused(name: &str, target: String, path: Option<&Path>, error: sqlx::Error) -> OrmError {
    let text = error.to_string();
    let remedy = match path {
        Some(p) if p.is_dir() => "this is a folder; name a file in it".to_string(),
        Some(_) if text.contains("not a database") => {
            format!("it is no SQLite database; move it away, or set `datastores.{name}.url` to another file")
        }
        Some(p) => format!(
            "check that this user may read and write it and its folder {}, or set `datastores.{name}.url` to another file",
            p.parent().unwrap_or(Path::new(".")).display()
        ),
        None => "check the URL".into(),
    };
    OrmError::Connect { datastore: name.into(), target, remedy, source: DatabaseError::from(error) }
}

/// The value of column `index` in the storage class it has, whatever its column was declared as.
pub(super) fn cell(row: &SqliteRow, index: usize) -> std::result::Result<Cell<'_>, sqlx::Error> {
    let raw = row.try_get_raw(index)?;
    if raw.is_null() {
        return Ok(Cell::Null);
    }
    let class = Class::of(raw.type_info().name());
    let decoded = match class {
        Class::Integer => <i64 as Decode<'_, Sqlite>>::decode(raw).map(Cell::Int),
        Class::Real => <f64 as Decode<'_, Sqlite>>::decode(raw).map(Cell::Float),
        Class::Text => <&str as Decode<'_, Sqlite>>::decode(raw).map(|text| Cell::Text(text.into())),
        Class::Blob => {
            <&[u8] as Decode<'_, Sqlite>>::decode(raw).map(|b| Cell::Text(String::from_utf8_lossy(b)))
        }
    };
    decoded.map_err(sqlx::Error::Decode)
}

enum Class {
    Integer,
    Real,
    Text,
    Blob,
}

impl Class {
    fn of(reported: &str) -> Self {
        match reported {
            "INTEGER" | "BOOLEAN" => Self::Integer,
            "REAL" => Self::Real,
            "BLOB" => Self::Blob,
            _ => Self::Text,
        }
    }
}

/// The columns of `UNIQUE constraint failed: user.email, user.tenant`.
pub(super) fn clashing(message: &str) -> Vec<&str> {
    let Some((_, columns)) = message.split_once("constraint failed: ") else { return vec![] };
    columns.split(", ").filter_map(|c| c.rsplit('.').next()).collect()
}
