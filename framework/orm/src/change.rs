//! What a write did, per record.

use std::sync::Arc;

use serde_json::Value;

use crate::{Record, model::ModelDef};

/// The kind of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChangeVerb {
    /// A record came to be.
    Create,
    /// A record has other values.
    Update,
    /// A record is gone.
    Destroy,
    /// A record became a member of a collection.
    Link,
    /// A record is no longer a member of a collection.
    Unlink,
    /// Many records changed, and what each was and is was not kept; see [`Change::bulk`].
    Bulk,
}

/// One record, or one membership, that a write changed.
///
/// The images are as stored and decoded like a read, without populated associations. A write yields, in this
/// order, the change of each record it was asked to change, and after each of them its consequences:
///
/// - **A key that was written** (`Pet.owner` by create, update or destroy of the pet) whose other side has a
///   collection: `Unlink` from the former, then `Link` to the new parent, [`LinkCause::Key`].
/// - **A one-to-many collection that was edited** (`User.pets`): per child `Link` or `Unlink`, then the `Update`
///   of the child with [`via`](Self::via) set, then the `Unlink` from a parent that lost it,
///   [`LinkCause::Collection`].
/// - **A many-to-many collection that was edited**: per child one `Link` or `Unlink`, told from the side that was
///   named; the other side is in `via`.
///
/// - **A record of a model that collections go through**: before its own change the `Unlink` and the `Link` of the membership
///   that it is, [`LinkCause::Collection`].
/// - **A record that was destroyed and that others point at by foreign keys**: before its own change those of the records
///   that go along or point nowhere then, as if each had been destroyed or updated by hand.
///
/// What was so already yields no change.
///
/// **A write of more records than `models.bulk_above`** yields one `Bulk` for each model and kind of change instead of all
/// these: what it changed is as complete, but has no keys and no images.
#[derive(Clone, Debug)]
pub struct Change {
    /// The model of the record; for `Link` and `Unlink` the one that has the collection.
    pub model: Arc<ModelDef>,
    /// What happened.
    pub verb: ChangeVerb,
    /// The primary key, after the write; null for `Bulk`.
    pub pk: Value,
    /// The record before; none for `Create`, `Link`, `Unlink` and `Bulk`.
    pub before: Option<Record>,
    /// The record after; none for `Destroy`, `Link`, `Unlink` and `Bulk`.
    pub after: Option<Record>,
    /// The attributes that the caller gave, in the order of the model.
    pub submitted_keys: Vec<String>,
    /// The membership, for `Link` and `Unlink`, and for an `Update` that is the consequence of one.
    pub via: Option<LinkVia>,
    /// What happened and how often, for `Bulk`.
    pub bulk: Option<Bulk>,
}

/// What happened to many records of one model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bulk {
    /// What happened to each; never `Bulk`.
    pub verb: ChangeVerb,
    /// How often. For `Link` and `Unlink` these are memberships, told of the models on both sides that show them.
    pub times: u64,
}

/// One membership, seen from the record that has the collection.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkVia {
    /// The collection (for a consequent `Update`: the key that was written).
    pub attr: String,
    /// The attribute of the other model that shows it from there.
    pub inverse: Option<String>,
    /// The identity of the other model.
    pub other_model: String,
    /// The key of the other record.
    pub other_pk: Value,
    /// What the caller wrote.
    pub cause: LinkCause,
}

/// What the caller wrote that changed a membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkCause {
    /// The collection.
    Collection,
    /// The record that holds the key, whose own change stands before.
    Key,
}
