//! What a foreign key says no to.

use super::quoted;

/// What a foreign key says no to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Broken {
    /// The record would point at one that does not exist.
    Dangling {
        /// The attribute; none where the database does not say.
        attr: Option<String>,
    },
    /// Another record points at the one that is destroyed, or gets another key.
    Held {
        /// The model and the attribute that point at it; none where the database does not say.
        by: Option<Box<(String, String)>>,
    },
}

impl Broken {
    pub(super) fn message(&self, model: &str) -> String {
        match self {
            Self::Dangling { attr } => {
                let which = attr
                    .as_ref()
                    .map_or_else(|| "a foreign key".to_owned(), |attr| quoted(std::slice::from_ref(attr)));
                format!("{which} of model `{model}` points at a record that does not exist")
            }
            Self::Held { by: Some(by) } => {
                let (other, attr) = &**by;
                format!(
                    "a record of model `{model}` is still pointed at by `{attr}` of model `{other}`; change or destroy \
                     those records first"
                )
            }
            Self::Held { by: None } => {
                format!("a record of model `{model}` is still pointed at by another record")
            }
        }
    }

    pub(super) fn attrs(&self) -> &[String] {
        match self {
            Self::Dangling { attr } => attr.as_slice(),
            Self::Held { .. } => &[],
        }
    }
}
