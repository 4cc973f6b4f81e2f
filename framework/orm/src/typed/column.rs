//! Columns as constants: the typed door to criteria.

use std::marker::PhantomData;

use serde_json::Value;

use super::{Attribute, Collection, Expr, Model, One, Operand};
use crate::{
    criteria::{Name, Op, Order, Where},
    example::example,
};

/// A column as a constant: `User::AGE`. Its methods make conditions, orders and populates.
#[doc = example!(
    "let found = User::find(&orm).where_(User::AGE.in_([17, 31]).and(User::EMAIL.is_not_null())).await?;"
    "assert_eq!(found[0].name, \"Ann\");"
    "assert_eq!(User::count(&orm, User::NAME.like(\"%o%\")).await?, 1);"
)]
pub struct Col<M, T> {
    name: &'static str,
    _types: PhantomData<fn() -> (M, T)>,
}

impl<M, T> Clone for Col<M, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, T> Copy for Col<M, T> {}

impl<M, T> Col<M, T> {
    /// The column of this attribute. The macro writes these.
    pub const fn new(name: &'static str) -> Self {
        Self { name, _types: PhantomData }
    }

    /// The attribute's name on the wire.
    pub const fn name(self) -> &'static str {
        self.name
    }
}

impl<M, T: Attribute> Col<M, T> {
    fn test(self, op: Op, value: Value) -> Expr<M> {
        Expr::new(Where::Test(self.name.into(), op, value))
    }

    /// Equal.
    pub fn eq(self, value: impl Operand<T::Inner>) -> Expr<M> {
        self.test(Op::Eq, value.into_value())
    }

    /// Not equal, and not null.
    pub fn ne(self, value: impl Operand<T::Inner>) -> Expr<M> {
        self.test(Op::Ne, value.into_value())
    }

    /// Less.
    pub fn lt(self, value: impl Operand<T::Inner>) -> Expr<M> {
        self.test(Op::Lt, value.into_value())
    }

    /// Less or equal.
    pub fn le(self, value: impl Operand<T::Inner>) -> Expr<M> {
        self.test(Op::Le, value.into_value())
    }

    /// Greater.
    pub fn gt(self, value: impl Operand<T::Inner>) -> Expr<M> {
        self.test(Op::Gt, value.into_value())
    }

    /// Greater or equal.
    pub fn ge(self, value: impl Operand<T::Inner>) -> Expr<M> {
        self.test(Op::Ge, value.into_value())
    }

    /// One of the values; no record for an empty list.
    pub fn in_(self, values: impl IntoIterator<Item = impl Operand<T::Inner>>) -> Expr<M> {
        Expr::new(Where::one_of(self.name, values.into_iter().map(Operand::into_value).collect()))
    }

    /// None of the values, and not null.
    pub fn not_in(self, values: impl IntoIterator<Item = impl Operand<T::Inner>>) -> Expr<M> {
        Expr::new(Where::none_of(self.name, values.into_iter().map(Operand::into_value).collect()))
    }

    /// Null.
    pub fn is_null(self) -> Expr<M> {
        self.test(Op::Eq, Value::Null)
    }

    /// Not null.
    pub fn is_not_null(self) -> Expr<M> {
        self.test(Op::Ne, Value::Null)
    }

    /// From the least to the greatest.
    pub fn asc(self) -> SortBy<M> {
        SortBy(Order { attr: self.name.into(), desc: false }, PhantomData)
    }

    /// From the greatest to the least.
    pub fn desc(self) -> SortBy<M> {
        SortBy(Order { attr: self.name.into(), desc: true }, PhantomData)
    }
}

impl<M, T: Attribute<Inner = String>> Col<M, T> {
    fn text(self, op: Op, text: &str) -> Expr<M> {
        if text.is_empty() {
            return Expr::new(Where::All);
        }
        self.test(op, text.into())
    }

    /// Contains the text; every character is literal.
    pub fn contains(self, text: &str) -> Expr<M> {
        self.text(Op::Contains, text)
    }

    /// Starts with the text; every character is literal.
    pub fn starts_with(self, text: &str) -> Expr<M> {
        self.text(Op::StartsWith, text)
    }

    /// Ends with the text; every character is literal.
    pub fn ends_with(self, text: &str) -> Expr<M> {
        self.text(Op::EndsWith, text)
    }

    /// Matches the pattern, in which `%` stands for anything and `\%` for a percent sign.
    pub fn like(self, pattern: &str) -> Expr<M> {
        self.test(Op::Like, pattern.into())
    }
}

/// An order by one column.
#[must_use]
pub struct SortBy<M>(Order, PhantomData<fn() -> M>);

/// One order or several.
pub trait IntoSort<M> {
    /// As data.
    fn into_sort(self) -> Vec<Order>;
}

impl<M> IntoSort<M> for SortBy<M> {
    fn into_sort(self) -> Vec<Order> {
        vec![self.0]
    }
}

impl<M, const N: usize> IntoSort<M> for [SortBy<M>; N] {
    fn into_sort(self) -> Vec<Order> {
        self.into_iter().map(|s| s.0).collect()
    }
}

impl<M> IntoSort<M> for Vec<SortBy<M>> {
    fn into_sort(self) -> Vec<Order> {
        self.into_iter().map(|s| s.0).collect()
    }
}

impl<M> IntoSort<M> for Vec<Order> {
    fn into_sort(self) -> Vec<Order> {
        self
    }
}

/// What `via = owner` must name: an association of the other model that points back at `M`.
#[diagnostic::on_unimplemented(
    message = "`via` must name an association that points back at `{M}`",
    label = "this attribute does not point back at `{M}`"
)]
pub trait PointsAt<M> {}
impl<M: Model, T> PointsAt<M> for Col<T, One<M>> {}
impl<M: Model, T> PointsAt<M> for Col<T, Option<One<M>>> {}
impl<M: Model, T> PointsAt<M> for Col<T, Collection<M>> {}

/// Checks a `via` when the app is compiled. The macro writes calls of it.
pub const fn check_via<M, C: PointsAt<M> + Copy>(_: C) {}

/// The name of a column.
impl<M, T> From<Col<M, T>> for Name {
    fn from(col: Col<M, T>) -> Self {
        col.name.into()
    }
}
