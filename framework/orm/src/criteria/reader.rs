//! Reading the conditions of a `where` from JSON.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{
    Limits, Op, Where,
    budget::{Budget, HOP, too_far},
    like::Pattern,
    shown,
};
use crate::{
    Orm,
    error::{OrmError, Result},
    model::{AttrDef, Kind, ModelDef, excerpt},
    values::{coerce, key},
};

/// Reads one `where` within its limits.
pub(super) struct Reader<'a> {
    orm: &'a Orm,
    def: &'a ModelDef,
    limits: &'a Limits,
    budget: Budget,
    /// How many associations lie between the query's model and `def`.
    hops: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(orm: &'a Orm, def: &'a ModelDef, limits: &'a Limits) -> Self {
        Self { orm, def, limits, budget: Budget::new(limits.of_where()), hops: 0 }
    }

    /// A list of primary keys.
    pub(super) fn keys(&mut self, keys: &[Value]) -> Result<Where> {
        let pk = self.def.pk();
        Ok(Where::one_of(pk.name.clone(), self.members(pk, "in", keys)?))
    }

    pub(super) fn dictionary(&mut self, map: &Map<String, Value>, depth: usize) -> Result<Where> {
        self.budget.descend(self.def, depth)?;
        let mut all = Vec::with_capacity(map.len());
        for (name, value) in map {
            self.budget.spend(self.def, 1)?;
            if name == "and" || name == "or" {
                let Value::Array(branches) = value else {
                    return Err(self.refuse(None, format!("`{name}` takes a list of conditions")));
                };
                let mut parts = Vec::with_capacity(self.budget.room(branches.len()));
                for branch in branches {
                    self.budget.spend(self.def, 1)?;
                    let Value::Object(branch) = branch else {
                        return Err(self.refuse(None, format!("`{name}` takes a list of conditions")));
                    };
                    parts.push(self.dictionary(branch, depth + 1)?);
                }
                all.push(if name == "or" { Where::any_of(parts) } else { Where::all_of(parts) });
            } else {
                all.push(self.constraint(name, value, depth)?);
            }
        }
        Ok(Where::all_of(all))
    }

    fn constraint(&mut self, name: &str, value: &Value, depth: usize) -> Result<Where> {
        let def = self.def;
        let Some(attr) = def.visible(name) else {
            let shown = shown(name);
            return Err(self.refuse(
                Some(&shown),
                format!("`{shown}` is not an attribute of model `{}`{}", def.identity, def.hint(name)),
            ));
        };
        match value {
            Value::Object(ops) if attr.kind == Kind::Many && self.limits.association_filters => {
                let mut all = vec![];
                for (op, operand) in ops {
                    match op.as_str() {
                        "any" => all.push(self.related(attr, op, operand, depth)?),
                        "none" => all.push(self.related(attr, op, operand, depth)?.not()),
                        _ => return Err(self.collection(attr)),
                    }
                }
                if all.is_empty() { Err(self.collection(attr)) } else { Ok(Where::all_of(all)) }
            }
            _ if attr.kind == Kind::Many => Err(self.collection(attr)),
            Value::Array(items) => Ok(Where::one_of(attr.name.clone(), self.members(attr, "in", items)?)),
            Value::Object(ops) if ops.is_empty() => {
                Err(self.refuse(Some(name), format!("`{name}` has an empty condition")))
            }
            Value::Object(ops) => {
                let mut all = vec![];
                for (op, operand) in ops {
                    self.budget.spend(self.def, 1)?;
                    all.push(match op.as_str() {
                        "is" if attr.kind == Kind::One && self.limits.association_filters => {
                            self.related(attr, op, operand, depth)?
                        }
                        op => self.modifier(attr, op, operand)?,
                    });
                }
                Ok(Where::all_of(all))
            }
            value => self.test(attr, Op::Eq, value),
        }
    }

    /// A condition on the records of an association.
    fn related(&mut self, attr: &AttrDef, op: &str, operand: &Value, depth: usize) -> Result<Where> {
        let Value::Object(conditions) = operand else {
            return Err(self.refuse(
                Some(&attr.name),
                format!("`{}`: `{op}` takes a dictionary of conditions", attr.name),
            ));
        };
        if self.hops >= self.limits.populate_depth {
            return Err(too_far(self.def, &attr.name, self.limits.populate_depth));
        }
        self.budget.spend(self.def, HOP)?;
        let target = attr.association.as_ref().map_or("", |a| a.target.as_str());
        let (orm, limits) = (self.orm, self.limits);
        let def = orm.require_model(target)?;
        let budget = std::mem::replace(&mut self.budget, Budget::new(limits.of_where()));
        let mut there = Reader { orm, def, limits, budget, hops: self.hops + 1 };
        let condition = there.dictionary(conditions, depth + 1)?;
        self.budget = there.budget;
        Ok(Where::any(attr.name.clone(), condition))
    }

    fn collection(&self, attr: &AttrDef) -> OrmError {
        let how = if self.limits.association_filters { "; use `any` or `none` of its records" } else { "" };
        self.refuse(
            Some(&attr.name),
            format!("`{}` is a collection, which cannot be filtered by{how}", attr.name),
        )
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
                    format!("`{}`: there is no modifier `{}`{hint}", attr.name, shown(other)),
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
        self.budget.list(self.def, &attr.name, items.len())?;
        let mut seen = HashSet::with_capacity(items.len());
        let mut members = Vec::with_capacity(items.len());
        for item in items {
            if item.is_null() {
                return Err(self.refuse(
                    Some(&attr.name),
                    format!("`{}`: null cannot be in the list of `{op}`", attr.name),
                ));
            }
            let member = self.operand(attr, item)?;
            if seen.insert(member.clone()) {
                members.push(member);
            }
        }
        Ok(members)
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

    fn refuse(&self, attr: Option<&str>, message: String) -> OrmError {
        super::json::refuse(self.def, attr, "where", message)
    }
}
