//! SQL of the app's own.

use std::{borrow::Cow, sync::atomic::Ordering};

use futures_util::TryStreamExt;
use sea_query_sqlx::SqlxValues;
use serde_json::Value;
use sqlx::{Column, Database, Either, Executor, IntoArguments, Row as _, SqlSafeStr, SqlStr};

use super::{
    Datastore, Dialect, Pool, Row,
    door::{Answer, same_statement},
};
use crate::{
    Record,
    error::{OrmError, Result},
    example::example,
};

/// What a statement of the app's own gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NativeResult {
    /// The rows, by column names, with values as the database gives them.
    pub rows: Vec<Record>,
    /// How many rows were written; 0 for a statement that begins with `SELECT` or the like.
    pub affected: u64,
}

/// A statement of the app's own, in the database's language.
pub(crate) struct Native {
    sql: SqlStr,
    values: SqlxValues,
}

impl Native {
    /// # Errors
    /// [`OrmError::NativeQuery`] for an empty text, and for a `$3` without a third value (PostgreSQL says so itself).
    pub(crate) fn new(
        dialect: Dialect,
        sql: impl SqlSafeStr,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Self> {
        let sql = sql.into_sql_str();
        if sql.as_str().trim().is_empty() {
            return Err(OrmError::NativeQuery { message: "the SQL is empty".into() });
        }
        let mut values: Vec<sea_query::Value> = values.into_iter().map(bound).collect();
        if dialect == Dialect::Postgres {
            return Ok(Self { sql, values: SqlxValues(sea_query::Values(values)) });
        }
        let (text, order) = in_order(sql.as_str());
        if let Some(missing) = order.iter().find(|n| **n == 0 || **n > values.len()) {
            let message = format!("the SQL names ${missing}, and there are {} values", values.len());
            return Err(OrmError::NativeQuery { message });
        }
        if dialect.numbers_values() {
            // SQLite; it takes a value that is missing for null.
            return Ok(Self { sql, values: SqlxValues(sea_query::Values(values)) });
        }
        values = order.iter().filter_map(|n| values.get(n - 1).cloned()).collect();
        let text = match text {
            Cow::Borrowed(_) => sql,
            Cow::Owned(text) => same_statement(text),
        };
        Ok(Self { sql: text, values: SqlxValues(sea_query::Values(values)) })
    }

    pub(super) fn sql(&self) -> &str {
        self.sql.as_str()
    }
}

impl Datastore {
    /// Sends SQL of the app's own, on any connection and in no transaction; `$1`, `$2` … stand for the values on every
    /// database.
    ///
    /// The text is a constant, or is said to be safe with [`AssertSqlSafe`](crate::AssertSqlSafe); whatever comes from
    /// outside belongs into the values. Lists and dictionaries are sent as JSON. PostgreSQL wants a cast
    /// (`$1::integer`) where the type of a value does not follow from its place. It yields no
    /// [`Change`](crate::Change)s.
    ///
    /// # Errors
    /// `E_QUERY_FAILED`; [`OrmError::NativeQuery`] for an empty text and for a value that is missing.
    ///
    /// # Source
    /// Sails `datastore.sendNativeQuery`. Differs: the answer has one shape for every database.
    #[doc = example!(
        "let store = orm.require_datastore(\"default\")?;"
        "let found = store.send_native_query(\"SELECT name FROM pet WHERE age > $1\", [json!(5)]).await?;"
        "assert_eq!(found.rows[0][\"name\"], \"Ida\");"
    )]
    pub async fn send_native_query(
        &self,
        sql: impl SqlSafeStr,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<NativeResult> {
        let native = Native::new(self.dialect, sql, values)?;
        self.statements.fetch_add(1, Ordering::Relaxed);
        tracing::trace!(datastore = self.name(), sql = native.sql(), "statement of the app");
        let answer = match self.pool() {
            #[cfg(feature = "sqlite")]
            Pool::Sqlite(pool) => sqlite(pool, native).await,
            #[cfg(feature = "postgres")]
            Pool::Postgres(pool) => postgres(pool, native).await,
            #[cfg(feature = "mysql")]
            Pool::Mysql(pool) => mysql(pool, native).await,
        };
        Ok(answer?)
    }
}

#[cfg(feature = "sqlite")]
pub(super) async fn sqlite<'e>(
    executor: impl Executor<'e, Database = sqlx::Sqlite>,
    native: Native,
) -> Answer<NativeResult> {
    send(executor, native, Row::Sqlite, |done| done.rows_affected()).await
}

#[cfg(feature = "postgres")]
pub(super) async fn postgres<'e>(
    executor: impl Executor<'e, Database = sqlx::Postgres>,
    native: Native,
) -> Answer<NativeResult> {
    send(executor, native, Row::Postgres, |done| done.rows_affected()).await
}

