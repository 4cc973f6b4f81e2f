//! Primary keys as Rust values.

use serde::Serialize;
use serde_json::Value;

use super::Attribute;

/// A type that a primary key can have: `i64` or `String`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a primary key",
    label = "not the type of a key",
    note = "a primary key is an `Id` (`i64`) or a `String`"
)]
pub trait Key:
    Attribute<Inner = Self>
    + Serialize
    + Clone
    + PartialEq
    + std::fmt::Debug
    + std::fmt::Display
    + Send
    + Sync
    + 'static
{
    /// As data.
    fn to_value(&self) -> Value;
}

impl Key for i64 {
    fn to_value(&self) -> Value {
        (*self).into()
    }
}

impl Key for String {
    fn to_value(&self) -> Value {
        self.as_str().into()
    }
}
