//! The section `health`.

use crate::{
    config::ConfigError,
    metrics::{NO_PATH, is_path},
};
use serde::{Deserialize, Serialize};

/// Settings of the answer to "are you well?".
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct HealthConfig {
    /// The path that is asked, as `/health`; none means that nobody can ask. It is answered before the routes of the app,
    /// without session and policies, and tells everyone the names of the datastores and which of them answer.
    pub path: Option<String>,
    /// Milliseconds in which a datastore, or where sessions are kept, must have answered.
    pub timeout: u64,
}

impl Default for HealthConfig {
    fn default() -> Self {
        Self { path: None, timeout: 2_000 }
    }
}

/// More milliseconds than whoever asks will wait.
const LONGEST: u64 = 60_000;

impl HealthConfig {
    /// Is this the path that is asked?
    pub(crate) fn is_at(&self, path: &str) -> bool {
        self.path.as_deref() == Some(path)
    }

    /// What cannot work.
    ///
    /// # Errors
    /// Names the key.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if self.path.as_deref().is_some_and(|path| !is_path(path)) {
            return Err(ConfigError::invalid("health", "path", NO_PATH));
        }
        if !(1..=LONGEST).contains(&self.timeout) {
            let why = format!("it must be between 1 and {LONGEST} milliseconds");
            return Err(ConfigError::invalid("health", "timeout", why));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn settings_that_cannot_work_are_named() {
        HealthConfig::default().check().unwrap();
        HealthConfig { path: Some("/__topsail/health".to_owned()), ..HealthConfig::default() }
            .check()
            .unwrap();
        let path = HealthConfig { path: Some("health".to_owned()), ..HealthConfig::default() };
        assert!(path.check().unwrap_err().to_string().contains("health.path"));
        for timeout in [0, u64::MAX] {
            let config = HealthConfig { timeout, ..HealthConfig::default() };
            assert!(config.check().unwrap_err().to_string().contains("health.timeout"));
        }
    }
}
