//! What can be wrong with views.

use std::path::PathBuf;

/// Why a view cannot be rendered, or the views cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// There is no such template.
    #[error("E_VIEW_FAILED: there is no view `{name}` ({file}){hint}")]
    Missing {
        /// The name that was asked for.
        name: String,
        /// Where it would be.
        file: String,
        /// `; did you mean …?`
        hint: String,
    },
    /// A template was there when the app was built and is gone.
    #[error(
        "the view `{name}` existed when the app was built, and {file} is gone: put it back, or build again"
    )]
    Vanished {
        /// The name.
        name: String,
        /// Where it was.
        file: String,
    },
    /// Two templates whose names differ in letter case only.
    #[error(
        "{first} and {second} have the same name: views are found without regard to letter case; rename one of them"
    )]
    Ambiguous {
        /// One.
        first: String,
        /// The other.
        second: String,
    },
    /// More templates than are read, or too large ones.
    #[error("{path}: {why}")]
    Limit {
        /// The folder or file.
        path: PathBuf,
        /// What is too much.
        why: String,
    },
    /// A folder or template that cannot be read.
    #[error("{path} cannot be read: {source}")]
    Read {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A template is malformed, or failed while it was rendered.
    #[error("{}", chain(.0))]
    Template(#[from] tera::Error),
    /// A template is malformed, and has been since it was last changed.
    #[error("{0}")]
    Broken(String),
}

/// A template's error with what it was caused by: tera puts the place into the causes.
fn chain(error: &tera::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push('\n');
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
