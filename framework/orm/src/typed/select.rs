//! Parts of records as tuples.

use super::{Attribute, Col, Model};
use crate::{
    Record,
    criteria::Name,
    error::{OrmError, Result},
};

/// What a query can give per record: the struct, a tuple of columns, or data.
pub trait FromRecord<M>: Sized + Send {
    /// From data; `names` are the columns that were selected.
    ///
    /// # Errors
    /// [`OrmError::Decode`].
    fn take(record: Record, names: &[&'static str]) -> Result<Self>;
}

impl<M: Model> FromRecord<M> for M {
    fn take(record: Record, _: &[&'static str]) -> Result<Self> {
        M::from_record(record)
    }
}

impl<M: Model> FromRecord<M> for Record {
    fn take(record: Record, _: &[&'static str]) -> Result<Self> {
        Ok(record)
    }
}

/// Columns to select: `(User::ID, User::NAME)` gives `(Id, String)`.
pub trait Selection<M> {
    /// What it gives per record.
    type Row;

    /// The columns.
    fn names(&self) -> Vec<&'static str>;
}

macro_rules! tuples {
    ($(($($column:ident $index:tt),+);)+) => {$(
        impl<M: Model, $($column: Attribute + Send),+> Selection<M> for ($(Col<M, $column>,)+) {
            type Row = ($($column,)+);

            fn names(&self) -> Vec<&'static str> {
                vec![$(self.$index.name()),+]
            }
        }

        impl<M: Model, $($column: Attribute + Send),+> FromRecord<M> for ($($column,)+) {
            fn take(record: Record, names: &[&'static str]) -> Result<Self> {
                Ok(($(field::<M, $column>(&record, names.get($index).copied().unwrap_or_default())?,)+))
            }
        }
    )+};
}

tuples! {
    (A 0);
    (A 0, B 1);
    (A 0, B 1, C 2);
    (A 0, B 1, C 2, D 3);
    (A 0, B 1, C 2, D 3, E 4);
    (A 0, B 1, C 2, D 3, E 4, F 5);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
}

fn field<M: Model, T: Attribute>(record: &Record, name: &'static str) -> Result<T> {
    T::decode(name, record.get(name).cloned()).map_err(|mismatch| OrmError::Decode {
        model: M::IDENTITY.into(),
        attr: name.into(),
        expected: mismatch.expected,
        got: mismatch.got,
    })
}

pub(super) fn as_names(names: &[&'static str]) -> Vec<Name> {
    names.iter().map(|n| Name::from(*n)).collect()
}
