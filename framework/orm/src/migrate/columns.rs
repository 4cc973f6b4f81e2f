//! Columns that change their type where the database can change one in place.
//!
//! Values are converted by our rules, not by those of the database, so that all databases give the same: into a new
//! column first, in pages, and only when every value of every row could be converted does the new column take the place
//! of the old one. Until that one statement the old column is untouched, also where a statement about tables cannot be
//! undone (MySQL).

use sea_query::{Alias, Expr, ExprTrait, Func, Index, Query, Table};
use serde_json::Value;

use super::{
    conversion::Problems,
    discover::{self, FoundColumn},
    table::{Column, TableDef},
};
use crate::{
    datastore::{Dialect, Link, Place, SHORT_TEXT, SHORT_TEXT_LENGTH, bind, bounded},
    error::{OrmError, Result},
    model::{Auto, Kind},
};

/// Rows converted at a time.
const PAGE: u64 = 500;

/// Changes each of these columns to what its attribute wants.
///
/// # Errors
/// [`OrmError::Migration`] with nothing changed: for values that cannot be converted, a primary key of another kind,
/// and an index that the change would damage.
pub(super) async fn change(
    dialect: Dialect,
    link: &mut Link,
    table: &TableDef,
    changed: &[(&Column, &FoundColumn)],
) -> Result<()> {
    let (kept, converted): (Vec<_>, Vec<_>) =
        changed.iter().copied().partition(|(c, f)| keeps(dialect, c, f));
    for (column, found) in &converted {
        check_convertible(dialect, link, table, column, found).await?;
    }
    if !converted.is_empty() {
        let columns: Vec<&Column> = converted.iter().map(|(c, _)| *c).collect();
        convert(dialect, link, table, &columns).await?;
        for column in columns {
            replace(dialect, link, table, column).await?;
        }
    }
    for (column, _) in kept {
        let mut alter = Table::alter();
        alter.table(Alias::new(&table.name)).modify_column(bare(dialect, column));
        link.execute(dialect.build_schema(&alter)).await?;
    }
    Ok(())
}

/// Drops new columns that an interrupted change left behind.
pub(super) async fn sweep(
    dialect: Dialect,
    link: &mut Link,
    table: &TableDef,
    found: &mut Vec<FoundColumn>,
) -> Result<()> {
    for column in &table.columns {
        let fresh = fresh(column);
        if found.iter().any(|f| f.name == fresh) {
            let mut alter = Table::alter();
            alter.table(Alias::new(&table.name)).drop_column(Alias::new(&fresh));
            link.execute(dialect.build_schema(&alter)).await?;
            found.retain(|f| f.name != fresh);
        }
    }
    Ok(())
}

/// Whether every value stays what it is, so that the database can change the column by itself.
fn keeps(dialect: Dialect, column: &Column, found: &FoundColumn) -> bool {
    let is_whole = |t: &str| {
        ["bigint", "integer", "int", "smallint", "mediumint", "tinyint"]
            .iter()
            .any(|w| t.to_ascii_lowercase().split(['(', ' ']).next() == Some(w))
    };
    let is_text = |t: &str| {
        let t = t.to_ascii_lowercase();
        t.contains("text") || t.contains("char")
    };
    let wanted = dialect.physical_type(&column.attr, column.place);
    let widened = match column.attr.value_kind() {
        Kind::Int => is_whole(&found.declared) && wanted == "bigint",
        Kind::Text => is_text(&found.declared) && matches!(wanted, "text" | "longtext"),
        _ => false,
    };
    // Of a key only the database can say that no value is too long, and does.
    widened
        || (column.place == Place::Key && is_text(&found.declared) && is_text(wanted))
        || dialect.same_type(&found.declared, wanted)
}

async fn check_convertible(
    dialect: Dialect,
    link: &mut Link,
    table: &TableDef,
    column: &Column,
    found: &FoundColumn,
) -> Result<()> {
    let refuse = |message: String| Err(OrmError::Migration { table: table.name.clone(), message });
    if column.place == Place::Key {
        return refuse(format!(
            "the primary key `{}` is of the type {} in the database and would become {}; write a migration for this",
            column.attr.column,
            found.declared,
            dialect.physical_type(&column.attr, column.place)
        ));
    }
    if !dialect.is_mysql() {
        return Ok(());
    }
    let ours = |name: &str| table.indexes.iter().any(|i| i.name == name);
    let foreign: Vec<String> = discover::indexes(dialect, link, &table.name)
        .await?
        .into_iter()
        .filter(|i| i.columns.contains(&column.attr.column) && !ours(&i.name))
        .map(|i| i.name)
        .collect();
    if foreign.is_empty() {
        return Ok(());
    }
    refuse(format!(
        "`{}` changes its type, but the index `{}` covers it and would go with the old column; drop it first, or \
         write a migration for this",
        column.attr.column,
        foreign.join("`, `")
    ))
}

/// Fills a new column for each of these.
async fn convert(dialect: Dialect, link: &mut Link, table: &TableDef, columns: &[&Column]) -> Result<()> {
    for column in columns {
        let mut alter = Table::alter();
        let new = dialect.column_named(&fresh(column), &column.attr, column.place);
        alter.table(Alias::new(&table.name)).add_column(new);
        link.execute(dialect.build_schema(&alter)).await?;
    }
    let outcome = fill(dialect, link, table, columns).await;
    if outcome.is_err() && dialect.is_mysql() {
        // No rollback takes them away here.
        for column in columns {
            let mut alter = Table::alter();
            alter.table(Alias::new(&table.name)).drop_column(Alias::new(fresh(column)));
            link.execute(dialect.build_schema(&alter)).await?;
        }
    }
    outcome
}

