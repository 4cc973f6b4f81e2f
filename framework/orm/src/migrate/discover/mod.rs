//! What tables the database has.

mod mysql;
mod postgres;
pub(super) mod sqlite;

use super::foreign_key::ForeignKeyDef;
use crate::{
    datastore::{Dialect, Link, Row, Statement},
    error::Result,
    model::OnDelete,
};

/// A column as the database describes it.
#[derive(Clone, Debug)]
pub(super) struct FoundColumn {
    pub name: String,
    pub declared: String,
    pub is_key: bool,
    /// How texts in it are compared; empty where that is no matter of columns.
    pub collation: String,
}

/// An index, whoever made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FoundIndex {
    pub name: String,
    /// Its columns in order, without those that are expressions.
    pub columns: Vec<String>,
}

/// The foreign keys of a table that have one column, whoever made them. SQLite does not tell their names.
pub(super) async fn foreign_keys(
    dialect: Dialect,
    link: &mut Link,
    table: &str,
) -> Result<Vec<ForeignKeyDef>> {
    let sql = match dialect {
        Dialect::Sqlite => sqlite::FOREIGN_KEYS,
        Dialect::Postgres => postgres::FOREIGN_KEYS,
        Dialect::Mysql | Dialect::Mariadb => mysql::FOREIGN_KEYS,
    };
    let rows = link.fetch(Statement::fixed(sql, vec![table.into()])).await?;
    rows.iter().map(foreign_key).collect()
}

fn foreign_key(row: &Row) -> Result<ForeignKeyDef> {
    Ok(ForeignKeyDef {
        name: row.text(0)?,
        column: row.text(1)?,
        table: row.text(2)?,
        to_column: row.text(3)?,
        on_delete: match row.text(4)?.as_str() {
            "CASCADE" | "c" => OnDelete::Cascade,
            "SET NULL" | "n" => OnDelete::SetNull,
            _ => OnDelete::Restrict,
        },
    })
}

pub(super) async fn exists(dialect: Dialect, link: &mut Link, table: &str) -> Result<bool> {
    let sql = match dialect {
        Dialect::Sqlite => sqlite::TABLE,
        Dialect::Postgres => postgres::TABLE,
        Dialect::Mysql | Dialect::Mariadb => mysql::TABLE,
    };
    Ok(!link.fetch(Statement::fixed(sql, vec![table.into()])).await?.is_empty())
}

pub(super) async fn columns(dialect: Dialect, link: &mut Link, table: &str) -> Result<Vec<FoundColumn>> {
    let sql = match dialect {
        Dialect::Sqlite => sqlite::COLUMNS,
        Dialect::Postgres => postgres::COLUMNS,
        Dialect::Mysql | Dialect::Mariadb => mysql::COLUMNS,
    };
    let rows = link.fetch(Statement::fixed(sql, vec![table.into()])).await?;
    rows.iter().map(column).collect()
}

fn column(row: &Row) -> Result<FoundColumn> {
    Ok(FoundColumn {
        name: row.text(0)?,
        declared: row.text(1)?,
        is_key: row.int(2)? > 0,
        collation: row.text(3)?,
    })
}

/// The indexes of a table, that of its primary key included where the database lists it.
pub(super) async fn indexes(dialect: Dialect, link: &mut Link, table: &str) -> Result<Vec<FoundIndex>> {
    let sql = match dialect {
        Dialect::Sqlite => sqlite::INDEXES,
        Dialect::Postgres => postgres::INDEXES,
        Dialect::Mysql | Dialect::Mariadb => mysql::INDEXES,
    };
    let mut found: Vec<FoundIndex> = vec![];
    for row in link.fetch(Statement::fixed(sql, vec![table.into()])).await? {
        let (name, column) = (row.text(0)?, row.text(1)?);
        if found.last().is_none_or(|index| index.name != name) {
            found.push(FoundIndex { name, columns: vec![] });
        }
        if let Some(index) = found.last_mut().filter(|_| !column.is_empty()) {
            index.columns.push(column);
        }
    }
    Ok(found)
}
