//! Criteria as SQL.

use sea_query::{Alias, Expr, ExprTrait, IntoColumnRef};
use serde_json::Value;

use super::{
    Op, Where,
    like::Pattern,
    whole::{self, Comparison},
};
use crate::{
    Orm,
    datastore::{Dialect, bind},
    error::{Code, OrmError, Result},
    model::{AttrDef, Kind, ModelDef},
};

/// Whose columns a condition speaks of.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub orm: &'a Orm,
    pub def: &'a ModelDef,
    pub dialect: Dialect,
    /// Prefix of the columns, where the statement has several tables.
    pub table: Option<&'a str>,
    /// How many associations lie between the statement and this condition.
    pub(super) level: usize,
}

impl<'a> Scope<'a> {
    /// The model's own table, under its own name.
    ///
    /// # Errors
    /// [`OrmError::UnknownDatastore`].
    pub(crate) fn new(orm: &'a Orm, def: &'a ModelDef) -> Result<Self> {
        let dialect = orm.require_datastore(&def.datastore)?.dialect();
        Ok(Self { orm, def, dialect, table: None, level: 0 })
    }

    /// The same under another name.
    pub(crate) fn aliased(self, table: &'a str) -> Self {
        Self { table: Some(table), ..self }
    }

    /// The column of an attribute that has one.
    pub(crate) fn column(&self, attr: &AttrDef) -> sea_query::ColumnRef {
        match self.table {
            Some(t) => (Alias::new(t), Alias::new(&attr.column)).into_column_ref(),
            None => Alias::new(&attr.column).into_column_ref(),
        }
    }

    /// The attribute of a name from criteria.
    ///
    /// # Errors
    /// `E_INVALID_CRITERIA` for unknown names and collections.
    pub(crate) fn attr(&self, name: &str, clause: &str) -> Result<&'a AttrDef> {
        match self.def.attr(name) {
            Some(a) if a.kind != Kind::Many => Ok(a),
            Some(_) => Err(self.refuse(name, clause, "is a collection, which has no value of its own")),
            None => Err(self.refuse(name, clause, &format!("is not an attribute{}", self.def.hint(name)))),
        }
    }

    pub(super) fn refuse(&self, name: &str, clause: &str, why: &str) -> OrmError {
        OrmError::usage(
            Code::InvalidCriteria,
            &self.def.identity,
            Some(name),
            clause,
            format!("`{clause}`: `{name}` of model `{}` {why}", self.def.identity),
        )
    }

    /// The tree as a condition.
    pub(crate) fn condition(&self, tree: &Where) -> Result<Expr> {
        Ok(match tree {
            Where::All => Expr::val(1).eq(1),
            Where::Nothing => Expr::val(1).eq(2),
            Where::And(parts) => self.group(parts, Expr::and, Where::All)?,
            Where::Or(parts) => self.group(parts, Expr::or, Where::Nothing)?,
            Where::Test(name, op, value) => self.test(name, *op, value)?,
            Where::In(name, values) => self.member(name, values, false)?,
            Where::NotIn(name, values) => self.member(name, values, true)?,
            Where::Not(inner) => self.condition(inner)?.not(),
            Where::Any(name, inner) => self.any(name, inner)?,
        })
    }

    fn group(&self, parts: &[Where], join: fn(Expr, Expr) -> Expr, empty: Where) -> Result<Expr> {
        // A long chain is as deep as it is long, for whoever writes it down and for the database.
        const CHAIN: usize = 16;
        if parts.len() > CHAIN {
            let (one, other) = parts.split_at(parts.len() / 2);
            return Ok(join(self.group(one, join, Where::All)?, self.group(other, join, Where::All)?));
        }
        let mut parts = parts.iter().map(|p| self.condition(p));
        let Some(first) = parts.next() else { return self.condition(&empty) };
        parts.try_fold(first?, |all, part| Ok(join(all, part?)))
    }

    fn member(&self, name: &str, values: &[Value], negated: bool) -> Result<Expr> {
        let attr = self.attr(name, "where")?;
        let (column, kind) = (Expr::col(self.column(attr)), attr.value_kind());
        let possible = |v: &&Value| kind != Kind::Int || whole::exact(v).is_some();
        let bound: Vec<_> = values.iter().filter(possible).map(|v| bind(kind, v)).collect();
        Ok(match (bound.is_empty() && !values.is_empty(), negated) {
            (true, false) => whole::never(column),
            (true, true) => whole::always(column),
            (false, false) => column.is_in(bound),
            (false, true) => column.is_not_in(bound),
        })
    }

    fn test(&self, name: &str, op: Op, value: &Value) -> Result<Expr> {
        let attr = self.attr(name, "where")?;
        let column = || Expr::col(self.column(attr));
        if value.is_null() {
            return match op {
                Op::Eq => Ok(column().is_null()),
                Op::Ne => Ok(column().is_not_null()),
                _ => Err(self.refuse(name, "where", "cannot be compared with null")),
            };
        }
        if attr.value_kind() == Kind::Json {
            return Err(self.refuse(name, "where", "is json, which can only be compared with null"));
        }
        if op.is_text() {
            let Some(text) = value.as_str() else {
                return Err(self.refuse(name, "where", "is compared with a text by this operator"));
            };
            return Ok(match op {
                Op::Contains => self.dialect.contains(column(), text),
                Op::StartsWith => self.dialect.starts_with(column(), text),
                Op::EndsWith => self.dialect.ends_with(column(), text),
                _ => self.dialect.like(column(), &Pattern::new(text)),
            });
        }
        if attr.value_kind() != Kind::Int {
            return Ok(compare(column(), op, bind(attr.value_kind(), value)));
        }
        Ok(match Comparison::new(op, value) {
            Comparison::With(op, whole) => compare(column(), op, sea_query::Value::BigInt(Some(whole))),
            Comparison::Always => whole::always(column()),
            Comparison::Never => whole::never(column()),
        })
    }
}

fn compare(column: Expr, op: Op, value: sea_query::Value) -> Expr {
    match op {
        Op::Eq => column.eq(value),
        Op::Ne => column.ne(value),
        Op::Lt => column.lt(value),
        Op::Le => column.lte(value),
        Op::Gt => column.gt(value),
        _ => column.gte(value),
    }
}
