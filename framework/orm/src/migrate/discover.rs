//! What tables the database has.

use crate::{
    datastore::{Link, Statement},
    error::Result,
};

/// A column as the database describes it.
#[derive(Clone, Debug)]
pub(super) struct FoundColumn {
    pub name: String,
    pub declared: String,
    pub is_key: bool,
}

pub(super) async fn exists(link: &mut Link, table: &str) -> Result<bool> {
    let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name = ?";
    Ok(!link.fetch(Statement::fixed(sql, vec![table.into()])).await?.is_empty())
}

pub(super) async fn columns(link: &mut Link, table: &str) -> Result<Vec<FoundColumn>> {
    let sql = "SELECT name, type, pk FROM pragma_table_info(?) ORDER BY cid";
    let rows = link.fetch(Statement::fixed(sql, vec![table.into()])).await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        found.push(FoundColumn { name: row.text(0)?, declared: row.text(1)?, is_key: row.int(2)? > 0 });
    }
    Ok(found)
}

/// The statements that made the table's indexes and triggers.
pub(super) async fn companions(link: &mut Link, table: &str) -> Result<Vec<String>> {
    let sql = "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND type IN ('index', 'trigger') \
               AND sql IS NOT NULL";
    let rows = link.fetch(Statement::fixed(sql, vec![table.into()])).await?;
    Ok(rows.iter().map(|r| r.text(0)).collect::<Result<_, _>>()?)
}

/// The tables with a foreign key to this one.
pub(super) async fn dependents(link: &mut Link, table: &str) -> Result<Vec<String>> {
    let sql = "SELECT DISTINCT m.name FROM sqlite_master AS m JOIN pragma_foreign_key_list(m.name) AS f \
               WHERE m.type = 'table' AND f.\"table\" = ?";
    let rows = link.fetch(Statement::fixed(sql, vec![table.into()])).await?;
    Ok(rows.iter().map(|r| r.text(0)).collect::<Result<_, _>>()?)
}
