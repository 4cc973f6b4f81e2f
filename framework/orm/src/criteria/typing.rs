//! Values of conditions in the types of their attributes; the one place for both doors.
//!
//! JSON is typed while it is read, a tree from Rust by the check that every query makes ([`Where::check`]). So both back
//! ends compare values of one type.

use serde_json::Value;

use super::{Op, json::refuse};
use crate::{
    error::{OrmError, Result},
    model::{AttrDef, Kind, ModelDef, excerpt},
    values::{coerce, key},
};

/// An attribute that is compared with something.
#[derive(Clone, Copy)]
pub(super) struct Compared<'a> {
    pub def: &'a ModelDef,
    pub attr: &'a AttrDef,
}

impl<'a> Compared<'a> {
    /// The attribute of a name from a tree; none for what has no value of its own, which SQL refuses.
    fn of(def: &'a ModelDef, name: &str) -> Option<Self> {
        let attr = def.attr(name).filter(|attr| attr.kind != Kind::Many)?;
        Some(Self { def, attr })
    }

    /// What one comparison compares with; none if the value is that already.
    ///
    /// # Errors
    /// `E_INVALID_CRITERIA` for a value or an operator that the attribute cannot take.
    pub(super) fn with(self, op: Op, value: &Value) -> Result<Option<Value>> {
        let kind = self.attr.value_kind();
        if value.is_null() {
            return match op {
                Op::Eq | Op::Ne => Ok(None),
                _ => self.refuse(format!("`{}` cannot be used with null", op.as_str())),
            };
        }
        if kind == Kind::Json {
            return self.refuse("a json attribute can only be compared with null".into());
        }
        if op.is_text() && kind != Kind::Text {
            return self.refuse(format!("`{}` is for text, this is a {}", op.as_str(), kind.type_name()));
        }
        if op == Op::Like && value == "" {
            return self.refuse("`like` takes a text that is not empty".into());
        }
        self.operand(kind, value)
    }

    /// As [`with`](Self::with), for a value of a list, which `word` introduces.
    ///
    /// # Errors
    /// As [`with`](Self::with); for null.
    pub(super) fn with_member(self, word: &str, value: &Value) -> Result<Option<Value>> {
        let kind = self.attr.value_kind();
        if kind == Kind::Json {
            return self.refuse("a json attribute can only be compared with null".into());
        }
        if value.is_null() {
            return self.refuse(format!("null cannot be in the list of `{word}`"));
        }
        self.operand(kind, value)
    }

    /// Objects and arrays never pass.
    fn operand(self, kind: Kind, value: &Value) -> Result<Option<Value>> {
        if coerce::is_comparable(kind, value) {
            return Ok(None);
        }
        let is_key = self.attr.kind == Kind::One || self.attr.name == self.def.primary_key;
        let converted = match kind {
            kind if is_key => key::for_criteria(kind, value),
            Kind::Int => coerce::comparable_number(value).ok_or("a number"),
            kind => coerce::lenient(kind, value.clone()).map_err(|(expected, _)| expected),
        };
        converted.map(Some).map_err(|expected| {
            self.error(format!("`{}` should be {expected}; it got {}", self.attr.name, excerpt(value)))
        })
    }

    fn refuse<T>(self, why: String) -> Result<T> {
        Err(self.error(format!("`{}`: {why}", self.attr.name)))
    }

    fn error(self, message: String) -> OrmError {
        refuse(self.def, Some(&self.attr.name), "where", message)
    }
}

/// Types the value of one comparison in its place.
pub(super) fn test(def: &ModelDef, name: &str, op: Op, value: &mut Value) -> Result<()> {
    let Some(compared) = Compared::of(def, name) else { return Ok(()) };
    if let Some(typed) = compared.with(op, value)? {
        *value = typed;
    }
    Ok(())
}

/// Types the values of a list in their places.
pub(super) fn list(def: &ModelDef, name: &str, word: &str, values: &mut [Value]) -> Result<()> {
    let Some(compared) = Compared::of(def, name) else { return Ok(()) };
    for value in values {
        if let Some(typed) = compared.with_member(word, value)? {
            *value = typed;
        }
    }
    Ok(())
}
