//! Conversion of JSON values to an attribute's type.
//!
//! # Source
//! rttc `lib/validate.js`: the lenient conversion of Waterline.

use serde_json::{Number, Value};

use crate::model::Kind;

/// What a value of this kind is, for messages.
pub(crate) fn expected(kind: Kind) -> &'static str {
    match kind {
        Kind::Int => "a whole number",
        Kind::Float => "a number",
        Kind::Bool => "true or false",
        Kind::Text => "a string",
        Kind::Json => "JSON",
        Kind::One => "a key",
        Kind::Many => "a list of keys",
    }
}

/// What a text of criteria or to be stored is: not every database can store the character NUL.
pub(crate) const WITHOUT_NUL: &str = "a string without the character NUL";

/// What a float is as data that JSON has no number for. As null it would pick and store what nobody asked for; no attribute
/// of numbers takes these.
const NOT_FINITE: [&str; 3] = ["NaN", "inf", "-inf"];

/// A float as data.
pub(crate) fn float(f: f64) -> Value {
    if f.is_finite() { json_number(f) } else { Value::String(f.to_string()) }
}

/// What a value of this kind would have been in place of this one, for messages.
fn expected_not(kind: Kind, value: &Value) -> &'static str {
    match value.as_str() {
        Some(text) if kind == Kind::Float && NOT_FINITE.contains(&text) => {
            "a number that can be stored and compared"
        }
        _ => expected(kind),
    }
}

/// Whether the value has the type already.
pub(crate) fn is_strictly(kind: Kind, value: &Value) -> bool {
    match kind {
        Kind::Int => as_whole(value).is_some(),
        Kind::Float => value.is_number(),
        Kind::Bool => value.is_boolean(),
        Kind::Text => value.as_str().is_some_and(|s| !s.contains('\0')),
        Kind::Json => !holds_nul(value),
        Kind::One | Kind::Many => false,
    }
}

/// The value converted, or what was expected together with the value as it came.
pub(crate) fn lenient(kind: Kind, value: Value) -> Result<Value, (&'static str, Value)> {
    let converted = match kind {
        Kind::Json if holds_nul(&value) => return Err(("JSON without the character NUL", value)),
        Kind::Json => return Ok(value),
        Kind::Text => return text(value),
        Kind::Int => number(&value).and_then(|n| as_whole(&n)).map(Value::from),
        Kind::Float => number(&value).and_then(|n| n.as_f64()).map(json_number),
        Kind::Bool => boolean(&value).map(Value::Bool),
        Kind::One | Kind::Many => None,
    };
    converted.ok_or_else(|| (expected_not(kind, &value), value))
}

/// A number in a criterion: also one that the attribute's type could not hold, and so matches nothing.
pub(crate) fn comparable_number(value: &Value) -> Option<Value> {
    let n = number(value)?;
    Some(match as_whole(&n) {
        Some(whole) => whole.into(),
        None => json_number(n.as_f64()?),
    })
}

/// Whether the value can be compared with stored ones of this kind as it is: of the same type, in the one form that
/// typed values have.
pub(crate) fn is_comparable(kind: Kind, value: &Value) -> bool {
    match kind {
        Kind::Int => value.is_i64(),
        // Beyond this a float cannot hold every whole number.
        Kind::Float => match value.as_i64() {
            Some(whole) => whole.unsigned_abs() <= 1 << 53,
            None => value.as_f64().is_some_and(|f| f.fract() != 0.0),
        },
        Kind::Bool => value.is_boolean(),
        Kind::Text => value.as_str().is_some_and(|s| !s.contains('\0')),
        Kind::Json | Kind::One | Kind::Many => false,
    }
}

/// A number as JavaScript writes it: whole numbers without a fraction.
pub(crate) fn json_number(f: f64) -> Value {
    const SAFE: f64 = 9_007_199_254_740_992.0;
    if f.fract() == 0.0 && f.abs() <= SAFE {
        #[allow(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
        return Value::from(f as i64);
    }
    Number::from_f64(f).map_or(Value::Null, Value::Number)
}

fn as_whole(value: &Value) -> Option<i64> {
    if let Some(n) = value.as_i64() {
        return Some(n);
    }
    let f = value.as_f64().filter(|f| f.fract() == 0.0 && f.abs() < 9.2e18)?;
    #[allow(clippy::cast_possible_truncation, reason = "whole and within i64")]
    Some(f as i64)
}

fn number(value: &Value) -> Option<Value> {
    match value {
        Value::Number(_) => Some(value.clone()),
        Value::Bool(b) => Some(Value::from(i64::from(*b))),
        Value::String(s) => numeric_text(s),
        _ => None,
    }
}

