//! The wire's door: Sails' grammar of criteria.
//!
//! # Source
//! Waterline `normalize-criteria.js`, `normalize-where-clause.js`, `normalize-constraint.js`. Differs: the
//! deprecated spellings of operators are refused, negative limits too, and every text operand is literal.

use serde_json::{Map, Value};

use super::{Criteria, Limits, Op, Populate, Where, clauses, like::Pattern};
use crate::{
    Orm,
    error::{Code, OrmError, Result},
    model::{AttrDef, Kind, ModelDef, excerpt},
    values::{coerce, key},
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
        return Ok(Criteria::new(Where::from_json(def, value, limits)?));
    };
    let is_clause = |k: &str| CLAUSES.contains(&k) || k == "populate";
    if !map.keys().any(|k| is_clause(k) && def.visible(k).is_none()) {
        return Ok(Criteria::new(Where::from_json(def, value, limits)?));
    }
    if let Some(stray) = map.keys().find(|k| !is_clause(k)) {
        return Err(refuse(
            def,
            Some(stray),
            "where",
            format!("`{stray}` stands beside a clause such as `limit`; put filters into `where`"),
        ));
    }
    let clause = |name: &str| map.get(name);
    if clause("select").is_some() && clause("omit").is_some() {
        return Err(refuse(def, None, "select", "`select` and `omit` exclude each other".into()));
    }
    Ok(Criteria {
        where_: clause("where").map_or(Ok(Where::All), |w| Where::from_json(def, w, limits))?,
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
            return Err(refuse(
                None,
                format!("`populate` goes deeper than {} levels", limits.populate_depth),
            ));
        }
        let known = |name: &str| {
            def.visible(name).filter(|a| a.association.is_some()).ok_or_else(|| {
                refuse(Some(name), format!("`{name}` is not an association of model `{}`", def.identity))
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
    /// # Errors
    /// `E_INVALID_CRITERIA`; values that the attribute's type cannot take are errors, not surprises.
    pub fn from_json(def: &ModelDef, value: &Value, limits: &Limits) -> Result<Self> {
        match value {
            Value::Null => Ok(Self::All),
            Value::Bool(false) => Ok(Self::Nothing),
            Value::Object(map) => Reader { def, limits, nodes: limits.nodes }.dictionary(map, 0),
            Value::Array(keys) => {
                let mut reader = Reader { def, limits, nodes: limits.nodes };
                reader.members(def.pk(), "in", keys).map(|keys| Self::one_of(def.primary_key.clone(), keys))
            }
            key => Ok(Self::eq(def.primary_key.clone(), def.key_from_json(key)?)),
        }
    }
}

struct Reader<'a> {
    def: &'a ModelDef,
    limits: &'a Limits,
    nodes: usize,
}

impl Reader<'_> {
    fn dictionary(&mut self, map: &Map<String, Value>, depth: usize) -> Result<Where> {
        if depth > self.limits.depth {
            return Err(
                self.refuse(None, format!("`where` is nested deeper than {} levels", self.limits.depth))
            );
        }
        let mut all = Vec::with_capacity(map.len());
        for (name, value) in map {
            self.spend()?;
            if name == "and" || name == "or" {
                let Value::Array(branches) = value else {
                    return Err(self.refuse(None, format!("`{name}` takes a list of conditions")));
                };
                let mut parts = Vec::with_capacity(branches.len().min(self.limits.nodes));
                for branch in branches {
                    self.spend()?;
                    let Value::Object(branch) = branch else {
                        return Err(self.refuse(None, format!("`{name}` takes a list of conditions")));
                    };
                    parts.push(self.dictionary(branch, depth + 1)?);
                }
                all.push(if name == "or" { Where::any_of(parts) } else { Where::all_of(parts) });
            } else {
                all.push(self.constraint(name, value)?);
            }
        }
        Ok(Where::all_of(all))
    }

    fn constraint(&mut self, name: &str, value: &Value) -> Result<Where> {
        let def = self.def;
        let Some(attr) = def.visible(name) else {
            return Err(self.refuse(
                Some(name),
                format!("`{name}` is not an attribute of model `{}`{}", def.identity, def.hint(name)),
            ));
        };
        if attr.kind == Kind::Many {
            return Err(
                self.refuse(Some(name), format!("`{name}` is a collection, which cannot be filtered by"))
            );
        }
        match value {
            Value::Array(items) => Ok(Where::one_of(attr.name.clone(), self.members(attr, "in", items)?)),
            Value::Object(ops) if ops.is_empty() => {
                Err(self.refuse(Some(name), format!("`{name}` has an empty condition")))
            }
            Value::Object(ops) => {
                let mut all = vec![];
                for (op, operand) in ops {
                    self.spend()?;
                    all.push(self.modifier(attr, op, operand)?);
                }
                Ok(Where::all_of(all))
            }
            value => self.test(attr, Op::Eq, value),
        }
    }

    fn modifier(&mut self, attr: &AttrDef, op: &str, operand: &Value) -> Result<Where> {
        let list = |v: &Value| match v {
            Value::Array(items) => Ok(items.clone()),
            _ => Err(self.refuse(Some(&attr.name), format!("`{}`: `{op}` takes a list", attr.name))),
        };
        let op = match op {
            "in" => {
                let items = list(operand)?;
                return Ok(Where::one_of(attr.name.clone(), self.members(attr, "in", &items)?));
            }
            "nin" => {
                let items = list(operand)?;
                return Ok(Where::none_of(attr.name.clone(), self.members(attr, "nin", &items)?));
            }
            "!=" if operand.is_array() => {
                let items = list(operand)?;
                return Ok(Where::none_of(attr.name.clone(), self.members(attr, "!=", &items)?));
            }
            "!=" => Op::Ne,
            "<" => Op::Lt,
            "<=" => Op::Le,
            ">" => Op::Gt,
            ">=" => Op::Ge,
            "contains" => Op::Contains,
            "startsWith" => Op::StartsWith,
            "endsWith" => Op::EndsWith,
            "like" => Op::Like,
            other => {
                let hint =
                    crate::error::nearest(other, ["contains", "startsWith", "endsWith", "like", "in", "nin"])
                        .map(|h| format!(" (did you mean `{h}`?)"))
                        .unwrap_or_default();
                return Err(self.refuse(
                    Some(&attr.name),
                    format!(
                        "`{}`: there is no modifier `{}`{hint}",
                        attr.name,
                        other.chars().take(40).collect::<String>()
                    ),
                ));
            }
        };
        self.test(attr, op, operand)
    }

    fn test(&self, attr: &AttrDef, op: Op, value: &Value) -> Result<Where> {
        let name = &attr.name;
        let refuse = |why: String| Err(self.refuse(Some(name), format!("`{name}`: {why}")));
        if value.is_null() {
            return match op {
                Op::Eq | Op::Ne => Ok(Where::Test(name.clone().into(), op, Value::Null)),
                _ => refuse(format!("`{}` cannot be used with null", op.as_str())),
            };
        }
        let kind = attr.value_kind();
        if kind == Kind::Json {
            return refuse("a json attribute can only be compared with null".into());
        }
        if op.is_order() && kind == Kind::Bool {
            return refuse(format!("`{}` has no meaning for true and false", op.as_str()));
        }
        if op.is_text() {
            if kind != Kind::Text {
                return refuse(format!("`{}` is for text, this is a {}", op.as_str(), kind.type_name()));
            }
            let text = self.operand(attr, value)?;
            let text_str = text.as_str().unwrap_or_default();
            if op == Op::Like && text_str.is_empty() {
                return refuse("`like` takes a text that is not empty".into());
            }
            let everything =
                if op == Op::Like { Pattern::new(text_str).is_anything() } else { text_str.is_empty() };
            return Ok(if everything { Where::All } else { Where::Test(name.clone().into(), op, text) });
        }
        Ok(Where::Test(name.clone().into(), op, self.operand(attr, value)?))
    }

    fn members(&mut self, attr: &AttrDef, op: &str, items: &[Value]) -> Result<Vec<Value>> {
        if items.len() as u64 > self.limits.page {
            return Err(self.refuse(
                Some(&attr.name),
                format!(
                    "`{}`: a list of {} values is too long; {} are allowed",
                    attr.name,
                    items.len(),
                    self.limits.page
                ),
            ));
        }
        if attr.value_kind() == Kind::Json && !items.is_empty() {
            return Err(self.refuse(
                Some(&attr.name),
                format!("`{}`: a json attribute can only be compared with null", attr.name),
            ));
        }
        items
            .iter()
            .map(|item| match item {
                Value::Null => Err(self.refuse(
                    Some(&attr.name),
                    format!("`{}`: null cannot be in the list of `{op}`", attr.name),
                )),
                item => self.operand(attr, item),
            })
            .collect()
    }

    /// A value converted to the attribute's type. Objects and arrays never pass.
    fn operand(&self, attr: &AttrDef, value: &Value) -> Result<Value> {
        let is_key = attr.kind == Kind::One || attr.name == self.def.primary_key;
        let converted = match attr.value_kind() {
            kind if is_key => key::for_criteria(kind, value),
            Kind::Int | Kind::Float => coerce::comparable_number(value).ok_or("a number"),
            kind => coerce::lenient(kind, value.clone()).map_err(|(expected, _)| expected),
        };
        if value.as_str().is_some_and(|s| s.len() > self.limits.text) {
            return Err(self.refuse(
                Some(&attr.name),
                format!("`{}`: the text is longer than {} bytes", attr.name, self.limits.text),
            ));
        }
        converted.map_err(|expected| {
            self.refuse(
                Some(&attr.name),
                format!("`{}` should be {expected}; it got {}", attr.name, excerpt(value)),
            )
        })
    }

    fn spend(&mut self) -> Result<()> {
        match self.nodes.checked_sub(1) {
            Some(rest) => {
                self.nodes = rest;
                Ok(())
            }
            None => Err(self.refuse(None, format!("`where` has more than {} conditions", self.limits.nodes))),
        }
    }

    fn refuse(&self, attr: Option<&str>, message: String) -> OrmError {
        refuse(self.def, attr, "where", message)
    }
}

pub(super) fn refuse(def: &ModelDef, attr: Option<&str>, clause: &str, message: String) -> OrmError {
    OrmError::usage(Code::InvalidCriteria, &def.identity, attr, clause, message)
}
