//! PostgreSQL: opening it, its rows, its errors.

use std::{str::FromStr, time::Duration};

use serde_json::Value;
use sqlx::{
    ConnectOptions, Connection, Decode, PgPool, Postgres, Row as _, TypeInfo, ValueRef,
    postgres::{PgConnectOptions, PgPoolOptions, PgRow},
};

use super::{Cell, DatastoreConfig, server};
use crate::error::{OrmError, Result};

const EXAMPLE: &str = "postgres://user:password@localhost:5432/app";

pub(super) async fn open(name: &str, config: &DatastoreConfig) -> Result<PgPool> {
    let url = server::url(name, config, EXAMPLE)?;
    let options = PgConnectOptions::from_str(url).map_err(|e| server::not_a_url(name, EXAMPLE, &e))?;
    let target = format!(
        "the database `{}` at {}:{} as `{}`",
        options.get_database().unwrap_or(options.get_username()),
        options.get_host(),
        options.get_port(),
        options.get_username()
    );
    let connection = server::first(name, config, target, options.connect()).await?;
    connection.close().await.map_err(OrmError::from)?;
    Ok(PgPoolOptions::new()
        .acquire_timeout(Duration::from_millis(config.acquire_timeout_ms.max(1)))
        .max_connections(config.max_connections.max(1))
        .connect_lazy_with(options))
}

/// The value of column `index`, by the type that the database reports.
pub(super) fn cell(row: &PgRow, index: usize) -> std::result::Result<Cell<'_>, sqlx::Error> {
    let raw = row.try_get_raw(index)?;
    if raw.is_null() {
        return Ok(Cell::Null);
    }
    let kind = raw.type_info();
    let decoded = match kind.name() {
        "BOOL" => <bool as Decode<'_, Postgres>>::decode(raw).map(Cell::Bool),
        "INT8" => <i64 as Decode<'_, Postgres>>::decode(raw).map(Cell::Int),
        "INT4" => <i32 as Decode<'_, Postgres>>::decode(raw).map(|n| Cell::Int(n.into())),
        "INT2" => <i16 as Decode<'_, Postgres>>::decode(raw).map(|n| Cell::Int(n.into())),
        "FLOAT8" => <f64 as Decode<'_, Postgres>>::decode(raw).map(Cell::Float),
        "FLOAT4" => <f32 as Decode<'_, Postgres>>::decode(raw).map(|f| Cell::Float(f.into())),
        "JSON" | "JSONB" => {
            <sqlx::types::Json<Value> as Decode<'_, Postgres>>::decode(raw).map(|json| Cell::Json(json.0))
        }
        "TEXT" | "VARCHAR" | "CHAR" | "BPCHAR" | "NAME" | "UNKNOWN" => {
            <&str as Decode<'_, Postgres>>::decode(raw).map(|text| Cell::Text(text.into()))
        }
        "BYTEA" => {
            <&[u8] as Decode<'_, Postgres>>::decode(raw).map(|b| Cell::Text(String::from_utf8_lossy(b)))
        }
        // Types of extensions are called what they were created as.
        other if other.eq_ignore_ascii_case("citext") => {
            <&str as Decode<'_, Postgres>>::decode(raw).map(|text| Cell::Text(text.into()))
        }
        other => {
            Err(format!("columns of the type {other} cannot be read; cast them, or choose another type")
                .into())
        }
    };
    decoded.map_err(sqlx::Error::Decode)
}
