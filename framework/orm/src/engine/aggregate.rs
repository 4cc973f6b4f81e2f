//! Counting and adding up.

use sea_query::{Alias, Expr, ExprTrait, Func, Query};

use serde_json::Value;

use super::source::Source;
use crate::{
    criteria::{Where, sql::Scope},
    error::{Code, OrmError, Result},
    executor::Context,
    model::{Kind, ModelDef},
};

/// How many records satisfy the condition.
///
/// # Errors
/// `E_INVALID_CRITERIA`; those of the database.
pub async fn count(cx: &Context<'_>, def: &ModelDef, mut where_: Where) -> Result<u64> {
    where_.check(cx, def)?;
    let mut source = Source::of(cx).await?;
    count_in(&mut source, def, &where_).await
}

pub(super) async fn count_in(source: &mut Source<'_>, def: &ModelDef, where_: &Where) -> Result<u64> {
    let condition = Scope::new(source.orm, def)?.condition(where_)?;
    if where_.is_nothing() {
        return Ok(0);
    }
    let mut select = Query::select();
    select.expr(Func::count(Expr::val(1))).from(Alias::new(&def.table)).and_where(condition);
    let rows = source.fetch(def, &select).await?;
    let n = rows.first().map_or(Ok(0), |r| r.int(0))?;
    Ok(u64::try_from(n).unwrap_or(0))
}

/// The sum of a number attribute over the records that satisfy the condition; 0 without any.
///
/// # Errors
/// `E_INVALID_NUMERIC_ATTR_NAME`, `E_INVALID_CRITERIA`; those of the database.
pub async fn sum(cx: &Context<'_>, def: &ModelDef, attr: &str, where_: Where) -> Result<f64> {
    numeric(cx, def, attr, where_, |e| e.sum()).await
}

/// The mean of a number attribute over the records that satisfy the condition; 0 without any.
///
/// # Errors
/// As [`sum`]; `E_NOOP` for a condition that is known to match nothing.
pub async fn avg(cx: &Context<'_>, def: &ModelDef, attr: &str, where_: Where) -> Result<f64> {
    if where_.is_nothing() {
        return Err(OrmError::usage(
            Code::Noop,
            &def.identity,
            Some(attr),
            "avg",
            "there is no mean of nothing; these criteria never match",
        ));
    }
    numeric(cx, def, attr, where_, |e| e.avg()).await
}

/// The least value of an attribute over the records that satisfy the condition; null without any.
///
/// # Errors
/// `E_INVALID_NUMERIC_ATTR_NAME` for what is neither a number nor a text, `E_INVALID_CRITERIA`; those of the database.
pub async fn min(cx: &Context<'_>, def: &ModelDef, attr: &str, where_: Where) -> Result<Value> {
    extreme(cx, def, attr, where_, |e| e.min()).await
}

/// The greatest value of an attribute over the records that satisfy the condition; null without any.
///
/// # Errors
/// As [`min`].
pub async fn max(cx: &Context<'_>, def: &ModelDef, attr: &str, where_: Where) -> Result<Value> {
    extreme(cx, def, attr, where_, |e| e.max()).await
}

async fn extreme(
    cx: &Context<'_>,
    def: &ModelDef,
    attr: &str,
    mut where_: Where,
    pick: fn(Expr) -> Expr,
) -> Result<Value> {
    let Some(attr) = def.attr(attr).filter(|a| matches!(a.kind, Kind::Int | Kind::Float | Kind::Text)) else {
        return Err(OrmError::usage(
            Code::InvalidNumericAttrName,
            &def.identity,
            Some(attr),
            "type",
            format!(
                "`{attr}` is neither a number nor a text attribute of model `{}`{}",
                def.identity,
                def.hint(attr)
            ),
        ));
    };
    where_.check(cx, def)?;
    let mut source = Source::of(cx).await?;
    let scope = Scope::new(source.orm, def)?;
    let condition = scope.condition(&where_)?;
    if where_.is_nothing() {
        return Ok(Value::Null);
    }
    let mut select = Query::select();
    select.expr(pick(Expr::col(scope.column(attr)))).from(Alias::new(&def.table)).and_where(condition);
    let rows = source.fetch(def, &select).await?;
    Ok(rows.first().map_or(Ok(Value::Null), |r| r.attribute(0, attr))?)
}

async fn numeric(
    cx: &Context<'_>,
    def: &ModelDef,
    attr: &str,
    mut where_: Where,
    fold: fn(Expr) -> Expr,
) -> Result<f64> {
    let Some(number) = def.attr(attr).filter(|a| matches!(a.kind, Kind::Int | Kind::Float)) else {
        return Err(OrmError::usage(
            Code::InvalidNumericAttrName,
            &def.identity,
            Some(attr),
            "type",
            format!("`{attr}` is not a number attribute of model `{}`{}", def.identity, def.hint(attr)),
        ));
    };
    where_.check(cx, def)?;
    if where_.is_nothing() {
        return Ok(0.0);
    }
    let mut source = Source::of(cx).await?;
    let scope = Scope::new(source.orm, def)?;
    let value = scope.dialect.as_double(Expr::col(scope.column(number)));
    let mut select = Query::select();
    select.expr(fold(value)).from(Alias::new(&def.table)).and_where(scope.condition(&where_)?);
    let rows = source.fetch(def, &select).await?;
    Ok(rows.first().map_or(Ok(0.0), |r| r.float(0))?)
}
