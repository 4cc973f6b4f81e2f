//! The one check of criteria at both doors: how much they ask for, and by which values.
//!
//! JSON is counted while it is read ([`Reader`](super::reader::Reader)), a tree from Rust before anything is made of it
//! ([`Where::check`]), which also types its values. A tree never costs more than the JSON that says the same.

use serde_json::Value;

use super::{Criteria, Populate, Where, WhereLimits, json::refuse, typing};
use crate::{
    Orm,
    error::{Code, OrmError, Result},
    executor::Context,
    model::ModelDef,
};

/// What a condition on associated records costs, in nodes: the database looks at another table for each record.
pub(super) const HOP: usize = 10;

/// Levels of populate, and associations that lead on to each other in one condition, in Rust. Each level of populate is one
/// more statement and multiplies the records; each association is a query inside a query.
const ASSOCIATIONS: usize = 10;

/// What is left of the limits of one `where`.
pub(super) struct Budget {
    limits: WhereLimits,
    nodes: usize,
    values: usize,
}

impl Budget {
    pub(super) fn new(limits: WhereLimits) -> Self {
        let limits = limits.bearable();
        Self { limits, nodes: limits.nodes, values: limits.values }
    }

    /// Takes so many nodes.
    pub(super) fn spend(&mut self, def: &ModelDef, nodes: usize) -> Result<()> {
        match self.nodes.checked_sub(nodes) {
            Some(rest) => {
                self.nodes = rest;
                Ok(())
            }
            None => Err(refuse(
                def,
                None,
                "where",
                format!(
                    "`where` has more than {} conditions; ask with fewer, or raise `max_criteria_nodes`",
                    self.limits.nodes
                ),
            )),
        }
    }

    /// Is this deep enough?
    pub(super) fn descend(&self, def: &ModelDef, depth: usize) -> Result<()> {
        if depth <= self.limits.depth {
            return Ok(());
        }
        Err(refuse(
            def,
            None,
            "where",
            format!(
                "`where` is nested deeper than {} levels; join conditions side by side, or raise \
                 `max_criteria_depth`",
                self.limits.depth
            ),
        ))
    }

    /// Takes the values of a list.
    pub(super) fn list(&mut self, def: &ModelDef, attr: &str, values: usize) -> Result<()> {
        match self.values.checked_sub(values) {
            Some(rest) => {
                self.values = rest;
                Ok(())
            }
            None => Err(refuse(
                def,
                Some(attr),
                "where",
                format!(
                    "`{attr}`: the lists of `where` have more than {} values together; ask in several queries, \
                     or raise `max_criteria_values`",
                    self.limits.values
                ),
            )),
        }
    }

    /// How many parts are worth room beforehand.
    pub(super) fn room(&self, parts: usize) -> usize {
        parts.min(self.nodes)
    }

    /// Takes what a tree costs, and types its values. Every step down is a level or leads to what is one, so this is no deeper than the limit.
    fn tree(&mut self, at: At<'_>, tree: &mut Where) -> Result<()> {
        let def = at.def;
        self.descend(def, at.depth)?;
        match tree {
            Where::All | Where::Nothing => self.spend(def, 1),
            Where::Test(attr, op, value) => {
                self.spend(def, 1)?;
                typing::test(def, attr, *op, value)
            }
            Where::In(attr, values) => self.members(def, attr, "in", values),
            Where::NotIn(attr, values) => self.members(def, attr, "nin", values),
            Where::And(parts) => {
                self.spend(def, 1)?;
                self.all(at, parts)
            }
            Where::Or(parts) => {
                self.spend(def, 1)?;
                parts.iter_mut().try_for_each(|part| self.tree(at.down(1), part))
            }
            Where::Not(inner) => {
                self.spend(def, 1)?;
                let nested = matches!(**inner, Where::And(_) | Where::Or(_) | Where::Not(_));
                self.tree(at.down(usize::from(nested)), inner)
            }
            Where::Any(attr, inner) => {
                self.spend(def, HOP)?;
                if at.hops >= ASSOCIATIONS {
                    return Err(too_far(def, attr, ASSOCIATIONS));
                }
                let association = def.attr(attr).and_then(|a| a.association.as_ref());
                let target = association.ok_or_else(|| no_association(def, attr))?.target.as_str();
                let there = At { def: at.orm.require_model(target)?, hops: at.hops + 1, ..at.down(1) };
                self.tree(there, inner)
            }
        }
    }

