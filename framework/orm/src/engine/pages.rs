//! Reading many records page by page.

use serde_json::Value;

use super::{find::read, populate::Form};
use crate::{
    Record,
    criteria::{Criteria, Name, Op, Order, Where},
    error::{Code, OrmError, Result},
    executor::Context,
    model::{Kind, ModelDef},
};

/// The pages of a long list, each found by where the one before it ended.
///
/// The order is that of `sort` with the primary key last. A record that is there all the time is seen once, whatever
/// is created and destroyed meanwhile. `limit` and `skip` hold for the whole.
#[derive(Debug)]
pub(crate) struct Pages {
    criteria: Criteria,
    /// The sort keys that only we have selected.
    extra: Vec<Name>,
    size: u64,
    /// Whether a populated key that dangles is null, as on the wire.
    wire: bool,
    left: Option<u64>,
    after: Option<Record>,
    done: bool,
}

impl Pages {
    /// # Errors
    /// `E_INVALID_CRITERIA` for an order by what has none: JSON.
    pub(crate) fn new(def: &ModelDef, mut criteria: Criteria, size: u64, wire: bool) -> Result<Self> {
        for order in &criteria.sort {
            if def.attr(&order.attr).is_some_and(|a| a.value_kind() == Kind::Json) {
                return Err(OrmError::usage(
                    Code::InvalidCriteria,
                    &def.identity,
                    Some(&order.attr),
                    "sort",
                    format!("`{}` is JSON, which has no order to page by", order.attr),
                ));
            }
        }
        if !criteria.sort.iter().any(|o| o.attr == def.primary_key) {
            criteria.sort.push(Order { attr: def.primary_key.clone().into(), desc: false });
        }
        let mut extra = vec![];
        for order in &criteria.sort {
            let name = &order.attr;
            let omitted = criteria.omit.len();
            criteria.omit.retain(|o| o != name);
            let unselected = criteria.select.as_mut().filter(|names| !names.contains(name));
            if let Some(names) = unselected {
                names.push(name.clone());
                extra.push(name.clone());
            } else if criteria.omit.len() < omitted {
                extra.push(name.clone());
            }
        }
        extra.retain(|name| *name != def.primary_key);
        let left = criteria.limit;
        Ok(Self { criteria, extra, size: size.max(1), wire, left, after: None, done: false })
    }

    /// The next page; none after the last.
    ///
    /// # Errors
    /// Those of finding.
    pub(crate) async fn next(&mut self, cx: &Context<'_>, def: &ModelDef) -> Result<Option<Vec<Record>>> {
        let size = self.left.map_or(self.size, |left| left.min(self.size));
        if self.done || size == 0 {
            return Ok(None);
        }
        let mut criteria = self.criteria.clone();
        criteria.limit = Some(size);
        if let Some(last) = &self.after {
            criteria.skip = None;
            criteria.where_ = criteria.where_.and_also(beyond(&self.criteria.sort, last));
        }
        // Ciphertexts are sorted by; plaintext comes after the place of the page is known.
        let mut plain = cx.clone();
        plain.meta.decrypt = false;
        let form = if self.wire { Form::Wire } else { Form::Typed };
        // Not checked again: what leads to the next page is not what the caller asked.
        let mut records = read(&plain, def, &criteria, form).await?;
        let found = records.len() as u64;
        self.done = found < size;
        if let Some(left) = &mut self.left {
            *left -= found.min(*left);
        }
        let Some(last) = records.last() else { return Ok(None) };
        self.after = Some(place(&self.criteria.sort, last));
        for record in &mut records {
            for name in &self.extra {
                record.shift_remove(&**name);
            }
        }
        super::decrypt(cx, def, &mut records)?;
        Ok(Some(records))
    }
}

/// The values of a record that say where it stands.
fn place(sort: &[Order], record: &Record) -> Record {
    sort.iter().filter_map(|o| Some((o.attr.to_string(), record.get(&*o.attr)?.clone()))).collect()
}

/// The records that come after this place: greater in one sort key, and equal in those before it.
fn beyond(sort: &[Order], last: &Record) -> Where {
    let value = |order: &Order| last.get(&*order.attr).cloned().unwrap_or_default();
    Where::any_of(sort.iter().enumerate().map(|(i, order)| {
        let equal = sort[..i].iter().map(|o| Where::Test(o.attr.clone(), Op::Eq, value(o)));
        Where::all_of(equal.chain([past(order, value(order))]))
    }))
}

/// Null is less than every value, in every database.
fn past(order: &Order, value: Value) -> Where {
    let name = || order.attr.clone();
    match (order.desc, value.is_null()) {
        (false, true) => Where::Test(name(), Op::Ne, Value::Null),
        (false, false) => Where::Test(name(), Op::Gt, value),
        (true, true) => Where::Nothing,
        (true, false) => {
            Where::any_of([Where::Test(name(), Op::Lt, value), Where::Test(name(), Op::Eq, Value::Null)])
        }
    }
}
