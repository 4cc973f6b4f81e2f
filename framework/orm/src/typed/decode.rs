//! Values and records on their way into structs.

use serde_json::Value;

use super::{Attribute, Comparable, Model};
use crate::{Record, error::Result};

/// The value of one attribute, taken out of a record.
pub fn field<M: Model, T: Attribute>(name: &'static str, record: &mut Record) -> Result<T> {
    decode::<M, T>(name, record.remove(name))
}

/// The value of a minimum or maximum; none for null.
pub(super) fn extreme<M: Model, T: Comparable>(
    name: &'static str,
    value: Value,
) -> Result<Option<T::Extreme>> {
    if value.is_null() { Ok(None) } else { decode::<M, T::Extreme>(name, Some(value)).map(Some) }
}

fn decode<M: Model, T: Attribute>(name: &'static str, value: Option<Value>) -> Result<T> {
    T::decode(name, value).map_err(|mismatch| crate::OrmError::Decode {
        model: M::IDENTITY.into(),
        attr: name.into(),
        expected: mismatch.expected,
        got: mismatch.got,
    })
}

/// A record as a callback wants it: the struct, or data.
pub fn given<M: Model, R: super::FromRecord<M>>(record: &Record) -> Result<R> {
    R::take(record.clone(), &[])
}

/// The outcome of a callback, whatever its error is.
pub fn ended<E: Into<crate::OrmError>>(outcome: Result<(), E>) -> Result<()> {
    outcome.map_err(Into::into)
}
