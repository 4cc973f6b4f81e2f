//! Primary and foreign keys.

use serde_json::Value;

use super::coerce;
use crate::model::Kind;

/// A key to be stored: a positive whole number, or a text that is not empty.
///
/// Digits become a number; a number does not become a text.
pub(crate) fn strict(kind: Kind, value: &Value) -> Result<Value, &'static str> {
    match (kind, value) {
        (Kind::Text, Value::String(s)) if s.contains('\0') => Err(coerce::WITHOUT_NUL),
        (Kind::Text, Value::String(s)) if !s.is_empty() => Ok(value.clone()),
        (Kind::Text, _) => Err("a string that is not empty"),
        (_, Value::String(s)) if s.bytes().all(|b| b.is_ascii_digit()) => {
            positive(s.parse().ok()).ok_or("a positive whole number")
        }
        (_, Value::Number(_)) => positive(coerce::comparable_number(value).and_then(|n| n.as_i64()))
            .ok_or("a positive whole number"),
        _ => Err("a positive whole number"),
    }
}

/// A key to be stored in a column that is otherwise filled by the database, whose next keys are greater than this one.
///
/// As in Sails it is at most what JavaScript counts to. So nobody can use up the keys that are left: with the greatest number of
/// 64 bits stored, no record could be created any more.
pub(crate) fn beside_automatic(value: &Value) -> Result<Value, &'static str> {
    const SAFE: i64 = 9_007_199_254_740_991;
    match strict(Kind::Int, value) {
        Ok(key) if key.as_i64().is_some_and(|key| key > SAFE) => {
            Err("a whole number from 1 to 9007199254740991")
        }
        other => other,
    }
}

/// A key in criteria: any number is allowed, since one that is no key simply matches nothing.
pub(crate) fn for_criteria(kind: Kind, value: &Value) -> Result<Value, &'static str> {
    match (kind, value) {
        (Kind::Text, Value::String(s)) if s.contains('\0') => Err(coerce::WITHOUT_NUL),
        (Kind::Text, Value::String(_)) => Ok(value.clone()),
        (Kind::Text, _) => Err("a string"),
        (_, Value::String(_) | Value::Number(_)) => coerce::comparable_number(value).ok_or("a number"),
        _ => Err("a number"),
    }
}

fn positive(n: Option<i64>) -> Option<Value> {
    n.filter(|n| *n > 0).map(Value::from)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn mo_36_number_keys_are_positive() {
        assert_eq!(strict(Kind::Int, &json!("900")), Ok(json!(900)));
        for bad in
            [json!(0), json!(-1), json!(1.5), json!(""), json!("x"), json!([1]), json!({"a": 1}), json!(null)]
        {
            assert!(strict(Kind::Int, &bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn mo_36_a_key_beside_automatic_ones_leaves_room_for_them() {
        assert_eq!(beside_automatic(&json!("9007199254740991")), Ok(json!(9_007_199_254_740_991_i64)));
        for bad in [json!(9_007_199_254_740_992_i64), json!("9223372036854775807"), json!(0), json!("x")] {
            assert!(beside_automatic(&bad).is_err(), "{bad}");
        }
        assert!(strict(Kind::Int, &json!(i64::MAX)).is_ok(), "where the app gives every key");
    }

    #[test]
    fn mo_37_text_keys_are_not_made_of_numbers() {
        assert_eq!(strict(Kind::Text, &json!("s1")), Ok(json!("s1")));
        assert!(strict(Kind::Text, &json!(5)).is_err());
        assert!(strict(Kind::Text, &json!("")).is_err());
    }
}
