//! From a request to what it asks for: typed, bounded, and open to change by the app before anything is queried.
//!
//! # Source
//! Sails `lib/hooks/blueprints/parse-blueprint-options.js`. Differs: keys and criteria are typed here already, what
//! cannot be understood is always a 400, and attributes that clients may not write are left out.

mod asked;
mod bulk;
mod criteria;
mod ids;
mod parser;
mod populates;
mod values;

pub(crate) use asked::Asked;
pub(crate) use bulk::too_many;
pub(crate) use parser::{BlueprintParsers, parser_name};

use super::BlueprintAction;
use serde_json::Value;
use topsail_orm::{Criteria, Populate, Record, Result, Where};

/// What a blueprint action is going to do: `queryOptions` of Sails.
///
/// [`AppBuilder::blueprint_parser`](crate::AppBuilder::blueprint_parser) may change everything here, for example lower
/// `criteria.limit`, add to `criteria.where_` what the client cannot undo (`criteria.and_also(…)`), do so with each of
/// `populates` or empty them, or take attributes out of the values.
#[derive(Clone, Debug)]
pub struct BlueprintOptions {
    /// Which action.
    pub action: BlueprintAction,
    /// The identity of the model.
    pub using: String,
    /// Which records: of `find` and `count` those that match, of all others the one with the key, of `populate`, `add`, `remove`
    /// and `replace` the parent (Sails' `targetRecordId`). Empty for `create`.
    pub criteria: Criteria,
    /// What is shown with each record; of `populate` the one association that is asked for. A condition on a single record
    /// that does not hold shows null, and with `populate` it is a 404.
    pub populates: Vec<Populate>,
    /// The attributes of the new record (`create`).
    pub new_record: Record,
    /// The attributes to change (`update`).
    pub values_to_set: Record,
    /// The keys of the members (`add` and `remove` one, `replace` all).
    pub associated_ids: Vec<Value>,
    /// A condition that those members have to satisfy as well (`add`, `remove`, `replace`): others are a 404, and members
    /// that do not satisfy it are not replaced. Every record does, unless the app's parser says otherwise.
    pub associated: Where,
    /// Is it about several records? Of `update` and `destroy` all that match; of `create` this is one of a list, and
    /// each record of it is given to the parser by itself.
    pub bulk: bool,
    /// The association (`populate`, `add`, `remove`, `replace`).
    pub alias: Option<String>,
}

impl BlueprintOptions {
    /// Reads what a request asks for.
    ///
    /// # Errors
    /// `E_INVALID_CRITERIA`, `E_INVALID_POPULATES`, `E_INVALID_NEW_RECORD` or `E_INVALID_ASSOCIATED_IDS`.
    pub(crate) fn read(asked: &Asked<'_>, action: BlueprintAction) -> Result<Self> {
        let mut options = Self::of(asked, action);
        match action {
            BlueprintAction::Find => {
                options.populates = populates::chosen(asked)?;
                options.criteria = criteria::of_find(asked, &options.populates)?;
                let records = options.criteria.limit.unwrap_or(asked.config.max_limit);
                populates::check_size(asked, records, &options.populates)?;
            }
            BlueprintAction::FindOne => {
                options.populates = populates::chosen(asked)?;
                options.criteria = criteria::of_find_one(asked, &options.populates)?;
                populates::check_size(asked, 1, &options.populates)?;
            }
            BlueprintAction::Count => options.criteria = criteria::of_count(asked)?,
            BlueprintAction::Create => {
                options.new_record = values::new_record(asked)?;
                options.populates = populates::all(asked);
            }
            BlueprintAction::Update => {
                options.bulk = !asked.path.contains_key("id") && bulk::is_on(asked, action);
                if options.bulk {
                    options.criteria = bulk::criteria(asked, asked.query)?;
                    options.values_to_set = values::values_to_set_of_many(asked)?;
                } else {
                    options.criteria = criteria::of_key(asked, ids::of_path(asked, "id")?);
                    options.values_to_set = values::values_to_set(asked)?;
                }
                options.populates = populates::all(asked);
            }
            BlueprintAction::Destroy => {
                options.bulk = asked.param("id").is_none() && bulk::is_on(asked, action);
                options.criteria = if options.bulk {
                    bulk::criteria(asked, asked.all)?
                } else {
                    criteria::of_key(asked, ids::of_path(asked, "id")?)
                };
                options.populates = populates::all(asked);
            }
            BlueprintAction::Populate => {
                options.criteria = criteria::of_key(asked, ids::of_path(asked, "parentid")?);
                options.populates = vec![populates::of_alias(asked)?];
            }
            BlueprintAction::Add | BlueprintAction::Remove => {
                options.criteria = criteria::of_key(asked, ids::of_path(asked, "parentid")?);
                options.associated_ids = vec![ids::of_child(asked)?];
                options.populates = populates::all(asked);
            }
            BlueprintAction::Replace => {
                options.criteria = criteria::of_key(asked, ids::of_path(asked, "parentid")?);
                options.associated_ids = ids::of_list(asked)?;
                options.populates = populates::all(asked);
            }
        }
        Ok(options)
    }

    /// The same for each record of a body that is a list, where such bodies are allowed.
    ///
    /// # Errors
    /// `E_INVALID_NEW_RECORDS` with the complaints about all of them.
    pub(crate) fn read_each(asked: &Asked<'_>) -> Result<Option<Vec<Self>>> {
        let Some(records) = bulk::new_records(asked)? else { return Ok(None) };
        let populates = populates::all(asked);
        let each = records.into_iter().map(|new_record| Self {
            bulk: true,
            new_record,
            populates: populates.clone(),
            ..Self::of(asked, BlueprintAction::Create)
        });
        Ok(Some(each.collect()))
    }

    fn of(asked: &Asked<'_>, action: BlueprintAction) -> Self {
        Self {
            action,
            using: asked.model.identity.clone(),
            criteria: Criteria::default(),
            populates: Vec::new(),
            new_record: Record::new(),
            values_to_set: Record::new(),
            associated_ids: Vec::new(),
            associated: Where::All,
            bulk: false,
            alias: action.needs_alias().then(|| asked.alias.map(str::to_owned)).flatten(),
        }
    }

    /// The criteria together with what is populated.
    pub(crate) fn populated_criteria(&mut self) -> Criteria {
        let mut criteria = std::mem::take(&mut self.criteria);
        criteria.populate = std::mem::take(&mut self.populates);
        criteria
    }
}

#[cfg(test)]
mod tests;
