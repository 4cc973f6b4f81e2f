//! From what a caller gives to what is stored: conversion, defaults, validation.

pub(crate) mod clock;
pub(crate) mod coerce;
pub(crate) mod increment;
pub(crate) mod key;

use std::collections::HashSet;

use serde_json::Value;

use crate::{
    Record,
    engine::{Assignments, keys::Key},
    error::{Code, OrmError, Problem, Result, UsageError},
    model::{AttrDef, Auto, Kind, ModelDef},
};

/// Values ready to be stored.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    /// One value per column that is written, by attribute name.
    pub row: Record,
    /// The keys given for collections.
    pub collections: Vec<(String, Vec<Value>)>,
    /// The attributes that the caller gave and the model knows.
    pub submitted: Vec<String>,
    /// What is added to numbers.
    pub add: Record,
    /// The version that the caller has seen.
    pub seen: Option<i64>,
}

impl Prepared {
    fn new() -> Self {
        Self { row: Record::new(), collections: vec![], submitted: vec![], add: Record::new(), seen: None }
    }
}

/// The values of a new record: defaults, base values and timestamps filled in.
///
/// # Errors
/// `E_INVALID_NEW_RECORD` with every problem of every attribute.
pub(crate) fn new_record(def: &ModelDef, mut values: Record, now: i64) -> Result<Prepared> {
    let mut prepared = Prepared::new();
    let mut problems = vec![];
    for attr in &def.attributes {
        let given = values.remove(&attr.name).filter(|_| attr.auto != Some(Auto::Version));
        match given {
            Some(value) => take(def, attr, value, &mut prepared, &mut problems),
            None => match initial(def, attr, now) {
                Ok(Some(value)) => drop(prepared.row.insert(attr.name.clone(), value)),
                Ok(None) => {}
                Err(problem) => problems.push(problem),
            },
        }
    }
    done(def, Code::InvalidNewRecord, prepared, problems)
}

/// The values of an update: only what is given, what is added, and the time of the write.
///
/// # Errors
/// `E_INVALID_VALUES_TO_SET` with every problem of every attribute.
pub(crate) fn values_to_set(def: &ModelDef, values: Assignments, now: i64) -> Result<Prepared> {
    let Assignments { set: mut values, mut add } = values;
    let mut prepared = Prepared::new();
    let mut problems = vec![];
    for attr in &def.attributes {
        let added = add.remove(&attr.name);
        if let Some(value) = values.remove(&attr.name) {
            if added.is_some() {
                let message = format!("`{}` is set and incremented at once", attr.name);
                problems.push(Problem::new(Some(&attr.name), "increment", message));
            }
            take(def, attr, value, &mut prepared, &mut problems);
        } else if let Some(by) = added {
            match increment::by(def, attr, by) {
                Ok(by) => {
                    prepared.submitted.push(attr.name.clone());
                    prepared.add.insert(attr.name.clone(), by);
                }
                Err(problem) => problems.push(problem),
            }
        } else if attr.auto == Some(Auto::UpdatedAt) {
            prepared.row.insert(attr.name.clone(), clock::stamp(attr.kind, now));
        }
    }
    problems.extend(add.keys().map(|name| {
        let message = format!("`{name}` is not an attribute of model `{}`{}", def.identity, def.hint(name));
        Problem::new(Some(name), "unknown", message)
    }));
    done(def, Code::InvalidValuesToSet, prepared, problems)
}

/// One value checked as an update would: converted, or every problem with it.
pub(crate) fn check(def: &ModelDef, attr: &AttrDef, value: Value) -> Result<Value, Vec<Problem>> {
    let problem = |rule: &str, message: String| vec![Problem::new(Some(&attr.name), rule, message)];
    let name = &attr.name;
    if attr.required && (value.is_null() || value == "") {
        let what = if value.is_null() { "null" } else { "an empty string" };
        return Err(problem("required", format!("`{name}` is required, so it cannot be {what}")));
    }
    if attr.name == def.primary_key {
        let key = match attr.auto {
            Some(Auto::Increment) => key::beside_automatic(&value),
            _ => key::strict(attr.kind, &value),
        };
        return key.map_err(|expected| mismatch(attr, expected, &value));
    }
    if attr.kind == Kind::One {
        if value.is_null() {
            return Ok(Value::Null);
        }
        return key::strict(attr.value_kind(), &value).map_err(|expected| mismatch(attr, expected, &value));
    }
    if value.is_null() {
        if attr.allow_null {
            return Ok(Value::Null);
        }
        return Err(problem(
            "type",
            format!(
                "`{name}` should be {}, not null; leave it out, or declare it as an `Option` to allow null",
                coerce::expected(attr.kind)
            ),
        ));
    }
    if attr.auto.is_some() && value == "" {
        return Err(mismatch(attr, "a moment", &value));
    }
    let value =
        coerce::lenient(attr.kind, value).map_err(|(expected, value)| mismatch(attr, expected, &value))?;
    let broken: Vec<Problem> = attr
        .rules
        .iter()
        .filter_map(|rule| {
            let why = rule.violation(&value)?;
            Some(Problem::new(Some(name), rule.name(), format!("`{name}`: {why}")))
        })
        .collect();
    if broken.is_empty() { Ok(value) } else { Err(broken) }
}

