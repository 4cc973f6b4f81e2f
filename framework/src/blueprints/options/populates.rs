//! What is shown with each record: `populate` of a request.

use super::{Asked, criteria};
use serde_json::Value;
use topsail_orm::{AttrDef, Code, Criteria, Kind, ModelDef, OrmError, Populate, Result};

/// The most records that populates of several levels may show together.
const MOST_NESTED: u64 = 100_000;

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
        add(asked, asked.model, name, &mut populates, 1)?;
    }
    Ok(populates)
}

/// Adds an association of `model`, or a path of them such as `pets.owner` where that is allowed.
fn add(
    asked: &Asked<'_>,
    model: &ModelDef,
    path: &str,
    populates: &mut Vec<Populate>,
    level: usize,
) -> Result<()> {
    let (name, rest) = match path.split_once('.').filter(|_| asked.config.nested_populate) {
        Some((name, rest)) => (name, Some(rest)),
        None => (path, None),
    };
    let unknown = || unknown_of(model, name);
    let (attr, association) =
        model.visible(name).and_then(|attr| Some((attr, attr.association.as_ref()?))).ok_or_else(unknown)?;
    if level > asked.config.populate_depth {
        let why = format!("`populate` leads deeper than {} levels", asked.config.populate_depth);
        return Err(OrmError::usage(Code::InvalidPopulates, &model.identity, Some(name), "populate", why));
    }
    let at = match populates.iter().position(|populate| populate.attr == attr.name) {
        Some(at) => at,
        None => {
            populates.push(capped(asked, attr));
            populates.len() - 1
        }
    };
    match rest {
        None => Ok(()),
        Some(rest) => {
            let target = asked.orm.require_model(&association.target)?;
            add(asked, target, rest, &mut populates[at].criteria.populate, level + 1)
        }
    }
}

/// Refuses populates of further levels that may show more records than an answer can bear.
pub(super) fn check_size(asked: &Asked<'_>, records: u64, populates: &[Populate]) -> Result<()> {
    if populates.iter().all(|populate| populate.criteria.populate.is_empty()) {
        return Ok(());
    }
    let most = shown(records, populates);
    if most <= MOST_NESTED {
        return Ok(());
    }
    let why = format!(
        "`populate` may show {most} records in all, {MOST_NESTED} are allowed; send a smaller `limit`, or fewer levels"
    );
    Err(asked.refuse(Code::InvalidPopulates, None, "populate", why))
}

/// How many records are shown with `records` at the most.
fn shown(records: u64, populates: &[Populate]) -> u64 {
    populates.iter().fold(0, |sum, populate| {
        let here = records.saturating_mul(populate.criteria.limit.unwrap_or(1));
        sum.saturating_add(here).saturating_add(shown(here, &populate.criteria.populate))
    })
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
    unknown_of(asked.model, name)
}

fn unknown_of(model: &ModelDef, name: &str) -> OrmError {
    let shown: String = name.chars().take(60).collect();
    let why = format!("`populate`: `{shown}` is not an association of model `{}`", model.identity);
    OrmError::usage(Code::InvalidPopulates, &model.identity, Some(&shown), "populate", why)
}
