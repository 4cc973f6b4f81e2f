//! `where`, `limit`, `skip`, `sort`, `select` and `omit` of a request.

use super::Asked;
use crate::{blueprints::paging::as_clauses, req::Params};
use serde_json::{Map, Value};
use topsail_orm::{Code, Criteria, Kind, ModelDef, OrmError, Populate, Result, Where};

/// Names that are never read as attributes.
const RESERVED: [&str; 7] = ["where", "limit", "skip", "sort", "populate", "select", "omit"];

/// The record with this key.
pub(super) fn of_key(asked: &Asked<'_>, key: Value) -> Criteria {
    Criteria::new(Where::eq(asked.model.primary_key.clone(), key))
}

/// Everything that `find` honours.
pub(super) fn of_find(asked: &Asked<'_>, populates: &[Populate]) -> Result<Criteria> {
    let params = as_clauses(asked)?;
    let criteria = of_many(asked, asked.model, &params)?;
    beside_populates(asked, &criteria, populates)?;
    Ok(criteria)
}

/// The condition alone; `limit`, `sort` and the like are ignored.
pub(super) fn of_count(asked: &Asked<'_>) -> Result<Criteria> {
    let params = as_clauses(asked)?;
    condition(asked, asked.model, &params).map(Criteria::new)
}

/// The key in the path, `select` and `omit`; everything else beside them is ignored.
pub(super) fn of_find_one(asked: &Asked<'_>, populates: &[Populate]) -> Result<Criteria> {
    let key = super::ids::of_path(asked, "id")?;
    let clauses = projection(asked.all);
    let mut criteria =
        if clauses.is_empty() { Criteria::default() } else { read(asked, asked.model, clauses)? };
    criteria.where_ = Where::eq(asked.model.primary_key.clone(), key);
    beside_populates(asked, &criteria, populates)?;
    Ok(criteria)
}

/// Criteria for a list of records of `model` from these parameters.
pub(super) fn of_many(asked: &Asked<'_>, model: &ModelDef, params: &Params) -> Result<Criteria> {
    let mut clauses = projection(params);
    clauses.insert("limit".to_owned(), limit(asked, params));
    if let Some(skip) = params.get("skip").filter(|v| !v.is_null()) {
        clauses.insert("skip".to_owned(), skip.clone());
    }
    if let Some(sort) = params.get("sort").filter(|v| !v.is_null()) {
        clauses.insert("sort".to_owned(), sort_of(sort));
    }
    let mut criteria = read(asked, model, clauses)?;
    criteria.where_ = condition(asked, model, params)?;
    Ok(criteria)
}

/// Which records of `model` these parameters ask for.
pub(super) fn condition(asked: &Asked<'_>, model: &ModelDef, params: &Params) -> Result<Where> {
    Where::from_json(asked.orm, model, &filter(asked, model, params)?, &asked.config.limits())
}

fn read(asked: &Asked<'_>, model: &ModelDef, mut clauses: Map<String, Value>) -> Result<Criteria> {
    // An attribute may be called `limit`; with `where` beside it, it is understood as the clause.
    clauses.insert("where".to_owned(), Value::Null);
    Criteria::from_json(asked.orm, model, &Value::Object(clauses), &asked.config.limits())
}

/// `where` if it is there, else all parameters that are not reserved.
fn filter(asked: &Asked<'_>, model: &ModelDef, params: &Params) -> Result<Value> {
    let Some(given) = params.get("where") else {
        let free = params.iter().filter(|(name, _)| !RESERVED.contains(&name.as_str()));
        return Ok(Value::Object(free.map(|(name, value)| (name.clone(), value.clone())).collect()));
    };
    let refuse = |why: String| {
        OrmError::usage(Code::InvalidCriteria, &model.identity, None, "where", format!("`where` {why}"))
    };
    let most = asked.config.max_url_criteria;
    let value = match given {
        Value::String(text) if text.len() > most => {
            let why = format!("has {} bytes as a text; {most} are allowed: send a body", text.len());
            return Err(refuse(why));
        }
        Value::String(text) => crate::http::parse_json(text.as_bytes(), asked.config.limits().depth * 2)
            .map_err(|why| refuse(format!("is not JSON: {why}")))?,
        other => other.clone(),
    };
    match value {
        Value::Null => Err(refuse("is null; leave it out to match every record".to_owned())),
        Value::Bool(_) => Err(refuse("must be a dictionary, a key or a list of keys".to_owned())),
        value => Ok(value),
    }
}

fn limit(asked: &Asked<'_>, params: &Params) -> Value {
    match params.get("limit") {
        None | Some(Value::Null) => Value::from(asked.config.default_limit),
        // An empty text is the number 0, as in Sails.
        Some(Value::String(text)) if text.is_empty() => Value::from(0),
        Some(given) => given.clone(),
    }
}

fn sort_of(given: &Value) -> Value {
    match given {
        Value::String(text) if text.starts_with(['[', '{']) => {
            serde_json::from_str(text).unwrap_or_else(|_| given.clone())
        }
        other => other.clone(),
    }
}

/// `select`, or `omit` where there is no `select`.
fn projection(params: &Params) -> Map<String, Value> {
    let mut clauses = Map::new();
    for clause in ["select", "omit"] {
        if let Some(given) = params.get(clause).filter(|v| !v.is_null()) {
            clauses.insert(clause.to_owned(), names(given));
            break;
        }
    }
    clauses
}

/// Splits texts at commas; anything else is left for the criteria to refuse.
pub(super) fn names(given: &Value) -> Value {
    let split = |text: &str| text.split(',').map(|name| Value::from(name.trim())).collect::<Vec<_>>();
    match given {
        Value::String(text) => Value::Array(split(text)),
        Value::Array(items) => Value::Array(
            items
                .iter()
                .flat_map(|item| match item {
                    Value::String(text) => split(text),
                    other => vec![other.clone()],
                })
                .collect(),
        ),
        other => other.clone(),
    }
}

/// A populated to-one association can be neither omitted nor sorted by.
fn beside_populates(asked: &Asked<'_>, criteria: &Criteria, populates: &[Populate]) -> Result<()> {
    for populate in populates {
        let Some(attr) = asked.model.attr(&populate.attr).filter(|attr| attr.kind == Kind::One) else {
            continue;
        };
        let clash = |clause: &str| {
            asked.refuse(
                Code::InvalidPopulates,
                Some(&attr.name),
                clause,
                format!(
                    "`{}` is populated and cannot be in `{clause}` too; send `populate=false`",
                    attr.name
                ),
            )
        };
        if criteria.omit.contains(&populate.attr) {
            return Err(clash("omit"));
        }
        if criteria.sort.iter().any(|order| order.attr == populate.attr) {
            return Err(clash("sort"));
        }
    }
    Ok(())
}
