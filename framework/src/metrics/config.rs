//! The section `metrics`.

use crate::config::ConfigError;
use serde::{Deserialize, Serialize};

/// Shorter ones can be guessed.
const SHORTEST_TOKEN: usize = 16;

/// Settings of the page that shows the numbers of the app in the text form of Prometheus.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct MetricsConfig {
    /// Is there such a page?
    pub enabled: bool,
    /// Its path. It is answered before the routes of the app, without session and policies.
    pub path: String,
    /// What a reader must send as `Authorization: Bearer …`; everyone else gets a 401. Belongs into the environment:
    /// `TOPSAIL_METRICS__TOKEN`.
    pub token: Option<String>,
    /// In production: everyone who reaches the app may read it. Where neither this nor a token is set, the lift refuses.
    pub public: bool,
}

impl Default for MetricsConfig {
    fn default() -> Self {
        Self { enabled: false, path: "/__topsail/metrics".to_owned(), token: None, public: false }
    }
}

impl MetricsConfig {
    /// Is the page here?
    pub(crate) fn is_at(&self, path: &str) -> bool {
        self.enabled && self.path == path
    }

    /// What cannot work or would be unsafe.
    ///
    /// # Errors
    /// Names the key, and the choice that has to be made.
    pub(crate) fn check(&self, production: bool) -> Result<(), ConfigError> {
        let refuse = |key, why: &str| Err(ConfigError::invalid("metrics", key, why));
        if !is_path(&self.path) {
            return refuse("path", NO_PATH);
        }
        if self.token.as_ref().is_some_and(|token| token.len() < SHORTEST_TOKEN || !token.is_ascii()) {
            return refuse(
                "token",
                "it must be at least 16 ASCII characters long: `openssl rand -hex 24` makes one",
            );
        }
        if self.enabled && production && self.token.is_none() && !self.public {
            return refuse(
                "enabled",
                "in production the numbers of the app are not for everyone: set TOPSAIL_METRICS__TOKEN to a long \
                 random text that the reader sends as `Authorization: Bearer …`, or `metrics.public = true` where a \
                 proxy or a firewall keeps others away",
            );
        }
        Ok(())
    }
}

/// What is said of a path that is none.
pub(crate) const NO_PATH: &str =
    "it must be a path of plain characters that begins with a slash and names something: `/health`";

/// Can this be compared with the path of a request?
pub(crate) fn is_path(path: &str) -> bool {
    path.len() > 1
        && path.starts_with('/')
        && path.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_' | b'.' | b'~'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn in_production_somebody_has_to_choose_who_reads_the_numbers() {
        let on = MetricsConfig { enabled: true, ..MetricsConfig::default() };
        on.check(false).unwrap();
        let why = on.check(true).unwrap_err().to_string();
        assert!(why.contains("TOPSAIL_METRICS__TOKEN") && why.contains("metrics.public"), "{why}");
        MetricsConfig { public: true, ..on.clone() }.check(true).unwrap();
        MetricsConfig { token: Some("x".repeat(16)), ..on }.check(true).unwrap();
        MetricsConfig::default().check(true).unwrap();
    }

    #[test]
    fn a_token_that_can_be_guessed_and_a_path_that_is_none_are_refused() {
        let token = MetricsConfig { token: Some("secret".to_owned()), ..MetricsConfig::default() };
        assert!(token.check(false).unwrap_err().to_string().contains("metrics.token"));
        for bad in ["", "/", "metrics", "/a b", "/a?b", "/:id", "/*"] {
            let path = MetricsConfig { path: bad.to_owned(), ..MetricsConfig::default() };
            assert!(path.check(false).unwrap_err().to_string().contains("metrics.path"), "{bad}");
        }
    }
}
