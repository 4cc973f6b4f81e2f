//! Errors in what the caller asked for.

use std::fmt;

/// Sails' codes of usage errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each is the code that `as_str` gives")]
pub enum Code {
    InvalidNewRecord,
    InvalidNewRecords,
    InvalidValuesToSet,
    InvalidCriteria,
    InvalidPopulates,
    InvalidNumericAttrName,
    InvalidTargetRecordIds,
    InvalidCollectionAttrName,
    InvalidAssociatedIds,
    InvalidMeta,
    Required,
    Type,
    ViolatesRules,
    ArchiveDisabled,
    Noop,
}

impl Code {
    /// Whether the complaints are about values to store.
    pub fn is_about_values(self) -> bool {
        matches!(self, Self::InvalidNewRecord | Self::InvalidNewRecords | Self::InvalidValuesToSet)
    }

    /// The code as clients read it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidNewRecord => "E_INVALID_NEW_RECORD",
            Self::InvalidNewRecords => "E_INVALID_NEW_RECORDS",
            Self::InvalidValuesToSet => "E_INVALID_VALUES_TO_SET",
            Self::InvalidCriteria => "E_INVALID_CRITERIA",
            Self::InvalidPopulates => "E_INVALID_POPULATES",
            Self::InvalidNumericAttrName => "E_INVALID_NUMERIC_ATTR_NAME",
            Self::InvalidTargetRecordIds => "E_INVALID_TARGET_RECORD_IDS",
            Self::InvalidCollectionAttrName => "E_INVALID_COLLECTION_ATTR_NAME",
            Self::InvalidAssociatedIds => "E_INVALID_ASSOCIATED_IDS",
            Self::Required => "E_REQUIRED",
            Self::Type => "E_TYPE",
            Self::ViolatesRules => "E_VIOLATES_RULES",
            Self::InvalidMeta => "E_INVALID_META",
            Self::ArchiveDisabled => "E_ARCHIVE_DISABLED",
            Self::Noop => "E_NOOP",
        }
    }
}

/// One complaint: which attribute, which rule, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// The attribute on the wire; none where the complaint is about the whole.
    pub attr: Option<String>,
    /// `required`, `type`, `unknown`, the name of a validation rule, or a clause of the criteria.
    pub rule: String,
    /// For people; names the attribute in backticks.
    pub message: String,
    /// Which record of a list, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<usize>,
}

impl Problem {
    /// A complaint.
    pub fn new(attr: Option<&str>, rule: &str, message: impl Into<String>) -> Self {
        Self { attr: attr.map(Into::into), rule: rule.into(), message: message.into(), index: None }
    }

    /// The same complaint about one record of a list.
    #[must_use]
    pub fn at(mut self, index: usize) -> Self {
        self.message = format!("record {index}: {}", self.message);
        self.index = Some(index);
        self
    }
}

/// A usage error: a code, the model, and all complaints.
#[derive(Clone, Debug)]
pub struct UsageError {
    /// Sails' code.
    pub code: Code,
    /// The model's identity.
    pub model: String,
    /// Every complaint, in the order of the attributes.
    pub problems: Vec<Problem>,
}

impl UsageError {
    /// The complaints as text, one per line.
    pub fn details(&self) -> String {
        self.problems.iter().map(|p| p.message.as_str()).collect::<Vec<_>>().join("\n")
    }
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (model `{}`): ", self.code.as_str(), self.model)?;
        for (i, p) in self.problems.iter().enumerate() {
            if i > 0 {
                f.write_str("; ")?;
            }
            f.write_str(&p.message)?;
        }
        Ok(())
    }
}
