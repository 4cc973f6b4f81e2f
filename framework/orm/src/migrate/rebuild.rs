//! Changing the type of a column in SQLite, which cannot change one in place: a new table, the rows copied, the old one
//! dropped, all in one transaction, whose connection does not look at foreign keys.

use sea_query::{Alias, Expr, ExprTrait, Query, Table};

use super::{
    conversion::Problems,
    discover::{self, FoundColumn, sqlite},
    foreign_key::ForeignKeyDef,
    memory::Memory,
    table::{Further, TableDef},
};
use crate::{
    datastore::{Dialect, Link, Statement, bind},
    error::{OrmError, Result},
    model::AttrDef,
};

/// Rows converted at a time.
const PAGE: u64 = 500;

/// The foreign keys of a table that is there.
#[derive(Default)]
pub(super) struct References {
    /// Whether they are others than the model wants.
    pub differ: bool,
    /// Those that somebody else made.
    pub of_others: Vec<ForeignKeyDef>,
}

impl References {
    /// Empty where foreign keys come and go without the table.
    pub(super) async fn of(
        dialect: Dialect,
        link: &mut Link,
        table: &TableDef,
        memory: &Memory,
    ) -> Result<Self> {
        if dialect != Dialect::Sqlite {
            return Ok(Self::default());
        }
        let found = discover::foreign_keys(dialect, link, &table.name).await?;
        let is_wanted = |f: &ForeignKeyDef| table.foreign_keys.iter().any(|w| f.does(w));
        let missing = table.foreign_keys.iter().any(|w| !found.iter().any(|f| f.does(w)));
        let (mut others, mut unwanted) = (vec![], false);
        for key in found.iter().filter(|f| !is_wanted(f)) {
            if memory.references(&key.column, &key.table) {
                unwanted = true;
            } else {
                others.push(key.clone());
            }
        }
        Ok(Self { differ: missing || unwanted, of_others: others })
    }
}

pub(super) async fn table(
    dialect: Dialect,
    link: &mut Link,
    table: &TableDef,
    found: &[FoundColumn],
    changed: &[&AttrDef],
    foreign_keys: Vec<ForeignKeyDef>,
) -> Result<()> {
    let dependents = sqlite::dependents(link, &table.name).await?;
    if !dependents.is_empty() && changed.iter().any(|attr| attr.column == table.primary_key) {
        return Err(OrmError::Migration {
            table: table.name.clone(),
            message: format!(
                "the primary key changes its type, but `{}` has a foreign key to it, whose values would be others; \
                 write a migration for this",
                dependents.join("`, `")
            ),
        });
    }
    let companions = sqlite::companions(link, &table.name).await?;
    let is = |f: &FoundColumn, attr: &AttrDef| f.name.eq_ignore_ascii_case(&attr.column);
    let orphans: Vec<FoundColumn> =
        found.iter().filter(|f| !table.columns.iter().any(|c| is(f, &c.attr))).cloned().collect();
    let fresh = format!("topsail_new_{}", table.name);
    let further = Further { columns: orphans, foreign_keys };
    link.execute(Statement::own_schema(table.create_table(dialect, &fresh, &further))).await?;
    let copied: Vec<&str> =
        found.iter().filter(|f| !changed.iter().any(|a| is(f, a))).map(|f| f.name.as_str()).collect();
    copy(dialect, link, table, &fresh, &copied).await?;
    if !changed.is_empty() {
        convert(dialect, link, table, &fresh, changed).await?;
    }
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
    let mut problems = Problems::default();
    let mut last = i64::MIN;
    while !problems.are_many() {
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
                if let Some(value) = problems.convert(attr, &row.stored(1)?, row.stored(i + 2)?, None) {
                    update.value(Alias::new(&attr.column), bind(attr.value_kind(), &value));
                }
            }
            if problems.is_empty() {
                link.execute(dialect.build(&update)).await?;
            }
        }
    }
    problems.check(&table.name)
}

/// An automatic key is never given twice, also not after the last row was destroyed.
async fn keep_sequence(link: &mut Link, former: &str, fresh: &str) -> Result<()> {
    if !discover::exists(Dialect::Sqlite, link, "sqlite_sequence").await? {
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
