//! The types that a field of inputs can have.

use super::InputKind;
use crate::Params;
use serde_json::Value;

/// A type that one input can be read as.
///
/// `from_value` gets what `KIND` has already coerced.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an input",
    label = "not an input",
    note = "inputs are `String`, integers, floats, `bool`, `Value`, `Params`, `Vec<T>`, `Option<T>`, or a struct with `#[derive(Inputs)]`"
)]
pub trait Input: Sized {
    /// What a value is coerced to.
    const KIND: InputKind;
    /// May it be absent without a default?
    const OPTIONAL: bool = false;

    /// Takes the coerced value; nothing where it does not fit, as a number that is too large.
    fn from_value(value: Value) -> Option<Self>;

    /// What stands for an absent value.
    fn absent() -> Option<Self> {
        None
    }
}

impl Input for String {
    const KIND: InputKind = InputKind::String;

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }
}

impl Input for bool {
    const KIND: InputKind = InputKind::Boolean;

    fn from_value(value: Value) -> Option<Self> {
        value.as_bool()
    }
}

impl Input for f64 {
    const KIND: InputKind = InputKind::Number;

    fn from_value(value: Value) -> Option<Self> {
        value.as_f64()
    }
}

impl Input for f32 {
    const KIND: InputKind = InputKind::Number;

    fn from_value(value: Value) -> Option<Self> {
        #[allow(clippy::cast_possible_truncation, reason = "a float of less precision was asked for")]
        value.as_f64().map(|n| n as f32).filter(|n| n.is_finite())
    }
}

macro_rules! integers {
    ($($t:ty),*) => { $(
        impl Input for $t {
            const KIND: InputKind = InputKind::Integer;

            fn from_value(value: Value) -> Option<Self> {
                value.as_i64().and_then(|n| n.try_into().ok()).or_else(|| value.as_u64()?.try_into().ok())
            }
        }
    )* };
}
integers!(i8, i16, i32, i64, u8, u16, u32, u64, usize);

impl Input for Value {
    const KIND: InputKind = InputKind::Json;

    fn from_value(value: Value) -> Option<Self> {
        Some(value)
    }
}

impl Input for Params {
    const KIND: InputKind = InputKind::Dictionary;

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Object(members) => Some(members),
            _ => None,
        }
    }
}

impl<T: Input> Input for Vec<T> {
    const KIND: InputKind = InputKind::List(&T::KIND);

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Array(items) => items.into_iter().map(T::from_value).collect(),
            _ => None,
        }
    }
}

impl<T: Input> Input for Option<T> {
    const KIND: InputKind = T::KIND;
    const OPTIONAL: bool = true;

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}
