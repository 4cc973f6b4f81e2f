//! Requests about several records at once. Beyond Sails: each kind must be switched on, and all of it is bounded.

use super::{Asked, criteria, values};
use crate::{
    blueprints::{BlueprintAction, FamilySwitches},
    req::Params,
};
use serde_json::Value;
use topsail_orm::{Code, Criteria, OrmError, Problem, Record, Result, UsageError, Where};

/// May this action be about several records? The route says so, else the model, else the app.
pub(super) fn is_on(asked: &Asked<'_>, action: BlueprintAction) -> bool {
    type Switch = fn(&FamilySwitches) -> Option<bool>;
    let config = asked.config;
    let (of_model, of_app): (Switch, bool) = match action {
        BlueprintAction::Create => (|switches| switches.bulk_create, config.bulk_create),
        BlueprintAction::Update => (|switches| switches.bulk_update, config.bulk_update),
        BlueprintAction::Destroy => (|switches| switches.bulk_destroy, config.bulk_destroy),
        _ => return false,
    };
    asked.bulk.unwrap_or_else(|| config.has(&asked.model.identity, of_model, of_app))
}

/// The new records of a body that is a list; nothing where the body is none, or where that is not switched on.
///
/// What stands in the query and the path is a value of each.
pub(super) fn new_records(asked: &Asked<'_>) -> Result<Option<Vec<Record>>> {
    let Some(Value::Array(list)) = asked.body.filter(|_| is_on(asked, BlueprintAction::Create)) else {
        return Ok(None);
    };
    let most = asked.config.max_bulk;
    if list.len() as u64 > most {
        let why = format!("{} records are too many; {most} are allowed", list.len());
        return Err(asked.refuse(Code::InvalidNewRecords, None, "type", why));
    }
    let mut records = Vec::with_capacity(list.len());
    let mut problems = Vec::new();
    for (index, element) in list.iter().enumerate() {
        match values::new_record_of_list(asked, element) {
            Ok(record) => records.push(record),
            Err(OrmError::Usage(error)) => problems.extend(error.problems.into_iter().map(|p| p.at(index))),
            Err(other) => return Err(other),
        }
    }
    if problems.is_empty() {
        return Ok(Some(records));
    }
    let model = asked.model.identity.clone();
    Err(OrmError::Usage(Box::new(UsageError { code: Code::InvalidNewRecords, model, problems })))
}

/// The records that `where` names: one more than are allowed, so that too many are noticed.
///
/// A condition that holds for every record is refused: it is too often a mistake of the client.
pub(super) fn criteria(asked: &Asked<'_>, params: &Params) -> Result<Criteria> {
    let refuse = |why: &str| asked.refuse(Code::InvalidCriteria, None, "where", why.to_owned());
    let Some(given) = params.get("where") else {
        return Err(refuse("the request names no records: send `where`, or the key of one record"));
    };
    let only = Params::from_iter([("where".to_owned(), given.clone())]);
    let which = criteria::condition(asked, asked.model, &only)?;
    if which == Where::All {
        return Err(refuse("`where` matches every record; several records need a condition"));
    }
    Ok(Criteria { limit: Some(asked.config.max_bulk.saturating_add(1)), ..Criteria::new(which) })
}

/// The refusal of a request that is about more records than are allowed.
pub(crate) fn too_many(model: &str, most: u64) -> OrmError {
    let why =
        format!("`where` matches more than {most} records, which are allowed at once; nothing was done");
    OrmError::usage(Code::InvalidCriteria, model, None, "where", why)
}

/// The parameter as a complaint: the element of a list that is no dictionary.
pub(super) fn no_dictionary(asked: &Asked<'_>) -> OrmError {
    let message = "a new record is a dictionary of its attributes";
    let problem = Problem::new(None, "type", message);
    let model = asked.model.identity.clone();
    OrmError::Usage(Box::new(UsageError { code: Code::InvalidNewRecords, model, problems: vec![problem] }))
}
