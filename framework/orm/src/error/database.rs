//! What the database itself said.

use std::fmt;

/// An error of the database driver. It may hold data: log it, do not send it to clients.
#[derive(Debug)]
pub struct DatabaseError(sqlx::Error);

impl DatabaseError {
    /// Whether the database ended the transaction because it and another one waited for each other. Nothing of it was
    /// kept, and it may well succeed when it is run again.
    pub fn is_deadlock(&self) -> bool {
        // PostgreSQL's own class for it, and that of the standard, which MySQL uses.
        let code = self.0.as_database_error().and_then(|e| e.code());
        matches!(code.as_deref(), Some("40P01" | "40001"))
    }
}

impl DatabaseError {
    /// The character of the statement that it is about, counted from 1, where the database tells.
    pub(crate) fn position(&self) -> Option<usize> {
        #[cfg(feature = "postgres")]
        {
            use sqlx::postgres::{PgDatabaseError, PgErrorPosition};
            let error = self.0.as_database_error()?.try_downcast_ref::<PgDatabaseError>()?;
            if let Some(PgErrorPosition::Original(at)) = error.position() {
                return Some(at);
            }
        }
        None
    }
}

impl From<sqlx::Error> for DatabaseError {
    fn from(e: sqlx::Error) -> Self {
        Self(e)
    }
}

impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            sqlx::Error::Database(e) => write!(f, "the database says: {}", e.message()),
            sqlx::Error::PoolTimedOut => f.write_str(
                "no connection became free in time; a query outside a running transaction waits for it \
                 when the pool is too small (an in-memory database has one connection)",
            ),
            e => write!(f, "{e}"),
        }
    }
}

impl std::error::Error for DatabaseError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}
