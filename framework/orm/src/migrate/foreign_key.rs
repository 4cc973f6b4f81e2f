//! Foreign keys: constraints of the database.

use sea_query::{
    Alias, Expr, ExprTrait, ForeignKey, ForeignKeyAction, ForeignKeyCreateStatement, Func, Query,
};

use super::{discover, memory, table::TableDef};
use crate::{
    datastore::{Dialect, Link, Statement},
    error::{OrmError, Result},
    model::OnDelete,
};

/// A foreign key of one column, named by us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ForeignKeyDef {
    pub name: String,
    pub column: String,
    /// The table it points at.
    pub table: String,
    /// The primary key there.
    pub to_column: String,
    pub on_delete: OnDelete,
}

impl ForeignKeyDef {
    /// Whether this one, as it was found, does what the other wants, whatever its name.
    pub(super) fn does(&self, wanted: &Self) -> bool {
        let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
        same(&self.column, &wanted.column)
            && same(&self.table, &wanted.table)
            && (self.to_column.is_empty() || same(&self.to_column, &wanted.to_column))
            && self.on_delete == wanted.on_delete
    }

    /// The statement that adds it to a table; none on SQLite, where it stands in the statement of the table.
    pub(super) fn add_statement(&self, dialect: Dialect, of: &str) -> Option<String> {
        (dialect != Dialect::Sqlite).then(|| dialect.schema_text(&self.inside(of)))
    }

    /// The constraint, as it stands in the statement of the table.
    pub(super) fn inside(&self, of: &str) -> ForeignKeyCreateStatement {
        let mut create = ForeignKey::create();
        create
            .name(&self.name)
            .from(Alias::new(of), Alias::new(&self.column))
            .to(Alias::new(&self.table), Alias::new(&self.to_column));
        match self.on_delete {
            // What the databases do when nothing is said: the statement as a whole may leave no row behind.
            OnDelete::Restrict => {}
            OnDelete::Cascade => {
                create.on_delete(ForeignKeyAction::Cascade);
            }
            OnDelete::SetNull => {
                create.on_delete(ForeignKeyAction::SetNull);
            }
        }
        create
    }
}

/// The statement that removes a foreign key from a table; none on SQLite, where the table has to be made again.
pub(super) fn drop_statement(dialect: Dialect, name: &str, of: &str) -> Option<String> {
    let mut drop = ForeignKey::drop();
    drop.name(name).table(Alias::new(of));
    (dialect != Dialect::Sqlite).then(|| dialect.schema_text(&drop))
}

/// Adds the foreign keys that are missing.
///
/// # Errors
/// [`OrmError::Migration`] for rows that point at nothing.
pub(super) async fn add_missing(dialect: Dialect, link: &mut Link, table: &TableDef) -> Result<()> {
    let found = discover::foreign_keys(dialect, link, &table.name).await?;
    let missing: Vec<_> = table.foreign_keys.iter().filter(|w| !found.iter().any(|f| f.does(w))).collect();
    check(dialect, link, table, &missing).await?;
    for statement in missing.iter().filter_map(|f| f.add_statement(dialect, &table.name)) {
        link.execute(Statement::own_schema(statement)).await?;
    }
    Ok(())
}

/// Removes the foreign keys that we made and nobody wants any more, and those that stand in the way of a change of their
/// column or of its index, to be added again after it.
pub(super) async fn drop_unwanted(dialect: Dialect, link: &mut Link, table: &TableDef) -> Result<()> {
    let found = discover::foreign_keys(dialect, link, &table.name).await?;
    if found.is_empty() {
        return Ok(());
    }
    let memory = memory::recall(dialect, link, &table.name).await?;
    let columns = discover::columns(dialect, link, &table.name).await?;
    let indexes = discover::indexes(dialect, link, &table.name).await?;
    let loses_index = |column: &String| {
        let goes =
            |name: &str| memory.indexes().contains(&name) && !table.indexes.iter().any(|i| i.name == name);
        dialect.is_mysql() && indexes.iter().any(|i| i.columns.contains(column) && goes(&i.name))
    };
    let changes = |column: &str| {
        let wanted = table.columns.iter().find(|c| c.attr.column == column);
        let found = columns.iter().find(|c| c.name == column);
        wanted.zip(found).is_some_and(|(w, f)| super::alter::differs(dialect, w, f, &memory))
    };
    for key in found {
        let wanted = table.foreign_keys.iter().any(|w| key.does(w));
        let ours = memory.foreign_keys().contains(&key.name.as_str())
            || table.foreign_keys.iter().any(|w| w.name == key.name);
        if !ours || (wanted && !loses_index(&key.column) && !changes(&key.column)) {
            continue;
        }
        if let Some(statement) = drop_statement(dialect, &key.name, &table.name) {
            link.execute(Statement::own_schema(statement)).await?;
        }
    }
    Ok(())
}

