//! Rust values that can stand for an attribute.

use serde_json::Value;

use super::{Collection, Key, Model, One};
use crate::values::coerce;

/// A Rust value that can be compared with a `T` attribute, or be set as one.
///
/// NaN and the infinities are refused when the query is awaited.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a value for an attribute of type `{T}`",
    label = "does not fit the attribute"
)]
pub trait Operand<T> {
    /// As data.
    fn into_value(self) -> Value;
}

macro_rules! operands {
    ($($type:ty: $($from:ty => $data:expr),+;)+) => {$(
        $(
            impl Operand<$type> for $from {
                fn into_value(self) -> Value {
                    $data(self.to_owned())
                }
            }
            impl Operand<Option<$type>> for $from {
                fn into_value(self) -> Value {
                    $data(self.to_owned())
                }
            }
        )+
        impl<O: Operand<$type>> Operand<Option<$type>> for Option<O> {
            fn into_value(self) -> Value {
                self.map_or(Value::Null, Operand::<$type>::into_value)
            }
        }
    )+};
}

operands! {
    i64: i64 => Value::from, &i64 => Value::from;
    f64: f64 => coerce::float, &f64 => coerce::float, i64 => Value::from;
    bool: bool => Value::from, &bool => Value::from;
    String: &str => Value::from, String => Value::from, &String => Value::from;
    Value: Value => whole, &Value => whole;
}

/// A whole number has no fraction, as on the wire.
fn whole(value: Value) -> Value {
    match value.as_f64() {
        Some(f) if value.is_f64() => coerce::json_number(f),
        _ => value,
    }
}

macro_rules! keys {
    ($($key:ty: $($from:ty),+;)+) => {$($(
        impl<M: Model<Key = $key>> Operand<One<M>> for $from {
            fn into_value(self) -> Value {
                Value::from(self.to_owned())
            }
        }
        impl<M: Model<Key = $key>> Operand<Option<One<M>>> for $from {
            fn into_value(self) -> Value {
                Value::from(self.to_owned())
            }
        }
    )+)+};
}

keys! {
    i64: i64, &i64;
    String: &str, String, &String;
}

impl<M: Model> Operand<One<M>> for &M {
    fn into_value(self) -> Value {
        self.key().to_value()
    }
}

impl<M: Model> Operand<Option<One<M>>> for &M {
    fn into_value(self) -> Value {
        self.key().to_value()
    }
}

impl<M: Model, O: Operand<One<M>>> Operand<Option<One<M>>> for Option<O> {
    fn into_value(self) -> Value {
        self.map_or(Value::Null, Operand::<One<M>>::into_value)
    }
}

impl<M: Model> Operand<Collection<M>> for Vec<M::Key> {
    fn into_value(self) -> Value {
        self.iter().map(Key::to_value).collect()
    }
}

impl<M: Model, const N: usize> Operand<Collection<M>> for [M::Key; N] {
    fn into_value(self) -> Value {
        self.iter().map(Key::to_value).collect()
    }
}

impl<M: Model> Operand<Collection<M>> for &[M::Key] {
    fn into_value(self) -> Value {
        self.iter().map(Key::to_value).collect()
    }
}
