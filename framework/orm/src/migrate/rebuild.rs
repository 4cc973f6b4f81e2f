//! Changing the type of a column: a new table, the rows copied, the old one dropped, all in one transaction.

use sea_query::{Alias, Expr, ExprTrait, Query, Table};
use serde_json::Value;

use super::{
    discover::{self, FoundColumn},
    table::TableDef,
};
use crate::{
    datastore::{Dialect, Link, Statement, bind},
    error::{OrmError, Result},
    model::{AttrDef, Kind, excerpt},
    values::coerce,
};

/// Rows converted at a time.
const PAGE: u64 = 500;
/// Problems reported at once.
const SHOWN: usize = 5;

pub(super) async fn table(
    dialect: Dialect,
    link: &mut Link,
    table: &TableDef,
    found: &[FoundColumn],
    changed: &[&AttrDef],
) -> Result<()> {
    let dependents = discover::dependents(link, &table.name).await?;
    if !dependents.is_empty() {
        return Err(OrmError::Migration {
            table: table.name.clone(),
            message: format!(
                "a column changes its type, but `{}` has a foreign key to this table, whose rows would go with it; \
                 write a migration for this",
                dependents.join("`, `")
            ),
        });
    }
    let companions = discover::companions(link, &table.name).await?;
    let is = |f: &FoundColumn, attr: &AttrDef| f.name.eq_ignore_ascii_case(&attr.column);
    let orphans: Vec<FoundColumn> =
        found.iter().filter(|f| !table.columns.iter().any(|a| is(f, a))).cloned().collect();
    let fresh = format!("topsail_new_{}", table.name);
    table.create(dialect, link, &fresh, &orphans).await?;
    let copied: Vec<&str> =
        found.iter().filter(|f| !changed.iter().any(|a| is(f, a))).map(|f| f.name.as_str()).collect();
    copy(dialect, link, table, &fresh, &copied).await?;
    convert(dialect, link, table, &fresh, changed).await?;
    keep_sequence(link, &table.name, &fresh).await?;
    let drop = Table::drop().table(Alias::new(&table.name)).to_owned();
    link.execute(dialect.build_schema(&drop)).await?;
    let rename = Table::rename().table(Alias::new(&fresh), Alias::new(&table.name)).to_owned();
    link.execute(dialect.build_schema(&rename)).await?;
    for companion in companions {
        // Their own text, from the database's own catalogue.
        link.execute(Statement::own_schema(companion)).await?;
    }
    Ok(())
}

/// Copies what keeps its type, inside the database. Row ids are kept, they link the two tables.
async fn copy(
    dialect: Dialect,
    link: &mut Link,
    table: &TableDef,
    fresh: &str,
    columns: &[&str],
) -> Result<()> {
    let rowid = (!columns.contains(&"rowid")).then_some("rowid");
    let names = || rowid.into_iter().chain(columns.iter().copied()).map(Alias::new);
    let mut select = Query::select();
    select.columns(names()).from(Alias::new(&table.name));
    let mut insert = Query::insert();
    insert.into_table(Alias::new(fresh)).columns(names());
    insert
        .select_from(select)
        .map_err(|e| OrmError::Migration { table: table.name.clone(), message: e.to_string() })?;
    link.execute(dialect.build(&insert)).await?;
    Ok(())
}

/// Converts what changes its type, by the rules for values that a caller gives.
///
/// # Errors
/// [`OrmError::Migration`] that names values which cannot be converted.
async fn convert(
    dialect: Dialect,
    link: &mut Link,
    table: &TableDef,
    fresh: &str,
    changed: &[&AttrDef],
) -> Result<()> {
    let mut problems: Vec<String> = vec![];
    let mut last = i64::MIN;
    loop {
        let mut select = Query::select();
        select
            .column("rowid")
            .column(Alias::new(&table.primary_key))
            .columns(changed.iter().map(|a| Alias::new(&a.column)))
            .from(Alias::new(&table.name))
            .and_where(Expr::col("rowid").gt(last))
            .order_by("rowid", sea_query::Order::Asc)
            .limit(PAGE);
        let rows = link.fetch(dialect.build(&select)).await?;
        let Some(end) = rows.last() else { break };
        last = end.int(0)?;
        for row in &rows {
            let mut update = Query::update();
            update.table(Alias::new(fresh)).and_where(Expr::col("rowid").eq(row.int(0)?));
            for (i, attr) in changed.iter().enumerate() {
                match converted(attr, row.stored(i + 2)?) {
                    Ok(value) => {
                        update.value(Alias::new(&attr.column), bind(attr.value_kind(), &value));
                    }
                    Err(value) => problems.push(format!(
                        "`{}` of {} is {}, which is not {}",
                        attr.name,
                        excerpt(&row.stored(1)?),
                        excerpt(&value),
                        coerce::expected(attr.value_kind())
                    )),
                }
            }
            if problems.len() >= SHOWN {
                break;
            }
            if problems.is_empty() {
                link.execute(dialect.build(&update)).await?;
            }
        }
        if problems.len() >= SHOWN {
            break;
        }
    }
    if problems.is_empty() {
        return Ok(());
    }
    Err(OrmError::Migration {
        table: table.name.clone(),
        message: format!(
            "rows cannot be carried over, so nothing was changed: {}; correct them, or write a migration",
            problems.join("; ")
        ),
    })
}

fn converted(attr: &AttrDef, stored: Value) -> Result<Value, Value> {
    match (attr.value_kind(), stored) {
        (_, Value::Null) => Ok(Value::Null),
        (Kind::Json, Value::String(text)) => Ok(serde_json::from_str(&text).unwrap_or(Value::String(text))),
        (kind, value) => coerce::lenient(kind, value).map_err(|(_, value)| value),
    }
}

/// An automatic key is never given twice, also not after the last row was destroyed.
async fn keep_sequence(link: &mut Link, former: &str, fresh: &str) -> Result<()> {
    if !discover::exists(link, "sqlite_sequence").await? {
        return Ok(());
    }
    let values = || vec![fresh.into(), former.into()];
    let forget = "DELETE FROM sqlite_sequence WHERE name = ? AND EXISTS \
                  (SELECT 1 FROM sqlite_sequence WHERE name = ?)";
    link.execute(Statement::fixed(forget, values())).await?;
    let keep = "INSERT INTO sqlite_sequence (name, seq) SELECT ?, seq FROM sqlite_sequence WHERE name = ?";
    link.execute(Statement::fixed(keep, values())).await?;
    Ok(())
}
