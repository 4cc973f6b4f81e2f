//! Making a value of the right type, as loosely as Sails does, and saying where that is impossible.

use super::{InputDef, InputKind};
use serde_json::{Map, Value};

/// What does not fit, and where inside the value.
pub(super) struct Mismatch {
    pub(super) place: String,
    pub(super) what: String,
}

/// Coerces a whole value; gives every place that does not fit.
pub(super) fn coerce(kind: InputKind, value: Value) -> Result<Value, Vec<Mismatch>> {
    let mut mismatches = Vec::new();
    let coerced = Walk { mismatches: &mut mismatches }.value(kind, value, "", None);
    if mismatches.is_empty() { Ok(coerced) } else { Err(mismatches) }
}

struct Walk<'a> {
    mismatches: &'a mut Vec<Mismatch>,
}

impl Walk<'_> {
    /// `list` is the kind of the items of the list that the value stands in.
    fn value(&mut self, kind: InputKind, value: Value, place: &str, list: Option<InputKind>) -> Value {
        let fits = match kind {
            InputKind::String => text(&value),
            InputKind::Number => number(&value),
            InputKind::Integer => number(&value).map(whole),
            InputKind::Boolean => boolean(&value),
            InputKind::Json => Some(value.clone()),
            InputKind::Dictionary => value.is_object().then(|| value.clone()),
            InputKind::List(items) => match value {
                Value::Array(found) => return self.list(*items, found, place),
                _ => None,
            },
            InputKind::Shape(members) => match value {
                Value::Object(found) => return self.shape(members(), found, place),
                _ => None,
            },
        };
        fits.unwrap_or_else(|| {
            let what = match list {
                Some(items) => {
                    format!(
                        "Expecting array to contain only {}, but this item is {}.",
                        plural(items),
                        noun_of(&value)
                    )
                }
                None => format!("Expecting {}, but got {}.", noun(kind), noun_of(&value)),
            };
            self.mismatches.push(Mismatch { place: place.to_owned(), what });
            Value::Null
        })
    }

    fn list(&mut self, items: InputKind, found: Vec<Value>, place: &str) -> Value {
        let coerced = found.into_iter().enumerate();
        coerced.map(|(at, item)| self.value(items, item, &format!("{place}[{at}]"), Some(items))).collect()
    }

    fn shape(&mut self, members: &[InputDef], mut found: Map<String, Value>, place: &str) -> Value {
        let mut coerced = Map::new();
        for member in members {
            let place =
                if place.is_empty() { member.name.to_owned() } else { format!("{place}.{}", member.name) };
            match found.remove(member.name) {
                Some(Value::Null) if member.allow_null => {
                    coerced.insert(member.name.to_owned(), Value::Null);
                }
                Some(value) => {
                    let value = self.value(member.kind, value, &place, None);
                    let broken = super::rules::violations(member, &value);
                    self.mismatches.extend(
                        broken
                            .into_iter()
                            .map(|(inner, what)| Mismatch { place: place.clone() + &inner, what }),
                    );
                    coerced.insert(member.name.to_owned(), value);
                }
                None => match member.default {
                    Some(default) => {
                        coerced.insert(member.name.to_owned(), default());
                    }
                    None if member.required => {
                        let what = format!("Expecting {}, but it was not defined.", noun(member.kind));
                        self.mismatches.push(Mismatch { place, what });
                    }
                    None => {}
                },
            }
        }
        Value::Object(coerced)
    }
}

fn text(value: &Value) -> Option<Value> {
    match value {
        Value::String(_) => Some(value.clone()),
        Value::Number(n) => Some(n.to_string().into()),
        Value::Bool(b) => Some(b.to_string().into()),
        _ => None,
    }
}

fn number(value: &Value) -> Option<Value> {
    match value {
        Value::Number(_) => Some(value.clone()),
        Value::Bool(b) => Some(i64::from(*b).into()),
        Value::String(text) => numeric(text.trim()),
        _ => None,
    }
}

/// Digits with an optional sign, fraction and exponent; not `inf`, not `NaN`, nothing absurdly long.
fn numeric(text: &str) -> Option<Value> {
    let shaped = text.len() <= 400
        && text.bytes().any(|b| b.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    if !shaped {
        return None;
    }
    match text.parse::<i64>() {
        Ok(n) => Some(n.into()),
        Err(_) => text.parse::<f64>().ok().filter(|n| n.is_finite()).map(Value::from),
    }
}

/// 3.0 is the integer 3; anything with a fraction stays, for the rule `isInteger` to name.
fn whole(value: Value) -> Value {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value.as_f64() {
        #[allow(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
        Some(n) if value.is_f64() && n.fract() == 0.0 && n.abs() <= EXACT => Value::from(n as i64),
        _ => value,
    }
}

fn boolean(value: &Value) -> Option<Value> {
    let flag = match value {
        Value::Bool(b) => Some(*b),
        Value::String(text) => match text.as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        },
        Value::Number(n) if n.as_f64() == Some(1.0) => Some(true),
        Value::Number(n) if n.as_f64() == Some(0.0) => Some(false),
        _ => None,
    };
    flag.map(Value::Bool)
}

/// The kind in a sentence: "a number".
fn noun(kind: InputKind) -> &'static str {
    match kind {
        InputKind::String => "a string",
        InputKind::Number | InputKind::Integer => "a number",
        InputKind::Boolean => "a boolean",
        InputKind::Json => "a JSON-compatible value",
        InputKind::Dictionary | InputKind::Shape(_) => "a dictionary",
        InputKind::List(_) => "an array",
    }
}

fn plural(kind: InputKind) -> &'static str {
    match kind {
        InputKind::String => "strings",
        InputKind::Number | InputKind::Integer => "numbers",
        InputKind::Boolean => "booleans",
        InputKind::Json => "JSON-compatible values",
        InputKind::Dictionary | InputKind::Shape(_) => "dictionaries",
        InputKind::List(_) => "arrays",
    }
}

fn noun_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "a dictionary",
    }
}
