//! Keys in requests. They are typed scalars before any query sees them.

use super::Asked;
use serde_json::Value;
use topsail_orm::{Code, Result};

/// The key of the model's record that a parameter names.
pub(super) fn of_path(asked: &Asked<'_>, name: &str) -> Result<Value> {
    match asked.param(name) {
        Some(Value::Null) | None => Err(asked.refuse(
            Code::InvalidCriteria,
            Some(&asked.model.primary_key),
            "required",
            format!("the request names no record: send `{name}`"),
        )),
        Some(Value::Array(_)) => Err(asked.refuse(
            Code::InvalidCriteria,
            Some(&asked.model.primary_key),
            "type",
            format!("`{name}` must be one key, not a list"),
        )),
        Some(value) => asked.model.key_from_json(value),
    }
}

/// The key of the member in the path.
pub(super) fn of_child(asked: &Asked<'_>) -> Result<Value> {
    let (_, target) = asked.association()?;
    match asked.path.get("childid").or_else(|| asked.param("childid")) {
        Some(value) => target.key_from_json(value),
        None => Err(asked.refuse(
            Code::InvalidCriteria,
            None,
            "required",
            "the request names no member: send `childid`".to_owned(),
        )),
    }
}

/// The keys of all members: a list as body, or in the query under the name of the association.
pub(super) fn of_list(asked: &Asked<'_>) -> Result<Vec<Value>> {
    let (attr, target) = asked.association()?;
    let refuse = |why: String| {
        asked.refuse(Code::InvalidAssociatedIds, Some(&attr.name), "type", format!("`{}`: {why}", attr.name))
    };
    let given = match (asked.body, asked.query.get(&attr.name)) {
        (Some(Value::Array(list)), _) => list.clone(),
        (_, Some(Value::Array(list))) => list.clone(),
        (_, Some(Value::String(text))) => match serde_json::from_str(text) {
            Ok(Value::Array(list)) => list,
            Ok(one @ (Value::Number(_) | Value::String(_))) => vec![one],
            Ok(_) | Err(_) => return Err(refuse("expected a JSON list of keys".to_owned())),
        },
        _ => {
            return Err(refuse(format!(
                "expected the keys as a list: a JSON list as body, or `?{}=[…]`",
                attr.name
            )));
        }
    };
    if given.len() as u64 > asked.config.max_limit {
        return Err(refuse(format!(
            "{} keys are too many; {} are allowed",
            given.len(),
            asked.config.max_limit
        )));
    }
    let mut keys = Vec::with_capacity(given.len());
    for value in &given {
        let key = target.key_from_json(value).map_err(|error| error.with_code(Code::InvalidAssociatedIds))?;
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    Ok(keys)
}
