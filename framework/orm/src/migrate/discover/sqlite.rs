//! The catalogue of SQLite.

use crate::{
    datastore::{Link, Statement},
    error::Result,
};

pub(super) const TABLE: &str = "SELECT name FROM sqlite_master WHERE type = 'table' AND name = ?";

pub(super) const COLUMNS: &str = "SELECT name, type, pk, '' FROM pragma_table_info(?) ORDER BY cid";

pub(super) const INDEXES: &str = "SELECT l.name, COALESCE(i.name, '') FROM pragma_index_list(?) AS l \
     JOIN pragma_index_info(l.name) AS i ORDER BY l.name, i.seqno";

pub(super) const FOREIGN_KEYS: &str = "SELECT '', f.\"from\", f.\"table\", COALESCE(f.\"to\", ''), f.on_delete \
     FROM pragma_foreign_key_list(?) AS f GROUP BY f.id HAVING count(*) = 1 ORDER BY f.\"from\"";

/// The statements that made the table's indexes and triggers.
pub(in crate::migrate) async fn companions(link: &mut Link, table: &str) -> Result<Vec<String>> {
    let sql = "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND type IN ('index', 'trigger') \
               AND sql IS NOT NULL";
    let rows = link.fetch(Statement::fixed(sql, vec![table.into()])).await?;
    Ok(rows.iter().map(|r| r.text(0)).collect::<Result<_, _>>()?)
}

/// The tables with a foreign key to this one.
pub(in crate::migrate) async fn dependents(link: &mut Link, table: &str) -> Result<Vec<String>> {
    let sql = "SELECT DISTINCT m.name FROM sqlite_master AS m JOIN pragma_foreign_key_list(m.name) AS f \
               WHERE m.type = 'table' AND f.\"table\" = ?";
    let rows = link.fetch(Statement::fixed(sql, vec![table.into()])).await?;
    Ok(rows.iter().map(|r| r.text(0)).collect::<Result<_, _>>()?)
}
