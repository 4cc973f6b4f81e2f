//! The wire's door: Sails' grammar of criteria.
//!
//! # Source
//! Waterline `normalize-criteria.js`, `normalize-where-clause.js`, `normalize-constraint.js`. Differs: the
//! deprecated spellings of operators are refused, negative limits too, and every text operand is literal.

use serde_json::{Map, Value};

use super::{Criteria, Limits, Populate, Where, budget::too_deep, clauses, reader::Reader, shown};
use crate::{
    Orm,
    error::{Code, OrmError, Result},
    model::{Kind, ModelDef},
};

const CLAUSES: [&str; 6] = ["where", "limit", "skip", "sort", "select", "omit"];

impl Criteria {
    /// Reads criteria as clients write them.
    ///
    /// All forms of Waterline: `{where, limit, skip, sort, select, omit, populate}`, a bare `where`, a key, a
    /// list of keys, `null` for everything and `false` for nothing. `populate` is a list of associations, or
    /// a dictionary of them with sub-criteria.
    ///
    /// # Errors
    /// `E_INVALID_CRITERIA` or `E_INVALID_POPULATES`; unknown and hidden attributes give the same error.
    pub fn from_json(orm: &Orm, def: &ModelDef, value: &Value, limits: &Limits) -> Result<Self> {
        parse(orm, def, value, limits, 0)
    }
}

fn parse(orm: &Orm, def: &ModelDef, value: &Value, limits: &Limits, level: usize) -> Result<Criteria> {
    let Value::Object(map) = value else {
        return Ok(Criteria::new(Where::from_json(orm, def, value, limits)?));
    };
    let is_clause = |k: &str| CLAUSES.contains(&k) || k == "populate";
    if !map.keys().any(|k| is_clause(k) && def.visible(k).is_none()) {
        return Ok(Criteria::new(Where::from_json(orm, def, value, limits)?));
    }
    if let Some(stray) = map.keys().find(|k| !is_clause(k)) {
        let stray = shown(stray);
        return Err(refuse(
            def,
            Some(&stray),
            "where",
            format!("`{stray}` stands beside a clause such as `limit`; put filters into `where`"),
        ));
    }
    let clause = |name: &str| map.get(name);
    if clause("select").is_some() && clause("omit").is_some() {
        return Err(refuse(def, None, "select", "`select` and `omit` exclude each other".into()));
    }
    Ok(Criteria {
        where_: clause("where").map_or(Ok(Where::All), |w| Where::from_json(orm, def, w, limits))?,
        limit: clause("limit").map_or(Ok(None), |v| clauses::limit(def, v, limits))?,
        skip: clause("skip").map_or(Ok(None), |v| clauses::skip(def, v))?,
        sort: clause("sort").map_or(Ok(vec![]), |v| clauses::sort(def, v))?,
        select: clause("select").map_or(Ok(None), |v| clauses::select(def, v))?,
        omit: clause("omit").map_or(Ok(vec![]), |v| clauses::omit(def, v))?,
        populate: clause("populate").map_or(Ok(vec![]), |v| Populate::list(orm, def, v, limits, level))?,
    })
}

impl Populate {
    /// Reads populates as clients write them: a list of associations, or a dictionary with sub-criteria
    /// (`true` and `{}` for the whole association, `false` for none of it).
    ///
    /// # Errors
    /// `E_INVALID_POPULATES`.
    pub fn from_json(orm: &Orm, def: &ModelDef, value: &Value, limits: &Limits) -> Result<Vec<Self>> {
        Self::list(orm, def, value, limits, 0)
    }

    fn list(orm: &Orm, def: &ModelDef, value: &Value, limits: &Limits, level: usize) -> Result<Vec<Self>> {
        let refuse = |attr: Option<&str>, message: String| {
            OrmError::usage(Code::InvalidPopulates, &def.identity, attr, "populate", message)
        };
        if level >= limits.populate_depth {
            return Err(too_deep(def, limits.populate_depth));
        }
        let known = |name: &str| {
            def.visible(name).filter(|a| a.association.is_some()).ok_or_else(|| {
                let name = shown(name);
                refuse(Some(&name), format!("`{name}` is not an association of model `{}`", def.identity))
            })
        };
        match value {
            Value::Null | Value::Bool(false) => Ok(vec![]),
            Value::Array(names) => names
                .iter()
                .map(|n| {
                    let name = n
                        .as_str()
                        .ok_or_else(|| refuse(None, "`populate` is a list of associations".into()))?;
                    known(name).map(|a| Self::new(a.name.clone()))
                })
                .collect(),
            Value::Object(map) => {
                let mut out = vec![];
                for (name, sub) in map {
                    let attr = known(name)?;
                    let whole =
                        matches!(sub, Value::Bool(true)) || sub.as_object().is_some_and(Map::is_empty);
                    if matches!(sub, Value::Bool(false) | Value::Null) {
                        continue;
                    }
                    if whole {
                        out.push(Self::new(attr.name.clone()));
                        continue;
                    }
                    let target = attr.association.as_ref().map_or("", |a| a.target.as_str());
                    let target = orm.require_model(target)?;
                    let criteria = parse(orm, target, sub, limits, level + 1)
                        .map_err(|e| e.with_code(Code::InvalidPopulates))?;
                    // The engine takes a condition here, which is for the app to set.
                    if attr.kind == Kind::One && !(criteria.is_of_one() && criteria.where_ == Where::All) {
                        let message = format!("`{name}` is one record, which takes no sub-criteria");
                        return Err(refuse(Some(name), message));
                    }
                    out.push(Self { attr: attr.name.clone().into(), criteria });
                }
                Ok(out)
            }
            _ => Err(refuse(None, "`populate` is a list of associations".into())),
        }
    }
}

impl Where {
    /// Reads a `where` as clients write it: a dictionary of conditions, a key, or a list of keys.
    ///
    /// Beyond Sails, where [`Limits::association_filters`] allows it: conditions on associated records, which stand
    /// under an operator and so cannot be taken for an attribute: `{"pets": {"any": {"age": {">": 3}}}}`, `none`
    /// for collections too, and `{"owner": {"is": {"name": "ann"}}}`.
    ///
    /// # Errors
    /// `E_INVALID_CRITERIA`; values that the attribute's type cannot take are errors, not surprises.
    pub fn from_json(orm: &Orm, def: &ModelDef, value: &Value, limits: &Limits) -> Result<Self> {
        let mut reader = Reader::new(orm, def, limits);
        match value {
            Value::Null => Ok(Self::All),
            Value::Bool(false) => Ok(Self::Nothing),
            Value::Object(map) => reader.dictionary(map, 0),
            Value::Array(keys) => reader.keys(keys),
            key => Ok(Self::eq(def.primary_key.clone(), def.key_from_json(key)?)),
        }
    }
}

pub(super) fn refuse(def: &ModelDef, attr: Option<&str>, clause: &str, message: String) -> OrmError {
    OrmError::usage(Code::InvalidCriteria, &def.identity, attr, clause, message)
}
