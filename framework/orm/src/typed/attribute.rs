//! The Rust types of attributes.

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::{
    model::{AttrDef, Kind},
    values::coerce,
};

/// What a stored value should have been.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Such as "a whole number".
    pub expected: &'static str,
    /// What was found, shortened.
    pub got: String,
}

impl Mismatch {
    /// A value that is not what was expected; `None` where there is none.
    pub fn new(expected: &'static str, got: Option<&Value>) -> Self {
        Self { expected, got: got.map_or_else(|| "nothing".into(), crate::model::excerpt) }
    }
}

/// A type that an attribute can have.
///
/// `Option<T>` allows null. A plain `T` starts with its base value (`""`, `0`, `false`) unless it is required or
/// has a default; a null that an older table may hold is read as the base value too.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the type of an attribute",
    label = "not the type of an attribute",
    note = "attributes are `String`, `i64`, `f64`, `bool`, `serde_json::Value`, an `Option` of these, `One<Model>`, `Option<One<Model>>`, or `Collection<Model>`"
)]
pub trait Attribute: Sized {
    /// What it is compared with: `i64` for `Option<i64>`, the key for `One<Model>`.
    type Inner;
    /// The logical type.
    const KIND: Kind;
    /// Whether null is allowed.
    const ALLOW_NULL: bool = false;
    /// The identity of the other model.
    const TARGET: Option<&'static str> = None;

    /// From a record.
    ///
    /// # Errors
    /// [`Mismatch`] if the value is no such thing.
    fn decode(attr: &'static str, value: Option<Value>) -> Result<Self, Mismatch>;

    /// As JSON on the wire.
    ///
    /// # Errors
    /// Those of the serialiser.
    fn wire<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    /// Whether the wire leaves it out.
    fn is_absent(&self) -> bool {
        false
    }
}

/// An attribute that serialises as on the wire.
pub struct Wire<'a, T>(pub &'a T);

impl<T: Attribute> Serialize for Wire<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.wire(serializer)
    }
}

/// An attribute that can be summed.
pub trait Numeric: Attribute {}
impl Numeric for i64 {}
impl Numeric for f64 {}
impl<T: Numeric> Numeric for Option<T> {}

/// An attribute that has a least and a greatest value.
pub trait Comparable: Attribute {
    /// What these are: `i64` for `Option<i64>`.
    type Extreme: Attribute + Send;
}

macro_rules! comparable {
    ($($type:ty),+) => {$(
        impl Comparable for $type {
            type Extreme = Self;
        }
        impl Comparable for Option<$type> {
            type Extreme = $type;
        }
    )+};
}

comparable!(i64, f64, String);

impl AttrDef {
    /// The definition of an attribute of type `T`. A plain `One<Model>` is required.
    pub fn of<T: Attribute>(name: &str) -> Self {
        let mut def = match T::TARGET {
            Some(target) => Self::to(name, T::KIND, target),
            None => Self::new(name, T::KIND),
        };
        def.allow_null = T::ALLOW_NULL;
        def.required = T::KIND == Kind::One && !T::ALLOW_NULL;
        def
    }
}

macro_rules! scalar {
    ($type:ty, $kind:ident, $expected:literal, $read:expr, |$value:ident, $serializer:ident| $write:expr) => {
        impl Attribute for $type {
            type Inner = Self;
            const KIND: Kind = Kind::$kind;

            fn decode(_: &'static str, value: Option<Value>) -> Result<Self, Mismatch> {
                let read: fn(Value) -> Result<Self, Value> = $read;
                match value {
                    Some(Value::Null) => Ok(Self::default()),
                    Some(value) => read(value).map_err(|v| Mismatch::new($expected, Some(&v))),
                    None => Err(Mismatch::new($expected, None)),
                }
            }

            fn wire<S: Serializer>(&self, $serializer: S) -> Result<S::Ok, S::Error> {
                let $value = self;
                $write
            }
        }
    };
}

scalar!(i64, Int, "a whole number", |v| v.as_i64().ok_or(v), |v, s| s.serialize_i64(*v));
scalar!(f64, Float, "a number", |v| v.as_f64().ok_or(v), |v, s| coerce::json_number(*v).serialize(s));
scalar!(bool, Bool, "true or false", |v| v.as_bool().ok_or(v), |v, s| s.serialize_bool(*v));
scalar!(String, Text, "a text", |v| if let Value::String(s) = v { Ok(s) } else { Err(v) }, |v, s| s
    .serialize_str(v));

impl Attribute for Value {
    type Inner = Self;
    const KIND: Kind = Kind::Json;
    const ALLOW_NULL: bool = true;

    fn decode(_: &'static str, value: Option<Value>) -> Result<Self, Mismatch> {
        value.ok_or_else(|| Mismatch::new("JSON", None))
    }

    fn wire<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.serialize(serializer)
    }
}

impl<T: Attribute> Attribute for Option<T> {
    type Inner = T::Inner;
    const KIND: Kind = T::KIND;
    const ALLOW_NULL: bool = true;
    const TARGET: Option<&'static str> = T::TARGET;

    fn decode(attr: &'static str, value: Option<Value>) -> Result<Self, Mismatch> {
        match value {
            Some(Value::Null) => Ok(None),
            value => T::decode(attr, value).map(Some),
        }
    }

    fn wire<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Some(value) => value.wire(serializer),
            None => serializer.serialize_none(),
        }
    }
}
