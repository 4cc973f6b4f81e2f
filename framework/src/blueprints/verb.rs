//! The blueprint actions by name.

use crate::actions::fold_identity;
use std::fmt;

/// One of the actions that every model has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BlueprintAction {
    /// Records that match criteria.
    Find,
    /// The record with this key.
    FindOne,
    /// How many records match criteria; Sails has no such action.
    Count,
    /// A new record.
    Create,
    /// New values for one record.
    Update,
    /// The end of one record.
    Destroy,
    /// What one association of a record holds.
    Populate,
    /// One more member of a collection.
    Add,
    /// One member of a collection less.
    Remove,
    /// Other members of a collection.
    Replace,
}

impl BlueprintAction {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Find,
        Self::FindOne,
        Self::Count,
        Self::Create,
        Self::Update,
        Self::Destroy,
        Self::Populate,
        Self::Add,
        Self::Remove,
        Self::Replace,
    ];

    /// The last part of its identity: `findone` of `user/findone`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Find => "find",
            Self::FindOne => "findone",
            Self::Count => "count",
            Self::Create => "create",
            Self::Update => "update",
            Self::Destroy => "destroy",
            Self::Populate => "populate",
            Self::Add => "add",
            Self::Remove => "remove",
            Self::Replace => "replace",
        }
    }

    /// The action of this name, in any spelling: `findOne`, `findone`, `find-one`.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let folded = fold_identity(name);
        Self::ALL.into_iter().find(|action| action.name() == folded)
    }

    /// Its identity for a model: `user/findone`.
    pub(crate) fn identity(self, model: &str) -> String {
        format!("{model}/{}", self.name())
    }

    /// Does it work on one association, so that its route must name it?
    pub(crate) fn needs_alias(self) -> bool {
        matches!(self, Self::Populate) || self.edits_collection()
    }

    /// Does it change who is in a collection?
    pub(crate) fn edits_collection(self) -> bool {
        matches!(self, Self::Add | Self::Remove | Self::Replace)
    }
}

impl fmt::Display for BlueprintAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