    /// Takes what a list costs, and types its values.
    fn members(&mut self, def: &ModelDef, attr: &str, word: &str, values: &mut [Value]) -> Result<()> {
        self.spend(def, 1)?;
        self.list(def, attr, values.len())?;
        typing::list(def, attr, word, values)
    }

    /// The parts of an `and`, which stand on its level, as those of a dictionary do.
    fn all(&mut self, at: At<'_>, parts: &mut [Where]) -> Result<()> {
        parts.iter_mut().try_for_each(|part| {
            let nested = matches!(part, Where::And(_));
            self.tree(at.down(usize::from(nested)), part)
        })
    }
}

/// Where in a tree the check is.
#[derive(Clone, Copy)]
struct At<'a> {
    orm: &'a Orm,
    /// The model that the conditions are about.
    def: &'a ModelDef,
    depth: usize,
    /// How many associations lie between the query's model and this one.
    hops: usize,
}

impl At<'_> {
    fn down(self, levels: usize) -> Self {
        Self { depth: self.depth + levels, ..self }
    }
}

impl Where {
    /// The tree as a query of this model takes it: each value in the type of its attribute. Queries do this themselves;
    /// [`eval`](Self::eval) needs it of a tree that was made by hand, since it knows no model.
    ///
    /// # Errors
    /// `E_INVALID_CRITERIA` as a query: for a value or an operator that an attribute cannot take, and for a tree beyond
    /// the limits of the app ([`WhereLimits`]).
    pub fn typed(mut self, orm: &Orm, def: &ModelDef) -> Result<Self> {
        self.check_within(orm, def, orm.where_limits())?;
        Ok(self)
    }

    /// Sees that the tree is within the limits of this query, and that every value has the type of its attribute; before
    /// any SQL is made of it. What is typed already, as by column constants and from JSON, is only looked at.
    ///
    /// # Errors
    /// `E_INVALID_CRITERIA`, the same as for JSON.
    pub(crate) fn check(&mut self, cx: &Context<'_>, def: &ModelDef) -> Result<()> {
        self.check_within(cx.orm, def, cx.meta.where_limits.unwrap_or(cx.orm.where_limits()))
    }

    fn check_within(&mut self, orm: &Orm, def: &ModelDef, limits: WhereLimits) -> Result<()> {
        let mut budget = Budget::new(limits);
        let at = At { orm, def, depth: 0, hops: 0 };
        match self {
            Self::All | Self::Nothing => Ok(()),
            // As a dictionary on the wire: its conditions count, not that they are in one.
            Self::And(parts) => budget.all(at, parts),
            tree => budget.tree(at, tree),
        }
    }
}

impl Criteria {
    /// Does for the criteria, and those of every populate, what [`Where::check`] does.
    ///
    /// # Errors
    /// `E_INVALID_CRITERIA`, `E_INVALID_POPULATES`; the same as for JSON.
    pub(crate) fn check(&mut self, cx: &Context<'_>, def: &ModelDef) -> Result<()> {
        self.where_.check(cx, def)?;
        populates(cx, def, &mut self.populate, 0)
    }
}

fn populates(cx: &Context<'_>, def: &ModelDef, populate: &mut [Populate], level: usize) -> Result<()> {
    if level >= ASSOCIATIONS && !populate.is_empty() {
        return Err(too_deep(def, ASSOCIATIONS));
    }
    for Populate { attr, criteria } in populate {
        let association = def.attr(attr).and_then(|a| a.association.as_ref());
        // What is no association is refused with its name later.
        let Some(target) = association.and_then(|a| cx.orm.model(&a.target)) else { continue };
        criteria.where_.check(cx, target).map_err(|e| e.with_code(Code::InvalidPopulates))?;
        populates(cx, target, &mut criteria.populate, level + 1)?;
    }
    Ok(())
}

/// What has no records of its own cannot be asked about them.
pub(super) fn no_association(def: &ModelDef, name: &str) -> OrmError {
    let message = format!("`where`: `{name}` of model `{}` is not an association", def.identity);
    refuse(def, Some(name), "where", message)
}

pub(super) fn too_far(def: &ModelDef, attr: &str, associations: usize) -> OrmError {
    let message = format!(
        "`{attr}`: conditions lead over more than {associations} associations; ask there for the keys first"
    );
    refuse(def, Some(attr), "where", message)
}

pub(super) fn too_deep(def: &ModelDef, levels: usize) -> OrmError {
    let message = format!("`populate` goes deeper than {levels} levels; ask for the rest in a further query");
    OrmError::usage(Code::InvalidPopulates, &def.identity, None, "populate", message)
}
