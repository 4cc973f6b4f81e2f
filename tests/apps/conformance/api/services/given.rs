//! Parameters as the scenarios send them, whose types no action declares.

use topsail::prelude::*;

/// A parameter as text; absent is empty.
pub fn text(req: &Req, name: &str) -> String {
    req.param(name).map(plain).unwrap_or_default()
}

/// One text or a list of them.
pub fn texts(req: &Req, name: &str) -> Vec<String> {
    match req.param(name) {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) => items.iter().map(plain).collect(),
        Some(one) => vec![plain(one)],
    }
}

/// `true`, also as text.
pub fn flag(req: &Req, name: &str) -> bool {
    req.param(name).is_some_and(|value| plain(value) == "true")
}

/// A number, also as text; absent is 0.
pub fn number(req: &Req, name: &str) -> f64 {
    req.param(name).and_then(|value| plain(value).parse().ok()).unwrap_or_default()
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The key of a record as text; what cannot be one is the key of no record.
pub fn key(text: &str) -> Result<Id> {
    text.parse().ok().or_not_found()
}
