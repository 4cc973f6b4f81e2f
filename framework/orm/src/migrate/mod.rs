//! Auto-migration: tables follow the models.

mod alter;
mod columns;
mod conversion;
mod discover;
mod empty;
mod foreign_key;
mod index;
mod memory;
mod rebuild;
mod table;
mod versioned;

pub(crate) use self::empty::truncate_all;
pub use self::versioned::{
    Baseline, ColumnRename, Diff, Down, MigrationError, MigrationState, MigrationStatus, Migrations, Status,
    TableRename, Up,
};

use self::{alter::first_value, table::TableDef};
use crate::{
    Orm,
    datastore::{Dialect, Link, Migrate, Statement},
    error::Result,
};

/// Brings the tables of every datastore to what the models say; each datastore in one transaction.
///
/// MySQL and MariaDB cannot undo a statement about tables: there each one stands at once, and what was done before an
/// error stays. The steps are in an order in which no value is ever gone, and the next run takes up from there.
///
/// # Source
/// sails-hook-orm, waterline-utils `auto-migrations`. Differs: `alter` changes what differs and keeps the rest,
/// in one transaction, where Sails drops the table and fills it again from memory.
pub(crate) async fn run(orm: &Orm, migrate: Migrate) -> Result<()> {
    if migrate == Migrate::Safe {
        return Ok(());
    }
    for store in orm.datastores() {
        let tables = table::all(orm, store);
        if tables.is_empty() {
            continue;
        }
        let dialect = store.dialect();
        let mut link = store.begin_migration().await?;
        memory::prepare(dialect, &mut link).await?;
        if migrate == Migrate::Drop {
            drop_and_create(dialect, &mut link, &tables).await?;
        } else {
            alter::tables(dialect, &mut link, &tables).await?;
        }
        for table in &tables {
            memory::remember(dialect, &mut link, table).await?;
        }
        link.commit().await?;
    }
    Ok(())
}

async fn drop_and_create(dialect: Dialect, link: &mut Link, tables: &[TableDef]) -> Result<()> {
    foreign_key::drop_all(dialect, link, tables).await?;
    let drops = tables.iter().map(|t| t.drop_table(dialect));
    let creates = tables.iter().flat_map(|t| t.create_statements(dialect));
    let references = tables.iter().flat_map(|t| t.reference_statements(dialect));
    for statement in drops.chain(creates).chain(references) {
        link.execute(Statement::own_schema(statement)).await?;
    }
    Ok(())
}
