//! Reading the conditions of a `where` from JSON.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{
    Limits, Op, Where,
    budget::{Budget, HOP, too_far},
    like::Pattern,
    shown,
    typing::Compared,
};
use crate::{
    Orm,
    error::{OrmError, Result},
    model::{AttrDef, Kind, ModelDef},
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
        if op.is_order() && attr.value_kind() == Kind::Bool {
            return Err(self.refuse(
                Some(&attr.name),
                format!("`{}`: `{}` has no meaning for true and false", attr.name, op.as_str()),
            ));
        }
        self.short(attr, value)?;
        let typed = Compared { def: self.def, attr }.with(op, value)?.unwrap_or_else(|| value.clone());
        let everything = match (op, typed.as_str()) {
            (Op::Like, Some(pattern)) => Pattern::new(pattern).is_anything(),
            (op, Some(text)) => op.is_text() && text.is_empty(),
            _ => false,
        };
        Ok(if everything { Where::All } else { Where::Test(attr.name.clone().into(), op, typed) })
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
        self.budget.list(self.def, &attr.name, items.len())?;
        let compared = Compared { def: self.def, attr };
        let mut seen = HashSet::with_capacity(items.len());
        let mut members = Vec::with_capacity(items.len());
        for item in items {
            self.short(attr, item)?;
            let member = compared.with_member(op, item)?.unwrap_or_else(|| item.clone());
            if seen.insert(member.clone()) {
                members.push(member);
            }
        }
        Ok(members)
    }

    /// Refuses a text that is too long.
    fn short(&self, attr: &AttrDef, value: &Value) -> Result<()> {
        if value.as_str().is_none_or(|s| s.len() <= self.limits.text) {
            return Ok(());
        }
        Err(self.refuse(
            Some(&attr.name),
            format!("`{}`: the text is longer than {} bytes", attr.name, self.limits.text),
        ))
    }

    fn refuse(&self, attr: Option<&str>, message: String) -> OrmError {
        super::json::refuse(self.def, attr, "where", message)
    }
}
