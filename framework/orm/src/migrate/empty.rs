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

const CHECK_AGAIN: &str = "SET FOREIGN_KEY_CHECKS = 1";

pub(crate) async fn truncate_all(orm: &Orm) -> Result<()> {
    for store in orm.datastores() {
        let tables = table::all(orm, store);
        if tables.is_empty() {
            continue;
        }
        let dialect = store.dialect();
        let mut link = store.begin_write().await?;
        clear(dialect, &mut link, &tables).await?;
        restart_keys(dialect, &mut link, &tables).await?;
        link.commit().await?;
    }
    Ok(())
}

/// Empties the tables in whatever order they come, also where they point at each other.
async fn clear(dialect: Dialect, link: &mut Link, tables: &[TableDef]) -> Result<()> {
    let refers = tables.iter().any(|t| !t.foreign_keys.is_empty());
    let truncate = |t: &TableDef| dialect.schema_text(Table::truncate().table(Alias::new(&t.name)));
    if dialect.is_mysql() && refers {
        // One message to the server: it comes to the last statement also if nobody waits for it any more.
        let all: Vec<String> = tables.iter().map(truncate).collect();
        let all = format!("SET FOREIGN_KEY_CHECKS = 0; {}; {CHECK_AGAIN}", all.join("; "));
        let outcome = link.execute(Statement::own_schema(all)).await;
        if outcome.is_err() {
            link.execute(Statement::own_schema(CHECK_AGAIN.into())).await?;
        }
        outcome?;
        return Ok(());
    }
    if dialect == Dialect::Postgres && refers {
        let names: Vec<String> = tables.iter().map(|t| format!("\"{}\"", t.name)).collect();
        link.execute(Statement::own_schema(format!("TRUNCATE TABLE {}", names.join(", ")))).await?;
        return Ok(());
    }
    if dialect == Dialect::Sqlite && refers {
        // Until the commit.
        link.execute(Statement::own_schema("PRAGMA defer_foreign_keys = ON".into())).await?;
    }
    for table in tables {
        if dialect.is_mysql() {
            link.execute(Statement::own_schema(truncate(table))).await?;
        } else {
            let delete = Query::delete().from_table(Alias::new(&table.name)).to_owned();
            link.execute(dialect.build(&delete)).await?;
        }
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
