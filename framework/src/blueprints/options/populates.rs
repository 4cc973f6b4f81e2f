//! What is shown with each record: `populate` of a request.

use super::{Asked, criteria};
use serde_json::Value;
use topsail_orm::{AttrDef, Code, Criteria, Kind, OrmError, Populate, Result};

/// Clauses that have no meaning for a single record.
const OF_LISTS: [&str; 5] = ["select", "omit", "sort", "skip", "limit"];

/// Every association that clients may see.
pub(super) fn all(asked: &Asked<'_>) -> Vec<Populate> {
    let seen = asked.model.associations().filter(|attr| asked.model.visible(&attr.name).is_some());
    seen.map(|attr| capped(asked, attr)).collect()
}

/// What the parameter `populate` says: nothing means everything, `false` nothing, else the names.
pub(super) fn chosen(asked: &Asked<'_>) -> Result<Vec<Populate>> {
    let names = match asked.param("populate") {
        None | Some(Value::Null) => return Ok(all(asked)),
        Some(Value::Bool(false)) => return Ok(Vec::new()),
        Some(Value::String(text)) if text.trim().is_empty() => return Ok(all(asked)),
        Some(Value::String(text)) if text.trim() == "false" => return Ok(Vec::new()),
        Some(given @ (Value::String(_) | Value::Array(_))) => criteria::names(given),
        Some(other) => return Err(unknown(asked, &other.to_string())),
    };
    let mut populates: Vec<Populate> = Vec::new();
    for name in names.as_array().into_iter().flatten() {
        let Some(name) = name.as_str() else { return Err(unknown(asked, &name.to_string())) };
        let attr = asked.model.visible(name).filter(|attr| attr.association.is_some());
        let attr = attr.ok_or_else(|| unknown(asked, name))?;
        if !populates.iter().any(|populate| populate.attr == attr.name) {
            populates.push(capped(asked, attr));
        }
    }
    Ok(populates)
}

/// The association of the route, with the criteria of the request for its members.
pub(super) fn of_alias(asked: &Asked<'_>) -> Result<Populate> {
    let (attr, target) = asked.association()?;
    let mut params = asked.all.clone();
    params.shift_remove("parentid");
    if attr.kind == Kind::One {
        return match OF_LISTS.into_iter().find(|clause| params.contains_key(*clause)) {
            Some(clause) => Err(asked.refuse(
                Code::InvalidPopulates,
                Some(&attr.name),
                clause,
                format!("`{}` is a single record, which takes no `{clause}`", attr.name),
            )),
            None => Ok(Populate::new(attr.name.clone())),
        };
    }
    let criteria =
        criteria::of_many(asked, target, &params).map_err(|error| error.with_code(Code::InvalidPopulates))?;
    Ok(Populate { attr: attr.name.clone().into(), criteria })
}

fn capped(asked: &Asked<'_>, attr: &AttrDef) -> Populate {
    let mut populate = Populate::new(attr.name.clone());
    if attr.is_collection() {
        populate.criteria = Criteria { limit: Some(asked.config.max_populate), ..Criteria::default() };
    }
    populate
}

fn unknown(asked: &Asked<'_>, name: &str) -> OrmError {
    let shown: String = name.chars().take(60).collect();
    let why = format!("`populate`: `{shown}` is not an association of model `{}`", asked.model.identity);
    asked.refuse(Code::InvalidPopulates, Some(&shown), "populate", why)
}
