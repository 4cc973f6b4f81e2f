//! Values on their way into a statement.

use serde_json::Value;

use crate::model::Kind;

/// The value in the type of the column, always the same type for a kind: drivers keep a prepared statement by its text,
/// and would send a value of another type as if it were of the first one. Only ever 64-bit whole numbers, since the
/// binder cannot hold more.
pub(crate) fn bind(kind: Kind, value: &Value) -> sea_query::Value {
    use sea_query::Value as V;
    match kind {
        Kind::Int => V::BigInt(match value {
            Value::Number(n) => n.as_i64().or_else(|| whole(n.as_f64()?)),
            Value::Bool(b) => Some(i64::from(*b)),
            Value::String(s) => s.parse().ok(),
            _ => None,
        }),
        Kind::Float => V::Double(match value {
            Value::Number(n) => n.as_f64(),
            Value::Bool(b) => Some(f64::from(u8::from(*b))),
            Value::String(s) => s.parse().ok(),
            _ => None,
        }),
        Kind::Bool => V::Bool(match value {
            Value::Bool(b) => Some(*b),
            Value::Number(n) => n.as_f64().map(|f| f != 0.0),
            _ => None,
        }),
        Kind::Json => V::Json((!value.is_null()).then(|| Box::new(value.clone()))),
        Kind::Text | Kind::One | Kind::Many => match value {
            Value::String(s) => V::String(Some(s.clone())),
            Value::Null => V::String(None),
            other => V::String(Some(other.to_string())),
        },
    }
}

#[allow(clippy::cast_possible_truncation, reason = "whole and within i64")]
fn whole(f: f64) -> Option<i64> {
    (f.fract() == 0.0 && f.abs() < 9.2e18).then_some(f as i64)
}