fn numeric_text(s: &str) -> Option<Value> {
    let digits = s.strip_prefix(['-', '+']).unwrap_or(s);
    let shaped = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.bytes().any(|b| b.is_ascii_digit())
        && digits.bytes().all(|b| b.is_ascii_digit() || b".eE+-".contains(&b));
    if !shaped || s.len() > 400 {
        return None;
    }
    if let Ok(n) = s.parse::<i64>() {
        return Some(n.into());
    }
    s.parse::<f64>().ok().filter(|f| f.is_finite()).map(json_number)
}

fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(b) => Some(*b),
        Value::String(s) => match s.as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        },
        Value::Number(n) => match n.as_f64() {
            Some(1.0) => Some(true),
            Some(0.0) => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a text in it has the character NUL, which not every database can store.
pub(crate) fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(s) => s.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(map) => map.iter().any(|(name, value)| name.contains('\0') || holds_nul(value)),
        _ => false,
    }
}

fn text(value: Value) -> Result<Value, (&'static str, Value)> {
    match value {
        Value::String(s) if s.contains('\0') => Err((WITHOUT_NUL, Value::String(s))),
        Value::String(s) => Ok(Value::String(s)),
        Value::Bool(b) => Ok(Value::String(b.to_string())),
        Value::Number(ref n) => Ok(Value::String(match n.as_f64().map(json_number) {
            Some(Value::Number(plain)) if n.as_i64().is_none() => plain.to_string(),
            _ => n.to_string(),
        })),
        other => Err((expected(Kind::Text), other)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lenient_conversion_follows_the_table() {
        let ok = [
            (Kind::Int, json!("7"), json!(7)),
            (Kind::Int, json!("1e3"), json!(1000)),
            (Kind::Int, json!(true), json!(1)),
            (Kind::Float, json!("5.5"), json!(5.5)),
            (Kind::Float, json!(5.0), json!(5)),
            (Kind::Float, json!("-3"), json!(-3)),
            (Kind::Text, json!(5), json!("5")),
            (Kind::Text, json!(5.0), json!("5")),
            (Kind::Text, json!(true), json!("true")),
            (Kind::Bool, json!("0"), json!(false)),
            (Kind::Bool, json!(1), json!(true)),
            (Kind::Json, json!({"a": 1}), json!({"a": 1})),
        ];
        for (kind, given, stored) in ok {
            assert_eq!(lenient(kind, given.clone()), Ok(stored), "{kind:?} {given}");
        }
        let refused = [
            (Kind::Int, json!("")),
            (Kind::Int, json!(" 7 ")),
            (Kind::Int, json!(1.5)),
            (Kind::Float, json!("Infinity")),
            (Kind::Float, json!("nan")),
            (Kind::Float, json!("1e999")),
            (Kind::Float, float(f64::NAN)),
            (Kind::Float, float(f64::INFINITY)),
            (Kind::Float, float(f64::NEG_INFINITY)),
            (Kind::Float, json!("true")),
            (Kind::Int, json!(null)),
            (Kind::Int, json!(u64::MAX)),
            (Kind::Bool, json!("TRUE")),
            (Kind::Bool, json!("")),
            (Kind::Bool, json!(2)),
            (Kind::Text, json!(["a"])),
            (Kind::Text, json!("a\0b")),
            (Kind::Json, json!({ "a": ["b\0"] })),
            (Kind::Json, json!({ "\0": 1 })),
        ];
        for (kind, given) in refused {
            assert!(lenient(kind, given.clone()).is_err(), "{kind:?} {given}");
        }
    }
    #[test]
    fn what_is_comparable_already_is_its_own_conversion() {
        let values = [
            json!(5),
            json!(5.0),
            json!(-0.0),
            json!(0.5),
            json!(9_007_199_254_740_992_i64),
            json!(9_007_199_254_740_993_i64),
            json!(i64::MIN),
            json!(u64::MAX),
            json!(1e300),
            json!("5"),
            json!("a\0"),
            json!(true),
            Value::Null,
        ];
        for kind in [Kind::Int, Kind::Float, Kind::Bool, Kind::Text] {
            for value in values.iter().filter(|value| is_comparable(kind, value)) {
                assert_eq!(lenient(kind, value.clone()).as_ref(), Ok(value), "{kind:?} {value}");
            }
        }
        assert!(!is_comparable(Kind::Float, &json!(9_007_199_254_740_993_i64)), "no float is that number");
    }
}
