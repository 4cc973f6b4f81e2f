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
    Ok(writable(asked, asked.all.clone(), true))
}

/// Query and body together, as far as clients may write it; never the primary key.
pub(super) fn values_to_set(asked: &Asked<'_>) -> Record {
    writable(asked, asked.values(), false)
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
