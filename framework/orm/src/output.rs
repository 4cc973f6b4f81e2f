//! Records as clients see them.

use serde_json::Value;

use crate::{
    Orm, Record,
    model::{Kind, ModelDef},
};

/// The output form of a record: populated records first, then the model's own `custom_to_json`, and never an
/// attribute that is protected. What an archive keeps of a record is shown as that record would be.
///
/// # Source
/// Sails' `customToJSON`. Differs: populated records have their output form already when the function sees them,
/// and `protect` hides for every reader (in Sails it has no effect).
pub fn to_json(orm: &Orm, def: &ModelDef, mut record: Record) -> Value {
    for attr in def.associations() {
        let Some(value) = record.get_mut(&attr.name) else { continue };
        let Some(target) = attr.association.as_ref().and_then(|a| orm.model(&a.target)) else { continue };
        match value.take() {
            Value::Object(one) if attr.kind == Kind::One => *value = to_json(orm, target, one),
            Value::Array(many) => {
                *value = many
                    .into_iter()
                    .map(|v| match v {
                        Value::Object(one) => to_json(orm, target, one),
                        other => other,
                    })
                    .collect();
            }
            other => *value = other,
        }
    }
    if def.is_archive {
        show_original(orm, &mut record);
    }
    shape(def, record)
}

/// Gives the archived record its own output form. What its model does not know, or no longer, is left out: nobody can tell
/// whether clients may see it.
fn show_original(orm: &Orm, archived: &mut Record) {
    let of = archived.get("fromModel").and_then(Value::as_str).and_then(|identity| orm.model(identity));
    match (of, archived.get_mut("originalRecord")) {
        (Some(of), Some(kept)) => {
            if let Value::Object(mut original) = kept.take() {
                original.retain(|name, _| of.visible(name).is_some());
                *kept = to_json(orm, of, original);
            }
        }
        _ => drop(archived.shift_remove("originalRecord")),
    }
}

/// The output form of a record whose populated records have theirs already.
fn shape(def: &ModelDef, record: Record) -> Value {
    let hidden = def.attributes.iter().filter(|a| a.protect).map(|a| a.name.as_str());
    match def.to_json {
        Some(custom) => hide(custom(record), hidden),
        None => hide(Value::Object(record), hidden),
    }
}

/// As [`to_json`] for a struct, whose fields have their output form already.
pub fn shaped(custom: fn(Record) -> Value, record: Record, hidden: &[&str]) -> Value {
    hide(custom(record), hidden.iter().copied())
}

fn hide<'a>(mut shaped: Value, hidden: impl Iterator<Item = &'a str>) -> Value {
    if let Value::Object(map) = &mut shaped {
        for name in hidden {
            map.shift_remove(name);
        }
    }
    shaped
}
