//! Reading records.

use std::sync::OnceLock;

use sea_query::{Alias, OrderedStatement, Query, SelectStatement};

use super::{
    aggregate::count_in,
    by_key,
    decrypt::decrypt,
    populate::{self, Form},
    source::{Source, decode},
};
use crate::{
    Record,
    criteria::{Criteria, Order, sql::Scope},
    datastore::{Row, Statement},
    error::{Code, OrmError, Result},
    executor::{Conn, Context},
    model::{AttrDef, Kind, ModelDef},
};

/// A place in the history of a datastore. Opaque; today every position is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Position(());

/// The records that satisfy the criteria, with what is populated.
///
/// One statement, and one more per populated association, however many records there are.
///
/// # Errors
/// `E_INVALID_CRITERIA`, `E_INVALID_POPULATES`; those of the database.
pub async fn find(cx: &Context<'_>, def: &ModelDef, mut criteria: Criteria) -> Result<Vec<Record>> {
    criteria.check(cx, def)?;
    read(cx, def, &criteria, Form::Wire).await
}

/// As [`find`], of criteria that were checked, or that are our own.
pub(super) async fn read(
    cx: &Context<'_>,
    def: &ModelDef,
    criteria: &Criteria,
    form: Form,
) -> Result<Vec<Record>> {
    let mut source = Source::of(cx).await?;
    let mut found = find_in(&mut source, def, criteria, form).await?;
    decrypt(cx, def, &mut found)?;
    Ok(found)
}

/// The one record that satisfies the criteria, or none.
///
/// # Errors
/// [`OrmError::MoreThanOne`]; `E_INVALID_CRITERIA` also for criteria that pick every record, and for `limit`,
/// `skip` and `sort`.
pub async fn find_one(cx: &Context<'_>, def: &ModelDef, criteria: Criteria) -> Result<Option<Record>> {
    one(cx, def, criteria, Form::Wire).await
}

/// As [`find`], where a populated key that dangles keeps the key.
pub(crate) async fn find_typed(
    cx: &Context<'_>,
    def: &ModelDef,
    mut criteria: Criteria,
    single: bool,
) -> Result<Vec<Record>> {
    if single {
        return Ok(one(cx, def, criteria, Form::Typed).await?.into_iter().collect());
    }
    criteria.check(cx, def)?;
    read(cx, def, &criteria, Form::Typed).await
}

/// As [`find`], with the number of all records that satisfy the condition, whatever `limit` and `skip` say.
///
/// Outside a transaction both are of one state of the database. Counts only where the page does not tell the number.
///
/// # Errors
/// As [`find`].
pub async fn find_with_total(
    cx: &Context<'_>,
    def: &ModelDef,
    criteria: Criteria,
) -> Result<(Vec<Record>, u64)> {
    with_total(cx, def, criteria, Form::Wire).await
}

/// As [`find_with_total`], where a populated key that dangles keeps the key.
pub(crate) async fn find_typed_with_total(
    cx: &Context<'_>,
    def: &ModelDef,
    criteria: Criteria,
) -> Result<(Vec<Record>, u64)> {
    with_total(cx, def, criteria, Form::Typed).await
}

async fn with_total(
    cx: &Context<'_>,
    def: &ModelDef,
    mut criteria: Criteria,
    form: Form,
) -> Result<(Vec<Record>, u64)> {
    criteria.check(cx, def)?;
    snapshot(cx, def, async |source| {
        let mut records = find_in(source, def, &criteria, form).await?;
        decrypt(cx, def, &mut records)?;
        let (skip, shown) = (criteria.skip.unwrap_or(0), records.len() as u64);
        let is_last = criteria.limit.is_none_or(|limit| shown < limit) && (shown > 0 || skip == 0);
        let total = match is_last {
            true => skip.saturating_add(shown),
            false => count_in(source, def, &criteria.where_).await?,
        };
        Ok((records, total))
    })
    .await
}

