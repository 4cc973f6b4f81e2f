//! `alter`: what differs is changed, the rest is left alone.
//!
//! Columns that no attribute names any more stay, with their data; dropping them is for a written migration.

use sea_query::{Alias, Index, Query, Table};
use serde_json::Value;

use super::{
    discover::{self, FoundColumn},
    memory, rebuild,
    table::TableDef,
};
use crate::{
    datastore::{Dialect, Link, bind},
    error::{OrmError, Result},
    model::{AttrDef, Auto},
    values::clock,
};

pub(super) async fn table(dialect: Dialect, link: &mut Link, table: &TableDef) -> Result<()> {
    if !discover::exists(link, &table.name).await? {
        table.create(dialect, link, &table.name, &[]).await?;
        return table.create_indexes(dialect, link).await;
    }
    let found = discover::columns(link, &table.name).await?;
    check_key(table, &found)?;
    drop_indexes(dialect, link, table).await?;
    let named = |attr: &AttrDef| found.iter().find(|f| f.name.eq_ignore_ascii_case(&attr.column));
    let missing: Vec<&AttrDef> = table.columns.iter().filter(|a| named(a).is_none()).collect();
    let changed: Vec<&AttrDef> = table
        .columns
        .iter()
        .filter(|a| {
            let wanted = dialect.physical_type(a, a.column == table.primary_key);
            named(a).is_some_and(|f| !dialect.same_type(&f.declared, wanted))
        })
        .collect();
    if changed.is_empty() {
        for attr in &missing {
            let mut alter = Table::alter();
            alter.table(Alias::new(&table.name)).add_column(dialect.column(attr, false));
            link.execute(dialect.build_schema(&alter)).await?;
        }
    } else {
        rebuild::table(dialect, link, table, &found, &changed).await?;
    }
    fill(dialect, link, table, &missing).await?;
    table.create_indexes(dialect, link).await
}

/// A key that changed would need new keys everywhere; that is not for us to guess.
fn check_key(table: &TableDef, found: &[FoundColumn]) -> Result<()> {
    let keys: Vec<&str> = found.iter().filter(|f| f.is_key).map(|f| f.name.as_str()).collect();
    if matches!(keys.as_slice(), [key] if key.eq_ignore_ascii_case(&table.primary_key)) {
        return Ok(());
    }
    let former = if keys.is_empty() { "no column".to_string() } else { format!("`{}`", keys.join("`, `")) };
    Err(OrmError::Migration {
        table: table.name.clone(),
        message: format!(
            "the primary key is {former} in the database and `{}` in the model; write a migration for this, \
             or set `migrate = \"drop\"` to begin with empty tables",
            table.primary_key
        ),
    })
}

/// Drops the unique indexes that we made and nobody wants any more.
async fn drop_indexes(dialect: Dialect, link: &mut Link, table: &TableDef) -> Result<()> {
    for name in memory::unique_indexes(dialect, link, &table.name).await? {
        if !table.unique.iter().any(|u| u.name == name) {
            let mut drop = Index::drop();
            drop.name(&name).table(Alias::new(&table.name)).if_exists();
            link.execute(dialect.build_schema(&drop)).await?;
        }
    }
    Ok(())
}

/// Gives the rows that were there before the values that new attributes start with.
async fn fill(dialect: Dialect, link: &mut Link, table: &TableDef, missing: &[&AttrDef]) -> Result<()> {
    let mut update = Query::update();
    update.table(Alias::new(&table.name));
    let mut any = false;
    for attr in missing {
        let value = first_value(attr);
        if !value.is_null() {
            any = true;
            update.value(Alias::new(&attr.column), bind(attr.value_kind(), &value));
        }
    }
    if any {
        link.execute(dialect.build(&update)).await?;
    }
    Ok(())
}

fn first_value(attr: &AttrDef) -> Value {
    if let Some(default) = &attr.default {
        return default.clone();
    }
    if attr.auto == Some(Auto::Version) {
        return 1.into();
    }
    if attr.auto.is_some() {
        return clock::stamp(attr.kind, clock::now());
    }
    // The same base value in every row would clash.
    if attr.allow_null || attr.unique { Value::Null } else { attr.kind.base_value() }
}
