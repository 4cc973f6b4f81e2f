//! Conditions, typed by the model they are on.

use std::{marker::PhantomData, ops::Not};

use super::{Col, Collection, IntoWhere, Model, ToOne};
use crate::{criteria::Where, example::example};

/// A condition on records of `M`.
///
/// A query takes it within its [`WhereLimits`](crate::WhereLimits), however large it is.
#[doc = example!(
    "let young = User::AGE.lt(18).or(User::AGE.is_null());"
    "assert_eq!(User::find_one(&orm, young.and(User::NAME.eq(\"Bob\").not().not())).await?.unwrap().id, 2);"
)]
#[must_use]
pub struct Expr<M> {
    tree: Where,
    _model: PhantomData<fn() -> M>,
}

impl<M> Expr<M> {
    pub(super) fn new(tree: Where) -> Self {
        Self { tree, _model: PhantomData }
    }

    /// Both hold.
    pub fn and(self, other: Self) -> Self {
        Self::new(Where::all_of([self.tree, other.tree]))
    }

    /// At least one of them holds.
    pub fn or(self, other: Self) -> Self {
        Self::new(Where::any_of([self.tree, other.tree]))
    }

    /// It does not hold. What null makes unknown stays unknown, as in SQL: neither `User::AGE.gt(3)` nor its
    /// opposite picks a record without an age. Clients have no such word.
    #[expect(
        clippy::should_implement_trait,
        reason = "it does implement it; conditions are read from left to right"
    )]
    pub fn not(self) -> Self {
        Self::new(self.tree.not())
    }

    /// The tree.
    pub fn tree(&self) -> &Where {
        &self.tree
    }

    pub(super) fn into_tree(self) -> Where {
        self.tree
    }
}

impl<M> Not for Expr<M> {
    type Output = Self;

    fn not(self) -> Self {
        self.not()
    }
}

impl<M, T: Model> Col<M, Collection<T>> {
    /// At least one member satisfies the condition: `User::PETS.any(Pet::AGE.gt(3))`. `Where::All` asks whether
    /// there is any member. Sails has no such condition.
    #[doc = example!("assert_eq!(User::count(&orm, User::PETS.any(Pet::AGE.gt(5))).await?, 1);")]
    pub fn any(self, which: impl IntoWhere<T>) -> Expr<M> {
        Expr::new(Where::any(self.name(), which.into_where()))
    }

    /// No member satisfies the condition; so it is where there is no member at all.
    #[doc = example!("assert_eq!(User::find_one(&orm, User::PETS.none(Where::All)).await?.unwrap().name, \"Bob\");")]
    pub fn none(self, which: impl IntoWhere<T>) -> Expr<M> {
        self.any(which).not()
    }
}

impl<M, A: ToOne> Col<M, A> {
    /// There is such a record, and it satisfies the condition: `Pet::OWNER.is(User::NAME.eq("ann"))`.
    ///
    /// The opposite, [`Expr::not`], also picks records whose key is null or dangles.
    #[doc = example!("assert_eq!(Pet::count(&orm, Pet::OWNER.is(User::NAME.eq(\"Ann\"))).await?, 2);")]
    pub fn is(self, which: impl IntoWhere<A::Target>) -> Expr<M> {
        Expr::new(Where::any(self.name(), which.into_where()))
    }
}
