//! What differs between databases when SQL is written.

use sea_query::{
    Alias, Expr, ExprTrait, Func, IndexColumn, IntoIndexColumn, LikeExpr, LockType, NullOrdering, Order,
    QueryStatementBuilder, SchemaStatementBuilder, SelectStatement,
};

use super::{door::Statement, writer::write};
use crate::{criteria::like::Pattern, model::AttrDef};

/// A database's language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(all(feature = "sqlite", feature = "postgres", feature = "mysql")),
    allow(dead_code, reason = "a build without a database never speaks its language")
)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
    Mysql,
    Mariadb,
}

/// What a write is about to do to the rows that it locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lock {
    /// It leaves alone what others can point at: meanwhile they may.
    Values,
    /// It changes keys, or removes the rows.
    Keys,
}

impl Dialect {
    /// The statement written out, its values beside it.
    pub(crate) fn build(self, statement: &impl QueryStatementBuilder) -> Statement {
        Statement::new(match self {
            Self::Sqlite => write(statement, &sea_query::SqliteQueryBuilder),
            Self::Postgres => write(statement, &sea_query::PostgresQueryBuilder),
            Self::Mysql | Self::Mariadb => write(statement, &sea_query::MysqlQueryBuilder),
        })
    }

    /// A statement about tables.
    pub(crate) fn build_schema(self, statement: &impl SchemaStatementBuilder) -> Statement {
        Statement::plain(self.schema_text(statement))
    }

    /// The text of a statement about tables.
    pub(crate) fn schema_text(self, statement: &impl SchemaStatementBuilder) -> String {
        match self {
            Self::Sqlite => statement.build(sea_query::SqliteQueryBuilder),
            Self::Postgres => statement.build(sea_query::PostgresQueryBuilder),
            Self::Mysql | Self::Mariadb => statement.build(sea_query::MysqlQueryBuilder),
        }
    }

    pub(crate) fn is_mysql(self) -> bool {
        matches!(self, Self::Mysql | Self::Mariadb)
    }

    /// Values that one statement can carry, with room for those of the criteria.
    pub(crate) fn chunk(self) -> usize {
        // SQLite takes 32,766 values, the others 65,535.
        10_000
    }

    /// Whether a write gives the rows it wrote. MariaDB does for some kinds of write, MySQL for none.
    pub(crate) fn returns_rows(self) -> bool {
        !self.is_mysql()
    }

    /// Whether `$2` stands for the second value.
    pub(crate) fn numbers_values(self) -> bool {
        !self.is_mysql()
    }

    /// Whether keys that were given have to be told to the sequence that makes the automatic ones.
    pub(crate) fn sequence_is_apart(self) -> bool {
        self == Self::Postgres
    }

    /// Locks the rows of a read, whose keys stay, until the transaction ends. SQLite locks the whole database for a write.
    pub(crate) fn lock(self, select: &mut SelectStatement) {
        self.lock_for(select, Lock::Values);
    }

    /// The same, for a write that does this to them.
    ///
    /// Who writes a record with a foreign key locks the key that it points at. PostgreSQL can tell that from the other
    /// values of the row: else two who each write such a record and then a counter of its parent would always deadlock.
    pub(crate) fn lock_for(self, select: &mut SelectStatement, lock: Lock) {
        let kind = match (self, lock) {
            (Self::Sqlite, _) => return,
            (Self::Postgres, Lock::Values) => LockType::NoKeyUpdate,
            _ => LockType::Update,
        };
        select.lock(kind);
    }

    /// Where nulls stand in an order: before everything else, everywhere.
    ///
    /// A primary key has no nulls, and its index could not give an order that says where they are.
    pub(crate) fn nulls(self, attr: &AttrDef, primary_key: &str, order: &Order) -> Option<NullOrdering> {
        (self == Self::Postgres && attr.name != primary_key).then_some(match order {
            Order::Desc => NullOrdering::Last,
            _ => NullOrdering::First,
        })
    }

    /// A column of an index, in the order of [`nulls`](Self::nulls), so that a sort can use the index from either end.
    pub(crate) fn index_column(self, column: &str, is_key: bool) -> IndexColumn {
        let column = Alias::new(column).into_index_column();
        // sea-query has no words for this; these stand where it writes them.
        if self == Self::Postgres && !is_key { column.with_operator_class("NULLS FIRST") } else { column }
    }

    /// The number as a double, so that whole numbers cannot overflow when they are added up.
    pub(crate) fn as_double(self, number: Expr) -> Expr {
        number.cast_as(if self.is_mysql() { "double" } else { "double precision" })
    }

    pub(crate) fn contains(self, column: Expr, text: &str) -> Expr {
        match self {
            // LIKE ignores the case of ASCII letters here; instr compares bytes.
            Self::Sqlite => Expr::expr(Func::cust("instr").arg(column).arg(text)).gt(0),
            _ => column.like(escaped(format!("%{}%", literal(text)))),
        }
    }

    pub(crate) fn starts_with(self, column: Expr, text: &str) -> Expr {
        match self {
            Self::Sqlite => {
                let head = Func::cust("substr").arg(column).arg(1).arg(characters(text));
                Expr::expr(head).eq(text)
            }
            _ => column.like(escaped(format!("{}%", literal(text)))),
        }
    }

    pub(crate) fn ends_with(self, column: Expr, text: &str) -> Expr {
        match self {
            Self::Sqlite if text.is_empty() => self.starts_with(column, text),
            Self::Sqlite => Expr::expr(Func::cust("substr").arg(column).arg(-characters(text))).eq(text),
            _ => column.like(escaped(format!("%{}", literal(text)))),
        }
    }

    pub(crate) fn like(self, column: Expr, pattern: &Pattern) -> Expr {
        match self {
            Self::Sqlite => {
                use sea_query::extension::sqlite::SqliteBinOper;
                column.binary(SqliteBinOper::Glob, Expr::val(pattern.to_glob()))
            }
            _ => column.like(escaped(pattern.to_like(literal))),
        }
    }
}

/// A pattern in which a backslash makes the next character an ordinary one.
fn escaped(pattern: String) -> LikeExpr {
    LikeExpr::new(pattern).escape('\\')
}

/// The text as a pattern that only it matches.
fn literal(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        if matches!(c, '%' | '_' | '\\') {
            out.push('\\');
        }
        out.push(c);
        out
    })
}

#[allow(clippy::cast_possible_wrap, reason = "a text in memory has fewer characters than i64 can count")]
fn characters(text: &str) -> i64 {
    text.chars().count() as i64
}
