//! Criteria: which records, in what order, how many, with what beside them.
//!
//! There is one tree with two doors: Sails' JSON grammar for the wire ([`Criteria::from_json`]) and column
//! constants for Rust ([`Col`](crate::Col)). The tree has two back ends that are tested against each other:
//! SQL, and [`Where::eval`] on a record.

mod across;
mod budget;
mod canonical;
mod clauses;
mod eval;
mod json;
pub(crate) mod like;
mod limits;
mod reader;
pub(crate) mod sql;
mod tree;
mod typing;
pub(crate) mod whole;

pub use self::{
    limits::{Limits, WhereLimits},
    tree::{Name, Op, Where},
};

/// The order of results by one attribute.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Order {
    /// The attribute.
    pub attr: Name,
    /// From the greatest to the least.
    pub desc: bool,
}

/// One association to be shown with each record.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Populate {
    /// The association.
    pub attr: Name,
    /// Which of the members, per parent. Of a single record only `where_` and `populate` may be said: one that does not
    /// satisfy the condition is shown as if its key dangled.
    pub criteria: Criteria,
}

impl Populate {
    /// The whole association.
    pub fn new(attr: impl Into<Name>) -> Self {
        Self { attr: attr.into(), criteria: Criteria::default() }
    }
}

/// Which records, in what order, how many, with what beside them.
///
/// The default is every record, whole, in the order of the primary key. The primary key is always the last
/// sort key, so that the order is the same on every database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Criteria {
    /// Which records.
    pub where_: Where,
    /// In what order.
    pub sort: Vec<Order>,
    /// At most so many.
    pub limit: Option<u64>,
    /// After so many.
    pub skip: Option<u64>,
    /// Only these attributes, and the primary key.
    pub select: Option<Vec<Name>>,
    /// Without these attributes.
    pub omit: Vec<Name>,
    /// These associations.
    pub populate: Vec<Populate>,
}

impl Criteria {
    /// All records that satisfy `where_`.
    pub fn new(where_: Where) -> Self {
        Self { where_, ..Self::default() }
    }

    /// Adds a condition that holds besides whatever the criteria say.
    #[must_use]
    pub fn and_also(mut self, extra: Where) -> Self {
        self.where_ = self.where_.and_also(extra);
        self
    }

    /// Whether they say nothing but what can be said of a single record that is populated.
    pub(crate) fn is_of_one(&self) -> bool {
        let Self { where_: _, sort, limit, skip, select, omit, populate: _ } = self;
        sort.is_empty() && limit.is_none() && skip.is_none() && select.is_none() && omit.is_empty()
    }

    /// Whether it is known without asking the database that nothing matches.
    pub fn is_void(&self) -> bool {
        self.limit == Some(0) || self.where_.is_nothing()
    }
}

impl From<Where> for Criteria {
    fn from(where_: Where) -> Self {
        Self::new(where_)
    }
}

/// A name from the wire as messages show it.
fn shown(name: &str) -> String {
    name.chars().take(60).collect()
}
