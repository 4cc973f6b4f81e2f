//! The engine: every query and every write, on data.
//!
//! Each kind of write is one function that owns a transaction and knows the records before and after; nothing
//! else in this crate writes rows. The typed face and the blueprints are two callers of it.

mod aggregate;
mod archive;
mod callbacks;
mod collection;
mod create;
mod decrypt;
mod destroy;
mod find;
mod find_or_create;
mod insert;
mod keys;
mod populate;
mod rows;
mod source;
mod update;
mod upsert;

pub use self::{
    aggregate::{avg, count, max, min, sum},
    archive::{archive, archive_one},
    collection::{add_to_collection, remove_from_collection, replace_collection},
    create::{create, create_each},
    destroy::{destroy, destroy_one},
    find::{Position, find, find_one, find_with_total, read_at},
    find_or_create::find_or_create,
    update::{Assignments, update, update_one},
    upsert::upsert,
};
pub(crate) use self::{
    decrypt::decrypt,
    find::{find_typed, find_typed_with_total},
    source::decode,
};

use serde_json::Value;

use crate::{
    error::{Code, OrmError, Problem, Result, UsageError},
    model::ModelDef,
    values,
};

/// Checks one value as an update would, and gives it converted.
///
/// # Errors
/// `E_INVALID_VALUES_TO_SET` with every problem; also for an unknown or hidden attribute.
pub fn validate(def: &ModelDef, attr: &str, value: Value) -> Result<Value> {
    let refuse = |problems: Vec<Problem>| {
        OrmError::Usage(Box::new(UsageError {
            code: Code::InvalidValuesToSet,
            model: def.identity.clone(),
            problems,
        }))
    };
    match def.visible(attr) {
        Some(known) => values::check(def, known, value).map_err(refuse),
        None => Err(refuse(vec![Problem::new(
            Some(attr),
            "unknown",
            format!("`{attr}` is not an attribute of model `{}`{}", def.identity, def.hint(attr)),
        )])),
    }
}
