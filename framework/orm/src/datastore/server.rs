//! What opening a database server has in common.

use std::time::Duration;

use super::DatastoreConfig;
use crate::error::{DatabaseError, OrmError, Result};

/// The URL of the configuration.
pub(super) fn url<'c>(name: &str, config: &'c DatastoreConfig, example: &str) -> Result<&'c str> {
    config.url.as_deref().ok_or_else(|| OrmError::Config {
        datastore: name.into(),
        message: format!(
            "`{}` needs a URL; set `datastores.{name}.url` to something like `{example}`",
            config.adapter
        ),
    })
}

pub(super) fn not_a_url(name: &str, example: &str, error: &sqlx::Error) -> OrmError {
    // The URL itself may hold a password.
    OrmError::Config {
        datastore: name.into(),
        message: format!(
            "`datastores.{name}.url` is not a URL of this database ({error}); write `{example}`"
        ),
    }
}

/// The first connection, made at once and alone: the pool would try again until its patience ends, and not say why.
pub(super) async fn first<T>(
    name: &str,
    config: &DatastoreConfig,
    target: String,
    connect: impl Future<Output = std::result::Result<T, sqlx::Error>>,
) -> Result<T> {
    let patience = Duration::from_millis(config.acquire_timeout_ms.max(1));
    let error = match tokio::time::timeout(patience, connect).await {
        Ok(Ok(connection)) => return Ok(connection),
        Ok(Err(e)) => e,
        Err(_) => sqlx::Error::Io(std::io::Error::new(
            std::io::ErrorKind::TimedOut,
            format!("no answer within {} ms", patience.as_millis()),
        )),
    };
    let remedy = match &error {
        sqlx::Error::Database(e) if matches!(e.code().as_deref(), Some("3D000" | "42000")) => {
            "create the database first, or correct its name in"
        }
        sqlx::Error::Database(_) => "check the user, the password and the database in",
        sqlx::Error::Io(_) => "check that the server runs and that it can be reached, and host and port in",
        _ => "check",
    };
    Err(OrmError::Connect {
        datastore: name.into(),
        target,
        remedy: format!("{remedy} `datastores.{name}.url`"),
        source: DatabaseError::from(error),
    })
}
