//! What to populate, typed by the models on both sides.

use std::marker::PhantomData;

use super::{Col, Collection, IntoSort, IntoWhere, Model, One, Selection, select::as_names};
use crate::{
    criteria::{Criteria, Populate},
    example::example,
};

/// The type of a field that leads to another model: `One`, an `Option` of it, or `Collection`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not lead to another model",
    label = "not an association"
)]
pub trait Link {
    /// The other model.
    type Target: Model;
}

/// The type of a field that leads to one record: `One`, or an `Option` of it.
#[diagnostic::on_unimplemented(message = "`{Self}` does not lead to one record", label = "not a `One`")]
pub trait ToOne: Link {}

impl<T: Model> Link for One<T> {
    type Target = T;
}

impl<T: Model> ToOne for One<T> {}

impl<T: Model> Link for Option<One<T>> {
    type Target = T;
}

impl<T: Model> ToOne for Option<One<T>> {}

impl<T: Model> Link for Collection<T> {
    type Target = T;
}

/// An association of `M` to populate: its column, or its column with sub-criteria.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an association of `{M}`",
    note = "populate a `One` or a `Collection`"
)]
pub trait Association<M> {
    /// As data.
    fn into_populate(self) -> Populate;
}

impl<M, A: Link> Association<M> for Col<M, A> {
    fn into_populate(self) -> Populate {
        Populate::new(self.name())
    }
}

impl<M> Association<M> for Populate {
    fn into_populate(self) -> Populate {
        self
    }
}

/// An association with sub-criteria: `User::PETS.where_(…).limit(2)`, `Pet::OWNER.populate(User::TEAMS)`.
///
/// Those of a collection count within each parent. A single record takes only further populates.
///
/// # Errors
/// When the query is awaited: `E_INVALID_POPULATES` for what is too large or too deep, and for `select` and `omit` where structs
/// are made.
#[doc = example!(
    "let eldest = User::PETS.sort(Pet::AGE.desc()).limit(1).populate(Pet::OWNER);"
    "let ann = User::find_one(&orm, 1).populate(eldest).await?.unwrap();"
    "assert_eq!(ann.pets.get()?[0].name, \"Ida\");"
)]
#[must_use]
pub struct PopulateBy<M, A>(Populate, PhantomData<fn() -> (M, A)>);

impl<M, A> Association<M> for PopulateBy<M, A> {
    fn into_populate(self) -> Populate {
        self.0
    }
}

impl<M, A: Link> Col<M, A> {
    /// With an association of theirs: `User::PETS.populate(Pet::OWNER)` for `pets.owner`.
    pub fn populate(self, association: impl Association<A::Target>) -> PopulateBy<M, A> {
        self.by().populate(association)
    }

    fn by(self) -> PopulateBy<M, A> {
        PopulateBy(Populate::new(self.name()), PhantomData)
    }
}

impl<M, T: Model> Col<M, Collection<T>> {
    /// Only those.
    pub fn where_(self, which: impl IntoWhere<T>) -> PopulateBy<M, Collection<T>> {
        self.by().where_(which)
    }

    /// In this order.
    pub fn sort(self, sort: impl IntoSort<T>) -> PopulateBy<M, Collection<T>> {
        self.by().sort(sort)
    }

    /// At most so many.
    pub fn limit(self, limit: u64) -> PopulateBy<M, Collection<T>> {
        self.by().limit(limit)
    }

    /// After so many.
    pub fn skip(self, skip: u64) -> PopulateBy<M, Collection<T>> {
        self.by().skip(skip)
    }

    /// Page `page`, from 0, of `size` records.
    pub fn paginate(self, page: u64, size: u64) -> PopulateBy<M, Collection<T>> {
        self.by().paginate(page, size)
    }

    /// Only these attributes, and the keys. For [`records`](super::Find::records): a struct has all its fields.
    pub fn select(self, selection: impl Selection<T>) -> PopulateBy<M, Collection<T>> {
        self.by().select(selection)
    }

    /// Without these attributes. For [`records`](super::Find::records): a struct has all its fields.
    pub fn omit(self, selection: impl Selection<T>) -> PopulateBy<M, Collection<T>> {
        self.by().omit(selection)
    }
}

impl<M, A: Link> PopulateBy<M, A> {
    /// With an association of theirs.
    pub fn populate(self, association: impl Association<A::Target>) -> Self {
        self.with(|criteria| criteria.populate.push(association.into_populate()))
    }

    fn with(mut self, change: impl FnOnce(&mut Criteria)) -> Self {
        change(&mut self.0.criteria);
        self
    }
}

impl<M, T: Model> PopulateBy<M, Collection<T>> {
    /// Only those.
    pub fn where_(self, which: impl IntoWhere<T>) -> Self {
        self.with(|criteria| criteria.where_ = which.into_where())
    }

    /// In this order.
    pub fn sort(self, sort: impl IntoSort<T>) -> Self {
        self.with(|criteria| criteria.sort = sort.into_sort())
    }

    /// At most so many.
    pub fn limit(self, limit: u64) -> Self {
        self.with(|criteria| criteria.limit = Some(limit))
    }

    /// After so many.
    pub fn skip(self, skip: u64) -> Self {
        self.with(|criteria| criteria.skip = Some(skip))
    }

    /// Page `page`, from 0, of `size` records.
    pub fn paginate(self, page: u64, size: u64) -> Self {
        self.skip(page.saturating_mul(size)).limit(size)
    }

    /// Only these attributes, and the keys. For [`records`](super::Find::records): a struct has all its fields.
    pub fn select(self, selection: impl Selection<T>) -> Self {
        self.with(|criteria| criteria.select = Some(as_names(&selection.names())))
    }

    /// Without these attributes. For [`records`](super::Find::records): a struct has all its fields.
    pub fn omit(self, selection: impl Selection<T>) -> Self {
        self.with(|criteria| criteria.omit = as_names(&selection.names()))
    }
}
