//! Pages beside a record: key-set paging.
//!
//! A cursor holds what the record has in the attributes of the sort, its key last. So a page begins where the one before it
//! ended, whatever was added or removed in between. Cursors are opaque to clients and sealed with the secret of the app for one
//! model and one order; what they hold was in an answer already.

use super::{Page, PagingSwitches, and_whether_more, links::Links, params::Side};
use crate::{App, blueprints::actions::Run, error::Result};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use serde_json::Value;
use sha2::Sha256;
use topsail_orm::{Code, Criteria, Kind, ModelDef, Name, Op, Order, OrmError, Record, Where, engine};

/// The page on this side of a record.
pub(super) async fn find(
    run: &Run,
    switches: &PagingSwitches,
    side: &Side,
    mut criteria: Criteria,
) -> Result<Page> {
    let order = run.known(order(&run.model, &criteria))?;
    let total = match switches.total {
        false => None,
        true => {
            let which = criteria.where_.clone();
            Some(run.known(engine::count(&run.context(), &run.model, which).await)?)
        }
    };
    let backward = matches!(side, Side::Before(_) | Side::End);
    let walk: Vec<Order> =
        order.iter().map(|by| Order { attr: by.attr.clone(), desc: by.desc != backward }).collect();
    if let Side::After(cursor) | Side::Before(cursor) = side {
        let values = run.known(open(&run.app, &run.model, &order, cursor))?;
        criteria = criteria.and_also(beyond(&walk, &values));
    }
    criteria.sort = walk;
    let borrowed = select(&mut criteria, &order);
    let (mut records, more) = and_whether_more(run, criteria).await?;
    if backward {
        records.reverse();
    }
    let (is_before, is_after) = match side {
        Side::Start => (false, more),
        Side::After(_) => (true, more),
        Side::Before(_) => (more, true),
        Side::End => (more, false),
    };
    let edge = |record: Option<&Record>, is_there: bool| match record {
        Some(record) if switches.links && is_there => run.known(seal(run, &order, record)).map(Some),
        _ => Ok(None),
    };
    let links = match switches.links {
        true => Links::of_cursors(edge(records.first(), is_before)?, edge(records.last(), is_after)?),
        false => Links::default(),
    };
    for record in &mut records {
        for name in &borrowed {
            record.shift_remove(name.as_ref());
        }
    }
    Ok(Page { records, total, links })
}

/// The whole order, with the key last, so that no two records are equal in it.
fn order(model: &ModelDef, criteria: &Criteria) -> Result<Vec<Order>, OrmError> {
    let mut order = criteria.sort.clone();
    if let Some(by) = order.iter().find(|by| model.attr(&by.attr).is_none_or(|a| a.kind == Kind::Json)) {
        return Err(unfit(model, &by.attr));
    }
    if !order.iter().any(|by| by.attr == model.primary_key) {
        order.push(Order { attr: model.primary_key.clone().into(), desc: false });
    }
    Ok(order)
}

fn unfit(model: &ModelDef, attr: &str) -> OrmError {
    let why = format!("pages by cursor cannot be sorted by `{attr}`; sort by something else, or send `skip`");
    OrmError::usage(Code::InvalidCriteria, &model.identity, Some(attr), "sort", why)
}

/// Has the attributes of the order read; gives those that the answer must not show.
fn select(criteria: &mut Criteria, order: &[Order]) -> Vec<Name> {
    let mut borrowed = Vec::new();
    for by in order {
        if let Some(names) = &mut criteria.select
            && !names.contains(&by.attr)
        {
            names.push(by.attr.clone());
            borrowed.push(by.attr.clone());
        }
        if criteria.omit.contains(&by.attr) {
            criteria.omit.retain(|name| *name != by.attr);
            borrowed.push(by.attr.clone());
        }
    }
    // The key is read and shown in any case; that it may stand in `select` is no reason to take it away.
    if let Some(key) = order.last() {
        borrowed.retain(|name| *name != key.attr);
    }
    borrowed
}

