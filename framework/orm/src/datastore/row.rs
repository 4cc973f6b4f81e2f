//! Rows on their way out: decoded by the model's attribute, not by what the driver reports.

use serde_json::Value;

use super::Cell;
use crate::{
    model::{AttrDef, Kind},
    values::coerce,
};

/// One row of a result.
pub(crate) enum Row {
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::sqlite::SqliteRow),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::postgres::PgRow),
    #[cfg(feature = "mysql")]
    Mysql(sqlx::mysql::MySqlRow),
}

impl Row {
    /// The value of column `index` as this attribute gives it.
    pub(crate) fn attribute(&self, index: usize, attr: &AttrDef) -> Result<Value, sqlx::Error> {
        let stored = self.stored(index)?;
        let kind = attr.value_kind();
        fit(kind, stored).or_else(|misfit| {
            tracing::warn!(
                attribute = %attr.name,
                "a stored value of `{}` is not a {}; it is passed on as it is",
                attr.name,
                kind.type_name()
            );
            Ok(misfit)
        })
    }

    /// The value of column `index` as a key of this kind.
    pub(crate) fn key(&self, index: usize, kind: Kind) -> Result<Value, sqlx::Error> {
        self.stored(index).map(|v| fit(kind, v).unwrap_or_else(|v| v))
    }

    pub(crate) fn int(&self, index: usize) -> Result<i64, sqlx::Error> {
        self.stored(index).map(|v| v.as_i64().unwrap_or_default())
    }

    pub(crate) fn float(&self, index: usize) -> Result<f64, sqlx::Error> {
        self.stored(index).map(|v| v.as_f64().unwrap_or_default())
    }

    pub(crate) fn text(&self, index: usize) -> Result<String, sqlx::Error> {
        self.stored(index).map(|v| v.as_str().unwrap_or_default().to_string())
    }

    /// How many columns it has.
    pub(crate) fn len(&self) -> usize {
        use sqlx::Row as _;
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(row) => row.len(),
            #[cfg(feature = "postgres")]
            Self::Postgres(row) => row.len(),
            #[cfg(feature = "mysql")]
            Self::Mysql(row) => row.len(),
        }
    }

    /// The value as the database gave it.
    pub(crate) fn stored(&self, index: usize) -> Result<Value, sqlx::Error> {
        self.cell(index).map(Cell::into_value)
    }

    /// The same, where it lies.
    pub(crate) fn cell(&self, index: usize) -> Result<Cell<'_>, sqlx::Error> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(row) => super::sqlite::cell(row, index),
            #[cfg(feature = "postgres")]
            Self::Postgres(row) => super::postgres::cell(row, index),
            #[cfg(feature = "mysql")]
            Self::Mysql(row) => super::mysql::cell(row, index),
        }
    }
}

fn fit(kind: Kind, stored: Value) -> Result<Value, Value> {
    match (kind, &stored) {
        (_, Value::Null) => Ok(stored),
        (Kind::Int | Kind::Float, Value::Number(_)) | (Kind::Text, Value::String(_)) => Ok(stored),
        (Kind::Bool, Value::Number(n)) => match n.as_i64() {
            Some(0) => Ok(Value::Bool(false)),
            Some(1) => Ok(Value::Bool(true)),
            _ => Err(stored),
        },
        (Kind::Json, Value::String(s)) => serde_json::from_str(s).map_err(|_| stored),
        (Kind::Json, _) => Ok(stored),
        _ => coerce::lenient(kind, stored).map_err(|(_, v)| v),
    }
}