async fn fill(dialect: Dialect, link: &mut Link, table: &TableDef, columns: &[&Column]) -> Result<()> {
    let key = table.columns.iter().find(|c| c.place == Place::Key).map_or(Kind::Int, |c| c.attr.value_kind());
    let pk = || Expr::col(Alias::new(&table.primary_key));
    let mut problems = Problems::default();
    let mut last: Option<Value> = None;
    while !problems.are_many() {
        let mut select = Query::select();
        select
            .column(Alias::new(&table.primary_key))
            .columns(columns.iter().map(|c| Alias::new(&c.attr.column)))
            .from(Alias::new(&table.name))
            .order_by(Alias::new(&table.primary_key), sea_query::Order::Asc)
            .limit(PAGE);
        if let Some(last) = &last {
            select.and_where(pk().gt(bind(key, last)));
        }
        let rows = link.fetch(dialect.build(&select)).await?;
        let Some(end) = rows.last() else { break };
        last = Some(end.stored(0)?);
        for row in &rows {
            let at = row.stored(0)?;
            let mut update = Query::update();
            update.table(Alias::new(&table.name)).and_where(pk().eq(bind(key, &at)));
            for (i, column) in columns.iter().enumerate() {
                let longest = longest(dialect, column);
                if let Some(value) = problems.convert(&column.attr, &at, row.stored(i + 1)?, longest) {
                    update.value(Alias::new(fresh(column)), bind(column.attr.value_kind(), &value));
                }
            }
            if problems.is_empty() {
                link.execute(dialect.build(&update)).await?;
            }
        }
    }
    problems.check(&table.name)?;
    verify(dialect, link, table, columns).await
}

/// No value may be missing in the new columns: somebody else may have written in between.
async fn verify(dialect: Dialect, link: &mut Link, table: &TableDef, columns: &[&Column]) -> Result<()> {
    for column in columns.iter().filter(|c| c.attr.value_kind() != Kind::Json) {
        let mut select = Query::select();
        select
            .expr(Func::count(Expr::val(1)))
            .from(Alias::new(&table.name))
            .and_where(Expr::col(Alias::new(&column.attr.column)).is_not_null())
            .and_where(Expr::col(Alias::new(fresh(column))).is_null());
        let left = link.fetch(dialect.build(&select)).await?.first().map_or(Ok(0), |row| row.int(0))?;
        if left > 0 {
            return Err(OrmError::Migration {
                table: table.name.clone(),
                message: format!(
                    "{left} rows were written while `{}` was converted, so nothing was changed; stop whoever writes \
                     and try again",
                    column.attr.column
                ),
            });
        }
    }
    Ok(())
}

/// Puts the new column in the place of the old one.
async fn replace(dialect: Dialect, link: &mut Link, table: &TableDef, column: &Column) -> Result<()> {
    let (old, new) = (Alias::new(&column.attr.column), fresh(column));
    if dialect.is_mysql() {
        let found = discover::indexes(dialect, link, &table.name).await?;
        for index in found.iter().filter(|i| i.columns.contains(&column.attr.column)) {
            let drop = Index::drop().name(&index.name).table(Alias::new(&table.name)).to_owned();
            link.execute(dialect.build_schema(&drop)).await?;
        }
        // One statement: there is no moment at which the values are gone.
        let mut alter = Table::alter();
        alter.table(Alias::new(&table.name)).drop_column(old.clone()).rename_column(Alias::new(&new), old);
        link.execute(dialect.build_schema(&alter)).await?;
        return Ok(());
    }
    // The column takes the values of the other one and keeps its indexes and constraints. sea-query has no words for
    // this; the name is an identifier that was checked when the models were frozen.
    let mut alter = Table::alter();
    let mut modified = sea_query::ColumnDef::new(old);
    let words = dialect.declared(&column.attr, column.place);
    modified.custom(Alias::new(format!("{words} USING \"{new}\"")));
    alter.table(Alias::new(&table.name)).modify_column(modified);
    link.execute(dialect.build_schema(&alter)).await?;
    let mut alter = Table::alter();
    alter.table(Alias::new(&table.name)).drop_column(Alias::new(&new));
    link.execute(dialect.build_schema(&alter)).await?;
    Ok(())
}

/// The name of the new column while it is filled.
fn fresh(column: &Column) -> String {
    bounded(format!("topsail_new_{}", column.attr.column))
}

/// The column for `MODIFY`, which leaves the primary key itself alone.
fn bare(dialect: Dialect, column: &Column) -> sea_query::ColumnDef {
    let mut bare = sea_query::ColumnDef::new(Alias::new(&column.attr.column));
    bare.custom(Alias::new(dialect.declared(&column.attr, column.place)));
    if dialect.is_mysql() && column.place == Place::Key {
        bare.not_null();
        if column.attr.auto == Some(Auto::Increment) {
            bare.auto_increment();
        }
    }
    bare
}

/// Characters that the column can hold, where it is less than what a text may have.
fn longest(dialect: Dialect, column: &Column) -> Option<usize> {
    (dialect.physical_type(&column.attr, column.place) == SHORT_TEXT).then_some(SHORT_TEXT_LENGTH)
}