/// Removes every foreign key of these tables, and those that we made of others, so that tables can be dropped in any order.
pub(super) async fn drop_all(dialect: Dialect, link: &mut Link, tables: &[TableDef]) -> Result<()> {
    if dialect == Dialect::Sqlite {
        return forget_dropped(dialect, link, tables).await;
    }
    let former = memory::recall_all(dialect, link).await?;
    let names = tables.iter().map(|t| &t.name);
    let others = former.iter().map(|(name, _)| name).filter(|name| !tables.iter().any(|t| t.name == **name));
    for name in names.chain(others) {
        let ours = former.iter().find(|(table, _)| table == name).map(|(_, memory)| memory.foreign_keys());
        let goes = tables.iter().any(|t| t.name == *name);
        for key in discover::foreign_keys(dialect, link, name).await? {
            let is_ours = ours.as_ref().is_some_and(|ours| ours.contains(&key.name.as_str()));
            if let Some(statement) = drop_statement(dialect, &key.name, name).filter(|_| goes || is_ours) {
                link.execute(Statement::own_schema(statement)).await?;
            }
        }
    }
    Ok(())
}

/// Makes rows of other tables point nowhere where they point at rows of these tables, which are about to go.
///
/// SQLite counts violations: a row that was left pointing at nothing would let another one in, once a row gets its key.
async fn forget_dropped(dialect: Dialect, link: &mut Link, tables: &[TableDef]) -> Result<()> {
    for table in tables {
        for other in discover::sqlite::dependents(link, &table.name).await? {
            if tables.iter().any(|t| t.name == other) {
                continue;
            }
            let found = discover::foreign_keys(dialect, link, &other).await?;
            for key in found.iter().filter(|key| key.table.eq_ignore_ascii_case(&table.name)) {
                let mut update = Query::update();
                let nothing = sea_query::Value::BigInt(None);
                update.table(Alias::new(&other)).value(Alias::new(&key.column), nothing);
                link.execute(dialect.build(&update)).await?;
            }
        }
    }
    Ok(())
}

/// Sees that every row of the table points at something by these foreign keys, or at nothing.
///
/// # Errors
/// [`OrmError::Migration`] that says how many do not.
pub(super) async fn check(
    dialect: Dialect,
    link: &mut Link,
    table: &TableDef,
    foreign_keys: &[&ForeignKeyDef],
) -> Result<()> {
    for key in foreign_keys {
        let (child, parent) = (Alias::new("child"), Alias::new("parent"));
        let column = || Expr::col((child.clone(), Alias::new(&key.column)));
        let mut there = Query::select();
        there
            .expr(Expr::val(1))
            .from_as(Alias::new(&key.table), parent.clone())
            .and_where(Expr::col((parent, Alias::new(&key.to_column))).eq(column()));
        let mut select = Query::select();
        select
            .expr(Func::count(Expr::val(1)))
            .from_as(Alias::new(&table.name), child.clone())
            .and_where(column().is_not_null())
            .and_where(Expr::exists(there).not());
        let dangling = link.fetch(dialect.build(&select)).await?.first().map_or(Ok(0), |row| row.int(0))?;
        if dangling > 0 {
            return Err(OrmError::Migration {
                table: table.name.clone(),
                message: format!(
                    "`{}` should be a foreign key, but {dangling} rows point at records of `{}` that do not exist; set it \
                     to null there or remove these rows first",
                    key.column, key.table
                ),
            });
        }
    }
    Ok(())
}