/// Runs several reads on one state of the model's datastore.
async fn snapshot<T>(
    cx: &Context<'_>,
    def: &ModelDef,
    read: impl AsyncFnOnce(&mut Source<'_>) -> Result<T>,
) -> Result<T> {
    if let Conn::Tx(_) = cx.conn {
        return read(&mut Source::of(cx).await?).await;
    }
    let mut link = cx.orm.require_datastore(&def.datastore)?.begin_read().await?;
    let outcome = read(&mut Source::link(cx.orm, &def.datastore, &mut link)).await;
    let end = link.rollback().await;
    let value = outcome?;
    end?;
    Ok(value)
}

/// As [`find`], all in one snapshot of the datastore, with the position of that snapshot.
///
/// What is populated from another datastore is read after it, and is no part of the snapshot.
///
/// # Errors
/// As [`find`]; [`OrmError::NoSnapshot`] inside a transaction: what it reads changes with its own writes, and in most
/// databases with what others commit.
pub async fn read_at(
    cx: &Context<'_>,
    def: &ModelDef,
    mut criteria: Criteria,
) -> Result<(Position, Vec<Record>)> {
    criteria.check(cx, def)?;
    if let Conn::Tx(_) = cx.conn {
        return Err(OrmError::NoSnapshot { model: def.identity.clone() });
    }
    let mut records =
        snapshot(cx, def, async |source| find_in(source, def, &criteria, Form::Wire).await).await?;
    decrypt(cx, def, &mut records)?;
    Ok((Position(()), records))
}

async fn one(cx: &Context<'_>, def: &ModelDef, mut criteria: Criteria, form: Form) -> Result<Option<Record>> {
    only_one(cx, def, &mut criteria)?;
    let mut source = Source::of(cx).await?;
    let mut found = find_in(&mut source, def, &criteria, form).await?;
    if found.len() > 1 {
        return Err(more_than_one(def));
    }
    decrypt(cx, def, &mut found)?;
    Ok(found.pop())
}

/// Makes the criteria those of `find_one`: enough to know whether there is more than one.
pub(super) fn only_one(cx: &Context<'_>, def: &ModelDef, criteria: &mut Criteria) -> Result<()> {
    let refuse = |message: &str| {
        Err(OrmError::usage(
            Code::InvalidCriteria,
            &def.identity,
            None,
            "where",
            format!("`find_one` {message}"),
        ))
    };
    if criteria.where_ == crate::criteria::Where::All {
        return refuse("needs criteria; these would pick every record");
    }
    if criteria.limit.is_some() || criteria.skip.is_some() || !criteria.sort.is_empty() {
        return refuse("takes no `limit`, `skip` or `sort`");
    }
    criteria.check(cx, def)?;
    criteria.limit = Some(by_key::LIMIT);
    Ok(())
}

pub(super) fn more_than_one(def: &ModelDef) -> OrmError {
    OrmError::MoreThanOne { model: def.identity.clone(), operation: "find_one" }
}

pub(super) async fn find_in(
    source: &mut Source<'_>,
    def: &ModelDef,
    criteria: &Criteria,
    form: Form,
) -> Result<Vec<Record>> {
    let plan = populate::plan(source.orm, def, criteria)?;
    let (attributes, rows) = rows_in(source, def, criteria).await?;
    let mut records =
        rows.iter().map(|row| decode(attributes.iter().copied(), row)).collect::<Result<Vec<_>>>()?;
    drop(rows);
    populate::run(source, def, &plan, &mut records, form).await?;
    Ok(records)
}

/// The rows of the records themselves, and the attributes that their columns are.
pub(super) async fn rows_in<'d>(
    source: &mut Source<'_>,
    def: &'d ModelDef,
    criteria: &Criteria,
) -> Result<(Vec<&'d AttrDef>, Vec<Row>)> {
    let attributes = projection(def, criteria)?;
    if criteria.is_void() {
        return Ok((attributes, vec![]));
    }
    let key = by_key::named(def, criteria);
    let text = source.orm.by_key().of(def);
    if let (Some(key), Some(text)) = (&key, text.and_then(OnceLock::get)) {
        let statement = Statement::again(text, vec![key.clone()]);
        return Ok((attributes, source.fetch_written(def, statement).await?));
    }
    let scope = Scope::new(source.orm, def)?;
    let mut select = Query::select();
    for attr in &attributes {
        select.column(scope.column(attr));
    }
    select.from(Alias::new(&def.table));
    narrow(&mut select, &scope, criteria)?;
    page(&mut select, criteria);
    let statement = scope.dialect.build(&select);
    if let (Some(_), Some(text)) = (key, text) {
        text.get_or_init(|| statement.text().to_owned());
    }
    Ok((attributes, source.fetch_written(def, statement).await?))
}

