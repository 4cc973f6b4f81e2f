//! One value of a row, as near to what the driver has as can be.

use std::borrow::Cow;

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::{model::Kind, values::coerce};

/// A value as the database gave it; texts are those of the row.
#[derive(Debug, PartialEq)]
pub(crate) enum Cell<'r> {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Cow<'r, str>),
    /// What the driver has parsed, or numbers that are larger than the others hold.
    #[cfg_attr(
        not(any(feature = "postgres", feature = "mysql")),
        expect(dead_code, reason = "SQLite has neither")
    )]
    Json(Value),
}

impl Cell<'_> {
    /// The same as a value of its own.
    pub(crate) fn into_value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(b) => b.into(),
            Self::Int(n) => n.into(),
            Self::Float(f) => coerce::json_number(f),
            Self::Text(text) => text.into_owned().into(),
            Self::Json(value) => value,
        }
    }

    /// The same, where an attribute of this kind is written as it is stored; `None` where it has to be converted.
    pub(crate) fn written_as(self, kind: Kind) -> Option<Self> {
        match (kind, self) {
            (_, Self::Null) => Some(Self::Null),
            (Kind::Int | Kind::Float, number @ (Self::Int(_) | Self::Float(_))) => Some(number),
            (Kind::Bool, Self::Int(n @ (0 | 1))) => Some(Self::Bool(n == 1)),
            (Kind::Bool, bool @ Self::Bool(_)) => Some(bool),
            (Kind::Text, text @ Self::Text(_)) => Some(text),
            (Kind::Json, json @ Self::Json(_)) => Some(json),
            _ => None,
        }
    }
}

impl Serialize for Cell<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(b) => serializer.serialize_bool(*b),
            Self::Int(n) => serializer.serialize_i64(*n),
            Self::Float(f) => coerce::json_number(*f).serialize(serializer),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Json(value) => value.serialize(serializer),
        }
    }
}
