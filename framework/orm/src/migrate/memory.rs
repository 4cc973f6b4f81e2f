//! What we made of each table last time, in a table of our own.
//!
//! Discovery tells what is there; only this tells what of it is ours, so that an index we made can go when its
//! attribute is no longer unique, and one that somebody else made stays.

use sea_query::{Alias, ColumnDef, Expr, ExprTrait, OnConflict, Query, Table};
use serde_json::{Value, json};

use super::table::TableDef;
use crate::{
    datastore::{Dialect, Link},
    error::Result,
};

const NAME: &str = "topsail_schema";

pub(super) async fn prepare(dialect: Dialect, link: &mut Link) -> Result<()> {
    let mut create = Table::create();
    create
        .table(NAME)
        .if_not_exists()
        .col(ColumnDef::new("name").text().not_null().primary_key())
        .col(ColumnDef::new("description").text().not_null());
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

/// The unique indexes that we made of this table, by name.
pub(super) async fn unique_indexes(dialect: Dialect, link: &mut Link, table: &str) -> Result<Vec<String>> {
    let mut select = Query::select();
    select.column("description").from(Alias::new(NAME)).and_where(Expr::col("name").eq(table));
    let rows = link.fetch(dialect.build(&select)).await?;
    let Some(row) = rows.first() else { return Ok(vec![]) };
    let description: Value = serde_json::from_str(&row.text(0)?).unwrap_or_default();
    let names = description["unique"].as_array().map(Vec::as_slice).unwrap_or_default();
    Ok(names.iter().filter_map(|u| u["name"].as_str().map(Into::into)).collect())
}

fn describe(dialect: Dialect, table: &TableDef) -> Value {
    let columns: Vec<Value> = table
        .columns
        .iter()
        .map(|a| {
            let is_key = a.column == table.primary_key;
            json!({ "name": a.column, "attribute": a.name, "type": dialect.physical_type(a, is_key), "key": is_key })
        })
        .collect();
    let unique: Vec<Value> =
        table.unique.iter().map(|u| json!({ "name": u.name, "columns": u.columns })).collect();
    json!({ "version": 1, "columns": columns, "unique": unique })
}
