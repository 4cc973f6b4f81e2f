//! How a statement is written out: its values apart from its text, but for numbers of rows.

use std::fmt::{self, Write};

use sea_query::{QueryBuilder, QueryStatementBuilder, SqlWriter, Value, Values};

/// The text of a statement, and its values in the order of their places in it.
///
/// `LIMIT` and `OFFSET` stand in the text: SQLite plans a statement anew each time another value is bound there, which
/// costs more than to look up a few records. They are numbers that were checked, the only ones that have the type `u64`.
pub(super) fn write(statement: &impl QueryStatementBuilder, builder: &impl QueryBuilder) -> (String, Values) {
    let (placeholder, numbered) = builder.placeholder();
    let mut out = Writer { placeholder, numbered, text: String::with_capacity(256), values: vec![] };
    statement.build_collect_any_into(builder, &mut out);
    (out.text, Values(out.values))
}

struct Writer {
    placeholder: &'static str,
    numbered: bool,
    text: String,
    values: Vec<Value>,
}

impl SqlWriter for Writer {
    fn push_param<T: QueryBuilder>(&mut self, value: Value, _: &T) {
        // Writing to a string cannot fail.
        let _ = match value {
            Value::BigUnsigned(Some(rows)) => write!(self.text, "{rows}"),
            value => {
                self.values.push(value);
                match self.numbered {
                    true => write!(self.text, "{}{}", self.placeholder, self.values.len()),
                    false => self.text.write_str(self.placeholder),
                }
            }
        };
    }

    fn as_writer(&mut self) -> &mut dyn Write {
        &mut self.text
    }
}

impl Write for Writer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.text.write_str(text)
    }
}

impl fmt::Display for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_query::{Alias, Expr, ExprTrait, PostgresQueryBuilder, Query, SqliteQueryBuilder};

    #[test]
    fn numbers_of_rows_stand_in_the_text_and_values_beside_it() {
        let mut select = Query::select();
        select
            .column(Alias::new("id"))
            .from(Alias::new("user"))
            .and_where(Expr::col(Alias::new("name")).eq("ann' or 1=1 --"))
            .and_where(Expr::col(Alias::new("age")).gt(3_i64))
            .limit(30)
            .offset(60);
        let (text, values) = write(&select, &PostgresQueryBuilder);
        assert_eq!(text, r#"SELECT "id" FROM "user" WHERE "name" = $1 AND "age" > $2 LIMIT 30 OFFSET 60"#);
        assert_eq!(values.0.len(), 2);
        let (text, _) = write(&select, &SqliteQueryBuilder);
        assert!(text.ends_with(r#""name" = ? AND "age" > ? LIMIT 30 OFFSET 60"#), "{text}");
    }
}