#[cfg(feature = "mysql")]
pub(super) async fn mysql<'e>(
    executor: impl Executor<'e, Database = sqlx::MySql>,
    native: Native,
) -> Answer<NativeResult> {
    send(executor, native, Row::Mysql, |done| done.rows_affected()).await
}

async fn send<'e, DB, E>(
    executor: E,
    native: Native,
    wrap: fn(DB::Row) -> Row,
    affected: fn(&DB::QueryResult) -> u64,
) -> Answer<NativeResult>
where
    DB: Database,
    E: Executor<'e, Database = DB>,
    SqlxValues: IntoArguments<DB>,
{
    let mut result = NativeResult::default();
    let reads = reads(native.sql());
    let query = sqlx::query_with::<DB, _>(native.sql, native.values);
    let mut parts = executor.fetch_many(query);
    while let Some(part) = parts.try_next().await? {
        match part {
            // The drivers count here what was read, or what the statement before wrote.
            Either::Left(_) if reads => {}
            Either::Left(done) => result.affected += affected(&done),
            Either::Right(row) => {
                let names: Vec<String> = row.columns().iter().map(|c| c.name().to_owned()).collect();
                let row = wrap(row);
                let values = names.into_iter().enumerate().map(|(i, name)| Ok((name, row.stored(i)?)));
                result.rows.push(values.collect::<Answer<Record>>()?);
            }
        }
    }
    Ok(result)
}

fn reads(sql: &str) -> bool {
    let word: String = sql.trim_start().chars().take_while(char::is_ascii_alphabetic).collect();
    ["SELECT", "VALUES", "TABLE", "SHOW", "DESCRIBE", "EXPLAIN", "PRAGMA"]
        .iter()
        .any(|reading| word.eq_ignore_ascii_case(reading))
}

fn bound(value: Value) -> sea_query::Value {
    use sea_query::Value as V;
    match value {
        Value::Null => V::String(None),
        Value::Bool(b) => V::Bool(Some(b)),
        Value::Number(n) => n.as_i64().map_or_else(|| V::Double(n.as_f64()), |n| V::BigInt(Some(n))),
        Value::String(s) => V::String(Some(s)),
        json => V::String(Some(json.to_string())),
    }
}

/// The text with `?` for every `$1`, as MySQL reads it, and the numbers in the order in which they stand there. What stands in quotes and
/// comments is left alone.
fn in_order(sql: &str) -> (Cow<'_, str>, Vec<usize>) {
    let (mut text, mut numbers) = (String::new(), vec![]);
    let mut rest = sql;
    while let Some(at) = rest.find(['$', '\'', '"', '`', '-', '#', '/']) {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let digits = rest[1..].bytes().take_while(u8::is_ascii_digit).count();
        let length = match rest.as_bytes()[0] {
            b'$' if digits > 0 => {
                numbers.push(rest[1..=digits].parse().unwrap_or(usize::MAX));
                text.push('?');
                rest = &rest[1 + digits..];
                continue;
            }
            quote @ (b'\'' | b'"' | b'`') => quoted(rest, quote),
            b'-' if rest.starts_with("-- ") || rest.starts_with("--\n") => {
                rest.find('\n').unwrap_or(rest.len())
            }
            b'#' => rest.find('\n').unwrap_or(rest.len()),
            b'/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            _ => 1,
        };
        text.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    if numbers.is_empty() {
        return (sql.into(), numbers);
    }
    text.push_str(rest);
    (text.into(), numbers)
}

/// Bytes of what begins with a quote, both quotes included; a doubled quote goes on as the next one.
fn quoted(text: &str, quote: u8) -> usize {
    let mut escaped = false;
    let end = text.bytes().skip(1).position(|b| {
        let ends = b == quote && !escaped;
        escaped = b == b'\\' && !escaped && quote != b'`';
        ends
    });
    end.map_or(text.len(), |end| end + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_found_outside_of_quotes_and_comments() {
        let sql = "SELECT $2, '$1 it''s $3', \"a$1\" -- $1\n FROM t /* $1 */ WHERE a = $1 AND b = $2 AND c - $10 > 0";
        let (text, order) = in_order(sql);
        assert_eq!(order, [2, 1, 2, 10]);
        assert_eq!(
            text,
            "SELECT ?, '$1 it''s $3', \"a$1\" -- $1\n FROM t /* $1 */ WHERE a = ? AND b = ? AND c - ? > 0"
        );
        assert_eq!(in_order(r"SELECT 'it\'s $1', $1").1, [1]);
        assert_eq!(in_order(r"SELECT 'a\\', $1, `\`, $2").1, [1, 2]);
        for odd in ["SELECT '", "$", "é$", "/*", "--", "SELECT 1 / 2", "$$ body", "'\\"] {
            drop(in_order(odd));
        }
        assert_eq!(in_order("SELECT 1"), ("SELECT 1".into(), vec![]));
    }
}
