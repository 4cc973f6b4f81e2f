//! A deadlock that no database has met with.

use std::{borrow::Cow, error::Error, fmt};

use sqlx::error::{DatabaseError, ErrorKind};
use topsail_orm::OrmError;

/// What the ORM gives when a database says that a deadlock has undone the transaction.
pub fn deadlock() -> OrmError {
    sqlx::Error::Database(Box::new(Deadlock)).into()
}

#[derive(Debug)]
struct Deadlock;

impl fmt::Display for Deadlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a deadlock")
    }
}

impl Error for Deadlock {}

impl DatabaseError for Deadlock {
    fn message(&self) -> &'static str {
        "a deadlock"
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some("40001".into())
    }

    fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn Error + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn Error + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}
