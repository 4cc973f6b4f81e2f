//! Indexes, named by us so that their columns are known on every database.

use sea_query::{Alias, Index};

use super::{discover, memory::Memory, table::TableDef};
use crate::{
    datastore::{Dialect, Link, Statement},
    error::{OrmError, Result},
};

/// An index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct IndexDef {
    pub name: String,
    pub columns: Vec<String>,
    pub unique: bool,
}

impl IndexDef {
    /// The statement that makes it.
    pub(super) fn create_statement(&self, dialect: Dialect, table: &TableDef) -> String {
        let mut index = Index::create();
        index.name(&self.name).table(Alias::new(&table.name));
        if self.unique {
            index.unique();
        }
        for column in &self.columns {
            index.col(dialect.index_column(column, *column == table.primary_key));
        }
        dialect.schema_text(&index)
    }
}

/// The statement that drops an index.
pub(super) fn drop_statement(dialect: Dialect, name: &str, table: &str) -> String {
    dialect.schema_text(Index::drop().name(name).table(Alias::new(table)))
}

/// Creates the indexes that are missing.
///
/// # Errors
/// [`OrmError::Migration`] if stored values are not unique.
pub(super) async fn create_missing(dialect: Dialect, link: &mut Link, table: &TableDef) -> Result<()> {
    let found = discover::indexes(dialect, link, &table.name).await?;
    for index in table.indexes.iter().filter(|i| !found.iter().any(|f| f.name == i.name)) {
        let create = Statement::own_schema(index.create_statement(dialect, table));
        link.execute(create).await.map_err(|e| match &e {
            sqlx::Error::Database(db) if db.is_unique_violation() => OrmError::Migration {
                table: table.name.clone(),
                message: format!(
                    "{} should be unique, but rows have the same value; make them differ first",
                    index.columns.join(" with ")
                ),
            },
            _ => e.into(),
        })?;
    }
    Ok(())
}

/// Drops the indexes that we made and nobody wants any more.
pub(super) async fn drop_unwanted(
    dialect: Dialect,
    link: &mut Link,
    table: &TableDef,
    memory: &Memory,
) -> Result<()> {
    let found = discover::indexes(dialect, link, &table.name).await?;
    for name in memory.indexes() {
        if !table.indexes.iter().any(|i| i.name == name) && found.iter().any(|f| f.name == name) {
            link.execute(Statement::own_schema(drop_statement(dialect, name, &table.name))).await?;
        }
    }
    Ok(())
}
