//! What can be wrong with the configuration.

/// Why the configuration is refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Malformed files, unknown keys, wrong types: all of them.
    #[error("the configuration has problems:\n  {}", .0.join("\n  "))]
    Problems(Vec<String>),
    /// A value that cannot be used.
    #[error("the configuration `{section}.{key}` is refused: {why}")]
    Invalid {
        /// The section.
        section: String,
        /// The key.
        key: String,
        /// What is wrong, and the remedy.
        why: String,
    },
}

impl ConfigError {
    /// A value of a section that cannot be used.
    pub fn invalid(section: &str, key: &str, why: impl std::fmt::Display) -> Self {
        Self::Invalid { section: section.to_owned(), key: key.to_owned(), why: why.to_string() }
    }
}
