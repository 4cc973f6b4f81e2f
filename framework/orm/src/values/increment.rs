//! Numbers that are added to.

use serde_json::Value;

use super::{check, coerce};
use crate::{
    Record,
    error::Problem,
    model::{AttrDef, Kind, ModelDef},
};

/// What is added, in the type of the attribute.
pub(super) fn by(def: &ModelDef, attr: &AttrDef, by: Value) -> Result<Value, Problem> {
    let problem = |message: String| Problem::new(Some(&attr.name), "increment", message);
    let numeric = matches!(attr.kind, Kind::Int | Kind::Float);
    if !numeric || attr.auto.is_some() || attr.name == def.primary_key {
        return Err(problem(format!("`{}` is no number that can be incremented", attr.name)));
    }
    coerce::lenient(attr.kind, by).map_err(|(expected, got)| {
        let got = crate::model::excerpt(&got);
        problem(format!("`{}` is incremented by {expected}, not by {got}", attr.name))
    })
}

/// What is wrong with the sums that a record would get; null counts as 0.
pub(crate) fn problems(def: &ModelDef, add: &Record, before: &Record) -> Vec<Problem> {
    let mut problems = vec![];
    for (name, by) in add {
        let Some(attr) = def.attr(name) else { continue };
        let now = before.get(name).filter(|v| !v.is_null());
        match sum(attr.kind, now, by) {
            Some(sum) => problems.extend(check(def, attr, sum).err().into_iter().flatten()),
            None => {
                let message = format!("`{name}` would be greater or less than a number can be");
                problems.push(Problem::new(Some(name), "increment", message));
            }
        }
    }
    problems
}

fn sum(kind: Kind, now: Option<&Value>, by: &Value) -> Option<Value> {
    if kind == Kind::Int {
        return now.map_or(Some(0), Value::as_i64)?.checked_add(by.as_i64()?).map(Value::from);
    }
    let sum = now.map_or(Some(0.0), Value::as_f64)? + by.as_f64()?;
    sum.is_finite().then(|| coerce::json_number(sum))
}
