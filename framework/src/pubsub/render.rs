//! From an event to what clients get, which never holds what an answer hides.

use super::event::{ModelEvent, What};
use serde_json::{Map, Value};
use topsail_orm::{Orm, Record, to_json};

/// The payload; nothing where all of it is hidden from clients.
///
/// The key is always called `id`, whatever the attribute's name; inside `data` and `previous` it has its own name.
pub(crate) fn render(orm: &Orm, event: &ModelEvent) -> Option<Value> {
    let ModelEvent { model, pk, what } = event;
    let visible = |attr: &str| model.visible(attr).is_some();
    let mut payload = Map::new();
    let mut put = |key: &str, value: Value| {
        payload.insert(key.to_owned(), value);
    };
    match what {
        What::Created { record } => {
            put("verb", "created".into());
            put("data", to_json(orm, model, record.clone()));
            put("id", pk.clone());
        }
        What::Updated { image, keys, previous } => {
            let shown = shown(to_json(orm, model, image.clone()), keys);
            // A notice of one hidden value tells nothing.
            if previous.is_none() && shown.is_empty() {
                return None;
            }
            put("verb", "updated".into());
            put("data", Value::Object(shown));
            put("id", pk.clone());
            if let Some(previous) = previous {
                put("previous", to_json(orm, model, previous.clone()));
            }
        }
        What::Destroyed { previous } => {
            put("verb", "destroyed".into());
            put("id", pk.clone());
            if let Some(previous) = previous {
                put("previous", to_json(orm, model, previous.clone()));
            }
        }
        What::AddedTo { attr, member } if visible(attr) => {
            put("id", pk.clone());
            put("verb", "addedTo".into());
            put("attribute", attr.as_str().into());
            put("addedId", member.clone());
        }
        What::RemovedFrom { attr, member } if visible(attr) => {
            put("id", pk.clone());
            put("verb", "removedFrom".into());
            put("attribute", attr.as_str().into());
            put("removedId", member.clone());
        }
        What::AddedTo { .. } | What::RemovedFrom { .. } => return None,
        What::Many => put("verb", "bulk".into()),
    }
    Some(Value::Object(payload))
}

/// The named values of a record's output form, as far as it has them.
fn shown(output: Value, keys: &[String]) -> Record {
    let Value::Object(mut output) = output else { return Record::new() };
    keys.iter().filter_map(|key| Some((key.clone(), output.get_mut(key)?.take()))).collect()
}
