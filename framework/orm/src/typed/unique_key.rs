//! The columns of a unique key.

use super::{Attribute, Col};

/// A column, or a tuple of columns, whose values pick one record.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no unique key of `{M}`",
    note = "give a column such as `User::EMAIL`, or a tuple of two to four columns of one `unique(…)`"
)]
pub trait UniqueKey<M> {
    /// The names of the attributes.
    fn names(self) -> Vec<&'static str>;
}

impl<M, T: Attribute> UniqueKey<M> for Col<M, T> {
    fn names(self) -> Vec<&'static str> {
        vec![self.name()]
    }
}

macro_rules! several {
    ($($column:ident: $type:ident),+) => {
        impl<M, $($type: Attribute),+> UniqueKey<M> for ($(Col<M, $type>,)+) {
            fn names(self) -> Vec<&'static str> {
                let ($($column,)+) = self;
                vec![$($column.name()),+]
            }
        }
    };
}

several!(a: A, b: B);
several!(a: A, b: B, c: C);
several!(a: A, b: B, c: C, d: D);
