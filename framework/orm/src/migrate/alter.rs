//! `alter`: what differs is changed, the rest is left alone.
//!
//! Columns that no attribute names any more stay, with their data; dropping them is for a written migration.

use sea_query::{Alias, Query, Table};
use serde_json::Value;

use super::{
    columns,
    discover::{self, FoundColumn},
    foreign_key, index,
    memory::{self, Memory},
    rebuild,
    table::{Column, TableDef},
};
use crate::{
    datastore::{Dialect, Link, Statement, bind},
    error::{OrmError, Result},
    model::{AttrDef, Auto},
    values::clock,
};

/// Foreign keys go first and come last: only then are the tables there that they point at.
pub(super) async fn tables(dialect: Dialect, link: &mut Link, tables: &[TableDef]) -> Result<()> {
    if dialect == Dialect::Sqlite {
        let mut made = vec![];
        for one in tables {
            if table(dialect, link, one).await? {
                made.push(one);
            }
        }
        for one in made {
            foreign_key::check(dialect, link, one, &one.foreign_keys.iter().collect::<Vec<_>>()).await?;
        }
        return Ok(());
    }
    for one in tables {
        if discover::exists(dialect, link, &one.name).await? {
            foreign_key::drop_unwanted(dialect, link, one).await?;
        }
    }
    for one in tables {
        table(dialect, link, one).await?;
    }
    for one in tables {
        foreign_key::add_missing(dialect, link, one).await?;
    }
    Ok(())
}

/// Gives whether the table was there and had to be made again.
async fn table(dialect: Dialect, link: &mut Link, table: &TableDef) -> Result<bool> {
    if !discover::exists(dialect, link, &table.name).await? {
        for statement in table.create_statements(dialect) {
            link.execute(Statement::own_schema(statement)).await?;
        }
        return Ok(false);
    }
    let mut found = discover::columns(dialect, link, &table.name).await?;
    check_key(table, &found)?;
    let memory = memory::recall(dialect, link, &table.name).await?;
    index::drop_unwanted(dialect, link, table, &memory).await?;
    if dialect != Dialect::Sqlite {
        columns::sweep(dialect, link, table, &mut found).await?;
    }
    let named = |c: &Column| found.iter().find(|f| f.name.eq_ignore_ascii_case(&c.attr.column));
    let missing: Vec<&AttrDef> =
        table.columns.iter().filter(|c| named(c).is_none()).map(|c| &c.attr).collect();
    let changed: Vec<(&Column, &FoundColumn)> = table
        .columns
        .iter()
        .filter_map(|c| Some((c, named(c)?)))
        .filter(|(c, found)| differs(dialect, c, found, &memory))
        .collect();
    let references = rebuild::References::of(dialect, link, table, &memory).await?;
    let rebuilt = dialect == Dialect::Sqlite && (!changed.is_empty() || references.differ);
    if rebuilt {
        let attrs: Vec<&AttrDef> = changed.iter().map(|(c, _)| &c.attr).collect();
        rebuild::table(dialect, link, table, &found, &attrs, references.of_others).await?;
    } else {
        for column in table.columns.iter().filter(|c| named(c).is_none()) {
            let mut alter = Table::alter();
            alter.table(Alias::new(&table.name)).add_column(dialect.column(&column.attr, column.place));
            link.execute(dialect.build_schema(&alter)).await?;
        }
        columns::change(dialect, link, table, &changed).await?;
    }
    fill(dialect, link, table, &missing).await?;
    index::create_missing(dialect, link, table).await?;
    Ok(rebuilt)
}

/// Whether the column has to change to store what the attribute wants.
pub(super) fn differs(dialect: Dialect, column: &Column, found: &FoundColumn, memory: &Memory) -> bool {
    let wanted = dialect.physical_type(&column.attr, column.place);
    // Databases have their own way to write a type that the model names verbatim.
    let as_made = column.attr.column_type.is_some() && memory.type_of(&column.attr.column) == Some(wanted);
    let same_type = as_made || dialect.same_type(&found.declared, wanted);
    !same_type || !dialect.same_collation(&found.collation, &column.attr)
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

/// Gives the rows that were there before the values that new attributes start with.
async fn fill(dialect: Dialect, link: &mut Link, table: &TableDef, missing: &[&AttrDef]) -> Result<()> {
    let mut update = Query::update();
    update.table(Alias::new(&table.name));
    let mut any = false;
    for attr in missing {
        let value = first_value(table, attr);
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

/// The value that rows that are there already begin with.
pub(super) fn first_value(table: &TableDef, attr: &AttrDef) -> Value {
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
    let is_unique = table.indexes.iter().any(|i| i.unique && i.columns.contains(&attr.column));
    if attr.allow_null || is_unique { Value::Null } else { attr.kind.base_value() }
}
