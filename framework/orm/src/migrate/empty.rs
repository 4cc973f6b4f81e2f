//! Emptying tables.

use sea_query::{Alias, Expr, ExprTrait, Query, Table};

use super::{
    discover,
    table::{self, TableDef},
};
use crate::{
    Orm,
    datastore::{Dialect, Link, Place, Statement},
    error::Result,
    model::Auto,
};

pub(crate) async fn truncate_all(orm: &Orm) -> Result<()> {
    for store in orm.datastores() {
        let tables = table::all(orm, store);
        if tables.is_empty() {
            continue;
        }
        let dialect = store.dialect();
        let mut link = store.begin_write().await?;
        for table in &tables {
            if dialect.is_mysql() {
                let truncate = Table::truncate().table(Alias::new(&table.name)).to_owned();
                link.execute(dialect.build_schema(&truncate)).await?;
            } else {
                let delete = Query::delete().from_table(Alias::new(&table.name)).to_owned();
                link.execute(dialect.build(&delete)).await?;
            }
        }
        restart_keys(dialect, &mut link, &tables).await?;
        link.commit().await?;
    }
    Ok(())
}

async fn restart_keys(dialect: Dialect, link: &mut Link, tables: &[TableDef]) -> Result<()> {
    match dialect {
        // Emptying the table did it.
        Dialect::Mysql | Dialect::Mariadb => {}
        Dialect::Sqlite => {
            if discover::exists(dialect, link, "sqlite_sequence").await? {
                let mut delete = Query::delete();
                let names = tables.iter().map(|t| t.name.clone());
                delete.from_table("sqlite_sequence").and_where(Expr::col("name").is_in(names));
                link.execute(dialect.build(&delete)).await?;
            }
        }
        Dialect::Postgres => {
            let automatic = |t: &TableDef| {
                t.columns.iter().any(|c| c.place == Place::Key && c.attr.auto == Some(Auto::Increment))
            };
            for table in tables.iter().filter(|t| automatic(t)) {
                let sql = "SELECT setval(s, 1, false) FROM \
                           (SELECT pg_get_serial_sequence(quote_ident($1), $2)::regclass AS s) AS t \
                           WHERE s IS NOT NULL";
                let values = vec![table.name.clone().into(), table.primary_key.clone().into()];
                link.execute(Statement::fixed(sql, values)).await?;
            }
        }
    }
    Ok(())
}