/// Adds the condition and the order, which always ends with the primary key.
pub(super) fn narrow(select: &mut SelectStatement, scope: &Scope<'_>, criteria: &Criteria) -> Result<()> {
    if criteria.where_ != crate::criteria::Where::All {
        select.and_where(scope.condition(&criteria.where_)?);
    }
    sort(select, ordering(scope, criteria)?);
    Ok(())
}

/// A column to sort by, in which direction, and where its nulls stand if that has to be said.
pub(super) type Sorted = (sea_query::ColumnRef, sea_query::Order, Option<sea_query::NullOrdering>);

pub(super) fn sort(statement: &mut impl OrderedStatement, by: Vec<Sorted>) {
    for (column, order, nulls) in by {
        match nulls {
            Some(nulls) => statement.order_by_with_nulls(column, order, nulls),
            None => statement.order_by(column, order),
        };
    }
}

pub(super) fn ordering(scope: &Scope<'_>, criteria: &Criteria) -> Result<Vec<Sorted>> {
    let pk = Order { attr: scope.def.primary_key.clone().into(), desc: false };
    let last = (!criteria.sort.iter().any(|o| o.attr == pk.attr)).then_some(&pk);
    criteria
        .sort
        .iter()
        .chain(last)
        .map(|o| {
            let attr = scope.attr(&o.attr, "sort")?;
            let order = if o.desc { sea_query::Order::Desc } else { sea_query::Order::Asc };
            let nulls = scope.dialect.nulls(attr, &scope.def.primary_key, &order);
            Ok((scope.column(attr), order, nulls))
        })
        .collect()
}

pub(super) fn page(select: &mut SelectStatement, criteria: &Criteria) {
    // More than a database counts to is no limit; the binder takes no more either.
    const MOST: u64 = i64::MAX as u64;
    match (criteria.limit, criteria.skip.unwrap_or(0)) {
        (Some(limit), skip) => {
            select.limit(limit.min(MOST));
            if skip > 0 {
                select.offset(skip.min(MOST));
            }
        }
        (None, 0) => {}
        (None, skip) => {
            select.limit(MOST).offset(skip.min(MOST));
        }
    }
}

/// The attributes that a read gives: the key always, populated keys too.
pub(super) fn projection<'d>(def: &'d ModelDef, criteria: &Criteria) -> Result<Vec<&'d AttrDef>> {
    let unknown = |name: &str, clause: &str| {
        OrmError::usage(
            Code::InvalidCriteria,
            &def.identity,
            Some(name),
            clause,
            format!("`{clause}`: `{name}` is not an attribute of model `{}`{}", def.identity, def.hint(name)),
        )
    };
    if let Some(names) = &criteria.select {
        for name in names {
            if def.attr(name).is_none_or(|a| a.kind == Kind::Many) {
                return Err(unknown(name, "select"));
            }
        }
    }
    for name in &criteria.omit {
        if def.attr(name).is_none() {
            return Err(unknown(name, "omit"));
        }
    }
    let populated = |a: &AttrDef| criteria.populate.iter().any(|p| p.attr == a.name);
    let selected =
        |a: &AttrDef| criteria.select.as_ref().is_none_or(|names| names.contains(&a.name.as_str().into()));
    Ok(def
        .columns()
        .filter(|a| {
            a.name == def.primary_key
                || populated(a)
                || (selected(a) && !criteria.omit.contains(&a.name.as_str().into()))
        })
        .collect())
}
