//! The engine: every query and every write, on data.
//!
//! Each kind of write is one function that owns a transaction and knows the records before and after; nothing
//! else in this crate writes rows. The typed face and the blueprints are two callers of it.

mod again;
mod aggregate;
mod archive;
mod bulk;
mod by_key;
mod callbacks;
mod cascade;
mod clash;
mod collection;
mod create;
mod decrypt;
mod destroy;
mod find;
mod find_or_create;
mod found;
mod images;
mod insert;
pub(crate) mod keys;
mod pages;
mod populate;
mod references;
mod rows;
mod source;
mod update;
mod upsert;

pub(crate) use by_key::Texts;

pub use self::{
    again::Attempts,
    aggregate::{avg, count, max, min, sum},
    archive::{archive, archive_one},
    collection::{Edited, Keyed, add_to_collection, remove_from_collection, replace_collection},
    create::{create, create_each},
    destroy::{destroy, destroy_one},
    find::{Position, find, find_one, find_with_total, read_at},
    find_or_create::find_or_create,
    found::{Found, FoundOne, find_one_to_send, find_to_send},
    update::{Assignments, update, update_one},
    upsert::upsert,
};
pub(crate) use self::{
    archive::archive_each,
    bulk::Each,
    decrypt::decrypt,
    destroy::destroy_each,
    find::{find_typed, find_typed_with_total},
    pages::Pages,
    source::decode,
    update::update_each,
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
/// `E_REQUIRED`, `E_TYPE`, or `E_VIOLATES_RULES` with every rule that is broken; `E_INVALID_VALUES_TO_SET` for an
/// unknown or hidden attribute.
pub fn validate(def: &ModelDef, attr: &str, value: Value) -> Result<Value> {
    let refuse = |code: Code, problems: Vec<Problem>| {
        OrmError::Usage(Box::new(UsageError { code, model: def.identity.clone(), problems }))
    };
    match def.visible(attr) {
        Some(known) => values::check(def, known, value).map_err(|problems| {
            let code = match problems.first().map(|p| p.rule.as_str()) {
                Some("required") => Code::Required,
                Some("type") => Code::Type,
                _ => Code::ViolatesRules,
            };
            refuse(code, problems)
        }),
        None => {
            let message =
                format!("`{attr}` is not an attribute of model `{}`{}", def.identity, def.hint(attr));
            Err(refuse(Code::InvalidValuesToSet, vec![Problem::new(Some(attr), "unknown", message)]))
        }
    }
}
