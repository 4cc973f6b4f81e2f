//! Contradictions in the definitions of the models.

use std::fmt;

/// One contradiction: which model, which attribute, what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefinitionProblem {
    /// The model's identity.
    pub model: String,
    /// The attribute, where there is one.
    pub attr: Option<String>,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for DefinitionProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.attr {
            Some(attr) => write!(f, "model `{}`, attribute `{attr}`: {}", self.model, self.message),
            None => write!(f, "model `{}`: {}", self.model, self.message),
        }
    }
}

/// All contradictions that were found; they stop the lift together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefinitionError {
    /// Each of them.
    pub problems: Vec<DefinitionProblem>,
}

impl fmt::Display for DefinitionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, p) in self.problems.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{p}")?;
        }
        Ok(())
    }
}
