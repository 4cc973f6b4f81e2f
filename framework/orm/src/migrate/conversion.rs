//! Stored values that get another type, by the rules for values that a caller gives.

use serde_json::Value;

use crate::{
    error::{OrmError, Result},
    model::{AttrDef, Kind, excerpt},
    values::coerce,
};

/// Problems reported at once.
const SHOWN: usize = 5;

/// What could not be converted so far.
#[derive(Default)]
pub(super) struct Problems(Vec<String>);

impl Problems {
    /// The value converted; none, and a note, if that cannot be.
    ///
    /// `longest` is the number of characters that the column can hold.
    pub(super) fn convert(
        &mut self,
        attr: &AttrDef,
        key: &Value,
        stored: Value,
        longest: Option<usize>,
    ) -> Option<Value> {
        let expected = match converted(attr, stored) {
            Ok(value) => match (value.as_str(), longest) {
                (Some(text), Some(longest)) if text.chars().count() > longest => {
                    (value, format!("a text of at most {longest} characters"))
                }
                _ => return Some(value),
            },
            Err(value) => (value, coerce::expected(attr.value_kind()).to_string()),
        };
        self.0.push(format!(
            "`{}` of {} is {}, which is not {}",
            attr.name,
            excerpt(key),
            excerpt(&expected.0),
            expected.1
        ));
        None
    }

    /// Whether enough were found to stop looking.
    pub(super) fn are_many(&self) -> bool {
        self.0.len() >= SHOWN
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// # Errors
    /// [`OrmError::Migration`] that names the values which cannot be converted.
    pub(super) fn check(self, table: &str) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(OrmError::Migration {
            table: table.into(),
            message: format!(
                "rows cannot be carried over, so nothing was changed: {}; correct them, or write a migration",
                self.0.join("; ")
            ),
        })
    }
}

fn converted(attr: &AttrDef, stored: Value) -> Result<Value, Value> {
    match (attr.value_kind(), stored) {
        (_, Value::Null) => Ok(Value::Null),
        (Kind::Json, Value::String(text)) => Ok(serde_json::from_str(&text).unwrap_or(Value::String(text))),
        (Kind::Text, value @ (Value::Object(_) | Value::Array(_))) => Ok(Value::String(value.to_string())),
        (kind, value) => coerce::lenient(kind, value).map_err(|(_, value)| value),
    }
}