fn take(def: &ModelDef, attr: &AttrDef, value: Value, prepared: &mut Prepared, problems: &mut Vec<Problem>) {
    if attr.auto == Some(Auto::Version) {
        match coerce::lenient(attr.kind, value) {
            Ok(seen) => prepared.seen = seen.as_i64(),
            Err((expected, value)) => problems.extend(mismatch(attr, expected, &value)),
        }
        return;
    }
    prepared.submitted.push(attr.name.clone());
    if attr.kind == Kind::Many {
        match members(attr, &value) {
            Ok(keys) => prepared.collections.push((attr.name.clone(), keys)),
            Err(problem) => problems.push(problem),
        }
        return;
    }
    match check(def, attr, value) {
        Ok(value) => drop(prepared.row.insert(attr.name.clone(), value)),
        Err(found) => problems.extend(found),
    }
}

/// The keys given for a collection: a list of keys, or one key.
fn members(attr: &AttrDef, value: &Value) -> Result<Vec<Value>, Problem> {
    let one = std::slice::from_ref(value);
    let items = value.as_array().map_or(one, Vec::as_slice);
    let mut seen = HashSet::with_capacity(items.len());
    let mut keys = Vec::with_capacity(items.len());
    for item in items {
        let key = key::strict(attr.value_kind(), item).map_err(|expected| {
            Problem::new(
                Some(&attr.name),
                "type",
                format!(
                    "`{}` takes the keys of its members, each {expected}; it got {}",
                    attr.name,
                    crate::model::excerpt(item)
                ),
            )
        })?;
        if Key::of(&key).is_some_and(|key| seen.insert(key)) {
            keys.push(key);
        }
    }
    Ok(keys)
}

/// What an attribute starts with when the caller says nothing.
fn initial(def: &ModelDef, attr: &AttrDef, now: i64) -> Result<Option<Value>, Problem> {
    if attr.auto == Some(Auto::Increment) || attr.kind == Kind::Many {
        return Ok(None);
    }
    if attr.auto == Some(Auto::Version) {
        return Ok(Some(1.into()));
    }
    if attr.auto.is_some() {
        return Ok(Some(clock::stamp(attr.kind, now)));
    }
    if attr.required || attr.name == def.primary_key {
        return Err(Problem::new(
            Some(&attr.name),
            "required",
            format!(
                "`{}` is required: it should be {}, but got nothing",
                attr.name,
                coerce::expected(attr.value_kind())
            ),
        ));
    }
    if let Some(default) = &attr.default {
        return Ok(Some(default.clone()));
    }
    Ok(Some(if attr.allow_null { Value::Null } else { attr.kind.base_value() }))
}

/// Refuses texts with the character NUL, which not every database can store, in what a callback has left.
///
/// # Errors
/// The code, with every attribute that has one.
pub(crate) fn refuse_nul(def: &ModelDef, row: &Record, code: Code) -> Result<()> {
    let problems = row
        .iter()
        .filter(|(_, value)| coerce::holds_nul(value))
        .filter_map(|(name, value)| Some(mismatch(def.attr(name)?, coerce::WITHOUT_NUL, value)))
        .flatten()
        .collect::<Vec<_>>();
    if problems.is_empty() {
        return Ok(());
    }
    Err(OrmError::Usage(Box::new(UsageError { code, model: def.identity.clone(), problems })))
}

fn mismatch(attr: &AttrDef, expected: &str, value: &Value) -> Vec<Problem> {
    vec![Problem::new(
        Some(&attr.name),
        "type",
        format!("`{}` should be {expected}; it got {}", attr.name, crate::model::excerpt(value)),
    )]
}

fn done(def: &ModelDef, code: Code, prepared: Prepared, problems: Vec<Problem>) -> Result<Prepared> {
    if problems.is_empty() {
        return Ok(prepared);
    }
    Err(OrmError::Usage(Box::new(UsageError { code, model: def.identity.clone(), problems })))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn keys_for_a_collection_take_time_in_proportion_and_are_each_taken_once() {
        let attr = AttrDef::to("pets", Kind::Many, "pet");
        let keys: Vec<Value> = (1..=100_000).chain(1..=100_000).map(Value::from).collect();
        let began = Instant::now();
        let taken = members(&attr, &Value::Array(keys.clone())).ok();
        assert_eq!(taken.as_deref(), Some(&keys[..100_000]));
        // Each compared with all before it would be minutes.
        assert!(began.elapsed() < Duration::from_secs(10));
    }
}
