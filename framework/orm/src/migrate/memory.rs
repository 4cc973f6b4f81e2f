//! What we made of each table last time, in a table of our own.
//!
//! Discovery tells what is there; only this tells what of it is ours, so that an index we made can go when its
//! attribute is no longer unique, and one that somebody else made stays.

use sea_query::{Alias, Expr, ExprTrait, OnConflict, Query, Table};
use serde_json::{Value, json};

use super::table::TableDef;
use crate::{
    datastore::{Dialect, Link, Place},
    error::Result,
    model::{AttrDef, Kind},
};

const NAME: &str = "topsail_schema";

/// What we made of one table.
pub(super) struct Memory(Value);

impl Memory {
    /// The indexes, by name. The first version remembered unique ones only.
    pub(super) fn indexes(&self) -> Vec<&str> {
        self.list("indexes").chain(self.list("unique")).filter_map(|u| u["name"].as_str()).collect()
    }

    /// The foreign keys, by name.
    pub(super) fn foreign_keys(&self) -> Vec<&str> {
        self.list("foreignKeys").filter_map(|f| f["name"].as_str()).collect()
    }

    /// Whether we made a foreign key of this column to that table.
    pub(super) fn references(&self, column: &str, table: &str) -> bool {
        self.list("foreignKeys").any(|f| f["column"] == column && f["table"] == table)
    }

    /// The physical type that a column was made with.
    pub(super) fn type_of(&self, column: &str) -> Option<&str> {
        self.list("columns").find(|c| c["name"] == column)?["type"].as_str()
    }

    fn list(&self, part: &str) -> impl Iterator<Item = &Value> {
        self.0[part].as_array().into_iter().flatten()
    }
}

/// Makes our table if it is not there. An `IF NOT EXISTS` would write a warning to the log of every lift.
pub(super) async fn prepare(dialect: Dialect, link: &mut Link) -> Result<()> {
    if super::discover::exists(dialect, link, NAME).await? {
        return Ok(());
    }
    let mut create = Table::create();
    create
        .table(NAME)
        .if_not_exists()
        .col(dialect.column(&AttrDef::new("name", Kind::Text), Place::Key))
        .col(dialect.column(&AttrDef::new("description", Kind::Text), Place::Plain).not_null());
    link.execute(dialect.build_schema(&create)).await?;
    Ok(())
}

pub(super) async fn remember(dialect: Dialect, link: &mut Link, table: &TableDef) -> Result<()> {
    let mut insert = Query::insert();
    insert
        .into_table(NAME)
        .columns(["name", "description"])
        .values_panic([Expr::val(table.name.as_str()), Expr::val(describe(dialect, table).to_string())])
        .on_conflict(OnConflict::column("name").update_column("description").to_owned());
    link.execute(dialect.build(&insert)).await?;
    Ok(())
}

/// Forgets a table that is no more.
pub(super) async fn forget(dialect: Dialect, link: &mut Link, table: &str) -> Result<()> {
    let mut delete = Query::delete();
    delete.from_table(NAME).and_where(Expr::col("name").eq(table));
    link.execute(dialect.build(&delete)).await?;
    Ok(())
}

pub(super) async fn recall(dialect: Dialect, link: &mut Link, table: &str) -> Result<Memory> {
    let mut select = Query::select();
    select.column("description").from(Alias::new(NAME)).and_where(Expr::col("name").eq(table));
    let rows = link.fetch(dialect.build(&select)).await?;
    let description = rows.first().map_or(Ok(String::new()), |row| row.text(0))?;
    Ok(Memory(serde_json::from_str(&description).unwrap_or_default()))
}

/// The tables that were ever made, with what we made of them.
pub(super) async fn recall_all(dialect: Dialect, link: &mut Link) -> Result<Vec<(String, Memory)>> {
    let mut select = Query::select();
    select.columns(["name", "description"]).from(Alias::new(NAME));
    let rows = link.fetch(dialect.build(&select)).await?;
    let read = |text: String| Memory(serde_json::from_str(&text).unwrap_or_default());
    rows.iter().map(|row| Ok((row.text(0)?, read(row.text(1)?)))).collect()
}

fn describe(dialect: Dialect, table: &TableDef) -> Value {
    let columns: Vec<Value> = table
        .columns
        .iter()
        .map(|c| {
            json!({
                "name": c.attr.column,
                "attribute": c.attr.name,
                "type": dialect.physical_type(&c.attr, c.place),
                "key": c.place == Place::Key,
            })
        })
        .collect();
    let indexes: Vec<Value> = table
        .indexes
        .iter()
        .map(|i| json!({ "name": i.name, "columns": i.columns, "unique": i.unique }))
        .collect();
    let foreign_keys: Vec<Value> = table
        .foreign_keys
        .iter()
        .map(|f| json!({ "name": f.name, "column": f.column, "table": f.table }))
        .collect();
    json!({ "version": 2, "columns": columns, "indexes": indexes, "foreignKeys": foreign_keys })
}
