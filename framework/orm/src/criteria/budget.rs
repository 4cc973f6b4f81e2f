//! The one check of how much criteria ask for, at both doors.
//!
//! JSON is counted while it is read ([`Reader`](super::reader::Reader)), a tree from Rust before anything is made of it
//! ([`Where::check`]). A tree never costs more than the JSON that says the same.

use super::{Criteria, Populate, Where, WhereLimits, json::refuse};
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

    /// Takes what a tree costs. Every step down is a level or leads to what is one, so this is no deeper than the limit.
    fn tree(&mut self, at: At<'_>, tree: &Where) -> Result<()> {
        let def = at.def;
        self.descend(def, at.depth)?;
        match tree {
            Where::All | Where::Nothing | Where::Test(..) => self.spend(def, 1),
            Where::In(attr, values) | Where::NotIn(attr, values) => {
                self.spend(def, 1)?;
                self.list(def, attr, values.len())
            }
            Where::And(parts) => {
                self.spend(def, 1)?;
                self.all(at, parts)
            }
            Where::Or(parts) => {
                self.spend(def, 1)?;
                parts.iter().try_for_each(|part| self.tree(at.down(1), part))
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
                let target = association.and_then(|a| at.orm.model(&a.target));
                let there = At { def: target.map_or(def, |target| target), hops: at.hops + 1, ..at.down(1) };
                self.tree(there, inner)
            }
        }
    }

    /// The parts of an `and`, which stand on its level, as those of a dictionary do.
    fn all(&mut self, at: At<'_>, parts: &[Where]) -> Result<()> {
        parts.iter().try_for_each(|part| {
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
    /// Sees that the tree is within the limits of this query; before any SQL is made of it.
    ///
    /// # Errors
    /// `E_INVALID_CRITERIA`, the same as for JSON.
    pub(crate) fn check(&self, cx: &Context<'_>, def: &ModelDef) -> Result<()> {
        let mut budget = Budget::new(cx.meta.where_limits.unwrap_or(cx.orm.where_limits()));
        let at = At { orm: cx.orm, def, depth: 0, hops: 0 };
        match self {
            Self::All | Self::Nothing => Ok(()),
            // As a dictionary on the wire: its conditions count, not that they are in one.
            Self::And(parts) => budget.all(at, parts),
            tree => budget.tree(at, tree),
        }
    }
}

impl Criteria {
    /// Sees that the criteria, and those of every populate, are within the limits of this query.
    ///
    /// # Errors
    /// `E_INVALID_CRITERIA`, `E_INVALID_POPULATES`; the same as for JSON.
    pub(crate) fn check(&self, cx: &Context<'_>, def: &ModelDef) -> Result<()> {
        self.where_.check(cx, def)?;
        populates(cx, def, &self.populate, 0)
    }
}

fn populates(cx: &Context<'_>, def: &ModelDef, populate: &[Populate], level: usize) -> Result<()> {
    if level >= ASSOCIATIONS && !populate.is_empty() {
        return Err(too_deep(def, ASSOCIATIONS));
    }
    for Populate { attr, criteria } in populate {
        let association = def.attr(attr).and_then(|a| a.association.as_ref());
        // What is no association is refused with its name later.
        let Some(target) = association.and_then(|a| cx.orm.model(&a.target)) else { continue };
        criteria.where_.check(cx, target).map_err(|e| e.with_code(Code::InvalidPopulates))?;
        populates(cx, target, &criteria.populate, level + 1)?;
    }
    Ok(())
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
