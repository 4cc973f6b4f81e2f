//! Criteria on a record in memory.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::{Op, Where, like::Pattern};
use crate::Record;

impl Where {
    /// Whether the record satisfies the tree, in SQL's three values: `None` where a null makes it unknown.
    ///
    /// A record is picked when the answer is `Some(true)`. An attribute that the record lacks is null. A condition
    /// on an association looks at what the record carries of it: all of it must be populated, else the answer is
    /// `None`.
    ///
    /// It knows no model, so a tree that was made by hand should be [`typed`](Self::typed) first.
    pub fn eval(&self, record: &Record) -> Option<bool> {
        self.fold_here(|tree, parts| match tree {
            Self::All => Some(true),
            Self::Nothing => Some(false),
            Self::And(_) => combine(&parts, false),
            Self::Or(_) => combine(&parts, true),
            Self::Test(attr, op, value) => test(stored(record, attr), *op, value),
            Self::In(attr, values) => is_member(stored(record, attr), values),
            Self::NotIn(attr, values) => is_member(stored(record, attr), values).map(|m| !m),
            Self::Not(_) => parts.first().copied().flatten().map(|holds: bool| !holds),
            Self::Any(attr, inner) => {
                let records = carried(record, attr)?;
                if !records.iter().all(|r| inner.is_answered_by(r)) {
                    return None;
                }
                Some(records.iter().any(|r| inner.eval(r) == Some(true)))
            }
        })
    }

    /// Whether the record carries every association that the tree asks about.
    fn is_answered_by(&self, record: &Record) -> bool {
        self.fold_here(|tree, parts: Vec<bool>| match tree {
            Self::Any(attr, inner) => {
                carried(record, attr).is_some_and(|records| records.iter().all(|r| inner.is_answered_by(r)))
            }
            _ => parts.iter().all(|answered| *answered),
        })
    }
}

/// `decisive` is the answer of one part that settles the whole: false for "and", true for "or".
fn combine(parts: &[Option<bool>], decisive: bool) -> Option<bool> {
    if parts.contains(&Some(decisive)) {
        return Some(decisive);
    }
    (!parts.contains(&None)).then_some(!decisive)
}

/// The records of a populated association; none of them where it is not populated.
fn carried<'r>(record: &'r Record, attr: &str) -> Option<Vec<&'r Record>> {
    match record.get(attr)? {
        Value::Array(records) => records.iter().map(Value::as_object).collect(),
        Value::Object(one) => Some(vec![one]),
        Value::Null => Some(vec![]),
        _ => None,
    }
}

fn stored<'r>(record: &'r Record, attr: &str) -> &'r Value {
    record.get(attr).unwrap_or(&Value::Null)
}

fn is_member(stored: &Value, values: &[Value]) -> Option<bool> {
    if values.is_empty() {
        return Some(false);
    }
    if stored.is_null() {
        return None;
    }
    Some(values.iter().any(|v| compare(stored, v) == Some(Ordering::Equal)))
}

fn test(stored: &Value, op: Op, value: &Value) -> Option<bool> {
    if value.is_null() {
        return match op {
            Op::Eq => Some(stored.is_null()),
            Op::Ne => Some(!stored.is_null()),
            _ => None,
        };
    }
    if stored.is_null() {
        return None;
    }
    if op.is_text() {
        let (text, sought) = (stored.as_str()?, value.as_str()?);
        return Some(match op {
            Op::Contains => text.contains(sought),
            Op::StartsWith => text.starts_with(sought),
            Op::EndsWith => text.ends_with(sought),
            _ => Pattern::new(sought).matches(text),
        });
    }
    let order = compare(stored, value);
    Some(match op {
        Op::Eq => order == Some(Ordering::Equal),
        Op::Ne => order != Some(Ordering::Equal),
        Op::Lt => order == Some(Ordering::Less),
        Op::Le => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        Op::Gt => order == Some(Ordering::Greater),
        _ => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
    })
}

fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => compare_numbers(a, b),
        (Value::String(a), Value::String(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

/// Exact also between whole numbers and fractions beyond 2^53.
fn compare_numbers(a: &Number, b: &Number) -> Option<Ordering> {
    match (a.as_i64(), b.as_i64()) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        (Some(a), None) => whole_and_fraction(a, b.as_f64()?),
        (None, Some(b)) => whole_and_fraction(b, a.as_f64()?).map(Ordering::reverse),
        (None, None) => a.as_f64()?.partial_cmp(&b.as_f64()?),
    }
}

#[allow(clippy::cast_possible_truncation, reason = "the range is checked first")]
fn whole_and_fraction(whole: i64, f: f64) -> Option<Ordering> {
    if f >= 9_223_372_036_854_775_808.0 {
        return Some(Ordering::Less);
    }
    if f < -9_223_372_036_854_775_808.0 {
        return Some(Ordering::Greater);
    }
    let floor = f.floor();
    Some(whole.cmp(&(floor as i64)).then(if f > floor { Ordering::Less } else { Ordering::Equal }))
}
