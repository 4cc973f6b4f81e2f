//! Populating associations: one statement each, never one per record.

use std::collections::HashMap;

use sea_query::{Alias, Expr, ExprTrait, Func, Order as SqlOrder, Query, SelectStatement, WindowStatement};
use serde_json::{Value, json};

use super::{
    find::{Sorted, ordering, projection, sort},
    keys::{Key, distinct},
    source::{Source, decode},
};
use crate::{
    BoxFuture, Orm, Record,
    criteria::{Criteria, Where, sql::Scope},
    datastore::bind,
    error::{Code, OrmError, Result},
    model::{AttrDef, Kind, ModelDef, Storage},
};

const CHILD: &str = "child";
const LINK: &str = "link";
const PAGE: &str = "page";

/// How a populated key is shown that dangles, or whose record does not satisfy the condition on it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As null.
    Wire,
    /// As a list of the key, which [`One`](crate::One) reads back.
    Typed,
}

/// A checked populate.
pub(super) struct Step<'a> {
    attr: &'a AttrDef,
    target: &'a ModelDef,
    criteria: &'a Criteria,
}

/// Checks the populates of some criteria against the model.
pub(super) fn plan<'a>(orm: &'a Orm, def: &'a ModelDef, criteria: &'a Criteria) -> Result<Vec<Step<'a>>> {
    let refuse = |attr: &str, message: String| {
        Err(OrmError::usage(Code::InvalidPopulates, &def.identity, Some(attr), "populate", message))
    };
    let mut steps: Vec<Step<'a>> = vec![];
    for p in &criteria.populate {
        let Some((attr, association)) = def.attr(&p.attr).and_then(|a| Some((a, a.association.as_ref()?)))
        else {
            return refuse(
                &p.attr,
                format!("`{}` is not an association of model `{}`", p.attr, def.identity),
            );
        };
        let target = orm.require_model(&association.target)?;
        let sub = &p.criteria;
        if attr.kind == Kind::One {
            if !sub.is_of_one() {
                return refuse(
                    &p.attr,
                    format!("`{}` is one record, which takes a condition and populates only", p.attr),
                );
            }
            if criteria.omit.contains(&p.attr) {
                return refuse(
                    &p.attr,
                    format!("`{}` cannot be omitted and populated at the same time", p.attr),
                );
            }
            if criteria.sort.iter().any(|o| o.attr == p.attr) {
                return refuse(
                    &p.attr,
                    format!("`{}` cannot be sorted by and populated at the same time", p.attr),
                );
            }
        }
        // The later populate of the same association wins.
        steps.retain(|s| s.attr.name != attr.name);
        let scope = Scope::new(orm, target)?;
        projection(target, sub)
            .and_then(|_| scope.condition(&sub.where_))
            .and_then(|_| ordering(&scope, sub))
            .and_then(|_| plan(orm, target, sub))
            .map_err(|e| e.with_code(Code::InvalidPopulates))?;
        steps.push(Step { attr, target, criteria: sub });
    }
    Ok(steps)
}

/// Puts the associated records into `records`.
pub(super) fn run<'f>(
    source: &'f mut Source<'_>,
    def: &'f ModelDef,
    steps: &'f [Step<'_>],
    records: &'f mut [Record],
    form: Form,
) -> BoxFuture<'f, Result<()>> {
    Box::pin(async move {
        if records.is_empty() {
            return Ok(());
        }
        for step in steps {
            match &step.attr.association.as_ref().map(|a| &a.storage) {
                Some(Storage::Column) | None => one(source, step, records, form).await?,
                Some(storage) => many(source, def, step, storage, records, form).await?,
            }
        }
        Ok(())
    })
}

async fn one(source: &mut Source<'_>, step: &Step<'_>, records: &mut [Record], form: Form) -> Result<()> {
    let name = &step.attr.name;
    let keys = distinct(records.iter().filter_map(|r| r.get(name)));
    let mut found = HashMap::new();
    let chunk = source.dialect(step.target)?.chunk();
    for keys in keys.chunks(chunk) {
        let criteria = Criteria {
            where_: Where::one_of(step.target.primary_key.clone(), keys.to_vec())
                .and_also(step.criteria.where_.clone()),
            ..step.criteria.clone()
        };
        for record in Box::pin(super::find::find_in(source, step.target, &criteria, form)).await? {
            if let Some(key) = Key::of(&step.target.key_of(&record)) {
                found.insert(key, record);
            }
        }
    }
    for record in records {
        let Some(value) = record.get_mut(name) else { continue };
        *value = match Key::of(value) {
            None => Value::Null,
            Some(key) => match (found.get(&key), form) {
                (Some(one), _) => Value::Object(one.clone()),
                (None, Form::Wire) => Value::Null,
                (None, Form::Typed) => json!([value.take()]),
            },
        };
    }
    Ok(())
}

