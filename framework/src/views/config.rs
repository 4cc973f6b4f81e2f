//! The section `views`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Settings of views.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ViewsConfig {
    /// The extension of templates, without its dot.
    pub extension: String,
    /// Values for every view; those of the action and of the route win.
    pub locals: Map<String, Value>,
}

impl Default for ViewsConfig {
    fn default() -> Self {
        Self { extension: "html".to_owned(), locals: Map::new() }
    }
}
