//! The values of a new or changed record.

use super::Asked;
use serde_json::Value;
use topsail_orm::{Auto, Code, ModelDef, Record, Result};

/// Query, body and path together, as far as clients may write it.
pub(super) fn new_record(asked: &Asked<'_>) -> Result<Record> {
    if matches!(asked.body, Some(Value::Array(_))) {
        return Err(asked.refuse(
            Code::InvalidNewRecord,
            None,
            "type",
            "the body is a list; a new record is a dictionary of its attributes".to_owned(),
        ));
    }
    let values = writable(asked, asked.all.clone(), true);
    bounded(asked, &values, Code::InvalidNewRecord)?;
    Ok(values)
}

/// One new record of a list: its own values over those of the query and under those of the path.
pub(super) fn new_record_of_list(asked: &Asked<'_>, element: &Value) -> Result<Record> {
    let Value::Object(own) = element else { return Err(super::bulk::no_dictionary(asked)) };
    let mut values = asked.query.clone();
    values.extend(own.clone());
    values.extend(asked.path.clone());
    let values = writable(asked, values, true);
    bounded(asked, &values, Code::InvalidNewRecords)?;
    Ok(values)
}

/// Query and body together, as far as clients may write it; never the primary key.
pub(super) fn values_to_set(asked: &Asked<'_>) -> Result<Record> {
    let values = writable(asked, asked.values(), false);
    bounded(asked, &values, Code::InvalidValuesToSet)?;
    Ok(values)
}

/// The same for all records that a `where` in the query names: that is no value, whatever attributes there are.
pub(super) fn values_to_set_of_many(asked: &Asked<'_>) -> Result<Record> {
    let mut values = asked.values();
    let of_body = asked.body.and_then(|body| body.get("where"));
    match of_body {
        Some(value) => values.insert("where".to_owned(), value.clone()),
        None => values.shift_remove("where"),
    };
    let values = writable(asked, values, false);
    bounded(asked, &values, Code::InvalidValuesToSet)?;
    Ok(values)
}

/// A collection takes as many members at once as a request may have records.
fn bounded(asked: &Asked<'_>, values: &Record, code: Code) -> Result<()> {
    let most = asked.config.max_limit;
    let too_long = values.iter().find_map(|(name, value)| {
        let list = value.as_array().filter(|list| list.len() as u64 > most)?;
        asked.model.attr(name).filter(|attr| attr.is_collection()).map(|attr| (attr, list.len()))
    });
    match too_long {
        Some((attr, length)) => {
            let why = format!("`{}`: {length} keys are too many; {most} are allowed", attr.name);
            Err(asked.refuse(code, Some(&attr.name), "type", why))
        }
        None => Ok(()),
    }
}

/// Leaves out what is not in the model, what is protected, what fills itself, and outside create the key.
fn writable(asked: &Asked<'_>, mut values: Record, with_key: bool) -> Record {
    values.retain(|name, _| is_writable(asked.model, name, with_key));
    if asked.is_get {
        for (name, value) in &mut values {
            // In an address `pets=[1,2]` is a text.
            if asked.model.attr(name).is_some_and(|attr| attr.is_collection())
                && let Value::String(text) = &*value
                && let Ok(parsed) = serde_json::from_str::<Value>(text)
            {
                *value = parsed;
            }
        }
    }
    values
}

fn is_writable(model: &ModelDef, name: &str, with_key: bool) -> bool {
    match model.visible(name) {
        None => !model.schema && model.attr(name).is_none(),
        Some(attr) if attr.name == model.primary_key => with_key,
        Some(attr) => !matches!(attr.auto, Some(Auto::CreatedAt | Auto::UpdatedAt | Auto::Increment)),
    }
}