async fn many(
    source: &mut Source<'_>,
    def: &ModelDef,
    step: &Step<'_>,
    storage: &Storage,
    records: &mut [Record],
    form: Form,
) -> Result<()> {
    let (target, criteria) = (step.target, step.criteria);
    let parents = distinct(records.iter().filter_map(|r| r.get(&def.primary_key)));
    // On a further level, one record can stand under several parents.
    let once = parents.len() == records.len();
    let mut members: HashMap<Key, Vec<Record>> = HashMap::new();
    if !criteria.is_void() {
        let mut attributes = projection(target, criteria)?;
        if let Storage::Foreign { attr } = storage
            && !attributes.iter().any(|a| a.name == *attr)
        {
            attributes.extend(target.attr(attr));
        }
        let key_kind = def.pk().value_kind();
        let dialect = source.dialect(target)?;
        let mut children: Vec<(Key, Record)> = vec![];
        for parents in parents.chunks(dialect.chunk()) {
            let query = Members { target, criteria, storage, attributes: &attributes, parents, key_kind };
            let scope = Scope::new(source.orm, target)?.aliased(CHILD);
            let select = query.select(&scope)?;
            for row in source.fetch(target, &select).await? {
                let record = decode(attributes.iter().copied(), &row)?;
                if let Some(parent) = Key::of(&row.key(attributes.len(), key_kind)?) {
                    children.push((parent, record));
                }
            }
        }
        if !criteria.populate.is_empty() {
            let plan = plan(source.orm, target, criteria)?;
            let (keys, mut found): (Vec<_>, Vec<_>) = children.into_iter().unzip();
            run(source, target, &plan, &mut found, form).await?;
            children = keys.into_iter().zip(found).collect();
        }
        for (parent, child) in children {
            members.entry(parent).or_default().push(child);
        }
    }
    for record in records {
        let key = record.get(&def.primary_key).and_then(Key::of);
        let list = key.and_then(|k| if once { members.remove(&k) } else { members.get(&k).cloned() });
        let list = list.unwrap_or_default();
        record.insert(step.attr.name.clone(), list.into_iter().map(Value::Object).collect());
    }
    Ok(())
}

/// The members of a collection for many parents at once.
struct Members<'a> {
    target: &'a ModelDef,
    criteria: &'a Criteria,
    storage: &'a Storage,
    attributes: &'a [&'a AttrDef],
    parents: &'a [Value],
    key_kind: Kind,
}

impl Members<'_> {
    /// The columns of `attributes`, then the key of the parent.
    fn select(&self, scope: &Scope<'_>) -> Result<SelectStatement> {
        let mut select = Query::select();
        select.from_as(Alias::new(&self.target.table), Alias::new(CHILD));
        let parent = match self.storage {
            Storage::Join { table, mine, theirs } => {
                let on = Expr::col((Alias::new(LINK), Alias::new(theirs)))
                    .eq(Expr::col(scope.column(self.target.pk())));
                select.join_as(sea_query::JoinType::InnerJoin, Alias::new(table), Alias::new(LINK), on);
                (Alias::new(LINK), Alias::new(mine))
            }
            Storage::Foreign { attr } => {
                let column = self.target.attr(attr).map_or(attr, |a| &a.column);
                (Alias::new(CHILD), Alias::new(column))
            }
            Storage::Column => (Alias::new(CHILD), Alias::new(&self.target.pk().column)),
        };
        let among = self.parents.iter().map(|p| bind(self.key_kind, p));
        select.and_where(Expr::col(parent.clone()).is_in(among));
        if self.criteria.where_ != Where::All {
            select.and_where(scope.condition(&self.criteria.where_)?);
        }
        let order = ordering(scope, self.criteria)?;
        let per_parent = self.criteria.limit.is_some() || self.criteria.skip.is_some();
        if per_parent && self.parents.len() > 1 {
            return Ok(self.paged(scope, select, parent, order));
        }
        for attr in self.attributes {
            select.column(scope.column(attr));
        }
        select.column(parent);
        sort(&mut select, order);
        super::find::page(&mut select, self.criteria);
        Ok(select)
    }

    /// `limit` and `skip` count within each parent.
    fn paged(
        &self,
        scope: &Scope<'_>,
        mut inner: SelectStatement,
        parent: (Alias, Alias),
        order: Vec<Sorted>,
    ) -> SelectStatement {
        let name = |i: usize| Alias::new(format!("c{i}"));
        let mut outer = Query::select();
        for (i, attr) in self.attributes.iter().enumerate() {
            inner.expr_as(Expr::col(scope.column(attr)), name(i));
            outer.column(name(i));
        }
        inner.expr_as(Expr::col(parent.clone()), "parent");
        outer.column("parent");
        let mut window = WindowStatement::partition_by(parent);
        sort(&mut window, order);
        inner.expr_window_as(Func::cust("row_number"), window, "place");
        outer.from_subquery(inner, PAGE);
        // Beyond i64 there is no place; the binder takes no more either.
        let bound = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let skip = self.criteria.skip.unwrap_or(0);
        outer.and_where(Expr::col("place").gt(bound(skip)));
        if let Some(limit) = self.criteria.limit {
            outer.and_where(Expr::col("place").lte(bound(skip.saturating_add(limit))));
        }
        outer.order_by("parent", SqlOrder::Asc).order_by("place", SqlOrder::Asc);
        outer
    }
}