/// The records that come after these values in this order; null is before everything else.
fn beyond(order: &[Order], values: &[Value]) -> Where {
    let at =
        |to: usize| order.iter().zip(values).take(to).map(|(by, v)| Where::eq(by.attr.clone(), v.clone()));
    let steps = order.iter().zip(values).enumerate().map(|(depth, (by, value))| {
        let test = |op, value: Value| Where::Test(by.attr.clone(), op, value);
        let step = match (by.desc, value) {
            (false, Value::Null) => test(Op::Ne, Value::Null),
            (false, value) => test(Op::Gt, value.clone()),
            (true, Value::Null) => Where::Nothing,
            (true, value) => {
                Where::any_of([test(Op::Lt, value.clone()), Where::eq(by.attr.clone(), Value::Null)])
            }
        };
        Where::all_of(at(depth).chain([step]))
    });
    Where::any_of(steps)
}

/// The cursor of a record: what an answer shows of it, and nothing else.
fn seal(run: &Run, order: &[Order], record: &Record) -> Result<String, OrmError> {
    let shown = topsail_orm::to_json(run.app.orm(), &run.model, record.clone());
    let mut values = Vec::with_capacity(order.len());
    for by in order {
        let value = record.get(by.attr.as_ref()).filter(|_| shown.get(by.attr.as_ref()).is_some());
        values.push(value.cloned().ok_or_else(|| unfit(&run.model, &by.attr))?);
    }
    let text = Value::Array(values).to_string();
    let seal = mac(&run.app, &run.model, order, &text).finalize().into_bytes();
    Ok(format!("{}.{}", URL_SAFE_NO_PAD.encode(text), URL_SAFE_NO_PAD.encode(seal)))
}

/// What a cursor of this model and order holds.
fn open(app: &App, model: &ModelDef, order: &[Order], cursor: &str) -> Result<Vec<Value>, OrmError> {
    let opened = || {
        let (text, seal) = cursor.split_once('.')?;
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        mac(app, model, order, &text).verify_slice(&URL_SAFE_NO_PAD.decode(seal).ok()?).ok()?;
        let values: Vec<Value> = serde_json::from_str(&text).ok()?;
        (values.len() == order.len()).then_some(values)
    };
    opened().ok_or_else(|| {
        let why = "this is no cursor of this list in this order; begin anew, without a cursor";
        OrmError::usage(Code::InvalidCriteria, &model.identity, None, "cursor", why)
    })
}

fn mac(app: &App, model: &ModelDef, order: &[Order], text: &str) -> Hmac<Sha256> {
    let key = app.cookie_key().derive("topsail cursor");
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("HMAC takes keys of any length");
    mac.update(model.identity.as_bytes());
    for by in order {
        // A byte that no name has keeps the parts apart.
        mac.update(if by.desc { b"\0-" } else { b"\0+" });
        mac.update(by.attr.as_bytes());
    }
    mac.update(b"\0=");
    mac.update(text.as_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn by(attr: &'static str, desc: bool) -> Order {
        Order { attr: attr.into(), desc }
    }

    #[test]
    fn what_comes_after_a_record_is_decided_key_by_key() {
        let order = [by("age", false), by("id", false)];
        let expected = Where::Or(vec![
            Where::Test("age".into(), Op::Gt, json!(3)),
            Where::And(vec![Where::eq("age", 3), Where::Test("id".into(), Op::Gt, json!(7))]),
        ]);
        assert_eq!(beyond(&order, &[json!(3), json!(7)]), expected);
    }

    #[test]
    fn null_comes_first_and_in_descending_order_last() {
        assert_eq!(beyond(&[by("a", false)], &[Value::Null]), Where::Test("a".into(), Op::Ne, Value::Null));
        assert_eq!(beyond(&[by("a", true)], &[Value::Null]), Where::Nothing);
        let descending = beyond(&[by("a", true)], &[json!(1)]);
        let expected =
            Where::Or(vec![Where::Test("a".into(), Op::Lt, json!(1)), Where::eq("a", Value::Null)]);
        assert_eq!(descending, expected);
    }
}
