//! Validation rules.

use regex::Regex;
use serde_json::Value;

/// One validation rule of an attribute.
///
/// Rules are skipped for null; most are skipped for `""` as well (see [`applies_to_empty`](Self::applies_to_empty)).
///
/// # Source
/// anchor 1.4 `lib/rules.js`.
#[derive(Clone)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each is the rule of Sails whose name `name` gives")]
pub enum Rule {
    IsAfter(i64),
    IsBefore(i64),
    IsBoolean,
    IsCreditCard,
    IsEmail,
    IsHexColor,
    IsIn(Vec<Value>),
    IsInteger,
    IsIp,
    IsNotEmptyString,
    IsNotIn(Vec<Value>),
    IsNumber,
    IsString,
    IsUrl,
    IsUuid,
    Max(f64),
    Min(f64),
    MaxLength(usize),
    MinLength(usize),
    Regex(Pattern),
    Custom(fn(&Value) -> Result<(), String>),
}

/// A regular expression of a rule; a pattern that does not compile is reported when the models are frozen.
#[derive(Clone)]
pub struct Pattern {
    pub(super) text: String,
    pub(super) compiled: Result<Regex, String>,
}

impl Rule {
    /// The rule that a regular expression matches somewhere in the value.
    pub fn regex(pattern: &str) -> Self {
        let compiled = Regex::new(pattern).map_err(|e| e.to_string());
        Self::Regex(Pattern { text: pattern.into(), compiled })
    }

    /// The rule that the value is at most `limit`.
    ///
    /// # Panics
    /// If the limit is not a number.
    pub fn max(limit: impl Into<Value>) -> Self {
        Self::Max(number_of(&limit.into()))
    }

    /// The rule that the value is at least `limit`.
    ///
    /// # Panics
    /// If the limit is not a number.
    pub fn min(limit: impl Into<Value>) -> Self {
        Self::Min(number_of(&limit.into()))
    }

    /// The rule that the value is a later moment than `moment`: a text in ISO 8601, or milliseconds.
    ///
    /// # Panics
    /// If the text is no moment; definitions are made at lift, so this cannot wait for a request.
    pub fn is_after(moment: impl Into<Value>) -> Self {
        Self::IsAfter(moment_of(&moment.into()))
    }

    /// The rule that the value is an earlier moment than `moment`.
    ///
    /// # Panics
    /// As [`is_after`](Self::is_after).
    pub fn is_before(moment: impl Into<Value>) -> Self {
        Self::IsBefore(moment_of(&moment.into()))
    }

    /// Sails' name of the rule.
    pub fn name(&self) -> &'static str {
        match self {
            Self::IsAfter(_) => "isAfter",
            Self::IsBefore(_) => "isBefore",
            Self::IsBoolean => "isBoolean",
            Self::IsCreditCard => "isCreditCard",
            Self::IsEmail => "isEmail",
            Self::IsHexColor => "isHexColor",
            Self::IsIn(_) => "isIn",
            Self::IsInteger => "isInteger",
            Self::IsIp => "isIP",
            Self::IsNotEmptyString => "isNotEmptyString",
            Self::IsNotIn(_) => "isNotIn",
            Self::IsNumber => "isNumber",
            Self::IsString => "isString",
            Self::IsUrl => "isURL",
            Self::IsUuid => "isUUID",
            Self::Max(_) => "max",
            Self::Min(_) => "min",
            Self::MaxLength(_) => "maxLength",
            Self::MinLength(_) => "minLength",
            Self::Regex(_) => "regex",
            Self::Custom(_) => "custom",
        }
    }

    /// Whether the rule is tried on `""`.
    pub fn applies_to_empty(&self) -> bool {
        matches!(
            self,
            Self::Custom(_)
                | Self::IsBoolean
                | Self::IsInteger
                | Self::IsNotEmptyString
                | Self::IsNumber
                | Self::IsString
                | Self::Max(_)
                | Self::Min(_)
        )
    }

    /// The value of the rule, for those who read definitions (an OpenAPI document, a form).
    pub fn setting(&self) -> Value {
        match self {
            Self::IsAfter(ms) | Self::IsBefore(ms) => (*ms).into(),
            Self::IsIn(list) | Self::IsNotIn(list) => list.clone().into(),
            Self::Max(n) | Self::Min(n) => (*n).into(),
            Self::MaxLength(n) | Self::MinLength(n) => (*n).into(),
            Self::Regex(p) => p.text.clone().into(),
            _ => true.into(),
        }
    }
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}({})", self.name(), self.setting())
    }
}

fn moment_of(v: &Value) -> i64 {
    crate::values::clock::moment(v)
        .unwrap_or_else(|| panic!("{v} is not a moment; write ISO 8601 text or milliseconds since 1970"))
}

fn number_of(v: &Value) -> f64 {
    v.as_f64().unwrap_or_else(|| panic!("{v} is not a number"))
}
