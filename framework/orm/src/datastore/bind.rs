//! Values on their way into a statement.

use serde_json::Value;

use crate::model::Kind;

/// The value in the type of the column; only ever 64-bit whole numbers, since the binder cannot hold more.
pub(crate) fn bind(kind: Kind, value: &Value) -> sea_query::Value {
    use sea_query::Value as V;
    match kind {
        Kind::Int | Kind::Float => match value {
            Value::Number(n) => match n.as_i64() {
                Some(n) if kind == Kind::Int => V::BigInt(Some(n)),
                _ => V::Double(n.as_f64()),
            },
            Value::Bool(b) => V::BigInt(Some(i64::from(*b))),
            Value::String(s) => V::String(Some(s.clone())),
            _ if kind == Kind::Int => V::BigInt(None),
            _ => V::Double(None),
        },
        Kind::Bool => match value {
            Value::Bool(b) => V::Bool(Some(*b)),
            Value::Number(n) => V::Bool(n.as_f64().map(|f| f != 0.0)),
            _ => V::Bool(None),
        },
        Kind::Json => V::Json((!value.is_null()).then(|| Box::new(value.clone()))),
        Kind::Text | Kind::One | Kind::Many => match value {
            Value::String(s) => V::String(Some(s.clone())),
            Value::Null => V::String(None),
            other => V::String(Some(other.to_string())),
        },
    }
}
