//! Keys as one uses them to look things up.

use std::{collections::HashSet, hash::Hash};

use serde_json::Value;

/// A key that can be hashed: a number and a text never meet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Key {
    Number(i64),
    Text(String),
}

impl Key {
    /// None for null, and for what is no key.
    pub(crate) fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Number(n) => n.as_i64().map(Self::Number),
            Value::String(s) => Some(Self::Text(s.clone())),
            _ => None,
        }
    }
}

/// The keys without null and without repetition, in order.
pub(super) fn distinct<'v>(values: impl IntoIterator<Item = &'v Value>) -> Vec<Value> {
    let mut seen = HashSet::new();
    values.into_iter().filter(|v| Key::of(v).is_some_and(|k| seen.insert(k))).cloned().collect()
}
