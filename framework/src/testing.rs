//! Tests of apps: lifted on a free port of the loopback interface, with a database of their own.

use crate::{AppBuilder, LiftError};

pub use crate::app::Lifted;

impl AppBuilder {
    /// Lifts the app for a test: on a free port of 127.0.0.1, with an in-memory SQLite, quietly.
    ///
    /// What was set with [`AppBuilder::config`] before stays as it is.
    ///
    /// # Errors
    /// As [`AppBuilder::lift`].
    pub async fn lift_for_test(mut self) -> Result<Lifted, LiftError> {
        let production =
            self.sources.overrides.iter().any(|(key, value)| key == "environment" && value == "production");
        for (key, value) in [
            ("port", serde_json::json!(0)),
            ("explicit_host", "127.0.0.1".into()),
            ("datastores.default.adapter", "sqlite".into()),
            ("datastores.default.url", "sqlite::memory:".into()),
            ("models.migrate", if production { "safe" } else { "drop" }.into()),
            ("log.level", "warn".into()),
        ] {
            if !self.sources.overrides.iter().any(|(set, _)| set == key) {
                self.sources.overrides.push((key.to_owned(), value));
            }
        }
        self.lift().await
    }
}
